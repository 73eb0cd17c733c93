"""How each way in or out is doing, as the last try told."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import ChannelHealth
from inbox.rows import insert_values

OFTEN_ENOUGH = timedelta(minutes=1)
"""A success is written down again after this long, so that a busy channel does not write with every message."""


def succeeded(session: Session, name: str, *, now: datetime) -> None:
    """The channel works. Raises IntegrityError if another worker says so for the first time at this moment."""
    known = _find(session, name)
    if known is None:
        insert_values(session, ChannelHealth, name=name, succeeded_at=now, failing_since=None, problem="")
    elif known.problem or known.succeeded_at is None or now - known.succeeded_at >= OFTEN_ENOUGH:
        known.succeeded_at, known.failing_since, known.problem = now, None, ""
    session.flush()


def failed(session: Session, name: str, problem: str, *, now: datetime) -> None:
    """The channel does not work; `problem` is a code, nothing personal. Raises as `succeeded`."""
    known = _find(session, name)
    if known is None:
        insert_values(session, ChannelHealth, name=name, succeeded_at=None, failing_since=now, problem=problem[:500])
    else:
        known.problem, known.failing_since = problem[:500], known.failing_since or now
    session.flush()


def _find(session: Session, name: str) -> ChannelHealth | None:
    return session.scalar(select(ChannelHealth).where(ChannelHealth.name == name).with_for_update())
