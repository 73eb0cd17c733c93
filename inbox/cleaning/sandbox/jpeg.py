"""Bare JPEG and JPEG 2000 streams: what is not needed to draw them is cut out, and no pixel changes."""

import io
from struct import error as StructError
from struct import unpack_from

from .answers import Reason, Refused

_START, _SCAN, _COMMENT = 0xD8, 0xDA, 0xFE
_APP0, _APP14, _APP15 = 0xE0, 0xEE, 0xEF
_KEPT_APP0 = (b"JFIF\0", b"AVI1")  # the pixel's shape; the halves of a picture in an AVI
_JFIF_BYTES = 14  # behind them lies a thumbnail
_JPEG2000_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_JPEG2000_KEPT = (b"jP  ", b"ftyp", b"jp2h", b"jp2c")


def bare(data: bytes) -> bytes:
    """Return the JPEG without EXIF, XMP, IPTC, comments, profiles and thumbnails. Raises Refused if it is none."""
    if data[:2] != b"\xff\xd8":
        raise Refused(Reason.DAMAGED)
    out = io.BytesIO()
    out.write(data[:2])
    at = 2
    try:
        while data[at + 1] != _SCAN:
            (length,) = unpack_from(">H", data, at + 2)
            if data[at] != 0xFF or length < 2:
                raise Refused(Reason.DAMAGED)
            out.write(_segment(data[at : at + 2 + length]))
            at += 2 + length
    except (IndexError, StructError):
        raise Refused(Reason.DAMAGED) from None
    out.write(_without_tail(data, at))
    return out.getvalue()


def _segment(segment: bytes) -> bytes:
    """The segment as it may stay: none, a shortened one, or itself."""
    marker, content = segment[1], segment[4:]
    if marker == _APP0 and content.startswith(_KEPT_APP0):
        kept = content[:_JFIF_BYTES]
        if kept.startswith(b"JFIF\0") and len(kept) == _JFIF_BYTES:
            kept = kept[:12] + b"\0\0"  # no thumbnail
        return segment[:2] + (len(kept) + 2).to_bytes(2, "big") + kept
    if marker == _APP14 and content.startswith(b"Adobe"):
        return segment  # how its colours are meant
    return b"" if marker == _COMMENT or _APP0 <= marker <= _APP15 else segment


def _without_tail(data: bytes, at: int) -> bytes:
    """From the first scan to the end of the picture. More pictures and trailers of cameras lie behind it."""
    end = at
    while (end := data.find(b"\xff", end)) >= 0 and end + 1 < len(data):
        marker = data[end + 1]
        if marker == 0xD9:
            return data[at : end + 2]
        if marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD7:
            end += 1 if marker == 0xFF else 2
            continue
        (length,) = unpack_from(">H", data, end + 2) if end + 4 <= len(data) else (2,)
        end += 2 + length
    return data[at:]


def bare_2000(data: bytes) -> bytes:
    """Return the JPEG 2000 picture without the boxes that hold XML, UUIDs and the like."""
    if not data.startswith(_JPEG2000_START):
        return data  # a stream without boxes
    out = io.BytesIO()
    at = 0
    while at + 8 <= len(data):
        (size,) = unpack_from(">I", data, at)
        if size == 1 and at + 16 <= len(data):
            (size,) = unpack_from(">Q", data, at + 8)
        size = size or len(data) - at
        if size < 8:
            raise Refused(Reason.DAMAGED)
        if data[at + 4 : at + 8] in _JPEG2000_KEPT:
            out.write(data[at : at + size])
        at += size
    return out.getvalue()
