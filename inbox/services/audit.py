"""The trace that every change leaves."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox.db import insert_values
from inbox.models import AuditEntry, User

SENDER = "sender"
SYSTEM = "system"


def record(
    session: Session, actor: User | str, verb: str, submission_id: int | None, *, now: datetime, **facts: Any
) -> None:
    """Add one entry to the open transaction. `facts` must not hold text, addresses or numbers of people."""
    insert_values(
        session,
        AuditEntry,
        actor_id=actor.id if isinstance(actor, User) else None,
        actor=actor.name if isinstance(actor, User) else actor,
        verb=verb,
        submission_id=submission_id,
        facts=facts,
        at=now,
    )
