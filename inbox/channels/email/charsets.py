"""Bytes of a mail to text, whatever its label says.

A strict order of tries: the label (or what mail programs mean by it), UTF-8, the encodings that unlabelled mail is
in, and last the one that reads everything. Nothing here raises, and no label reaches a codec that is no charset.
"""

import codecs
from collections.abc import Callable, Iterator
from encodings import normalize_encoding
from encodings.aliases import aliases

from inbox.text import clean

_KNOWN = {
    "utf_8", "utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "big5", "big5hkscs",
    "cp950", "gb2312", "gbk", "gb18030", "hz", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004",
    "iso2022_jp_3", "iso2022_jp_ext", "iso2022_kr", "shift_jis", "cp932", "shift_jis_2004", "shift_jisx0213",
    "euc_jp", "euc_jis_2004", "euc_jisx0213", "euc_kr", "cp949", "johab", "latin_1", "cp1250", "cp1251", "cp1252",
    "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp437", "cp720", "cp737", "cp775", "cp850",
    "cp852", "cp855", "cp856", "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp866",
    "cp869", "cp874", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8",
    "iso8859_9", "iso8859_10", "iso8859_11", "iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "koi8_r",
    "koi8_u", "koi8_t", "kz1048", "ptcp154", "tis_620", "mac_roman", "mac_greek", "mac_cyrillic", "mac_latin2",
    "mac_iceland", "mac_turkish",
}  # fmt: skip
_OTHER_NAMES = {
    "gb_2312": "gb2312",
    "gb_2312_80": "gb2312",
    "windows_936": "gbk",
    "windows_949": "cp949",
    "windows_950": "cp950",
    "windows_874": "cp874",
    "big5_eten": "big5",
    "utf8mb4": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "unicode": "utf_16",
    "iso_8859_6_i": "iso8859_6",
    "iso_8859_8_i": "iso8859_8",
    "ansi": "cp1252",
}
_MEANT = {  # what mail programs write under a label is the larger set that Windows or a later standard made of it
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("cp950", "big5hkscs"),
    "big5hkscs": ("big5hkscs", "cp950"),
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_2004", "iso2022_jp_ext"),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "euc_kr": ("cp949",),
    "latin_1": ("cp1252",),
    "iso8859_9": ("cp1254",),
    "iso8859_11": ("cp874",),
    "tis_620": ("cp874",),
}
_STATEFUL = ("iso2022", "utf_7", "hz")
_WIDE = ("utf_16", "utf_32")
_MULTIBYTE = ("big5", "cp95", "cp932", "cp949", "gb", "shift", "euc", "johab")
_SAMPLE = 4000
_MISSING = "\ufffd"


def decode(data: bytes, label: str = "") -> str:
    """Return the text of these bytes, labelled like this; what cannot be read stands there as U+FFFD."""
    name = known(label)
    if data.startswith(codecs.BOM_UTF8):
        return clean(data[3:].decode("utf_8", "replace"))
    if not name and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf_16"
    if name.startswith(_WIDE) and data.isascii() and b"\0" not in data:
        name = ""
    if data.isascii() and b"\x1b" not in data and not name.startswith(_STATEFUL + _WIDE):
        return clean(data.decode("ascii"))
    return clean(next(filter(None, _tries(data, name)), ""))


def known(label: str) -> str:
    """The Python name of the charset that a label means; "" for an unknown one, and for ASCII, which says nothing."""
    name = normalize_encoding(label.strip().strip("'\"").lower()[:60])
    for said in (name, name.removeprefix("x_")):
        if (meant := _OTHER_NAMES.get(said, aliases.get(said, said))) in _KNOWN:
            return meant
    return ""


