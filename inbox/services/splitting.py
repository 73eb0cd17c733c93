"""Undoing a join: a message leaves the submission that it came to belong to, for one of its own."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from inbox import kinds
from inbox.errors import MoveNotAllowed
from inbox.models import ContactPoint, Direction, Message, Status, Submission, User
from inbox.rendering import message as render
from inbox.services import audit, intake, receipts, search
from inbox.text import clean, first_line, language_of


def split(session: Session, message: Message, *, actor: User, now: datetime) -> Submission:
    """Put a message, with what answers it, into a new submission of the same kind, and return that.

    Raises MoveNotAllowed for what a submission began with, for a message of ours, and for a copy of a mail at another
    of our addresses.
    """
    old = session.get_one(Submission, message.submission_id, with_for_update=True, populate_existing=True)
    messages = _messages(session, old)
    if not _may_leave(message, messages):
        raise MoveNotAllowed(f"message {message.id} of {old.reference}")
    moved = _with_answers(message, messages)
    new = _open(session, old, message, moved)
    for each in moved:
        each.submission = new
    if message.mail:
        message.mail.joined_by = ""
    _settle(old, moved, [each for each in messages if each not in moved])
    _leave_word(session, old, new, len(moved), actor, now)
    return new


def _messages(session: Session, submission: Submission) -> Sequence[Message]:
    of_this = select(Message).where(Message.submission_id == submission.id).order_by(Message.id)
    return session.scalars(of_this.options(joinedload(Message.mail))).all()


def _may_leave(message: Message, messages: Sequence[Message]) -> bool:
    return message.direction is Direction.IN and message is not messages[0] and not _is_copy(message)


def _is_copy(message: Message) -> bool:
    return message.mail is not None and message.mail.copy_of_id is not None


def _with_answers(message: Message, messages: Sequence[Message]) -> list[Message]:
    """The message, its copies, and the mails that answer one of these."""
    moved, ids, names = [message], {message.id}, {message.mail.mail_id if message.mail else ""}
    for each in messages:
        mail = each.mail
        if each.id > message.id and mail and (mail.copy_of_id in ids or mail.in_reply_to in names - {""}):
            moved.append(each)
            ids.add(each.id)
            names.add(mail.mail_id)
    return moved


def _open(session: Session, old: Submission, message: Message, moved: Sequence[Message]) -> Submission:
    text = clean(message.text)
    point = session.get(ContactPoint, message.contact_point_id) if message.contact_point_id else None
    subject = str(message.extra.get("subject", ""))[:500] or first_line(text) or render("wordless", "line", files=0)
    new = Submission(
        reference=receipts.new_reference(kinds.BY_NAME[old.kind].prefix),
        kind=old.kind,
        status=Status.NEW,
        channel=message.channel,
        subject=subject,
        preview=intake.second_line(text, subject),
        sender=message.sender_name or (point.address if point else ""),
        language=language_of(text),
        contact_id=point.contact_id if point else None,
        message_count=sum(not _is_copy(each) for each in moved),
        received_at=message.at,
        active_at=max(each.at for each in moved if each.direction is Direction.IN),
    )
    session.add(new)
    session.flush()
    return new


def _settle(old: Submission, moved: Sequence[Message], left: Sequence[Message]) -> None:
    """Let lists show the submission as if what has left had never been in it."""
    old.version += 1
    old.message_count -= sum(not _is_copy(each) for each in moved)
    said = [each for each in (*left, *moved) if _says_something(each)]
    last = max((each for each in left if _says_something(each)), key=lambda each: each.id, default=left[0])
    if any(each.id > last.id for each in said):
        old.active_at = max(old.received_at, last.at)
        text = clean(last.text)
        is_first = last is left[0]
        old.preview = intake.second_line(text, old.subject) if is_first else first_line(text, intake.PREVIEW_LENGTH)


def _says_something(message: Message) -> bool:
    """Whether lists go by it: what came in, and a person wrote."""
    is_automatic = message.extra.get("automatic") or message.extra.get("bounce")
    return message.direction is Direction.IN and not _is_copy(message) and not is_automatic


def _leave_word(session: Session, old: Submission, new: Submission, count: int, actor: User, now: datetime) -> None:
    audit.record(session, actor, "submission:split", old.id, now=now, to=new.reference, messages=count)
    audit.record(session, actor, "submission:split_off", new.id, now=now, was=old.reference)
    session.flush()
    search.rebuild(session, old)
    search.rebuild(session, new)
