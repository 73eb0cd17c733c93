"""The list of slow work: promising it, taking it by a lease, and saying what became of it.

Every verb works on an open transaction. A worker takes a job, commits, does the work with no transaction
open, and settles the job in another one.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal_column, null, or_, select, update
from sqlalchemy.orm import Session

from inbox.db import UTCDateTime
from inbox.errors import InboxError
from inbox.models import Job, JobKind, JobState
from inbox.rows import RowId, Rows, rows_together

LEASE = timedelta(minutes=1)
"""How long a job is a worker's without a word from it: after that, others take the work of one that died."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
PATIENCE = timedelta(minutes=10)
"""How long work may go on failing before a person is told."""
LATE = timedelta(minutes=3)
"""How long due work may wait with no worker on anything before we say that none is running."""
_FIRST_IN_LINE = 50
"""More than the hands of a worker: where one runs, it holds some of these."""


class NotNow(InboxError):
    """The work was not done, and trying later may work; `after` says how much later, if that is known.

    It is tried again until it has been tried for as long as `within`.
    """

    def __init__(self, code: str, after: timedelta | None = None, within: timedelta = GIVE_UP_AFTER) -> None:
        super().__init__(code)
        self.code = code
        self.after = after
        self.within = within


class Refused(InboxError):
    """The work cannot be done, and trying again will not help; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Lease:
    """The right to do a job, until somebody else takes it."""

    job_id: int
    kind: JobKind
    subject_id: int
    tries: int


def promise(session: Session, kind: JobKind, subject_id: int, *, due_at: datetime, now: datetime) -> None:
    """Write down work to be done at `due_at`, in the transaction that causes it.

    The day after which it is given up begins when it is due, as it may have been promised long before.
    """
    with rows_together(session) as rows:
        add(rows, kind, subject_id, due_at=due_at, now=now)


def add(rows: Rows, kind: JobKind, subject: RowId, *, due_at: datetime, now: datetime) -> None:
    """The same, as one of several rows that are written together."""
    rows.add(Job, kind=kind, subject_id=subject, due_at=due_at, created_at=max(due_at, now))


_POSTPONED = (
    update(Job)
    .where(Job.kind == bindparam("of_kind"), Job.subject_id == bindparam("subject"))
    .values(
        due_at=bindparam("due_at"),
        state=bindparam("state"),
        leased_until=null(),
        finished_at=null(),
        tries=Job.tries + literal_column("1"),
    )
)


def postpone(rows: Rows, kind: JobKind, subject_id: int, *, due_at: datetime) -> None:
    """Let promised work wait until `due_at`. Who holds it at this moment holds it no longer."""
    rows.change(_POSTPONED, of_kind=kind, subject=subject_id, due_at=due_at, state=JobState.WAITING)


def find(session: Session, kind: JobKind, subject_id: int) -> Job | None:
    """Return this work, locked until the transaction ends, or None if it was never promised."""
    return session.scalar(select(Job).where(Job.kind == kind, Job.subject_id == subject_id).with_for_update())


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether there is something to do that nobody holds."""
    return session.scalar(select(Job.id).where(*_free(now)).limit(1)) is not None


def take(session: Session, *, but_no: Collection[JobKind] = (), now: datetime) -> Lease | None:
    """Take the job that has been due the longest and that nobody holds; None if there is nothing to do.

    `but_no` names kinds of which enough is under way.
    """
    longest_due = select(Job).where(*_free(now), Job.kind.not_in(but_no)).order_by(Job.due_at).limit(1)
    job = session.scalar(longest_due.with_for_update(skip_locked=True))
    if job is None:
        return None
    job.leased_until, job.tries = now + LEASE, job.tries + 1
    return Lease(job.id, job.kind, job.subject_id, job.tries)


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Job.state == JobState.WAITING, Job.due_at <= now, or_(Job.leased_until.is_(None), Job.leased_until < now)


def renew(session: Session, lease: Lease, *, now: datetime) -> None:
    """Say that the work is still under way. Nothing happens if somebody else holds the job by now."""
    _settle(session, lease, leased_until=now + LEASE)


def finish(session: Session, lease: Lease, *, now: datetime) -> None:
    """The work is done. Nothing happens if somebody else holds the job by now."""
    _settle(session, lease, state=JobState.DONE, finished_at=now, error="", attention_at=None)


def fail(session: Session, lease: Lease, error: str, *, now: datetime) -> bool:
    """The work cannot be done; a person must look. `error` is a code or a word, nothing personal.

    Return False, and change nothing, if somebody else holds the job by now.
    """
    return _settle(session, lease, state=JobState.FAILED, finished_at=now, error=error[:500], attention_at=now)


