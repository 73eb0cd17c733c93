"""Every submission as plain values: one JSON object a line, or a table.

Submissions are read in pages by id, so memory stays the same however many there are, and each page
costs a fixed number of queries.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from inbox import kinds
from inbox.models import Attachment, AuditEntry, Contact, Direction, Message, Note, Submission, User
from inbox.services import audit, search
from inbox.services.filters import Filters
from inbox.text import clean

PAGE_SIZE = 200
_FACTS = tuple(dict.fromkeys(field.name for kind in kinds.ALL for field in kind.facts))
_HEAD = ("reference", "kind", "status", "channel", "received_at", "subject", "body", "language")
_CONTACT = ("name", "email", "phone", "organisation")
COLUMNS = (
    *_HEAD,
    *(f"contact_{name}" for name in _CONTACT),
    "contact_points",
    *_FACTS,
    *("assignee", "priority", "labels", "spam_suspected", "spam_reasons", "messages", "files", "notes"),
)
"""The columns of the table; the facts of all kinds have one each."""

MOST_ROWS, LONGEST_CELL = 1_048_576, 32_767
"""What a worksheet can hold (Excel specifications and limits)."""
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 has no place for."""
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_READ_WITH = (
    joinedload(Submission.contact).selectinload(Contact.points),
    joinedload(Submission.assignee),
    selectinload(Submission.labels),
    selectinload(Submission.messages).options(selectinload(Message.attachments), undefer(Message.raw)),
    selectinload(Submission.notes).joinedload(Note.author),
    selectinload(Submission.history),
)


def record(
    session: Session, form: str, since: datetime | None, *, now: datetime, actor: User | str = audit.SYSTEM
) -> None:
    """Leave the trace of an export; it is written before the first line goes out."""
    facts = {"format": form, "since": since.isoformat() if since else None}
    audit.record(session, actor, "inbox:export", None, now=now, **facts)
    session.flush()


def json_lines(session: Session, since: datetime | None = None) -> Iterator[str]:
    """Yield each submission as one line of JSON, the oldest first."""
    for submission in _submissions(session, since):
        yield clean(json.dumps(as_values(submission), ensure_ascii=False)) + "\n"


def csv_lines(session: Session, since: datetime | None = None) -> Iterator[str]:
    """Yield a table for spreadsheets: a byte order mark, the head, one row for each submission."""
    return _as_csv(_submissions(session, since))


def view_csv(session: Session, user: User, filters: Filters) -> Iterator[str]:
    """Yield the same table of what a list of the desk holds for `user`, in the order of the list."""
    return _as_csv(_of_view(session, user, filters))


