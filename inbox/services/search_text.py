"""One way of cutting text into search tokens, for SQLite and PostgreSQL alike.

Chinese, Japanese and Korean have no spaces between words, and most Chinese words have two characters;
so a run of such characters becomes its overlapping pairs, and a word of two characters is found
anywhere. Everything else is cut at what is no letter or digit, with case and accents folded.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W_{_CJK}]+)")
_BLANK_BETWEEN_ASCII_WORDS = str.maketrans({chr(i): " " for i in range(128) if not chr(i).isalnum()})
_ACCENTS = re.compile("[\u0300-\u036f]")
_LONGEST_WORD = 40
_MOST_TOKENS = 20_000


def fold(text: str) -> str:
    """Return the text without differences of width, case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def tokens(*texts: str) -> list[str]:
    """Return the distinct tokens to index, in the order of their first appearance, 20,000 at most."""
    found: dict[str, None] = {}
    for text in filter(None, texts):
        folded = fold(text)
        if folded.isascii():  # many times as quick
            words = dict.fromkeys(folded.translate(_BLANK_BETWEEN_ASCII_WORDS).split())
            found.update((word[:_LONGEST_WORD], None) for word in words)
            continue
        for run in _RUNS.finditer(folded):
            if run.lastgroup == "word":
                found[run["word"][:_LONGEST_WORD]] = None
            else:
                found.update(dict.fromkeys(_pairs(run["cjk"])))
            if len(found) >= _MOST_TOKENS:
                break
    return list(found)[:_MOST_TOKENS]


def _pairs(run: str) -> Iterable[str]:
    """The overlapping pairs, and the last character alone, so that each character begins a token."""
    return [*(run[i : i + 2] for i in range(len(run) - 1)), run[-1]]


def number_tokens(*numbers: str) -> list[str]:
    """Return the ends of each number, and the number as it is dialled at home.

    So every piece of it, two digits or more and however people group them, begins one of the tokens.
    """
    found: dict[str, None] = {}
    for number in dict.fromkeys(numbers):
        digits = "".join(c for c in number if c.isdecimal())
        found.update(dict.fromkeys(digits[i:] for i in range(len(digits) - 1)))
        found.update(dict.fromkeys(_national(number)))
    return list(found)


def _national(number: str) -> Iterable[str]:
    """The digits of an E.164 number as they are dialled inside its country: +886912345678 is 0912345678."""
    digits = number[1:]
    if not number.startswith("+") or not digits.isdecimal():
        return []
    codes = ((digits[:n], digits[n:]) for n in (1, 2, 3))  # none begins another one (ITU-T E.164)
    return [_trunk_prefix(int(code)) + rest for code, rest in codes if int(code) in COUNTRY_CODE_TO_REGION_CODE]


@cache
def _trunk_prefix(country_code: int) -> str:
    region = phonenumbers.region_code_for_country_code(country_code)
    return phonenumbers.ndd_prefix_for_region(region, True) or ""


def runs(text: str) -> Iterable[tuple[int, str]]:
    """Where each run of letters and digits begins in a text as it stands, and the run."""
    return ((run.start(), run[0]) for run in _RUNS.finditer(text))


def is_cjk(token: str) -> bool:
    """Whether a token is of a script that is written without spaces between words."""
    run = _RUNS.match(token)
    return run is not None and run.lastgroup == "cjk"


def query_terms(text: str) -> list[tuple[str, bool]]:
    """Return (token, is a prefix) pairs that must all be found; [] when the text holds nothing to look for."""
    terms: dict[tuple[str, bool], None] = {}
    for run in _RUNS.finditer(fold(text)):
        if run["word"]:
            terms[run["word"][:_LONGEST_WORD], True] = None
        elif len(run["cjk"]) == 1:
            terms[run["cjk"], True] = None
        else:
            terms.update(dict.fromkeys((run["cjk"][i : i + 2], False) for i in range(len(run["cjk"]) - 1)))
    return list(terms)[:32]