def _tries(data: bytes, name: str) -> Iterator[str | None]:
    meant = _MEANT.get(name, (name,)) if name else ()
    if not name.startswith(_STATEFUL + _WIDE):
        if data.isascii():  # with escape sequences in it
            yield _strict(data, "iso2022_jp")
        elif _is_surely_utf8(data, name):
            yield _strict(data, "utf_8")
    for codec in meant:
        yield _strict(data, codec)
    yield _strict(data, "utf_8")
    yield _nearly(data, meant[0]) if meant else None
    yield from (_strict(data, codec) for codec, fits in _UNLABELLED if fits(data[:_SAMPLE]))
    yield data.decode(meant[0] if meant else "cp1252", "replace")


def _strict(data: bytes, codec: str) -> str | None:
    if codec == "iso2022_jp_2004":  # NEC's row 13 (circled digits and the like) is in that later set alone
        data = data.replace(b"\x1b$B", b"\x1b$(Q").replace(b"\x1b$@", b"\x1b$(Q")
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """The text if no more than one in ten of its characters beyond ASCII is damaged."""
    text = data.decode(codec, "replace")
    beyond = sum(not character.isascii() for character in text)
    return text if text.count(_MISSING) * 10 <= beyond else None


def _is_surely_utf8(data: bytes, name: str) -> bool:
    """Whether it is UTF-8 in spite of a label.

    In an encoding of one byte for each character that is never chance; in one of more bytes it can be, so there it
    takes several characters that UTF-8 writes with three.
    """
    text = _strict(data, "utf_8")
    if text is None or name == "utf_8":
        return False
    if not name.startswith(_MULTIBYTE):
        return True
    beyond = [character for character in text if not character.isascii()]
    return len(beyond) >= 3 and 2 * sum(character >= "\u0800" for character in beyond) > len(beyond)


def _pairs(data: bytes) -> tuple[bytes, bytes]:
    """The first and the second bytes of what would be characters of two bytes."""
    leads, trails, at = bytearray(), bytearray(), 0
    while at + 1 < len(data):
        if data[at] < 0x80:
            at += 1
            continue
        leads.append(data[at])
        trails.append(data[at + 1])
        at += 2
    return bytes(leads), bytes(trails)


def _share(found: bytes, *ranges: tuple[int, int]) -> float:
    """How many of these bytes lie in the ranges; 0 if there are too few bytes to say."""
    if len(found) < 2:
        return 0
    return sum(any(low <= byte <= high for low, high in ranges) for byte in found) / len(found)


def _like_shift_jis(data: bytes) -> bool:
    return _share(_pairs(data)[0], (0x82, 0x83)) > 0.3


def _like_euc_jp(data: bytes) -> bool:
    leads, trails = _pairs(data)
    return min(trails, default=0) >= 0xA1 and _share(leads, (0xA4, 0xA5)) > 0.3


def _like_big5(data: bytes) -> bool:
    leads, trails = _pairs(data)
    low = any(byte < 0x7F for byte in trails)
    return (low or len(trails) < 8) and _share(leads, (0xA1, 0xC6)) >= 0.9


def _like_euc_kr(data: bytes) -> bool:
    leads, trails = _pairs(data)
    return min(trails, default=0) >= 0xA1 and _share(leads, (0xA1, 0xA3), (0xB0, 0xC8)) == 1


def _like_gb2312(data: bytes) -> bool:
    leads, trails = _pairs(data)
    return min(trails, default=0) >= 0xA1 and _share(leads, (0xA1, 0xA3), (0xB0, 0xD7)) >= 0.75


def _like_cyrillic(data: bytes) -> bool:
    letters = sum(byte >= 0xC0 for byte in data)
    return letters > sum(chr(byte).isalpha() for byte in data if byte < 0x80)


def _like_koi8(data: bytes) -> bool:
    return _like_cyrillic(data) and sum(0xC0 <= byte < 0xE0 for byte in data) > sum(byte >= 0xE0 for byte in data)


_UNLABELLED: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("cp932", _like_shift_jis),
    ("euc_jp", _like_euc_jp),
    ("cp950", _like_big5),
    ("euc_kr", _like_euc_kr),
    ("gb18030", _like_gb2312),
    ("koi8_r", _like_koi8),
    ("cp1251", _like_cyrillic),
)