def view_xlsx(session: Session, user: User, filters: Filters, file: IO[bytes]) -> None:
    """Write that table as a workbook. Memory stays the same however long it is."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 1)
    _write_row(sheet, 0, COLUMNS)
    for place, submission in zip(range(1, MOST_ROWS), _of_view(session, user, filters), strict=False):
        _write_row(sheet, place, _cells(submission))
    book.close()


def _write_row(sheet: Any, place: int, cells: Iterable[Any]) -> None:
    """Text is written as text, whatever it begins with; a cell holds 32,767 characters and no more."""
    for column, cell in enumerate(cells):
        sheet.write_string(place, column, _UNWRITABLE.sub("\ufffd", str(cell))[:LONGEST_CELL])


def _as_csv(submissions: Iterable[Submission]) -> Iterator[str]:
    yield "\ufeff" + row(COLUMNS)
    for submission in submissions:
        yield row(tuple(map(safe, _cells(submission))))


def _cells(submission: Submission) -> tuple[Any, ...]:
    values = _flat(as_values(submission))
    return tuple(values.get(column, "") for column in COLUMNS)


def as_values(submission: Submission) -> dict[str, Any]:
    """A submission with all that belongs to it, as JSON can hold it; every key is always there."""
    return {
        "reference": submission.reference,
        "kind": submission.kind,
        "status": submission.status.value,
        "channel": submission.channel.value,
        "received_at": _iso(submission.received_at),
        "subject": submission.subject,
        "body": next((m.text for m in submission.messages if m.direction is Direction.IN), ""),
        "language": submission.language,
        "contact": _contact(submission.contact),
        "details": submission.details,
        "assignee": submission.assignee.email if submission.assignee else None,
        "priority": submission.priority.value,
        "labels": [label.name for label in submission.labels],
        "spam": {"suspected": bool(submission.spam_reasons), "reasons": list(submission.spam_reasons)},
        "messages": [_message(message) for message in submission.messages],
        "notes": [{"at": _iso(n.at), "author": n.author.name, "text": n.text} for n in submission.notes],
        "audit": [_audit_entry(entry) for entry in submission.history],
    }


def _submissions(session: Session, since: datetime | None) -> Iterator[Submission]:
    last = 0
    while page := _page(session, since, last):
        yield from page
        last = page[-1].id
        session.expunge_all()


def _of_view(session: Session, user: User, filters: Filters) -> Iterator[Submission]:
    older: str | None = None
    while True:
        page = search.find_page(session, user, filters, older)
        ids = [submission.id for submission in page.submissions]
        whole = select(Submission).where(Submission.id.in_(ids)).options(*_READ_WITH)
        found = {each.id: each for each in session.scalars(whole.execution_options(populate_existing=True))}
        yield from (found[id] for id in ids if id in found)
        session.expunge_all()
        if page.older is None:
            return
        older = page.older


def _page(session: Session, since: datetime | None, after: int) -> list[Submission]:
    wanted = select(Submission).where(Submission.id > after).order_by(Submission.id).limit(PAGE_SIZE)
    if since:
        wanted = wanted.where(Submission.active_at >= since)
    return list(session.scalars(wanted.options(*_READ_WITH)))


def _iso(time: datetime) -> str:
    return time.isoformat()


def _contact(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {**dict.fromkeys(_CONTACT, ""), "points": []}
    points = [{"channel": point.channel.value, "address": point.address} for point in contact.points]
    return {**{name: getattr(contact, name) for name in _CONTACT}, "points": points}


def _message(message: Message) -> dict[str, Any]:
    return {
        "direction": message.direction.value,
        "channel": message.channel.value,
        "account": message.account,
        "external_id": message.external_id,
        "at": _iso(message.at),
        "text": message.text,
        "delivery_state": message.delivery_state,
        "error_code": message.error_code,
        "extra": {**message.extra, **({"raw": message.raw} if message.raw else {})},
        "attachments": [_attachment(attachment) for attachment in message.attachments],
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "state": attachment.state.value,
    }


def _audit_entry(entry: AuditEntry) -> dict[str, str]:
    return {"at": _iso(entry.at), "actor": entry.actor, "verb": entry.verb}


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    contact, messages = values["contact"], values["messages"]
    files = [file["filename"] or file["content_type"] for message in messages for file in message["attachments"]]
    return {
        **{name: values[name] for name in (*_HEAD, "priority")},
        **{f"contact_{name}": contact[name] for name in _CONTACT},
        "contact_points": "; ".join(f"{point['channel']}:{point['address']}" for point in contact["points"]),
        **{name: _fact(values["details"].get(name)) for name in _FACTS},
        "assignee": values["assignee"] or "",
        "labels": "; ".join(values["labels"]),
        "spam_suspected": "yes" if values["spam"]["suspected"] else "no",
        "spam_reasons": " ".join(values["spam"]["reasons"]),
        "messages": len(messages),
        "files": "; ".join(files),
        "notes": "\n".join(note["text"] for note in values["notes"]),
    }


def _fact(value: Any) -> Any:
    """A fact in one cell: a moment by its time, money as "50000-80000 TWD"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, dict):
        return "" if value is None else value
    if "at" in value:
        return value["at"]
    ends = ("" if value.get(end) is None else str(value[end]) for end in ("low", "high"))
    return f"{'-'.join(ends)} {value.get('currency', '')}"


def safe(value: Any) -> str:
    """A cell's text that a spreadsheet shows rather than runs: what could be a formula gets an apostrophe in front."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def row(cells: tuple[str, ...]) -> str:
    """One line of a table."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
