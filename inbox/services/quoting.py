"""What a mail says itself, what it repeats of earlier ones, and what its subject is without Re: and the like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

FOLDED_FROM = 4
"""A quotation of so many lines is worth folding away."""
_LONGEST_ATTRIBUTION = 400
_ATTRIBUTION_LINES = 3  # mail programs break the line at 72 characters

_BEGIN = re.compile(r"On\b|(?:[^<>]{0,100}<[^<>\s]{3,100}>\s*)?於|在|Am\b|Le\b")
_ATTRIBUTION = re.compile(
    r"(?:On\b.{4,}\bwrote|.*於.{4,}寫道|在.{4,}写道|Am\b.{4,}\bschrieb\b.{0,80}|Le\b.{4,}\ba écrit)\s*[:：]"
)
_DIGIT = re.compile(r"\d")  # of a date: "On its website the ministry wrote:" begins no quotation
_PREFIX = re.compile(
    r"\s*(?:re|fwd?|aw|wg|sv|tr|antw|回覆|回复|答覆|答复|轉寄|转寄|轉發|转发)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Piece:
    """A part of a mail's text. `quoted`: it repeats an earlier mail, and is long enough to be folded away."""

    text: str
    quoted: bool

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1


def pieces(text: str) -> list[Piece]:
    """Return the text in parts, as they follow one another; nothing is left out but blank lines around them.

    Quoted are lines that begin with ">", with the line before them that says who wrote it; where no such lines follow
    it, all that comes after it. A mail that is nothing but quotation is one part that is not folded.
    """
    found = [_piece(quoted, [line for _, line in lines]) for quoted, lines in groupby(_lines(text), lambda it: it[0])]
    shown = [piece for piece in found if piece.text.strip()]
    return shown if any(not piece.quoted for piece in shown) else [Piece(text.strip(), quoted=False)]


def bare_subject(subject: str) -> str:
    """The subject in a form for comparing: without what answering and forwarding put before it, case and spaces."""
    while prefix := _PREFIX.match(subject):
        subject = subject[prefix.end() :]
    return " ".join(subject.casefold().split())


def _piece(quoted: bool, lines: list[str]) -> Piece:
    text = "\n".join(lines).strip("\n")
    return Piece(text, quoted and text.count("\n") + 1 >= FOLDED_FROM)


def _lines(text: str) -> Iterator[tuple[bool, str]]:
    """Each line, and whether it is quoted; blank lines belong to what stands before them."""
    lines, quoted, number = text.splitlines(), False, 0
    while number < len(lines):
        length = _attribution(lines[number : number + _ATTRIBUTION_LINES])
        if length:
            yield from ((True, line) for line in lines[number : number + length])
            number, quoted = number + length, True
            if not _is_marked(_next_words(lines, number)):
                yield from ((True, line) for line in lines[number:])
                return
            continue
        if lines[number].strip():
            quoted = _is_marked(lines[number])
        yield quoted, lines[number]
        number += 1


def _next_words(lines: list[str], number: int) -> str:
    return next((line for line in lines[number:] if line.strip()), ">")


def _is_marked(line: str) -> bool:
    return line.lstrip().startswith(">")


def _attribution(lines: list[str]) -> int:
    """How many of these lines say who wrote what is quoted below them; 0 if they do not."""
    if not _BEGIN.match(lines[0].lstrip()):
        return 0
    for length in range(1, len(lines) + 1):
        joined = " ".join(line.strip() for line in lines[:length])
        if len(joined) > _LONGEST_ATTRIBUTION:
            return 0
        if _ATTRIBUTION.fullmatch(joined) and _DIGIT.search(joined):
            return length
    return 0
