"""Replies that somebody has begun: kept on the server, so that they are there on any device."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from inbox.models import Attachment, Message, ReplyDraft, Submission, User
from inbox.services import media
from inbox.text import clean

LENGTH = 20_000
WRITING_FOR = timedelta(minutes=5)
"""How long after the last word somebody counts as writing."""


def find(session: Session, submission: Submission, user: User) -> ReplyDraft | None:
    """What this person has begun to answer here, or None."""
    return session.scalar(select(ReplyDraft).where(*_mine(submission, user)))


def save(session: Session, submission: Submission, text: str, *, actor: User, key: str, now: datetime) -> None:
    """Keep what somebody has typed; nothing keeps nothing. `key` is the page's own: what was sent is no draft.

    Raises IntegrityError if another transaction saves the same person's draft at this moment.
    """
    if session.scalar(select(Message.id).where(Message.client_key == key)) is not None:
        return
    _write(session, submission, clean(text)[:LENGTH], actor, now)


def bring_back(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """Let a reply that was taken back, or not sent, be this person's draft again, before what they began since.

    Its files go with it; a template's text stays out, as it cannot be changed.
    """
    draft = find(session, message.submission, actor)
    parts = [message.text if not message.extra.get("content_sid") else "", draft.text if draft else ""]
    for attachment in message.attachments:
        attachment.message_id, attachment.form_token = None, files_key(message.submission, actor)
    _write(session, message.submission, "\n\n".join(part for part in parts if part.strip())[:LENGTH], actor, now)


def drop(session: Session, submission: Submission, *, actor: User) -> None:
    """Forget what this person has begun here; its files go with the reply."""
    if draft := find(session, submission, actor):
        session.delete(draft)
        session.flush()


def others(session: Session, submission: Submission, user: User, *, now: datetime) -> list[str]:
    """The names of those who are writing here at this time, besides this person."""
    theirs = (ReplyDraft.submission_id == submission.id, ReplyDraft.user_id != user.id)
    fresh = select(User.name).join(ReplyDraft, ReplyDraft.user_id == User.id)
    return list(session.scalars(fresh.where(*theirs, ReplyDraft.changed_at > now - WRITING_FOR).order_by(User.name)))


def files(session: Session, submission: Submission, user: User) -> Sequence[Attachment]:
    """The files that wait to go with this person's next reply here."""
    return media.held(session, files_key(submission, user))


def files_key(submission: Submission, user: User) -> str:
    """What the files of a draft are held under (`Attachment.form_token`)."""
    return f"reply:{submission.id}:{user.id}"


def _write(session: Session, submission: Submission, text: str, actor: User, now: datetime) -> None:
    draft = find(session, submission, actor)
    if not text.strip():
        drop(session, submission, actor=actor)
    elif draft:
        draft.text, draft.changed_at = text, now
    else:
        session.add(ReplyDraft(submission_id=submission.id, user_id=actor.id, text=text, changed_at=now))
    session.flush()


def _mine(submission: Submission, user: User) -> tuple[ColumnElement[bool], ...]:
    return ReplyDraft.submission_id == submission.id, ReplyDraft.user_id == user.id
