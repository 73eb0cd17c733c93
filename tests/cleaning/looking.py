"""An independent look into files: exiftool, pypdf, zlib and a search of the bytes, none of which makes our copies."""

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from cleaning import markers

_GROUPS = frozenset(
    {"XMP", "IPTC", "Photoshop", "MakerNotes", "ICC_Profile", "ID3", "APP1", "APP2", "APP13", "XML", "APE"}
)
_WORDS = (
    "gps",
    "serial",
    "artist",
    "author",
    "creator",
    "comment",
    "thumbnail",
    "previewimage",
    "chapter",
    "make",
    "model",
)
_TIMES = ("CreateDate", "ModifyDate", "DateTimeOriginal", "CreationTime", "CreationDate", "ZipModifyDate")
_NO_TIME = ("0000:00:00 00:00:00", "1980:00:00 00:00:00", "1980:01:01 00:00:00")
_TIFF_ONLY = frozenset({"image/tiff"})


def facts(path: Path) -> dict[str, Any]:
    """What exiftool says of a file, by group and name."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    command = ["exiftool", "-json", "-a", "-ee", "-G0:4", "-s", str(path)]
    found = subprocess.run(command, capture_output=True, text=True)
    return dict(json.loads(found.stdout)[0])


def facts_left(path: Path, content_type: str) -> dict[str, Any]:
    """The facts that no clean copy may have."""
    return {name: value for name, value in facts(path).items() if _is_left(name, str(value), content_type)}


def _is_left(name: str, value: str, content_type: str) -> bool:
    group, tag = name.split(":")[0], name.split(":")[-1]
    if group in ("SourceFile", "ExifTool", "File") and tag not in ("Comment",):
        return False
    if group in _GROUPS or (group == "EXIF" and content_type not in _TIFF_ONLY):
        return True
    if any(tag.endswith(time) for time in _TIMES):
        return not value.startswith(_NO_TIME)
    return any(word in tag.lower() for word in _WORDS) or any(text in value.lower() for text in markers.TEXTS)


def texts_left(path: Path) -> list[str]:
    """The planted texts that stand anywhere in the file, packed or not, in UTF-8 or UTF-16."""
    return sorted({text for part in _unpacked(path.read_bytes()) for text in markers.TEXTS if _holds(part, text)})


def _holds(data: bytes, text: str) -> bool:
    small = data.lower()
    return any(text.encode(coding) in small for coding in ("utf-8", "utf-16-le", "utf-16-be"))


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive.comment
            for entry in archive.infolist():
                yield entry.filename.encode() + entry.extra + entry.comment
                yield archive.read(entry)
    if data.startswith(b"%PDF-"):
        for held in _pdf_objects(data):
            yield repr(held).encode("utf-8", "replace")
            if isinstance(held, pypdf.generic.StreamObject):
                yield from _pdf_stream(held)


def _pdf_objects(data: bytes) -> Iterator[Any]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    yield reader.trailer
    for number in range(1, int(reader.trailer["/Size"])):
        found = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        if found is not None:
            yield found


def _pdf_stream(held: Any) -> Iterator[bytes]:
    yield held._data
    if "DCTDecode" not in str(held.get("/Filter")):
        yield held.get_data()
