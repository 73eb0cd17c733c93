"""Finding submissions: the pages of the queue, its counts, and keeping the full-text index."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from inbox.db import UTCDateTime
from inbox.models import (
    Attachment,
    Contact,
    Label,
    Message,
    Note,
    Role,
    Status,
    Submission,
    User,
    submission_label,
)
from inbox.services import accounts, search_index, search_text
from inbox.services.filters import Filters, conditions

PAGE_SIZE = 50
MOST_COUNTED = 199
MOST_LABELS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """One page of the queue; `older` is the cursor of the next one, or None at the end."""

    submissions: list[Submission]
    older: str | None


@dataclass(frozen=True)
class View:
    """A list in the sidebar: its filters, and how many submissions it holds (199 means "or more")."""

    key: str
    filters: Filters
    count: int


def find_page(session: Session, user: User, filters: Filters, older_than: str | None = None) -> Page:
    """Return a page of what `user` may see, newest first; with words, in the order of arrival.

    A cursor that cannot be read gives the first page.
    """
    statement: Select[Any] = (
        select(Submission)
        .where(accounts.visible(user), *conditions(user, filters))
        .options(joinedload(Submission.assignee), selectinload(Submission.labels), raiseload("*"))
        .limit(PAGE_SIZE + 1)
    )
    terms = search_text.query_terms(filters.to_find)
    if filters.to_find and not terms:
        return Page([], None)
    if terms:
        statement = search_index.matching(session, statement, terms, _read_id(older_than))
    else:
        statement = _newest_first(statement, older_than)
    found = list(session.scalars(statement))
    page = found[:PAGE_SIZE]
    return Page(page, _cursor(page[-1], bool(terms)) if len(found) > PAGE_SIZE else None)


def _newest_first(statement: Select[Any], older_than: str | None) -> Select[Any]:
    place = _read_place(older_than)
    if place:
        at, number = place
        statement = statement.where(
            tuple_(Submission.active_at, Submission.id) < tuple_(literal(at, UTCDateTime()), literal(number))
        )
    return statement.order_by(Submission.active_at.desc(), Submission.id.desc())


def _cursor(last: Submission, searching: bool) -> str:
    if searching:
        return str(last.id)
    return f"{(last.active_at - _EPOCH) // timedelta(microseconds=1)}.{last.id}"


def _read_id(cursor: str | None) -> int | None:
    return int(cursor) if cursor and cursor.isascii() and cursor.isdecimal() and len(cursor) < 19 else None


def _read_place(cursor: str | None) -> tuple[datetime, int] | None:
    at, _, number = (cursor or "").partition(".")
    if _read_id(at) is None or _read_id(number) is None or len(at) > 17:
        return None
    return _EPOCH + timedelta(microseconds=int(at)), int(number)


def views(session: Session, user: User, offered: tuple[str, ...]) -> list[View]:
    """Return the sidebar's lists with their counts, in one statement.

    Each count stops at 199, so that the page costs the same however long the lists are.
    """
    wanted = _default_views(user, offered)
    counts = session.execute(select(*(_capped_count(user, filters).label(key) for key, filters in wanted))).one()
    return [View(key, filters, count) for (key, filters), count in zip(wanted, counts, strict=True)]


def offered_to(user: User, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds, of those the newsroom offers, that `user` may see."""
    return tuple(name for name in offered if user.role is not Role.ADS or name in accounts.ADS_KINDS)


def _default_views(user: User, offered: tuple[str, ...]) -> list[tuple[str, Filters]]:
    return [
        ("open", Filters()),
        ("mine", Filters(assignee="me")),
        ("unassigned", Filters(assignee="none")),
        *((f"kind_{name}", Filters(kind=name)) for name in offered_to(user, offered)),
        *((status.value, Filters(status=status)) for status in Status if not status.waits),
    ]


def _capped_count(user: User, filters: Filters) -> ScalarSelect[int]:
    found = select(Submission.id).where(accounts.visible(user), *conditions(user, filters))
    # The order lets the planner walk the list's own index instead of the whole table.
    newest = found.order_by(Submission.active_at.desc(), Submission.id.desc()).limit(MOST_COUNTED)
    return select(func.count()).select_from(newest.subquery()).scalar_subquery()


def labels(session: Session, user: User) -> list[Label]:
    """The labels that `user` may know of, by name: those on what they may see."""
    known = select(Label).order_by(Label.name).limit(MOST_LABELS)
    if user.role is Role.ADS:
        put_on = and_(submission_label.c.label_id == Label.id, submission_label.c.submission_id == Submission.id)
        known = known.where(exists().where(put_on, accounts.visible(user)))
    return list(session.scalars(known))


def count_files(session: Session, submissions: list[Submission]) -> dict[int, dict[str, int]]:
    """How many files came with each, by submission id and by "image", "video", "audio" or "file"."""
    families = [(Attachment.content_type.startswith(f"{name}/"), name) for name in ("image", "video", "audio")]
    rows = session.execute(
        select(Message.submission_id, case(*families, else_="file").label("family"), func.count())
        .join(Message, Attachment.message_id == Message.id)
        .where(Message.submission_id.in_([submission.id for submission in submissions]))
        .group_by(Message.submission_id, "family")
    )
    counts: dict[int, dict[str, int]] = {submission.id: {} for submission in submissions}
    for submission_id, name, count in rows:
        counts[submission_id][name] = count
    return counts


def rebuild(session: Session, submission: Submission) -> None:
    """Index a submission anew from all it holds; needed when something was taken away from it."""
    search_index.replace(session, submission.id, _all_tokens(session, submission))


def _all_tokens(session: Session, submission: Submission) -> list[str]:
    of_this = Message.submission_id == submission.id
    texts = [*session.scalars(select(Message.text).where(of_this))]
    texts += session.scalars(select(Message.sender_name).where(of_this))
    texts += session.scalars(select(Attachment.filename).join(Message).where(of_this))
    texts += session.scalars(select(Note.text).where(Note.submission_id == submission.id))
    texts += (label.name for label in submission.labels)
    extras = session.scalars(select(Message.extra).where(of_this)).all()
    texts += [str(extra["subject"]) for extra in extras if "subject" in extra]
    texts += _changed_words(extras)
    contact = session.get(Contact, submission.contact_id) if submission.contact_id else None
    names = [contact.name, contact.organisation, contact.email] if contact else []
    addresses = [contact.phone, *(point.address for point in contact.points)] if contact else []
    it = submission
    head = head_tokens(it.reference, it.subject, it.sender, it.details, names, addresses)
    return [*head, *search_text.tokens(*texts)]


def _changed_words(extras: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a form said before it was sent again with changes, and what it said after."""
    changes = (change for extra in extras for change in extra.get("changed", {}).values())
    return [value for change in changes for value in change.values() if isinstance(value, str)]


def head_tokens(
    reference: str, subject: str, sender: str, details: Mapping[str, Any], names: list[str], addresses: list[str]
) -> list[str]:
    """The tokens of what stands above the conversation. An address is an e-mail address, or found by its digits."""
    facts = [value for value in details.values() if isinstance(value, str)]
    emails = [address for address in addresses if "@" in address]
    numbers = [address for address in addresses if "@" not in address]
    words = search_text.tokens(reference, subject, sender, *facts, *names, *emails)
    return [*words, *search_text.number_tokens(*numbers)]
