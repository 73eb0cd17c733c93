"""Mail of ours that is no part of a conversation. It is written down here; only a worker sends it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import JobKind, Letter, LetterState
from inbox.rows import rows_together
from inbox.services import jobs


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
