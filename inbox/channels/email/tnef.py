"""Looking into winmail.dat: what Outlook makes of a mail in rich text (TNEF, [MS-OXTNEF]).

Only what readers miss without Outlook is taken out: the files, and the text where it is written plainly or as HTML.
Whatever is not as it should be ends the reading; what was found until then counts.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from inbox.channels.email import charsets
from inbox.text import clean

SIGNATURE = b"\x78\x9f\x3e\x22"
MOST_FILES = 400

_ATTACHMENT_BEGINS, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_MESSAGE_PROPERTIES, _CODEPAGE, _BODY = 0x9003, 0x9007, 0x800C
_OBJECT, _BYTES, _ANSI, _UTF16 = 0x000D, 0x0102, 0x001E, 0x001F
_VARIABLE = (_OBJECT, _BYTES, _ANSI, _UTF16)
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_PR_BODY, _PR_HTML, _PR_DATA, _PR_NAME, _PR_LONG_NAME, _PR_TYPE = 0x1000, 0x1013, 0x3701, 0x3704, 0x3707, 0x370E


@dataclass
class EnclosedFile:
    """A file in there."""

    filename: str = ""
    content_type: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass
class Contents:
    """What was found; the texts are "" where there are none."""

    text: str = ""
    html: str = ""
    files: list[EnclosedFile] = field(default_factory=list)


def read(data: bytes) -> Contents:
    """Return what is in there: nothing, if it is no TNEF at all. Never raises."""
    found, charset = Contents(), "cp1252"
    for number, value in _attributes(data):
        if number == _CODEPAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif number == _BODY:
            found.text = _text(value, charset)
        elif number == _MESSAGE_PROPERTIES:
            _take_body(found, value, charset)
        elif number == _ATTACHMENT_BEGINS:
            if len(found.files) == MOST_FILES:
                break
            found.files.append(EnclosedFile())
        elif number in (_TITLE, _DATA, _PROPERTIES):
            _take_file(found.files, number, value, charset)
    found.files = [file for file in found.files if file.content]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the value of each attribute: level (1 byte), number, type, length, value, checksum."""
    at = 6 if data.startswith(SIGNATURE) else len(data)
    while at + 9 <= len(data):
        number, _, length = struct.unpack_from("<HHI", data, at + 1)
        at += 9
        if at + length > len(data):
            return
        yield number, data[at : at + length]
        at += length + 2


def _take_file(files: list[EnclosedFile], number: int, value: bytes, charset: str) -> None:
    if not files:
        files.append(EnclosedFile())
    file = files[-1]
    if number == _TITLE:
        file.filename = file.filename or _text(value, charset)
    elif number == _DATA:
        file.content = value
    else:
        known = {name: (kind, content) for kind, name, content in _properties(value)}
        for name in (_PR_NAME, _PR_LONG_NAME):
            file.filename = _string(known, name, charset) or file.filename
        file.content_type = _string(known, _PR_TYPE, charset)
        kind, content = known.get(_PR_DATA, (0, b""))
        if kind == _BYTES:  # else it is an object that only Outlook can read
            file.content = file.content or content


def _take_body(found: Contents, value: bytes, charset: str) -> None:
    known = {name: (kind, content) for kind, name, content in _properties(value)}
    found.text = found.text or _string(known, _PR_BODY, charset)
    found.html = _string(known, _PR_HTML, charset)


def _string(known: dict[int, tuple[int, bytes]], name: int, charset: str) -> str:
    kind, content = known.get(name, (0, b""))
    if kind == _UTF16:
        return clean(content.decode("utf_16_le", "replace").partition("\0")[0])
    return _text(content, charset)


def _text(value: bytes, charset: str) -> str:
    return charsets.decode(value.partition(b"\0")[0], charset)


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, number and content of each MAPI property of strings or bytes; others are passed over."""
    at, count = 4, int.from_bytes(value[:4], "little")
    for _ in range(min(count, len(value) // 8)):
        if at + 4 > len(value):
            return
        kind, name = struct.unpack_from("<HH", value, at)
        at += 4
        if name >= 0x8000:
            at = _after_name(value, at)
        several, kind = kind & 0x1000, kind & 0x0FFF
        number = 1
        if several or kind in _VARIABLE:
            number, at = int.from_bytes(value[at : at + 4], "little"), at + 4
        if kind not in _VARIABLE:
            at += _SIZES.get(kind, len(value)) * number
            continue
        for _ in range(min(number, len(value) // 4)):
            length = int.from_bytes(value[at : at + 4], "little")
            at += 4
            if at + length > len(value):
                return
            yield kind, name, value[at : at + length]
            at += length + -length % 4


def _after_name(value: bytes, at: int) -> int:
    """Where a property goes on after its name: a GUID, and a number or a text."""
    is_text = int.from_bytes(value[at + 16 : at + 20], "little") == 1
    at += 24
    if is_text:
        length = int.from_bytes(value[at - 4 : at], "little")
        at += length + -length % 4
    return at
