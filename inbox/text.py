"""Small rules about text that every layer needs."""

import re
import unicodedata
from contextlib import suppress

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CHINESE = re.compile("[\u3400-\u9fff]")


def N_(message: str) -> str:
    """Mark a string for translation where it is declared; it is translated where it is shown."""
    return message


def clean(text: str) -> str:
    """Return the text as databases can hold it: NUL and lone surrogates become U+FFFD, nothing else changes."""
    if text.isascii() and "\0" not in text:  # many times as quick
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def first_line(text: str, limit: int = 100) -> str:
    """Return the first line that says something, cut at a word near `limit` characters; "" if there is none."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip() + "…"


def is_chinese(text: str) -> bool:
    """Whether Chinese characters carry the text."""
    return not text.isascii() and len(_CHINESE.findall(text)) * 3 > len(text.replace(" ", ""))


def language_of(text: str) -> str:
    """The language of a text as far as it can be told, for `lang` attributes and answers: "zh-Hant" or ""."""
    return "zh-Hant" if is_chinese(text) else ""


def plain(text: str) -> str:
    """A short answer without what does not change it: case, width, spaces, and punctuation around it."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.strip(" .,:;!?#*()[]<>\"'“”‘’。，、：；！？「」『』【】《》")


def one_address(address: str) -> str:
    """An e-mail address in the one way in which it is kept: in lower case, with its domain as the DNS takes it.

    Full-width letters, an invisible hyphen or a dot at the end make no other domain (RFC 3490), and so no other person.
    """
    local, sign, domain = address.lower().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("idna").rstrip(".")
    return f"{local}{sign}{domain}"
