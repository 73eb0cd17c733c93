"""Mail of ours that is no part of a conversation. It is written down here; only a worker sends it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.models import Job, JobKind, Letter, LetterState, User
from inbox.rows import rows_together
from inbox.services import jobs

NOTICE = "notice:"
"""How the keys of notices to staff begin."""


def notices_to(user: User) -> str:
    """How the keys of notices to this person begin."""
    return f"{NOTICE}{user.id}:"


def write(
    session: Session,
    *,
    key: str,
    domain: str,
    recipient: str,
    subject: str,
    text: str,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    due_at: datetime,
    now: datetime,
) -> None:
    """Promise a letter that leaves at `due_at`; a `key` that was used before changes nothing.

    `domain` is what its Message-ID ends in. Raises IntegrityError if another transaction writes the same letter now.
    """
    if session.scalar(select(Letter.id).where(Letter.key == key)) is not None:
        return
    with rows_together(session) as rows:
        letter = rows.add(
            Letter,
            key=key,
            mail_id=f"<{secrets.token_urlsafe(18)}@{domain}>",
            recipient=recipient,
            subject=subject[:500],
            text=text,
            html=html,
            headers=dict(headers or {}),
            state=LetterState.WAITING,
            created_at=now,
        )
        jobs.add(rows, JobKind.LETTER, letter, due_at=due_at, now=now)


def withdraw(session: Session, prefix: str) -> None:
    """Delete the letters whose keys begin with `prefix` and that nobody has begun to send."""
    mine = (Letter.key.startswith(prefix, autoescape=True), Letter.state == LetterState.WAITING)
    ids = session.scalars(select(Letter.id).where(*mine).with_for_update()).all()
    session.execute(delete(Job).where(Job.kind == JobKind.LETTER, Job.subject_id.in_(ids)))
    session.execute(delete(Letter).where(Letter.id.in_(ids)))
