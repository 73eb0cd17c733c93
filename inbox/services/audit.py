"""The trace that every change leaves."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox.models import AuditEntry, User
from inbox.rows import RowId, Rows, rows_together

SENDER = "sender"
SYSTEM = "system"


def record(
    session: Session, actor: User | str, verb: str, submission_id: int | None, *, now: datetime, **facts: Any
) -> None:
    """Add one entry to the open transaction. `facts` must not hold text, addresses or numbers of people."""
    with rows_together(session) as rows:
        add(rows, actor, verb, submission_id, now=now, **facts)


def add(rows: Rows, actor: User | str, verb: str, submission: RowId | None, *, now: datetime, **facts: Any) -> None:
    """The same, as one of several rows that are written together."""
    rows.add(
        AuditEntry,
        actor_id=actor.id if isinstance(actor, User) else None,
        actor=actor.name if isinstance(actor, User) else actor,
        verb=verb,
        submission_id=submission,
        facts=facts,
        at=now,
    )
