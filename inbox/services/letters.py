"""Mail of ours that is no part of a conversation. It is written down here; only a worker sends it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inbox.models import Job, JobKind, Letter, LetterState
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


def forget(session: Session, *keys: str) -> None:
    """Delete letters; one that has not left yet does not leave any more."""
    ids = select(Letter.id).where(Letter.key.in_(keys))
    session.execute(delete(Job).where(Job.kind == JobKind.LETTER, Job.subject_id.in_(ids)))
    session.execute(delete(Letter).where(Letter.key.in_(keys)))


def blank_sent(session: Session, prefix: str) -> None:
    """Drop what sent letters said whose keys begin with `prefix`: their links are their readers' alone."""
    sent = (Letter.key.startswith(prefix, autoescape=True), Letter.state == LetterState.SENT, Letter.text != "")
    session.execute(update(Letter).where(*sent).values(text="", html="", headers={}))


def forget_settled(session: Session, prefix: str, *, before: datetime) -> None:
    """Delete letters whose keys begin with `prefix`, that were written before then and wait for nothing."""
    settled = Letter.state.in_((LetterState.SENT, LetterState.FAILED))
    old = select(Letter.key).where(Letter.key.startswith(prefix, autoescape=True), Letter.created_at < before, settled)
    forget(session, *session.scalars(old))
