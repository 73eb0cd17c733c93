"""What a list of submissions is narrowed to: chosen in menus, or written into the search as `kind:event from:ling`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, or_, select

from inbox import kinds
from inbox.models import (
    Attachment,
    Channel,
    Contact,
    ContactPoint,
    Label,
    Message,
    Status,
    Submission,
    User,
    submission_label,
)
from inbox.models.submission import DECIDED, WAITING

WAITS, ANY = "waiting", "all"
FILES = {"photo": "image/", "video": "video/", "recording": "audio/", "file": ""}
"""What `has:` may ask for, and how its content type begins."""


@dataclass(frozen=True)
class Filters:
    """What the queue's address says. None or "" means "any", except that without `status` only what waits is shown.

    status: a Status, "waiting" or "all"; assignee: "me", "none" or a user id; label: a label's key; words: full text;
    sender: a part of a name, an address or a number; before, after: of the newest message; files: a key of `FILES`.
    """

    status: Status | str | None = None
    kind: str | None = None
    channel: Channel | None = None
    assignee: str | None = None
    label: str | None = None
    words: str = ""
    sender: str = ""
    before: datetime | None = None
    after: datetime | None = None
    files: str | None = None

    @property
    def to_find(self) -> str:
        """Everything that the full-text index has to hold."""
        return f"{self.words} {self.sender}".strip()


_PART = re.compile(r'(?<!\S)(?P<name>[a-z]+):(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))', re.IGNORECASE)
_IS: dict[str, dict[str, Any]] = {
    "new": {"status": Status.NEW},
    "open": {"status": Status.OPEN},
    "accepted": {"status": Status.ACCEPTED},
    "declined": {"status": Status.DECLINED},
    "closed": {"status": Status.CLOSED},
    "spam": {"status": Status.SPAM},
    "waiting": {"status": WAITS},
    "unassigned": {"assignee": "none"},
    "mine": {"assignee": "me"},
}


def read(filters: Filters, people: Collection[User], zone: ZoneInfo) -> Filters:
    """Take what is written as `name:value` out of the words; what means nothing stays among them.

    Dates are days in `zone`. Words are looked for in everything, whatever its status, unless one is named.
    """
    if not filters.words:
        return filters
    found: dict[str, Any] = {}

    def take(part: re.Match[str]) -> str:
        value = part["quoted"] if part["quoted"] is not None else part["plain"]
        meaning = _meaning(part["name"].casefold(), value.strip(), people, zone)
        found.update(meaning)
        return "" if meaning else part[0]

    words = " ".join(_PART.sub(take, filters.words).split())
    return replace(filters, **{"status": filters.status or ANY, **found, "words": words})


def _meaning(name: str, value: str, people: Collection[User], zone: ZoneInfo) -> Mapping[str, Any]:
    """The fields of `Filters` that one written part stands for; {} if it stands for none."""
    folded = value.casefold()
    if name == "is":
        return _IS.get(folded, {})
    if name == "kind":
        known = folded.replace("-", "_")
        return {"kind": known} if known in kinds.BY_NAME else {}
    if name == "channel":
        return {"channel": Channel(folded)} if folded in list(Channel) else {}
    if name == "has":
        return {"files": folded} if folded in FILES else {}
    if name in ("before", "after"):
        day = _day(value, zone)
        return {name: day} if day else {}
    if name == "assignee":
        return _assigned_to(folded, people)
    if name in ("label", "from"):
        return {"label" if name == "label" else "sender": value} if value else {}
    return {}


def _day(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
        return datetime.combine(day, time(), zone)
    except (ValueError, OverflowError):
        return None


def _assigned_to(name: str, people: Collection[User]) -> dict[str, str]:
    if name in ("me", "none"):
        return {"assignee": name}
    named = [user for user in people if name and name in (user.name.casefold(), user.email.casefold())]
    named = named or [user for user in people if name and user.name.casefold().startswith(name)]
    return {"assignee": str(named[0].id)} if named else {}


def conditions(user: User, filters: Filters) -> list[ColumnElement[bool]]:
    """The conditions on a query of `Submission`; the full text is not among them."""
    found = _status(filters)
    if filters.kind:
        found.append(Submission.kind == filters.kind)
    if filters.channel:
        found.append(Submission.channel == filters.channel)
    if filters.assignee:
        found.append(_assignee(user, filters.assignee))
    if filters.label:
        labelled = select(submission_label.c.submission_id).join(Label).where(Label.key == filters.label.casefold())
        found.append(Submission.id.in_(labelled))
    if filters.sender:
        found.append(_from(filters.sender))
    if filters.before:
        found.append(Submission.active_at < filters.before)
    if filters.after:
        found.append(Submission.active_at >= filters.after)
    if filters.files:
        found.append(_has(FILES[filters.files]))
    return found


def _status(filters: Filters) -> list[ColumnElement[bool]]:
    if isinstance(filters.status, Status):
        # The status says by itself whether it waits; said here too, it leads to the index of those that do, or do not.
        return [Submission.status == filters.status, WAITING if filters.status.waits else DECIDED]
    waits = filters.status == WAITS or (filters.status is None and not filters.words)
    return [WAITING] if waits else []


def _assignee(user: User, assignee: str) -> ColumnElement[bool]:
    if assignee == "none":
        return Submission.assignee_id.is_(None)
    if assignee == "me":
        return Submission.assignee_id == user.id
    return Submission.assignee_id == (int(assignee) if assignee.isdecimal() and len(assignee) < 10 else -1)


def _from(text: str) -> ColumnElement[bool]:
    """Whether the sender goes by this name, address or number, in whole or in part."""
    digits = re.sub(r"[+\s()-]", "", text)
    part = digits.lstrip("0") if digits.isdecimal() and digits.strip("0") else text
    of_contact = Contact.id == Submission.contact_id
    names = (Contact.name, Contact.organisation, Contact.email, Contact.phone)
    named = or_(*(column.icontains(part, autoescape=True) for column in names))
    reached = ContactPoint.address.icontains(part, autoescape=True)
    return or_(
        Submission.sender.icontains(text, autoescape=True),
        exists().where(of_contact, named),
        exists().where(ContactPoint.contact_id == Submission.contact_id, reached),
    )


def _has(beginning: str) -> ColumnElement[bool]:
    of_this = (Message.submission_id == Submission.id, Attachment.message_id == Message.id)
    return exists().where(*of_this, Attachment.content_type.startswith(beginning))


def examples(offered: Collection[str], people: Collection[User], labels: Collection[Label]) -> list[str]:
    """What may be written into the search, for the page to complete."""
    return [
        *(f"is:{name}" for name in _IS),
        *(f"kind:{name}" for name in offered),
        *(f"channel:{channel.value}" for channel in Channel),
        *(f"has:{name}" for name in FILES),
        *(f"assignee:{_quoted(user.name)}" for user in people),
        *(f"label:{_quoted(label.name)}" for label in labels),
        *("from:", "before:", "after:"),
    ]


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
