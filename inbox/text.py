"""Small rules about text that every layer needs."""

import re
import unicodedata

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
