"""The trace that every change leaves."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox.db import insert_row
from inbox.models import AuditEntry, Submission, User

SENDER = "sender"
SYSTEM = "system"


def record(
    session: Session, actor: User | str, verb: str, submission: Submission | None, *, now: datetime, **facts: Any
) -> AuditEntry:
    """Add one entry to the open transaction. `facts` must not hold text, addresses or numbers of people."""
    entry = AuditEntry(
        actor_id=actor.id if isinstance(actor, User) else None,
        actor=actor.name if isinstance(actor, User) else actor,
        verb=verb,
        submission_id=submission.id if submission else None,
        facts=facts,
        at=now,
    )
    insert_row(session, entry)
    return entry
