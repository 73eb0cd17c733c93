"""The list of slow work: promising it, taking it by a lease, and saying what became of it.

Every verb works on an open transaction. A worker takes a job, commits, does the work with no transaction
open, and settles the job in another one.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from inbox.db import insert_values
from inbox.errors import InboxError
from inbox.models import Job, JobKind, JobState

GRACE = timedelta(minutes=1)
"""How much longer than a job's time limit its lease runs, so that none is done by two at once."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)


class NotNow(InboxError):
    """The work was not done, and trying later may work; `after` says how much later, if that is known."""

    def __init__(self, code: str, after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.after = after


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
    insert_values(session, Job, kind=kind, subject_id=subject_id, due_at=due_at, created_at=max(due_at, now))


def find(session: Session, kind: JobKind, subject_id: int) -> Job | None:
    """Return this work, locked until the transaction ends, or None if it was never promised."""
    return session.scalar(select(Job).where(Job.kind == kind, Job.subject_id == subject_id).with_for_update())


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether there is something to do that nobody holds."""
    return session.scalar(select(Job.id).where(*_free(now)).limit(1)) is not None


def take(session: Session, *, now: datetime) -> Lease | None:
    """Take the job that has been due the longest and that nobody holds; None if there is nothing to do."""
    longest_due = select(Job).where(*_free(now)).order_by(Job.due_at).limit(1)
    job = session.scalar(longest_due.with_for_update(skip_locked=True))
    if job is None:
        return None
    job.leased_until, job.tries = now + job.kind.time_limit + GRACE, job.tries + 1
    return Lease(job.id, job.kind, job.subject_id, job.tries)


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Job.state == JobState.WAITING, Job.due_at <= now, or_(Job.leased_until.is_(None), Job.leased_until < now)


def finish(session: Session, lease: Lease, *, now: datetime) -> None:
    """The work is done. Nothing happens if somebody else holds the job by now."""
    _settle(session, lease, state=JobState.DONE, finished_at=now, error="")


def fail(session: Session, lease: Lease, error: str, *, now: datetime) -> bool:
    """The work cannot be done; a person must look. `error` is a code or a word, nothing personal.

    Return False, and change nothing, if somebody else holds the job by now.
    """
    return _settle(session, lease, state=JobState.FAILED, finished_at=now, error=error[:500])


def try_later(session: Session, lease: Lease, error: str, *, now: datetime, after: timedelta | None = None) -> bool:
    """The work could not be done now. Return False, and change nothing, if it has been tried for a day."""
    job = session.get_one(Job, lease.job_id)
    if now - job.created_at >= GIVE_UP_AFTER:
        return False
    _settle(session, lease, due_at=now + (after or pause(lease.tries)), leased_until=None, error=error[:500])
    return True


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time up to an hour, each a little different so that
    what failed together does not come back together."""
    doubled = FIRST_PAUSE * 2.0 ** min(tries - 1, 12)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.7, 1.3)  # noqa: S311


def again(session: Session, job: Job, *, now: datetime) -> None:
    """Let failed work be tried once more from the beginning."""
    job.state, job.due_at, job.leased_until, job.finished_at = JobState.WAITING, now, None, None
    job.created_at = now
    session.flush()


def _settle(session: Session, lease: Lease, **values: object) -> bool:
    mine = (Job.id == lease.job_id, Job.tries == lease.tries, Job.state == JobState.WAITING)
    return session.scalar(update(Job).where(*mine).values(values).returning(Job.id)) is not None
