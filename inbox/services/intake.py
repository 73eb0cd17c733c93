"""The one door in. Every channel turns what it gets into an `Incoming`; nothing else makes a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from inbox import kinds
from inbox.db import insert_row
from inbox.models import (
    Attachment,
    Channel,
    Contact,
    ContactPoint,
    Direction,
    FileState,
    Message,
    Status,
    Submission,
)
from inbox.services import audit, contacts, receipts, search, search_index, search_text, spam
from inbox.services.contacts import Facts, Sender
from inbox.text import clean, first_line, is_chinese

PREVIEW_LENGTH = 200


NOBODY = Facts()


@dataclass(frozen=True)
class RemoteFile:
    """A file that is still at the provider."""

    url: str
    content_type: str
    filename: str = ""


@dataclass(frozen=True)
class Incoming:
    """One message from outside, as plain values.

    account, external_id: together unique for ever; a second arrival of the same pair changes nothing
    sender:      the address it came from, where the channel has one
    facts:       what a form says about its sender
    keyword:     "stop", "start" or "help" when that is all it says
    uploads:     ids of stored attachments that now belong to this message
    gist:        one line for lists, where the text says nothing
    receipt_hash: of the code that opens the submission; only web forms have one
    suspicions:  reasons the channel has to think that a machine wrote it
    """

    channel: Channel
    account: str
    external_id: str
    text: str
    kind: str = "message"
    subject: str = ""
    gist: str = ""
    sender: Sender | None = None
    facts: Facts = NOBODY
    details: Mapping[str, Any] = field(default_factory=dict)
    recipient: str = ""
    keyword: str | None = None
    remote_files: tuple[RemoteFile, ...] = ()
    uploads: tuple[Attachment, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    receipt_hash: str | None = None
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """What became of an `Incoming`. `repeated`: it was here already, and nothing was changed."""

    submission: Submission
    message: Message
    repeated: bool = False
    opened: bool = False
    may_acknowledge: bool = False


def find_message(session: Session, account: str, external_id: str) -> Message | None:
    """Return the message that came under this id, with its submission, or None."""
    return session.scalar(
        select(Message)
        .where(Message.account == account, Message.external_id == external_id)
        .options(joinedload(Message.submission))
    )


_table = Message.__table__
_IS_HERE = select(_table.c.id).where(
    _table.c.account == bindparam("account"), _table.c.external_id == bindparam("external_id")
)


def find_repeat(session: Session, incoming: Incoming) -> Arrival | None:
    """Return the earlier arrival of the same message, or None."""
    key = {"account": incoming.account, "external_id": incoming.external_id}
    if session.connection().scalar(_IS_HERE, key) is None:  # nearly always, so this is all that is asked
        return None
    message = find_message(session, incoming.account, incoming.external_id)
    return Arrival(message.submission, message, repeated=True) if message else None


def receive(session: Session, incoming: Incoming, *, region: str, now: datetime) -> Arrival:
    """Store a message in the submission it belongs to, which is opened if there is none.

    Exactly once: an (account, external_id) that is here already is answered with its first arrival.
    Raises IntegrityError if the same message, or the first one of the same sender, is being stored by
    another transaction at this moment (or, once in a thousand million times, if the drawn reference is
    taken); the caller rolls back and calls again, which finds it.
    """
    if repeat := find_repeat(session, incoming):
        return repeat
    point, submission = _find_thread(session, incoming.sender, now)
    if point:
        contacts.obey_keyword(point, incoming.keyword, now=now)
    opened = submission is None
    if submission is None:
        contact = point.contact if point else _contact_from(session, incoming.facts, region, now)
        submission = _open(session, incoming, point, contact, now)
    else:
        _join(session, submission, incoming, now)
    message = _append(session, submission, incoming, point, now)
    welcome = opened and incoming.keyword is None and submission.status is not Status.SPAM
    can_reply = point is not None and point.can_reply and point.opted_out_at is None
    return Arrival(submission, message, opened=opened, may_acknowledge=welcome and can_reply)


def receive_more(session: Session, submission: Submission, incoming: Incoming, *, now: datetime) -> Arrival:
    """Store a further message of whoever holds the receipt code; a decided submission is opened again."""
    if repeat := find_repeat(session, incoming):
        return repeat
    if not submission.status.waits and submission.status is not Status.SPAM:
        audit.record(session, audit.SENDER, "submission:reopen", submission, now=now, was=submission.status.value)
        submission.status, submission.decided_at = Status.OPEN, None
        submission.version += 1
    _join(session, submission, incoming, now)
    return Arrival(submission, _append(session, submission, incoming, None, now))


def _contact_from(session: Session, facts: Facts, region: str, now: datetime) -> Contact | None:
    return contacts.make_contact(session, facts, region=region, now=now) if facts else None


def _thread_key(point: ContactPoint) -> str:
    return f"{point.channel.value}:{point.address}"


_OPEN_THREAD = select(Submission).where(Submission.thread_key == bindparam("thread_key"))


def _find_thread(
    session: Session, sender: Sender | None, now: datetime
) -> tuple[ContactPoint | None, Submission | None]:
    """Return the sender's contact point, locked and made if it is new, and their open submission, if any."""
    if sender is None:
        return None, None
    point = contacts.lock_point(session, sender)
    if point is None:
        return contacts.make_point(session, sender, now=now), None
    return point, session.scalar(_OPEN_THREAD, {"thread_key": _thread_key(point)})


