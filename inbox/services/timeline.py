"""The conversation as staff read it: messages, notes and acts, in the order of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from inbox.models import Attachment, AuditEntry, Message, Note, Submission

PAGE_SIZE = 200
_ABOUT_FILES = ("attachment:download", "attachment:open_original", "attachment:retry", "mail:open_original")
NOT_SHOWN = (
    "submission:receive",
    "submission:correct",
    "submission:note",
    "submission:ask",
    "submission:reply",
    *_ABOUT_FILES,
)
"""Acts that stand in the history only: the message or note that they made is there, or nothing was changed."""
_CHANGE_NOTHING = ("submission:note", *_ABOUT_FILES)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Place = tuple[datetime, int, int]


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; `what` is "message", "note" or "act"."""

    what: str
    item: Any
    place: _Place

    @property
    def at(self) -> datetime:
        return self.place[0]


@dataclass(frozen=True)
class Timeline:
    """Entries, the oldest first, and the cursor of those before them, or None."""

    entries: list[Entry]
    older: str | None


_PARTS: tuple[tuple[str, type[Message] | type[Note] | type[AuditEntry], Select[Any]], ...] = (
    (
        "message",
        Message,
        select(Message).options(
            joinedload(Message.author),
            joinedload(Message.contact_point),
            joinedload(Message.mail),
            selectinload(Message.attachments),
        ),
    ),
    ("note", Note, select(Note).options(joinedload(Note.author))),
    ("act", AuditEntry, select(AuditEntry).where(AuditEntry.verb.not_in(NOT_SHOWN))),
)


def load(session: Session, submission: Submission, older_than: str | None = None) -> Timeline:
    """Return the newest 200 entries, or those before a cursor. A cursor that cannot be read gives the newest."""
    before = _read(older_than)
    entries: list[Entry] = []
    for rank, (what, model, statement) in enumerate(_PARTS):
        statement = statement.where(model.submission_id == submission.id).options(raiseload("*"))
        if before:
            statement = statement.where(_earlier(model, rank, before))
        found = session.scalars(statement.order_by(model.at.desc(), model.id.desc()).limit(PAGE_SIZE + 1))
        entries += (Entry(what, item, (item.at, rank, item.id)) for item in found)
    entries.sort(key=lambda entry: entry.place)
    shown = entries[-PAGE_SIZE:]
    return Timeline(shown, _cursor(shown[0].place) if len(entries) > len(shown) else None)


def files(session: Session, submission: Submission) -> list[Attachment]:
    """The newest 200 files of a submission in the order they came, whichever message they came with."""
    found = select(Attachment).join(Message).where(Message.submission_id == submission.id)
    return list(session.scalars(found.order_by(Attachment.id.desc()).limit(PAGE_SIZE)))[::-1]


def changes_since(submission: Submission, entry_id: int) -> list[AuditEntry]:
    """What was changed since the history's entry with this id; the last change if that cannot be told."""
    changes = [entry for entry in submission.history if entry.verb not in _CHANGE_NOTHING]
    return [entry for entry in changes if entry.id > entry_id > 0] or changes[-1:]


def _earlier(model: Any, rank: int, place: _Place) -> Any:
    at, other, number = place
    if rank > other:
        return model.at < at
    if rank < other:
        return model.at <= at
    return or_(model.at < at, and_(model.at == at, model.id < number))


def _cursor(place: _Place) -> str:
    at, rank, number = place
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}.{rank}.{number}"


def _read(cursor: str | None) -> _Place | None:
    parts = (cursor or "").split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 17 for part in parts):
        return None
    at, rank, number = map(int, parts)
    return _EPOCH + timedelta(microseconds=at), rank, number
