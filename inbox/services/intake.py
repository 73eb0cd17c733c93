"""The one door in. Every channel turns what it gets into an `Incoming`; nothing else makes a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, select
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.models import (
    Attachment,
    Channel,
    Direction,
    FileState,
    Message,
    Status,
    Submission,
)
from inbox.rows import Row, RowId, Rows, fetch_one, rows_together
from inbox.services import audit, contacts, receipts, search, search_index, search_text, spam
from inbox.services.contacts import Facts, Person, Sender
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

    session: Session = field(repr=False)
    submission_id: int
    message_id: int
    reference: str
    repeated: bool = False
    opened: bool = False
    may_acknowledge: bool = False

    @property
    def submission(self) -> Submission:
        return self.session.get_one(Submission, self.submission_id)

    @property
    def message(self) -> Message:
        return self.session.get_one(Message, self.message_id)


_messages, _submissions = Message.__table__, Submission.__table__
# One look at what is known before a message is stored: the sender's contact point, which is locked, and the
# message itself, should it be here already. Always one row, with NULL for what is not known.
_WHAT_IS_KNOWN = (
    select(contacts.POINT_LOCKED.scalar_subquery(), _messages.c.submission_id, _messages.c.id, _submissions.c.reference)
    .select_from(select(literal_column("1")).subquery("one_row"))
    .outerjoin(
        _messages,
        and_(_messages.c.account == bindparam("account"), _messages.c.external_id == bindparam("external_id")),
    )
    .outerjoin(_submissions, _submissions.c.id == _messages.c.submission_id)
)


def _look_up(session: Session, incoming: Incoming) -> tuple[int | None, Arrival | None]:
    """Return the id of the sender's contact point, and the earlier arrival of the same message."""
    sender = incoming.sender
    point_id, submission_id, message_id, reference = fetch_one(
        session,
        _WHAT_IS_KNOWN,
        account=incoming.account,
        external_id=incoming.external_id,
        channel=incoming.channel,
        address=sender.address if sender else None,
    )
    repeat = Arrival(session, submission_id, message_id, reference, repeated=True) if message_id else None
    return point_id, repeat


def find_repeat(session: Session, incoming: Incoming) -> Arrival | None:
    """Return the earlier arrival of the same message, or None."""
    return _look_up(session, incoming)[1]


def receive(session: Session, incoming: Incoming, *, region: str, now: datetime) -> Arrival:
    """Store a message in the submission it belongs to, which is opened if there is none.

    Exactly once: an (account, external_id) that is here already is answered with its first arrival.
    Raises IntegrityError if the same message, or the first one of the same sender, is being stored by
    another transaction at this moment (or, once in a thousand million times, if the drawn reference is
    taken); the caller rolls back and calls again, which finds it.
    """
    point_id, repeat = _look_up(session, incoming)
    if repeat:
        return repeat
    person = submission = None
    if incoming.sender and point_id:
        person = contacts.recall(session, point_id, incoming.sender, incoming.keyword, now=now)
        submission = session.scalar(_OPEN_THREAD, {"thread_key": _thread_key(incoming.sender)})
    if submission:
        return _continue(session, submission, incoming, point_id, now)
    with rows_together(session) as rows:
        person = person or _new_person(rows, incoming, region, now)
        opened = _open(rows, incoming, person, now)
        message = _add_message(rows, opened.row, incoming, person.point if person else None, now)
    _add_files(session, message.id, incoming, now)
    welcome = incoming.keyword is None and not opened.is_spam
    can_reply = person is not None and person.can_reply and not person.opted_out
    return Arrival(
        session, opened.row.id, message.id, opened.reference, opened=True, may_acknowledge=welcome and can_reply
    )


def receive_more(session: Session, submission: Submission, incoming: Incoming, *, now: datetime) -> Arrival:
    """Store a further message of whoever holds the receipt code; a decided submission is opened again."""
    if repeat := find_repeat(session, incoming):
        return repeat
    if not submission.status.waits and submission.status is not Status.SPAM:
        audit.record(session, audit.SENDER, "submission:reopen", submission.id, now=now, was=submission.status.value)
        submission.status, submission.decided_at = Status.OPEN, None
        submission.version += 1
    return _continue(session, submission, incoming, None, now)