def _open(
    session: Session, incoming: Incoming, point: ContactPoint | None, contact: Contact | None, now: datetime
) -> Submission:
    """Make the submission that the message opens; the message itself is not in it yet."""
    kind = kinds.BY_NAME[incoming.kind]
    reasons = [*incoming.suspicions, *spam.reasons(incoming.text)]
    text = clean(incoming.text)
    submission = Submission(
        reference=receipts.new_reference(kind.prefix),
        kind=kind.name,
        status=Status.SPAM if reasons else Status.NEW,
        channel=incoming.channel,
        subject=clean(incoming.subject)[:500] or first_line(text) or incoming.gist,
        preview=first_line(text, PREVIEW_LENGTH) or incoming.gist,
        sender=clean(incoming.facts.name or (contact.name if contact else "") or (point.address if point else ""))[
            :500
        ],
        language="zh-Hant" if is_chinese(text) else "",
        details=dict(incoming.details),
        spam_reasons=reasons,
        contact_id=contact.id if contact else None,
        thread_key=_thread_key(point) if point else None,
        receipt_hash=incoming.receipt_hash,
        message_count=1,
        received_at=now,
        active_at=now,
    )
    insert_row(session, submission)
    search_index.insert(session, submission.id, [*search.head_tokens(submission, contact), *_words(incoming)])
    audit.record(session, audit.SENDER, "submission:receive", submission, now=now, channel=incoming.channel.value)
    return submission


def _join(session: Session, submission: Submission, incoming: Incoming, now: datetime) -> None:
    """Let a submission know of one more message from outside."""
    submission.active_at = max(submission.active_at, now)
    submission.preview = first_line(clean(incoming.text), PREVIEW_LENGTH) or incoming.gist
    submission.message_count += 1
    submission.waits_for_sender = False
    session.flush()
    search_index.extend(session, submission.id, _words(incoming))


def _words(incoming: Incoming) -> list[str]:
    names = [*(file.filename for file in incoming.remote_files), *(file.filename for file in incoming.uploads)]
    return search_text.tokens(clean(incoming.text), _sender_name(incoming), *names)


def _sender_name(incoming: Incoming) -> str:
    return clean(incoming.sender.name if incoming.sender else incoming.facts.name)[:500]


def _append(
    session: Session, submission: Submission, incoming: Incoming, point: ContactPoint | None, now: datetime
) -> Message:
    message = Message(
        submission_id=submission.id,
        contact_point_id=point.id if point else None,
        direction=Direction.IN,
        channel=incoming.channel,
        account=incoming.account,
        external_id=incoming.external_id,
        recipient=incoming.recipient,
        sender_name=_sender_name(incoming),
        text=clean(incoming.text),
        extra=dict(incoming.extra),
        raw=dict(incoming.raw),
        at=now,
    )
    insert_row(session, message)
    session.add_all(_pending(message, file, now) for file in incoming.remote_files)
    for upload in incoming.uploads:
        upload.message_id, upload.form_token = message.id, None
    session.flush()
    return message


def _pending(message: Message, file: RemoteFile, now: datetime) -> Attachment:
    return Attachment(
        message_id=message.id,
        state=FileState.PENDING,
        source_url=file.url,
        content_type=file.content_type[:255],
        filename=clean(file.filename)[:500],
        created_at=now,
    )
