"""What needs a person: work that failed or has been failing for long, a worker that stands still, refused webhooks.

What the failure of each kind of work is called, and how it is tried again, stands in `services.failures`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session, raiseload

from inbox.db import Base
from inbox.errors import NotAllowed, NotFound, TooLate
from inbox.models import Job, JobKind, JobState, Submission, User
from inbox.services import accounts, audit, failures, jobs, refusals, unreadable
from inbox.services.failures import SORTS, Sort, Words, sort_of

PAGE_SIZE = 50
MOST_COUNTED = 999
MOST_AT_ONCE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Trouble:
    """One line of the page. `submission` is None where it is about none; `next_at` is None where it failed for good."""

    job: Job
    words: Words
    submission: Submission | None
    subject: Any

    @property
    def sort(self) -> Sort:
        return sort_of(self.job.kind)

    @property
    def anchor(self) -> str:
        return self.sort.anchor(self.subject) if self.subject is not None else ""

    @property
    def author(self) -> User | None:
        """Who wrote what could not be sent."""
        return getattr(self.subject, "author", None)

    @property
    def failed(self) -> bool:
        return self.job.state is JobState.FAILED


@dataclass(frozen=True)
class Page:
    """Troubles by kind, the newest first; `older` is the cursor of the next page, or None at the end."""

    troubles: list[Trouble]
    older: str | None


NOTHING = Page([], None)


@dataclass(frozen=True)
class Standing:
    """How things are, for the number in the sidebar: what failed, since when nothing is done, refused webhooks,
    e-mails that could not be read."""

    failures: int
    still_since: datetime | None
    refused: int
    unreadable: int

    @property
    def count(self) -> int:
        return self.failures + (self.still_since is not None) + bool(self.refused) + self.unreadable


def standing(session: Session, user: User, *, now: datetime) -> Standing:
    """Return how things are for this user, in one statement whose cost does not grow with the inbox."""
    parts = (
        select(func.count()).select_from(_visible(user, now, Job.id).limit(MOST_COUNTED).subquery()).scalar_subquery(),
        jobs.late_since().scalar_subquery(),
        refusals.burst(now) if accounts.may(user, accounts.WEBHOOKS) else literal(0),
        unreadable.count(user, MOST_COUNTED).scalar_subquery(),
    )
    failures, since, refused, unread = session.execute(select(*parts), {"now": now}).one()
    return Standing(failures, since if since and since <= now - jobs.LATE else None, refused, unread)


def find_page(session: Session, user: User, *, now: datetime, older_than: str | None = None) -> Page:
    """Return a page of what `user` may know of; a cursor that cannot be read gives the first page."""
    statement = _visible(user, now, Job, Submission).options(raiseload("*"))
    if place := _read(older_than):
        statement = statement.where(_after(*place))
    statement = statement.order_by(Job.kind, Job.attention_at.desc(), Job.id.desc()).limit(PAGE_SIZE + 1)
    found = [(job, submission) for job, submission in session.execute(statement)]
    shown = found[:PAGE_SIZE]
    return Page(_with_subjects(session, shown), _cursor(shown[-1][0]) if len(found) > len(shown) else None)


def counts(session: Session, user: User, *, now: datetime) -> dict[JobKind, int]:
    """How much of each kind `user` may know of; 999 means "or more"."""
    capped = {
        kind: _visible(user, now, Job.id).where(Job.kind == kind).limit(MOST_COUNTED).subquery() for kind in JobKind
    }
    numbers = [select(func.count()).select_from(each).scalar_subquery() for each in capped.values()]
    return dict(zip(capped, session.execute(select(*numbers)).one(), strict=True))


def _visible(user: User, now: datetime, *what: Any) -> Select[Any]:
    """What needs attention and is about nothing, or about what this user may see."""
    statement = select(*what).select_from(Job)
    if len(what) > 1 or not accounts.sees_all(user):
        statement = statement.outerjoin(Submission, Submission.id == _submission_id())
    return statement.where(Job.attention_at <= now, accounts.visible(user))


def _submission_id() -> ColumnElement[int]:
    known = [(Job.kind == kind, sort.submission) for kind, sort in SORTS.items() if sort.submission is not None]
    return case(*known, else_=null())


def _with_subjects(session: Session, found: Sequence[tuple[Job, Submission | None]]) -> list[Trouble]:
    """Load what the jobs are about, in one statement for each kind."""
    subjects: dict[tuple[JobKind, int], Any] = {}
    for kind in {job.kind for job, _ in found}:
        query = sort_of(kind).subject
        if query is not None:
            model: type[Base] = query.column_descriptions[0]["entity"]
            ids = [job.subject_id for job, _ in found if job.kind is kind]
            rows = session.scalars(query.where(model.id.in_(ids)))  # type: ignore[attr-defined]
            subjects |= {(kind, row.id): row for row in rows}
    return [_trouble(job, submission, subjects.get((job.kind, job.subject_id))) for job, submission in found]


def _trouble(job: Job, submission: Submission | None, subject: Any) -> Trouble:
    gone = subject is None and sort_of(job.kind).subject is not None
    sort = failures.OTHER if gone else sort_of(job.kind)
    return Trouble(job, sort.words(job, subject), submission, subject)


def again(session: Session, user: User, job_id: int, *, now: datetime) -> None:
    """Try one thing once more; nothing happens if it does not need attention any more.

    Raises NotFound if there is no such work that this user may know of, NotAllowed if they may only look.
    """
    job, submission = _get(session, user, job_id, accounts.RETRY)
    if job.attention_at:
        _try(session, job, user, now, submission.id if submission else None)


def again_all(session: Session, user: User, kind: JobKind, *, now: datetime, before: int | None = None) -> int | None:
    """Try up to a hundred things of a kind once more, the newest first.

    Return the id before which to go on, or None when that was all: the caller commits and calls again.
    """
    if not accounts.may(user, accounts.RETRY):
        raise NotAllowed(accounts.RETRY)
    wanted = _visible(user, now, Job, Submission).where(Job.kind == kind).order_by(Job.id.desc()).limit(MOST_AT_ONCE)
    one_by_one = sort_of(kind).one_by_one
    if one_by_one is not None:
        wanted = wanted.where(~one_by_one)
    if before is not None:
        wanted = wanted.where(Job.id < before)
    found = session.execute(wanted).all()
    for job, submission in found:
        _try(session, job, user, now, submission.id if submission else None)
    return found[-1][0].id if len(found) == MOST_AT_ONCE else None


def _try(session: Session, job: Job, user: User, now: datetime, submission_id: int | None) -> None:
    with suppress(TooLate):  # somebody else was quicker
        sort_of(job.kind).again(session, job, user, submission_id, now)


def dismiss(session: Session, user: User, job_id: int, *, now: datetime) -> None:
    """Leave a failure as it is: it goes from the list, and the submission's history says who took it off.

    What is still being tried stays. Raises as `again`.
    """
    job, submission = _get(session, user, job_id, accounts.DISMISS)
    if job.state is not JobState.FAILED or job.attention_at is None:
        return
    facts = {"kind": job.kind.value, "error": job.error}
    audit.record(session, user, accounts.DISMISS, submission.id if submission else None, now=now, **facts)
    jobs.dismiss(session, job)


def look_for_lost(session: Session, user: User, *, now: datetime) -> None:
    """Ask the provider at once for messages that never reached us. Nothing happens where that is not set up."""
    job = jobs.find(session, JobKind.RECONCILE, 0)
    if job:
        failures.again(session, job, user, None, now)


def _get(session: Session, user: User, job_id: int, verb: str) -> tuple[Job, Submission | None]:
    joined = select(Job, Submission).outerjoin(Submission, Submission.id == _submission_id())
    found = session.execute(joined.where(Job.id == job_id, accounts.visible(user))).first()
    if found is None:
        raise NotFound(str(job_id))
    if not accounts.may(user, verb, found[1]):
        raise NotAllowed(verb)
    return found[0], found[1]


def _after(kind: JobKind, at: datetime, number: int) -> ColumnElement[bool]:
    earlier = or_(Job.attention_at < at, and_(Job.attention_at == at, Job.id < number))
    return or_(Job.kind > kind, and_(Job.kind == kind, earlier))


def _cursor(last: Job) -> str:
    at = last.attention_at or _EPOCH
    return f"{last.kind.value}.{(at - _EPOCH) // timedelta(microseconds=1)}.{last.id}"


def _read(cursor: str | None) -> tuple[JobKind, datetime, int] | None:
    kind, *numbers = (cursor or "").split(".")
    readable = all(part.isascii() and part.isdecimal() and len(part) < 17 for part in numbers)
    if kind not in list(JobKind) or len(numbers) != 2 or not readable:
        return None
    return JobKind(kind), _EPOCH + timedelta(microseconds=int(numbers[0])), int(numbers[1])