def try_later(session: Session, lease: Lease, error: NotNow, *, now: datetime) -> bool:
    """The work could not be done now. Return False, and change nothing, if it has been tried for long enough."""
    job = session.get_one(Job, lease.job_id)
    if now - job.created_at >= error.within:
        return False
    look_at = job.attention_at or now + PATIENCE
    due_at = now + (error.after or pause(lease.tries))
    _settle(session, lease, due_at=due_at, leased_until=None, error=error.code[:500], attention_at=look_at)
    return True


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time up to an hour, each a little different so that
    what failed together does not come back together."""
    doubled = FIRST_PAUSE * 2.0 ** min(tries - 1, 12)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.7, 1.3)  # noqa: S311


def again(session: Session, job: Job, *, now: datetime) -> None:
    """Let work be tried once more from the beginning, now; what a worker holds at this moment is left to it.

    What still waited for its next try keeps its mark until it is done; what had failed loses it.
    """
    if job.state is JobState.WAITING and job.leased_until and job.leased_until >= now:
        return
    if job.state is not JobState.WAITING:
        job.attention_at = None
    job.state, job.due_at, job.leased_until, job.finished_at = JobState.WAITING, now, None, None
    job.created_at = now
    session.flush()


def dismiss(session: Session, job: Job) -> None:
    """A person has seen that this failed and leaves it so; the row stays."""
    job.attention_at = None
    session.flush()


def fail_after_all(session: Session, kind: JobKind, subject_id: int, error: str, *, now: datetime) -> None:
    """What was done turned out to have failed; a person must look."""
    if job := find(session, kind, subject_id):
        job.state, job.error, job.attention_at = JobState.FAILED, error[:500], now
        job.finished_at = job.finished_at or now


def succeed_after_all(session: Session, kind: JobKind, subject_id: int) -> None:
    """What failed turned out to have been done."""
    if job := find(session, kind, subject_id):
        job.state, job.error, job.attention_at = JobState.DONE, "", None


def keep_up(session: Session, kind: JobKind, *, every: timedelta, now: datetime) -> None:
    """Promise regular work that has no subject, if it was last settled `every` ago or was never promised.

    Raises IntegrityError if another worker promises it for the first time at this moment.
    """
    job = find(session, kind, 0)
    if job is None:
        promise(session, kind, 0, due_at=now, now=now)
    elif job.finished_at and job.finished_at + every <= now:
        _begin_anew(job, now)


def _begin_anew(job: Job, due_at: datetime) -> None:
    job.state, job.due_at, job.leased_until, job.finished_at = JobState.WAITING, due_at, None, None
    job.created_at = due_at


def bring_forward(session: Session, kind: JobKind, *, due_at: datetime) -> None:
    """Let regular work that is done be due at `due_at`, before its turn.

    It is left as it is if it waits already, or if another transaction has it in its hands: nobody waits here.
    """
    done = (Job.kind == kind, Job.subject_id == 0, Job.state == JobState.DONE)
    if job := session.scalar(select(Job).where(*done).with_for_update(skip_locked=True)):
        _begin_anew(job, due_at)


def forget_done(session: Session, *, before: datetime) -> None:
    """Drop the rows of work that was done before then; what failed stays, as does regular work."""
    old = (Job.state == JobState.DONE, Job.finished_at < before, Job.subject_id != 0)
    session.execute(delete(Job).where(*old).execution_options(synchronize_session=False))


def late_since() -> Select[Any]:
    """Select since when work has been due that nobody does, or NULL while a worker is at work on anything.

    The time is of any age: compare it with `LATE`. It takes :now.
    """
    now = bindparam("now", type_=UTCDateTime())
    due = select(Job.due_at, Job.leased_until).where(Job.state == JobState.WAITING, Job.due_at <= now)
    first = due.order_by(Job.due_at).limit(_FIRST_IN_LINE).subquery()
    held_until = func.max(first.c.leased_until)
    return select(func.min(first.c.due_at)).having(or_(held_until.is_(None), held_until < now))


def standstill(session: Session, *, now: datetime) -> datetime | None:
    """Since when nothing has been done though work is due, or None: then a worker runs, or none is needed."""
    since: datetime | None = session.scalar(late_since(), {"now": now})
    return since if since and since <= now - LATE else None


def hurry(session: Session, job: Job, *, now: datetime) -> None:
    """Let work be done as soon as may be, and tried for another day; whoever is doing it is left to it."""
    if job.state is not JobState.WAITING:
        return again(session, job, now=now)
    job.due_at = job.created_at = now
    return session.flush()


def _settle(session: Session, lease: Lease, **values: object) -> bool:
    mine = (Job.id == lease.job_id, Job.tries == lease.tries, Job.state == JobState.WAITING)
    return session.scalar(update(Job).where(*mine).values(values).returning(Job.id)) is not None
