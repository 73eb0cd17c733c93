"""What is taken out of the XML of Office files: people, machines, revisions, links and everything that acts.

Names are those of ECMA-376 part 1 and of Microsoft's extensions ([MS-DOCX], [MS-XLSX], [MS-PPTX]).
"""

import re
from collections.abc import Iterator

from lxml import etree

from . import office_fields
from .answers import Reason, Refused
from .markup import AUTHOR, is_path, local, namespace, remove

_REFERENCES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_VML_REFERENCE = "{urn:schemas-microsoft-com:office:office}relid"
_VML_TITLE = "{urn:schemas-microsoft-com:office:office}title"
_WORD = ("wordprocessingml", "/office/word/")
_NO_DATE = "2000-01-01T00:00:00"

_REMOVED = frozenset(
    {
        # who wrote it, where and on which machine
        *("rsids", "docId", "docVars", "absPath"),
        *("revisionPtr", "customWorkbookViews", "presenceInfo", "creationId", "modifyVerifier"),
        # what belongs to parts that are not kept
        *("dataBinding", "externalData", "custDataLst", "customProperties"),
        *("embedRegular", "embedBold", "embedItalic", "embedBoldItalic"),
        *("embeddedFontLst", "svgBlip", "alternateUrls", "webPublishItems"),
        # what acts, plays or comes from elsewhere
        *("attachedTemplate", "mailMerge", "altChunk", "subDoc", "saveThroughXslt"),
        *("OLEObject", "oleObj", "oleObject", "oleObjects", "control"),
        *("controls", "videoFile", "audioFile", "wavAudioFile"),
        *("quickTimeFile", "audioCd", "media", "sndAc", "snd"),
    }
)
_PLAYED = frozenset({"videoFile", "audioFile", "wavAudioFile", "quickTimeFile", "audioCd", "media"})
_FOREIGN = frozenset({"ddeLink", "oleLink"})
_LINKS = frozenset({"hlinkClick", "hlinkHover", "hlinkMouseOver"})
_JUMPS = ("ppaction://hlinkshowjump", "ppaction://hlinksldjump")
_KEPT_WITHOUT_REFERENCE = frozenset({"blip", "imagedata", "pageSetup", "fill", "stroke", "externalBook"})
_MEANINGLESS_WHEN_EMPTY = frozenset(
    {"ext", "extLst", "hyperlinks", "Choice", "Fallback", "AlternateContent", "externalReferences", "definedNames"}
)
_PEOPLE = {
    "cmAuthor": {"name": AUTHOR, "initials": "A"},
    "author": {"name": AUTHOR, "initials": "A", "userId": AUTHOR, "providerId": "None"},
    "person": {"displayName": AUTHOR, "userId": AUTHOR, "providerId": "None"},
    "pivotCacheDefinition": {"refreshedBy": AUTHOR},
    "fileSharing": {"userName": AUTHOR},
}
_DATED = frozenset({"cm", "reply", "threadedComment"})
_DATES = ("dt", "dT", "created")
_QUOTED = re.compile(r'"[^"]*"')
_FETCHING = re.compile(r"\b(WEBSERVICE|IMAGE|RTD|HYPERLINK|CALL|REGISTER(\.ID)?|EXEC)\s*\(|\|", re.IGNORECASE)


def strip(root: etree._Element, kept: set[str]) -> None:
    """Strip one part in place; `kept` are the ids of its references that stay. Raises Refused for DDE."""
    names = _commentators(root)
    office_fields.flatten(root)
    _replace_objects(root)
    if any(local(element.tag) in _PLAYED for element in root.iter()):
        _remove_all(root, "timing")
    _strip_formulas(root)
    for element in list(root.iter()):
        _strip_element(element, kept)
        if names and local(element.tag) == "t" and element.text:
            element.text = names.sub(AUTHOR, element.text)


