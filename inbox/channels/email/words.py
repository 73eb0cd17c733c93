"""Words in header fields that are no plain ASCII: encoded words (RFC 2047) and parameters (RFC 2231)."""

import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from inbox.channels.email import charsets

LONGEST_VALUE = 65_536
MOST_PIECES = 1000

# It ends where the next one begins, so that a field of nothing but beginnings takes no time. Spaces and question marks
# within are wrong, but common.
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bq])\?((?:(?!=\?[^=]).){0,2000}?)\?=", re.I | re.S)
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.){0,8000}+"|[^;]*)', re.S)
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_UNPADDED = re.compile(rb"[^=]+")
_NOT_BASE64 = re.sub(rb"[A-Za-z0-9+/=]", b"", bytes(range(256)))


def decode(text: str) -> str:
    """Return the text with its encoded words read; broken ones stay as they are.

    Neighbours in one charset are read together: many programs cut a character in two.
    """
    read, charset, data, end = [], "", b"", 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        apart = bool(between.strip()) or not end
        if apart or match[1].lower() != charset:
            read += [charsets.decode(data, charset), between if apart else ""]
            charset, data = match[1].lower(), b""
        data += _bytes_of(match[2], match[3])
        end = match.end()
    return "".join([*read, charsets.decode(data, charset), text[end:]])


def _bytes_of(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return from_base64(data) if encoding in "bB" else binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def from_base64(data: bytes) -> bytes:
    """What can be read of Base64, with wrong padding, padding in its middle and foreign characters too."""
    data = data.translate(None, _NOT_BASE64)
    if data.count(b"=") > MOST_PIECES:
        data = data.replace(b"=", b"")
    return b"".join(_whole(data, *piece.span()) for piece in _UNPADDED.finditer(data))


def _whole(data: bytes, start: int, end: int) -> bytes:
    rest = (end - start) % 4
    decoded = binascii.a2b_base64(memoryview(data)[start : end - rest])
    return decoded + binascii.a2b_base64(data[end - rest : end] + b"==") if rest > 1 else decoded


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `attachment; filename="a.txt"` into what comes first, in lower case, and the parameters, decoded."""
    value = value[:LONGEST_VALUE]
    found: dict[str, dict[int, tuple[bool, str]]] = {}
    plain: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        piece = _PIECE.fullmatch(match[1].lower())
        if piece is None:
            continue
        name, number, extended = piece.groups()
        if number is None and not extended:
            plain.setdefault(name, decode(_unquoted(match[2])))
        else:
            found.setdefault(name, {}).setdefault(int(number or 0), (bool(extended), _unquoted(match[2])))
    first = value.partition(";")[0].strip().lower()
    return first, {**plain, **{name: _joined(pieces) for name, pieces in found.items()}}


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return re.sub(r'\\(["\\])', r"\1", value[1:].removesuffix('"'))


def _joined(pieces: Mapping[int, tuple[bool, str]]) -> str:
    """A value in pieces; the first one of an extended value begins with charset'language'."""
    in_order = [pieces[number] for number in sorted(pieces)]
    extended, start = in_order[0]
    charset, quote, rest = start.partition("'")
    if extended and quote and "'" in rest:
        in_order[0] = (True, rest.partition("'")[2])
    else:
        charset = ""
    data = b"".join(
        unquote_to_bytes(value) if is_extended else value.encode("utf-8", "replace") for is_extended, value in in_order
    )
    return charsets.decode(data, charset)
