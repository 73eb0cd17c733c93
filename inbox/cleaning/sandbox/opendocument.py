"""ODT and ODS: text, styles and pictures, written anew; names are those of OpenDocument 1.3."""

import posixpath
import re
from pathlib import Path

from lxml import etree

from . import archives, markup, office
from .answers import Cleaned, Reason, Refused
from .markup import AUTHOR, is_path, local, remove, unwrap

_PARTS = re.compile(r"(Object \d+/)?(content|styles)\.xml")
_PICTURES = ("Pictures/", "ObjectReplacements/")
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_HREF = "{http://www.w3.org/1999/xlink}href"
_CREATOR, _DATE = (f"{{http://purl.org/dc/elements/1.1/}}{name}" for name in ("creator", "date"))
_NO_DATE = "2000-01-01T00:00:00"
_PROGRAMS = re.compile(r"(Basic|Scripts)/", re.IGNORECASE)

_REMOVED = frozenset(
    {
        *("scripts", "event-listeners", "forms", "control"),
        *("applet", "plugin", "object-ole", "floating-frame", "dde-connection-decls"),
        *("dde-connection-decl", "dde-source", "dde-link"),
        *("dde-links", "section-source", "table-source", "cell-range-source"),
        *("database-ranges", "data-pilot-tables", "sound"),
        *("creator-initials", "image-map", "binary-data"),
    }
)
_FETCHING = re.compile(r"\b(WEBSERVICE|DDE|HYPERLINK|COM\.SUN\.STAR\.\S*)\s*\(", re.IGNORECASE)


def clean(original: Path, content_type: str, copy: Path) -> Cleaned:
    """Write the document anew. Raises Refused for a bomb, a password or a program."""
    with archives.reading(original) as archive, archives.writing(copy) as out:
        _check(archive, content_type)
        out.write("mimetype", content_type.encode(), packed=False)
        types = {"/": content_type}
        pictures = _write_pictures(archive, out, types)
        for part in sorted(name for name in archive.names if _PARTS.fullmatch(name)):
            root = markup.parse(archive.read(part))
            _strip(root, posixpath.dirname(part), pictures, archive.names)
            out.write(part, markup.written(root))
            types[part] = "text/xml"
        out.write("META-INF/manifest.xml", _manifest(types))
    return Cleaned(content_type)


def _check(archive: archives.Archive, content_type: str) -> None:
    if not {"mimetype", "content.xml"} <= archive.names or archive.read("mimetype").strip() != content_type.encode():
        raise Refused(Reason.DAMAGED)
    if any(_PROGRAMS.match(name) for name in archive.names):
        raise Refused(Reason.PROGRAM)
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Refused(Reason.PASSWORD)


def _write_pictures(archive: archives.Archive, out: archives.Writer, types: dict[str, str]) -> dict[str, str]:
    """Draw every picture anew; return the new names by the old ones."""
    renamed: dict[str, str] = {}
    old = sorted(name for name in archive.names if name.startswith(_PICTURES) and not name.endswith("/"))
    for number, name in enumerate(old, 1):
        content, kind = office.redrawn(archive.read(name))
        renamed[name] = f"Pictures/{number}.{office.EXTENSIONS[kind]}"
        out.write(renamed[name], content, packed=False)
        types[renamed[name]] = kind
    return renamed


def _strip(root: etree._Element, folder: str, pictures: dict[str, str], names: frozenset[str]) -> None:
    fetching = any(_FETCHING.search(v) for e in root.iter() for k, v in e.attrib.items() if local(k) == "formula")
    for element in list(root.iter()):
        if local(element.tag) in _REMOVED:
            remove(element)
            continue
        _strip_people(element)
        for attribute in list(element.attrib):
            name = local(attribute)
            path = name == "name" and is_path(element.get(attribute, ""))
            if name.endswith("rsid") or path or (fetching and name == "formula"):
                del element.attrib[attribute]
        if _HREF in element.attrib:
            _lead(element, folder, pictures, names)


def _strip_people(element: etree._Element) -> None:
    """A name stands in a change or a remark; the words around it stay."""
    if element.tag == _CREATOR:
        element.text = AUTHOR
    elif element.tag == _DATE:
        element.text = _NO_DATE
    elif local(element.tag) in ("title", "desc") and is_path(element.text or ""):
        element.text = None


def _lead(element: etree._Element, folder: str, pictures: dict[str, str], names: frozenset[str]) -> None:
    """Let a reference lead to where its picture or object lies now; one that leads out of the document goes."""
    target = element.get(_HREF, "")
    place = posixpath.normpath(posixpath.join(folder, target))
    if place in pictures:
        element.set(_HREF, posixpath.relpath(pictures[place], folder or "."))
    elif target.startswith("#") or (re.fullmatch(r"Object \d+", place) and f"{place}/content.xml" in names):
        return
    elif local(element.tag) == "a":
        unwrap(element)
    else:
        remove(element)


def _manifest(types: dict[str, str]) -> bytes:
    root = etree.Element(f"{{{_MANIFEST}}}manifest", nsmap={"manifest": _MANIFEST})
    root.set(f"{{{_MANIFEST}}}version", "1.2")
    for path, content_type in types.items():
        entry = etree.SubElement(root, f"{{{_MANIFEST}}}file-entry")
        entry.set(f"{{{_MANIFEST}}}full-path", path)
        entry.set(f"{{{_MANIFEST}}}media-type", content_type)
    return markup.written(root)