_OPEN_THREAD = select(Submission).where(Submission.thread_key == bindparam("thread_key"))


def _new_person(rows: Rows, incoming: Incoming, region: str, now: datetime) -> Person | None:
    if incoming.sender:
        return contacts.add(rows, incoming.sender, incoming.keyword, now=now)
    return contacts.add_from_form(rows, incoming.facts, region=region, now=now) if incoming.facts else None


def _thread_key(sender: Sender) -> str:
    return f"{sender.channel.value}:{sender.address}"


@dataclass(frozen=True)
class _Opened:
    row: Row
    reference: str
    is_spam: bool


def _open(rows: Rows, incoming: Incoming, person: Person | None, now: datetime) -> _Opened:
    """Make the submission that the message opens; the message itself is not in it yet."""
    kind = kinds.BY_NAME[incoming.kind]
    reasons = [*incoming.suspicions, *spam.reasons(incoming.text)]
    text, facts, sender = clean(incoming.text), person.facts if person else NOBODY, incoming.sender
    reference = receipts.new_reference(kind.prefix)
    subject = clean(incoming.subject)[:500] or first_line(text) or incoming.gist
    shown_as = clean(facts.name or (sender.address if sender else ""))[:500]
    submission = rows.add(
        Submission,
        reference=reference,
        kind=kind.name,
        status=Status.SPAM if reasons else Status.NEW,
        channel=incoming.channel,
        subject=subject,
        preview=first_line(text, PREVIEW_LENGTH) or incoming.gist,
        sender=shown_as,
        language="zh-Hant" if is_chinese(text) else "",
        details=dict(incoming.details),
        spam_reasons=reasons,
        contact_id=person.contact if person else None,
        thread_key=_thread_key(sender) if sender else None,
        receipt_hash=incoming.receipt_hash,
        message_count=1,
        received_at=now,
        active_at=now,
    )
    names, addresses = [facts.name, facts.organisation, facts.email], [facts.phone, sender.address if sender else ""]
    head = search.head_tokens(reference, subject, shown_as, incoming.details, names, addresses)
    search_index.add(rows, submission, [*head, *_words(incoming)])
    audit.add(rows, audit.SENDER, "submission:receive", submission, now=now, channel=incoming.channel.value)
    return _Opened(submission, reference, is_spam=bool(reasons))


def _continue(
    session: Session, submission: Submission, incoming: Incoming, point_id: int | None, now: datetime
) -> Arrival:
    """Store one more message from outside in a submission."""
    submission.active_at = max(submission.active_at, now)
    submission.preview = first_line(clean(incoming.text), PREVIEW_LENGTH) or incoming.gist
    submission.message_count += 1
    submission.waits_for_sender = False
    session.flush()
    search_index.extend(session, submission.id, _words(incoming))
    with rows_together(session) as rows:
        message = _add_message(rows, submission.id, incoming, point_id, now)
    _add_files(session, message.id, incoming, now)
    return Arrival(session, submission.id, message.id, submission.reference)


def _words(incoming: Incoming) -> list[str]:
    names = [*(file.filename for file in incoming.remote_files), *(file.filename for file in incoming.uploads)]
    return search_text.tokens(clean(incoming.text), _sender_name(incoming), *names)


def _sender_name(incoming: Incoming) -> str:
    return clean(incoming.sender.name if incoming.sender else incoming.facts.name)[:500]


def _add_message(rows: Rows, submission: RowId, incoming: Incoming, point: RowId | None, now: datetime) -> Row:
    return rows.add(
        Message,
        submission_id=submission,
        contact_point_id=point,
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


def _add_files(session: Session, message_id: int, incoming: Incoming, now: datetime) -> None:
    session.add_all(_pending(message_id, file, now) for file in incoming.remote_files)
    for upload in incoming.uploads:
        upload.message_id, upload.form_token = message_id, None
    session.flush()


def _pending(message_id: int, file: RemoteFile, now: datetime) -> Attachment:
    return Attachment(
        message_id=message_id,
        state=FileState.PENDING,
        source_url=file.url,
        content_type=file.content_type[:255],
        filename=clean(file.filename)[:500],
        created_at=now,
    )
