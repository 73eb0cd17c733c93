"""The shapes that the made-up content is written in; `filler` turns them into submissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inbox.models import Channel, Priority, Status


@dataclass(frozen=True)
class In:
    """So many days from today, in the newsroom's zone: a date, or with a time of day a moment."""

    days: int
    clock: str = ""

    def resolve(self, now: datetime, zone: ZoneInfo) -> date | datetime:
        day = now.astimezone(zone).date() + timedelta(days=self.days)
        return datetime.fromisoformat(f"{day}T{self.clock}").replace(tzinfo=zone) if self.clock else day


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens to a submission besides its arrival; what is left open is drawn by lot.

    age: days before now; asks: questions to the sender with the answer, or None while there is none
    """

    age: float | None = None
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    asks: tuple[tuple[str, str | None], ...] = ()
    outcome: Status | None = None
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True)
class Form(Case):
    """A web form. `files` are names; their endings say what is drawn for them."""

    kind: str
    values: Mapping[str, Any]
    files: tuple[str, ...] = ()
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """One message of a thread: text, content types of its media, more facts, and the minutes since the one before."""

    text: str = ""
    media: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    minutes: float = 2
    gist: str = ""


@dataclass(frozen=True)
class Thread(Case):
    """Somebody writes from a telephone, or speaks to it."""

    channel: Channel
    number: str
    name: str
    said: tuple[Said | str, ...]
    kind: str = "message"


@dataclass(frozen=True)
class Post:
    """A further mail of the same person, so many hours after the one before.

    by_token: it answers ours without naming it, to the address that ours gave
    """

    text: str
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    hours: float = 5
    by_token: bool = False


@dataclass(frozen=True)
class Answered:
    """A mail of the newsroom. `bounces`: there is no such mailbox."""

    text: str
    hours: float = 2
    bounces: bool = False


@dataclass(frozen=True)
class Mail(Case):
    """An e-mail, and those that followed it; `files` are (name, content type).

    html, pictures: how it is formatted, and the names of pictures in it, which are their content ids
    to: to whom it went besides us; copied: two of our mailboxes got it; damaged: it cannot be read
    """

    kind: str
    name: str
    address: str
    subject: str
    text: str
    files: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    html: str = ""
    pictures: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    copied: bool = False
    damaged: bool = False
    then: tuple[Post | Answered, ...] = ()