def _strip_element(element: etree._Element, kept: set[str]) -> None:
    name = local(element.tag)
    if name in _FOREIGN:
        raise Refused(Reason.FOREIGN_DATA)
    if name in _REMOVED or (name in _LINKS and _acts(element)) or _is_dangling(element, kept):
        _remove_with_shell(element)
        return
    for attribute in list(element.attrib):
        _strip_attribute(element, attribute)
    _strip_people(element, name)
    parent = element.getparent()
    if name == "docPr" or (name == "cNvPr" and parent is not None and local(parent.tag) == "nvPicPr"):
        element.set("name", "Picture")  # it was the name of a file


def _strip_people(element: etree._Element, name: str) -> None:
    neutral = dict(_PEOPLE.get(name, {}))
    if name in _DATED:
        neutral |= dict.fromkeys(_DATES, _NO_DATE)
    for attribute in neutral.keys() & set(element.attrib):
        element.set(attribute, neutral[attribute])
    if name == "author" and not len(element) and element.text:
        element.text = AUTHOR


def _strip_attribute(element: etree._Element, attribute: str) -> None:
    name = local(attribute)
    if name.startswith("rsid") or attribute == _VML_TITLE or name == "refreshedDate":
        del element.attrib[attribute]
    elif any(word in namespace(attribute) for word in _WORD):
        if name in ("date", "dateUtc", "paraId", "textId", "ed"):
            del element.attrib[attribute]
        elif name in ("author", "initials"):
            element.set(attribute, AUTHOR if name == "author" else "A")
    elif name in ("descr", "title", "alt") and is_path(element.get(attribute, "")):
        del element.attrib[attribute]


def _is_dangling(element: etree._Element, kept: set[str]) -> bool:
    """Whether the element is nothing without a part that is left behind; where it is something, it loses only that."""
    for attribute, value in list(element.attrib.items()):
        if not value or value in kept or not (namespace(attribute) in _REFERENCES or attribute == _VML_REFERENCE):
            continue
        if not _stands_alone(element):
            return True
        del element.attrib[attribute]
    return False


def _stands_alone(element: etree._Element) -> bool:
    name = local(element.tag)
    return name in _KEPT_WITHOUT_REFERENCE or (name == "hyperlink" and "wordprocessingml" in namespace(element.tag))


def _acts(link: etree._Element) -> bool:
    """Whether a click does more than go to another slide."""
    action = link.get("action", "")
    return bool(action) and not action.startswith(_JUMPS)


def _remove_with_shell(element: etree._Element) -> None:
    """Remove an element, and what holds it if that may not be empty."""
    parent = element.getparent()
    remove(element)
    if parent is not None and not len(parent) and local(parent.tag) in _MEANINGLESS_WHEN_EMPTY:
        _remove_with_shell(parent)


def _remove_all(root: etree._Element, name: str) -> None:
    for element in [element for element in root.iter() if local(element.tag) == name]:
        remove(element)


def _replace_objects(root: etree._Element) -> None:
    """Put the picture of an embedded object on a slide where the object was."""
    for holder in [element for element in root.iter() if local(element.tag) == "graphicFrame"]:
        inside = list(holder.iter())
        parent = holder.getparent()
        if parent is None or not any(local(element.tag) == "oleObj" for element in inside):
            continue
        shown = next((element for element in inside if local(element.tag) == "pic"), None)
        if shown is not None:
            holder.addprevious(shown)
        parent.remove(holder)


def _strip_formulas(root: etree._Element) -> None:
    """Leave a sheet its values alone where one of its formulas would fetch something or start a program."""
    for name in ("f", "definedName"):
        formulas = [e for e in root.iter() if local(e.tag) == name and "spreadsheetml" in namespace(e.tag)]
        if any(_FETCHING.search(_QUOTED.sub("", element.text or "")) for element in formulas):
            for element in formulas:
                _remove_with_shell(element)


def _commentators(root: etree._Element) -> re.Pattern[str] | None:
    """What finds the names of those who commented on a table; Excel writes them into the comments' text, too."""
    names = sorted(_names(root), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names))) if names else None


def _names(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        if (
            local(element.tag) == "author"
            and "spreadsheetml" in namespace(element.tag)
            and (element.text or "").strip()
        ):
            yield (element.text or "").strip()
