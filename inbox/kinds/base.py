"""What a kind of submission is made of. Forms, desk, export and checks are drawn from these values.

Labels, help and option texts are gettext ids (marked with `N_`), translated where they are shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

Values = Mapping[str, Any]
"""The values of a form by field name: str, bool, date, aware datetime, Money or None."""


class Widget(StrEnum):
    """How a field is asked. `MOMENT` is a date, a time and a time zone; `MONEY` two amounts and a currency."""

    LINE = "line"
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    CHOICE = "choice"
    TICK = "tick"
    DATE = "date"
    MOMENT = "moment"
    MONEY = "money"
    FILES = "files"


@dataclass(frozen=True)
class Money:
    """A budget: whole units of `currency` (ISO 4217), either end may be open."""

    low: int | None
    high: int | None
    currency: str


@dataclass(frozen=True)
class Field:
    """One question. `only_if` = (choice field, value): asked only while that choice is made.

    `autocomplete` is the token of the HTML standard ("off" where the browser should not remember).
    """

    name: str
    label: str
    widget: Widget = Widget.LINE
    required: bool = False
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    default: str = ""
    only_if: tuple[str, str] | None = None
    max_length: int = 500
    wide: bool = False
    autocomplete: str = ""


@dataclass(frozen=True)
class Section:
    """Fields under one side head."""

    title: str
    fields: tuple[Field, ...]
    intro: str = ""


def nothing_sure(words: str, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Question:
    """A question that the WhatsApp guide asks, in the words of `templates/messages/guide/<kind>/<name>.txt`.

    label: what the desk calls the answer
    field: the field of free text that the answer fills
    read:  (words, now, the newsroom's zone) -> facts that the words give for sure, or {}

    What fills no field and gives no fact is kept under the question's name as it was said.
    """

    name: str
    label: str
    field: str = ""
    read: Callable[[str, datetime, ZoneInfo], dict[str, Any]] = nothing_sure


def no_checks(values: Values, now: datetime) -> dict[str, str]:
    return {}


def nothing_more(values: Values) -> tuple[str, dict[str, Any]] | None:
    return None


@dataclass(frozen=True)
class Kind:
    """A kind of submission, declared once.

    name:     what database, export and API call it; slug: its address under /send/
    prefix:   of its references; icon: in the sprite
    title:    singular for the desk; plural: the view; invite and blurb: the entry on the front page
    spoken:   by language, what the telephone menu calls it ("For ..., press 1")
    heading, standfirst, button: of its form
    next_steps, who_sees: the answers given before the first field
    check:    (values, now) -> {field name: what is wrong}, for rules over more than one field
    also:     values -> (kind, values) of a second submission that this one opens, or None
    confidential: the form is for people who may be afraid; it carries the leave bar
    said_as:  what people write alone, or as the first line, to say that it is this; in any language, as
              `text.plain` leaves it
    questions: what the WhatsApp guide asks, three at most
    """

    name: str
    slug: str
    prefix: str
    icon: str
    title: str
    plural: str
    invite: str
    blurb: str
    spoken: Mapping[str, str]
    heading: str
    standfirst: str
    button: str
    next_steps: str
    who_sees: str
    sections: tuple[Section, ...]
    check: Callable[[Values, datetime], dict[str, str]] = no_checks
    also: Callable[[Values], tuple[str, dict[str, Any]] | None] = nothing_more
    confidential: bool = False
    said_as: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def facts(self) -> tuple[Field, ...]:
        """The fields that are this kind's own, kept in `Submission.details` and shown as its facts."""
        return tuple(field for field in self.fields if field.name not in COMMON)


COMMON = frozenset({"name", "email", "phone", "organisation", "subject", "body", "attachments"})
"""Fields with a home of their own: contact, subject, message text and files."""
