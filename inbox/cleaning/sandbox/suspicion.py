"""Files that are two kinds at once, or pretend to be another kind. The copy would be harmless; the sender is not."""

import io
import re
from pathlib import Path
from struct import unpack_from

from .answers import Reason, Refused

_ZIPPED = "application/vnd."
_HEAD_BYTES = 8192
_PDF_WITHIN = 1024  # readers look for the PDF's beginning this far into a file
_ZIP_END_BYTES = 22
_ZIP_COMMENT_BYTES = 65_535

# A page that a browser would run. XMP in a picture begins with <?xpacket, which is no page.
_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe|svg|object|embed)[\s/>]", re.IGNORECASE)
# A GIF whose width opens a JavaScript comment or makes its name a variable; a JPEG whose first length does.
_SCRIPT = re.compile(rb"GIF8[79]a(/\*|=|\x2a/)|\xff\xd8\xff[\xe0-\xef]/\*")


def refuse_disguises(original: Path, content_type: str) -> None:
    """Raise Refused for a file in which another kind is hidden: a page, a script, a PDF or an archive."""
    if content_type.startswith("text/"):
        return
    with original.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if _SCRIPT.match(head) or (_is_media(content_type) and _MARKUP.search(head)):
            raise Refused(Reason.MARKUP)
        if not head.startswith(b"%PDF-") and b"%PDF-" in head[:_PDF_WITHIN]:
            raise Refused(Reason.TWO_KINDS)
        if not content_type.startswith(_ZIPPED) and _ends_as_zip(file):
            raise Refused(Reason.TWO_KINDS)


def _is_media(content_type: str) -> bool:
    return content_type.startswith(("image/", "video/", "audio/"))


def _ends_as_zip(file: io.BufferedReader) -> bool:
    """Whether the end of the file is the end of a ZIP archive whose directory lies in front of it."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(end - _ZIP_END_BYTES - _ZIP_COMMENT_BYTES, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _ZIP_END_BYTES:
        return False
    (directory_bytes,) = unpack_from("<I", tail, at + 12)
    (comment_bytes,) = unpack_from("<H", tail, at + 20)
    surplus = len(tail) - at - _ZIP_END_BYTES - comment_bytes
    start = end - len(tail) + at - directory_bytes
    if not 0 <= surplus <= 2 or start < 0:  # a line break behind it is not minded by anybody
        return False
    file.seek(start)
    return file.read(4) == b"PK\x01\x02"
