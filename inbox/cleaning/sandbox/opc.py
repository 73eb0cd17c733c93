"""Open Packaging Conventions (ECMA-376 part 2): the parts of an Office file, their types and what they refer to."""

import posixpath
from dataclasses import dataclass
from urllib.parse import quote, unquote

from lxml import etree

from . import markup
from .answers import Reason, Refused
from .archives import Archive, Writer

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
ROOT = ""


@dataclass(frozen=True)
class Relationship:
    """A numbered reference from a part to another part, or to something outside."""

    id: str
    type: str
    target: str
    external: bool = False

    @property
    def kind(self) -> str:
        """The last word of its type: "image", "header"; the rest names the edition of the standard."""
        return self.type.rsplit("/", 1)[-1]


class Package:
    """The parts of an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._defaults: dict[str, str] = {}
        self._overrides: dict[str, str] = {}
        for entry in markup.parse(self.read("[Content_Types].xml")):
            if markup.local(entry.tag) == "Default":
                self._defaults[entry.get("Extension", "").lower()] = entry.get("ContentType", "")
            elif markup.local(entry.tag) == "Override":
                self._overrides[unquote(entry.get("PartName", "")).lstrip("/")] = entry.get("ContentType", "")

    def __contains__(self, part: str) -> bool:
        return part in self._archive.names

    def read(self, part: str) -> bytes:
        """Raises Refused if there is no such part."""
        if part not in self:
            raise Refused(Reason.DAMAGED)
        return self._archive.read(part)

    def content_type(self, part: str) -> str:
        """The type that the package gives a part, or ""."""
        return self._overrides.get(part) or self._defaults.get(part.rsplit(".", 1)[-1].lower(), "")

    def relationships(self, part: str) -> list[Relationship]:
        """What a part refers to, with the names of parts as they stand in the archive."""
        place = _relationships_of(part)
        if place not in self:
            return []
        return [_relationship(entry, part) for entry in markup.parse(self.read(place))]


def write_relationships(out: Writer, part: str, relationships: list[Relationship]) -> None:
    """Write what a part refers to; nothing if it refers to nothing."""
    if not relationships:
        return
    root = etree.Element(f"{{{_RELATIONSHIPS}}}Relationships", nsmap={None: _RELATIONSHIPS})
    for each in relationships:
        target = each.target if each.external else f"/{quote(each.target)}"
        entry = etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", Id=each.id, Type=each.type, Target=target)
        if each.external:
            entry.set("TargetMode", "External")
    out.write(_relationships_of(part), markup.written(root))


def write_content_types(out: Writer, types: dict[str, str]) -> None:
    """Write the type of every part by its name."""
    root = etree.Element(f"{{{_CONTENT_TYPES}}}Types", nsmap={None: _CONTENT_TYPES})
    for extension, content_type in (("rels", _RELS_TYPE), ("xml", "application/xml")):
        etree.SubElement(root, f"{{{_CONTENT_TYPES}}}Default", Extension=extension, ContentType=content_type)
    for part, content_type in types.items():
        etree.SubElement(root, f"{{{_CONTENT_TYPES}}}Override", PartName=f"/{quote(part)}", ContentType=content_type)
    out.write("[Content_Types].xml", markup.written(root))


def _relationships_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relationship(entry: etree._Element, part: str) -> Relationship:
    target = entry.get("Target", "")
    external = entry.get("TargetMode", "").lower() == "external"
    if not external:
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), unquote(target))).lstrip("/")
    return Relationship(entry.get("Id", ""), entry.get("Type", ""), target, external)
