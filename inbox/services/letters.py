"""Mail of ours that is no part of a conversation. It is written down here; only a worker sends it.

A letter is `SENDING` in the database before the server is called. Whoever finds it so later does not know whether it
was sent, and nobody can be asked: it becomes `UNKNOWN`, and only a person sends it again.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inbox.errors import TooLate
from inbox.models import Job, JobKind, Letter, LetterState, User
from inbox.rows import rows_together
from inbox.services import jobs
from inbox.services.jobs import Refused
from inbox.services.provider import SMTP_UNCLEAR

TO_ANYBODY = "subscribe:"
"""How the keys of letters begin that go where anybody told us to: that one cannot be delivered troubles no staff."""


class Post(Protocol):
    """Sends letters. Every call ends within its time limit."""

    def post(self, letter: Letter) -> None:
        """Send it once. Raises as `provider.Provider.send`."""


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
    """Delete the letters whose keys begin with `prefix`, unless they were sent, or are being sent now."""
    unsent = Letter.state.in_((LetterState.WAITING, LetterState.FAILED))
    mine = (Letter.key.startswith(prefix, autoescape=True), unsent)
    ids = session.scalars(select(Letter.id).where(*mine).with_for_update()).all()
    session.execute(delete(Job).where(Job.kind == JobKind.LETTER, Job.subject_id.in_(ids)))
    session.execute(delete(Letter).where(Letter.id.in_(ids)))


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
    settled = Letter.state.not_in((LetterState.WAITING, LetterState.SENDING))
    old = select(Letter.key).where(Letter.key.startswith(prefix, autoescape=True), Letter.created_at < before, settled)
    forget(session, *session.scalars(old))


# What a worker asks, each in a transaction of its own


def begin(session: Session, letter_id: int) -> Letter | None:
    """Write down that the server is about to be called; None if there is nothing (more) to do.

    Raises `jobs.Refused` if an earlier try may have sent it.
    """
    letter = _lock(session, letter_id)
    if letter is None or letter.state in (LetterState.SENT, LetterState.FAILED):
        return None
    if letter.state is not LetterState.WAITING:
        raise Refused(SMTP_UNCLEAR)
    letter.state = LetterState.SENDING
    session.flush()
    return letter


def sent(session: Session, letter_id: int, *, now: datetime) -> None:
    """The server has it."""
    letter = _lock(session, letter_id)
    if letter:
        letter.state, letter.error, letter.sent_at = LetterState.SENT, "", now
        session.flush()


def put_back(session: Session, letter_id: int) -> None:
    """The call that had begun did surely not send it."""
    letter = _lock(session, letter_id)
    if letter and letter.state is LetterState.SENDING:
        letter.state = LetterState.WAITING
        session.flush()


def give_up(session: Session, letter_id: int, code: str) -> None:
    """It will not be tried again; what may have been sent stays so."""
    letter = _lock(session, letter_id)
    if letter is None or letter.state is LetterState.SENT:
        return
    letter.state = LetterState.FAILED if letter.state is LetterState.WAITING else LetterState.UNKNOWN
    letter.error = code[:64]
    session.flush()
    job = jobs.find(session, JobKind.LETTER, letter_id)
    if job and letter.key.startswith(TO_ANYBODY):
        jobs.dismiss(session, job)


def send_again(session: Session, letter: Letter, job: Job, *, now: datetime) -> None:
    """Try a letter once more that was not sent, or that may have been, which is then a person's risk.

    Raises TooLate for any other.
    """
    session.refresh(letter, with_for_update=True)
    if letter.state not in (LetterState.FAILED, LetterState.UNKNOWN):
        raise TooLate
    letter.state, letter.error = LetterState.WAITING, ""
    jobs.again(session, job, now=now)


def _lock(session: Session, letter_id: int) -> Letter | None:
    return session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
