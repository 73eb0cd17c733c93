"""Whom a note names: @ and a name, as people write it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

from inbox.models import User
from inbox.text import is_chinese

_SIGN = re.compile(r"(?<![a-z0-9_])@")
"""An @ that follows no Latin letter or digit: that of an address like bob@example.org names nobody."""


def find(text: str, people: Iterable[User]) -> list[User]:
    """Return those of `people` that the text names, each once, in the order of the text.

    A name is the whole name, its first word, or what stands before the @ of the person's address. Of several that
    fit the longest counts, and one that two people share names neither.
    """
    called = _names(people)
    folded = _folded(text)
    named = (_named(folded[sign.end() :], called) for sign in _SIGN.finditer(folded))
    return list(dict.fromkeys(person for person in named if person))


def _folded(text: str) -> str:
    """Without what does not make another name: case and width."""
    return unicodedata.normalize("NFKC", text).casefold()


def _names(people: Iterable[User]) -> dict[str, set[User]]:
    called: dict[str, set[User]] = defaultdict(set)
    for person in people:
        name = " ".join(_folded(person.name).split())
        for each in (name, name.split(" ")[0], _folded(person.email).partition("@")[0]):
            called[each].add(person)
    return called


def _named(rest: str, called: Mapping[str, set[User]]) -> User | None:
    """The person whose name the text begins with, if that is one only."""
    fitting = [name for name in called if name and rest.startswith(name) and _ends(name, rest)]
    people = called[max(fitting, key=len)] if fitting else set()
    return next(iter(people)) if len(people) == 1 else None


def _ends(name: str, rest: str) -> bool:
    """Whether the name ends where the text goes on; Chinese puts no space after it."""
    return is_chinese(name) or not rest[len(name) : len(name) + 1].isalnum()
