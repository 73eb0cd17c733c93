"""XML from foreign files, read without entities, without the network and within depth; and small steps on it."""

import re

from lxml import etree

from .answers import Reason, Refused

AUTHOR = "Author"
"""Stands wherever a person's name stood."""

_PATH = re.compile(r"^([A-Za-z]:[\\/]|\\\\|/\w|file:|https?:|cid:)|\.(jpe?g|png|gif|tiff?|hei[cf]|bmp|webp|pdf)$", re.I)
_DOCTYPE = re.compile(rb"\s*(<\?xml[^>]*>)?\s*<!DOCTYPE")


def parse(data: bytes, *, recover: bool = False) -> etree._Element:
    """Return the root element, without comments and instructions. Raises Refused where entities are declared."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    if _DOCTYPE.match(data):
        raise Refused(Reason.BOMB)  # no document has one; it only serves to multiply or fetch
    root = etree.fromstring(data, parser)
    if root is None:
        raise Refused(Reason.DAMAGED)
    if root.getroottree().docinfo.doctype:
        raise Refused(Reason.BOMB)  # in another coding, or behind a comment
    return root


def written(root: etree._Element) -> bytes:
    """The XML as bytes."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def local(name: object) -> str:
    """A tag's or attribute's name without its namespace; "" for what is no element."""
    return etree.QName(name).localname if isinstance(name, str) else ""


def namespace(name: str) -> str:
    """A tag's or attribute's namespace, or ""."""
    return etree.QName(name).namespace or ""


def remove(element: etree._Element) -> None:
    """Take an element out and leave the text behind it in its place."""
    parent = element.getparent()
    if parent is None:
        return
    _put_text(element, element.tail)
    parent.remove(element)


def unwrap(element: etree._Element) -> None:
    """Put what an element holds in its place."""
    parent = element.getparent()
    if parent is None:
        return
    _put_text(element, element.text)
    for child in list(element):
        element.addprevious(child)
    remove(element)


def _put_text(element: etree._Element, text: str | None) -> None:
    """Append text to what stands in front of an element."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (text or "")
    elif parent is not None:
        parent.text = (parent.text or "") + (text or "")


def is_path(text: str) -> bool:
    """Whether a picture's description is only the place or the name of the file it was made from."""
    return _PATH.search(text.strip()) is not None
