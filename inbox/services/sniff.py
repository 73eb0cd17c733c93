"""What a file is, judged by its content alone. Names and the sender's word do not count here."""

import io
import re
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from
from typing import BinaryIO

import filetype
import puremagic

MACROS = "application/x-with-program"
"""The answer for a document that carries a program, whatever document it is otherwise."""

HEAD_BYTES = 8192
_DIRECTORY_BYTES = 4 * 1024 * 1024
_TEXT_START = 4096
_CHUNK_BYTES = 256 * 1024

_SAME = {"image/apng": "image/png", "audio/x-wav": "audio/wav", "audio/x-flac": "audio/flac"}
_MEDIA = frozenset(
    {
        *("image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff"),
        *("video/webm", "video/x-matroska", "video/x-msvideo"),
        *("audio/mpeg", "audio/aac", "audio/ogg", "audio/wav", "audio/amr", "audio/flac"),
    }
)
# Beginnings that the filetype library does not know: wide-band AMR, and MP3 frames with a checksum or at low rates.
_MORE_MEDIA = {
    b"#!AMR-WB\n": "audio/amr",
    b"\xff\xfa": "audio/mpeg",
    b"\xff\xe2": "audio/mpeg",
    b"\xff\xe3": "audio/mpeg",
}
_BRANDS = {
    "image/avif": ("avif", "avis"),
    "image/heic": ("heic", "heix", "heim", "heis", "hevc", "hevx"),
    "image/heif": ("mif1", "msf1"),
    "video/quicktime": ("qt  ",),
    "audio/mp4": ("M4A ", "M4B "),
    "video/x-m4v": ("M4V ", "M4VH", "M4VP"),
    "video/3gpp": ("3gp", "3g2", "3ge", "3gg", "3gs"),
    "video/mp4": ("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "dash", "MSNV", "mmp4", "XAVC"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OOXML = {
    "word/": f"{_OFFICE}wordprocessingml.document",
    "xl/": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/": f"{_OFFICE}presentationml.presentation",
}
_ODF = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet")
_OLE = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_OLE_MACROS = frozenset({"Macros", "VBA", "_VBA_PROJECT_CUR", "_VBA_PROJECT"})
_PROGRAMS = re.compile(r"(vbaproject\.bin|\.(class|dex|exe|dll|js|vbs|bat|ps1))$|^(basic|scripts)/", re.IGNORECASE)

_TAGS = "html|head|body|script|style|iframe|svg|math|object|embed|meta|link|xsl:stylesheet"
_MARKUP = re.compile(rf"<(!doctype|\?xml|\?php|\?=|({_TAGS})[\s/>:])", re.IGNORECASE)
_SCRIPT = ("#!", "@echo", "<%", "<?")
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_TEXT_TYPES = ("text/vcard", "text/calendar")
_MARKUP_TYPES = frozenset({"text/html", "image/svg+xml", "application/xml", "text/xml", "application/xhtml+xml"})


def content_type(file: BinaryIO) -> str | None:
    """Return the content type that the content proves, MACROS, or None for what we do not know."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        return _document(file, head) or _media(head) or _text(file, head)
    except (StructError, UnicodeDecodeError):  # broken inside, so nothing is proved
        return None
    finally:
        file.seek(0)


def holds_markup(head: bytes) -> bool:
    """Whether a browser that guesses could take these bytes for a page, a drawing or a script."""
    return _MARKUP.search(head.decode("latin-1")) is not None


def _document(file: BinaryIO, head: bytes) -> str | None:
    if re.match(rb"%PDF-\d", head):
        return "application/pdf"
    if head.startswith(b"{\\rtf"):
        return "application/rtf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(_zip_names(file), head)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(set(_ole_names(file, head)))
    return None


def _media(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    kind = filetype.guess_mime(head)
    kind = _SAME.get(kind, kind)
    if kind in _MEDIA:
        return str(kind)
    return next((kind for start, kind in _MORE_MEDIA.items() if head.startswith(start)), None)


def _by_brand(head: bytes) -> str | None:
    """The type of an ISO media file, by its own brand first and then by those it is compatible with."""
    (size,) = unpack_from(">I", head)
    brands = [head[i : i + 4].decode("latin-1") for i in (8, *range(16, min(size, 256), 4))]
    if brands[0] in _BRANDS["image/heif"]:  # a general brand; the others say which coding it is
        brands.append(brands.pop(0))
    kinds = (kind for brand in brands for kind, known in _BRANDS.items() if brand.startswith(known))
    return next(kinds, None)


def _zip_names(file: BinaryIO) -> list[str]:
    """The names in a ZIP's central directory. Nothing is unpacked, and a huge directory counts as none.

    The `zipfile` module reads a directory of any size into memory, which is why it is not used.
    """
    end = file.seek(0, io.SEEK_END)
    start = file.seek(max(end - 65_557, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        return []
    count, size, offset = unpack_from("<HII", tail, at + 10)
    if size > _DIRECTORY_BYTES or offset + size > start + at:
        return []
    file.seek(offset)
    return list(_directory_names(file.read(size), count))


def _directory_names(directory: bytes, count: int) -> Iterator[str]:
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != b"PK\x01\x02":
            return
        name, extra, comment = unpack_from("<HHH", directory, at + 28)
        yield directory[at + 46 : at + 46 + name].decode("utf-8", "replace")
        at += 46 + name + extra + comment


def _zipped(names: list[str], head: bytes) -> str | None:
    kind = _ooxml(names) or _odf(names, head)
    return MACROS if kind and any(_PROGRAMS.search(name) for name in names) else kind


def _ooxml(names: list[str]) -> str | None:
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        return None
    return next((kind for folder, kind in _OOXML.items() if any(name.startswith(folder) for name in names)), None)


def _odf(names: list[str], head: bytes) -> str | None:
    """An OpenDocument file names its type, unpacked, right behind its first entry's name."""
    (length,) = unpack_from("<I", head, 22)
    if head[30:38] != b"mimetype" or "content.xml" not in names:
        return None
    kind = head[38 : 38 + min(length, 100)].decode("latin-1")
    return kind if kind in _ODF else None


def _ole_names(file: BinaryIO, head: bytes) -> Iterator[str]:
    """The names in the directory of an old Office file, from its first few hundred entries."""
    shift, sector = unpack_from("<H", head, 30)[0], unpack_from("<I", head, 48)[0]
    if shift not in (9, 12):
        return
    table = _ole_table(file, head, shift)
    per_sector = 1 << shift - 2
    for _ in range(64):
        directory = _sector(file, sector, shift)
        for at in range(0, len(directory) - 127, 128):
            (length,) = unpack_from("<H", directory, at + 64)
            yield directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
        if sector // per_sector >= len(table):
            return
        (sector,) = unpack_from("<I", _sector(file, table[sector // per_sector], shift), sector % per_sector * 4)


def _ole_table(file: BinaryIO, head: bytes, shift: int) -> list[int]:
    """The sectors that say which sector follows which."""
    table = list(unpack_from("<109I", head, 76))
    (more,) = unpack_from("<I", head, 68)
    words = 1 << shift - 2
    for _ in range(128):
        block = _sector(file, more, shift)
        if len(block) < words * 4:
            break
        *sectors, more = unpack_from(f"<{words}I", block)
        table += sectors
    return table


def _sector(file: BinaryIO, number: int, shift: int) -> bytes:
    file.seek((number + 1) << shift)
    return file.read(1 << shift)


def _compound(names: set[str]) -> str | None:
    kind = next((kind for name, kind in _OLE.items() if name in names), None)
    return MACROS if kind and names & _OLE_MACROS else kind


def _text(file: BinaryIO, head: bytes) -> str | None:
    encoding = next((name for name in _encodings(head) if _is_text(file, name)), None)
    if encoding is None:
        return None
    start = head.decode(encoding, "ignore")[:_TEXT_START].lstrip("\ufeff \t\r\n\x0b\x0c")
    if start.lower().startswith(_SCRIPT) or _MARKUP.search(start):
        return None
    guesses = _text_guesses(start)
    if guesses & _MARKUP_TYPES:
        return None
    return next((kind for kind in _TEXT_TYPES if kind in guesses), "text/plain")


def _encodings(head: bytes) -> tuple[str, ...]:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    return ("utf-8", "cp950", "big5hkscs", "gb18030")


def _is_text(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file decodes and holds no control characters that text does not have."""
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while text := reader.read(_CHUNK_BYTES):
            if _CONTROL.search(text):
                return False
    except UnicodeError:
        return False
    finally:
        reader.detach()
    return True


def _text_guesses(start: str) -> frozenset[str]:
    try:
        return frozenset(guess.mime_type for guess in puremagic.magic_string(start.encode()) if guess.confidence >= 0.5)
    except (puremagic.PureError, ValueError):
        return frozenset()
