"""DOCX, XLSX and PPTX: the parts that show something, written anew; everything else in the package is left behind.

A part is kept if a kept part refers to it in a way that is on the list. So properties, custom XML, printers'
settings, embedded files, fonts, controls, recordings and whatever a future edition adds never get in.
"""

import io
import posixpath
from pathlib import Path

from PIL import Image

from . import archives, markup, office_markup, opc, pictures
from .answers import Cleaned, Reason, Refused

_PARTS = frozenset(
    {
        *("styles", "stylesWithEffects", "settings", "fontTable", "numbering"),
        *("theme", "themeOverride", "footnotes", "endnotes", "comments", "header"),
        *("footer", "chart", "chartEx", "chartStyle"),
        *("chartColorStyle", "chartUserShapes", "diagramData", "diagramLayout", "diagramQuickStyle"),
        *("diagramColors", "diagramDrawing", "worksheet", "chartsheet"),
        *("sharedStrings", "sheetMetadata", "drawing", "vmlDrawing", "table"),
        *("pivotTable", "pivotCacheDefinition", "pivotCacheRecords", "slicer"),
        *("slicerCache", "externalLink", "threadedComment", "person"),
        *("slide", "slideMaster", "slideLayout", "notesSlide"),
        *("notesMaster", "handoutMaster", "presProps", "viewProps", "tableStyles"),
        *("commentAuthors", "authors"),
    }
)
_PROGRAMS = frozenset({"vbaProject", "wordVbaData", "xlMacrosheet", "xlIntlMacrosheet"})
_VML = "vmlDrawing"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    f"{_OFFICE}wordprocessingml.document": f"{_OFFICE}wordprocessingml.document.main+xml",
    f"{_OFFICE}spreadsheetml.sheet": f"{_OFFICE}spreadsheetml.sheet.main+xml",
    f"{_OFFICE}presentationml.presentation": f"{_OFFICE}presentationml.presentation.main+xml",
}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/tiff": "tif", "image/webp": "webp"}
_ELSEWHERE = "removed.xlsx"


def clean(original: Path, content_type: str, copy: Path) -> Cleaned:
    """Write the document anew. Raises Refused for a bomb, a password, a program or data from other programs."""
    with archives.reading(original) as archive, archives.writing(copy) as out:
        _Cleaning(opc.Package(archive), out).run(content_type)
    return Cleaned(content_type)


class _Cleaning:
    """One walk through a package, from its main part along the references."""

    def __init__(self, package: opc.Package, out: archives.Writer) -> None:
        self._package = package
        self._out = out
        self._types: dict[str, str] = {}
        self._pictures: dict[str, str] = {}

    def run(self, content_type: str) -> None:
        start = next((each for each in self._package.relationships(opc.ROOT) if each.kind == "officeDocument"), None)
        if start is None:
            raise Refused(Reason.DAMAGED)
        waiting = [start]
        while waiting:
            each = waiting.pop()
            if each.target not in self._types:
                waiting += self._write(each)
        self._types[start.target] = _MAIN[content_type]
        opc.write_relationships(self._out, opc.ROOT, [start])
        opc.write_content_types(self._out, self._types)

    def _write(self, reference: opc.Relationship) -> list[opc.Relationship]:
        """Write one part with its references, and return those that lead to parts still to be written."""
        part = reference.target
        self._types[part] = self._checked_type(part)
        root = markup.parse(self._package.read(part), recover=reference.kind == _VML)
        kept = [new for old in self._package.relationships(part) if (new := self._kept(old, reference.kind))]
        office_markup.strip(root, {each.id for each in kept})
        self._out.write(part, markup.written(root))
        opc.write_relationships(self._out, part, kept)
        return [each for each in kept if not each.external and each.kind != "image"]

    def _checked_type(self, part: str) -> str:
        content_type = self._package.content_type(part)
        if "macroenabled" in content_type.lower():
            raise Refused(Reason.PROGRAM)
        if not content_type.startswith((_OFFICE, "application/vnd.ms-")):
            raise Refused(Reason.DAMAGED)
        return content_type

    def _kept(self, reference: opc.Relationship, holder: str) -> opc.Relationship | None:
        """The reference as it may stay, or None."""
        if reference.kind in _PROGRAMS:
            raise Refused(Reason.PROGRAM)
        if holder == "externalLink":  # tables go on showing the values they last saw, of a place that is not named
            return opc.Relationship(reference.id, reference.type, _ELSEWHERE, external=True)
        if reference.external or reference.target not in self._package:
            return None
        if reference.kind == "image":
            return opc.Relationship(reference.id, reference.type, self._picture(reference.target))
        return reference if reference.kind in _PARTS else None

    def _picture(self, part: str) -> str:
        """Write a picture drawn anew, once, and return its new name; the old one may be the name of a file."""
        if part not in self._pictures:
            content, content_type = redrawn(self._package.read(part))
            place = f"{posixpath.dirname(part)}/picture{len(self._pictures) + 1}.{EXTENSIONS[content_type]}"
            self._out.write(place, content, packed=False)
            self._types[place] = content_type
            self._pictures[part] = place
        return self._pictures[part]


def redrawn(data: bytes) -> tuple[bytes, str]:
    """Draw a document's picture anew: its bytes and its content type.

    In place of a drawing of another kind (EMF, WMF, SVG), which can hold anything, comes an empty picture. Raises
    Refused for a flood of pixels.
    """
    drawn = io.BytesIO()
    try:
        content_type = pictures.content_type(data)
        pictures.draw(io.BytesIO(data), content_type, drawn)
    except Refused as refused:
        if refused.reason is Reason.PIXELS:
            raise
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for damaged pictures
        pass
    else:
        return drawn.getvalue(), content_type
    empty = io.BytesIO()
    Image.new("LA", (1, 1)).save(empty, "PNG")
    return empty.getvalue(), "image/png"
