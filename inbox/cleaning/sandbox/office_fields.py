"""Word's fields: text that is computed. Page numbers and the like stay; what fetches or links becomes plain text."""

import re

from lxml import etree

from .markup import local, remove, unwrap

_KEPT = re.compile(
    r"\s*(PAGE|NUMPAGES|SECTIONPAGES|SECTION|PAGEREF|REF|NOTEREF|SEQ|STYLEREF|TOC|TC|XE|INDEX|EQ|SYMBOL|LISTNUM"
    r"|AUTONUM|AUTONUMLGL|AUTONUMOUT|FORMTEXT|FORMCHECKBOX|FORMDROPDOWN|HYPERLINK\s+\\l)(\s|$)",
    re.IGNORECASE,
)
_PIECES = ("fldChar", "instrText", "delInstrText")


class _Field:
    """A field between its marks, with the elements that make it one."""

    def __init__(self) -> None:
        self.pieces: list[etree._Element] = []
        self.code = ""
        self.in_code = True
        self.composed = False

    @property
    def is_kept(self) -> bool:
        """A code that another field's result takes part in may turn into any other."""
        return not self.composed and _KEPT.match(self.code) is not None


def flatten(root: etree._Element) -> None:
    """Turn fields that are not on the list into the text they last showed, in place."""
    for element in [element for element in root.iter() if local(element.tag) == "fldSimple"]:
        if not _KEPT.match(_value(element, "instr")):
            unwrap(element)
    opened: list[_Field] = []
    for element in list(root.iter()):
        name = local(element.tag)
        if name in _PIECES:
            _read_piece(element, name, opened)
        elif name == "t":  # text that a field shows stays; text that becomes part of a code does not
            for field in opened:
                if field.in_code:
                    field.pieces.append(element)
    for field in opened:  # begun and never ended
        _drop(field)


def _read_piece(element: etree._Element, name: str, opened: list[_Field]) -> None:
    mark = _value(element, "fldCharType")
    if mark == "begin":
        if opened and opened[-1].in_code:
            opened[-1].composed = True
        opened.append(_Field())
    if not opened:
        remove(element)
        return
    field = opened[-1]
    field.pieces.append(element)
    if name != "fldChar":
        field.code += element.text or ""
    if mark == "separate":
        field.in_code = False
    if mark == "end" and not opened.pop().is_kept:
        _drop(field)


def _value(element: etree._Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


def _drop(field: _Field) -> None:
    for element in field.pieces:
        remove(element)
