"""The one door in. Every channel turns what it gets into an `Incoming`; nothing else makes a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.db import insert_values
from inbox.models import (
    Attachment,
    Channel,
    Direction,
    Message,
    Status,
    Submission,
)
from inbox.models.contact import thread_key
from inbox.services import audit, contacts, media, receipts, search, search_index, search_text, spam
from inbox.services.contacts import Facts, Person, Sender
from inbox.services.media import RemoteFile
from inbox.text import clean, first_line, language_of

PREVIEW_LENGTH = 200


NOBODY = Facts()


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
    point_id: int | None = None
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
_SAME_MESSAGE = (
    select(_submissions.c.id, _messages.c.id, _submissions.c.reference)
    .join(_submissions, _messages.c.submission_id == _submissions.c.id)
    .where(_messages.c.account == bindparam("account"), _messages.c.external_id == bindparam("external_id"))
)


def find_repeat(session: Session, incoming: Incoming) -> Arrival | None:
    """Return the earlier arrival of the same message, or None."""
    key = {"account": incoming.account, "external_id": incoming.external_id}
    found = session.connection().execute(_SAME_MESSAGE, key).first()
    return Arrival(session, *found, repeated=True) if found else None


def receive(session: Session, incoming: Incoming, *, region: str, now: datetime) -> Arrival:
    """Store a message in the submission it belongs to, which is opened if there is none.

    Exactly once: an (account, external_id) that is here already is answered with its first arrival.
    Raises IntegrityError if the same message, or the first one of the same sender, is being stored by
    another transaction at this moment (or, once in a thousand million times, if the drawn reference is
    taken); the caller rolls back and calls again, which finds it.
    """
    if repeat := find_repeat(session, incoming):
        return repeat
    person, submission = _find_thread(session, incoming, region, now)
    point_id = person.point_id if person else None
    hears = incoming.keyword is None and person is not None and person.can_reply and not person.opted_out
    if submission:
        untold = hears and _is_untold(session, submission)
        _join(session, submission, incoming, now)
        message_id = _append(session, submission.id, incoming, point_id, now)
        return Arrival(
            session, submission.id, message_id, submission.reference, point_id=point_id, may_acknowledge=untold
        )
    opened = _open(session, incoming, person, now)
    message_id = _append(session, opened.id, incoming, point_id, now)
    return Arrival(
        session,
        opened.id,
        message_id,
        opened.reference,
        point_id=point_id,
        opened=True,
        may_acknowledge=hears and not opened.is_spam,
    )


def receive_more(session: Session, submission: Submission, incoming: Incoming, *, now: datetime) -> Arrival:
    """Store a further message of whoever holds the receipt code; a decided submission is opened again."""
    if repeat := find_repeat(session, incoming):
        return repeat
    if not submission.status.waits and submission.status is not Status.SPAM:
        audit.record(session, audit.SENDER, "submission:reopen", submission.id, now=now, was=submission.status.value)
        submission.status, submission.decided_at = Status.OPEN, None
        submission.version += 1
    _join(session, submission, incoming, now)
    message_id = _append(session, submission.id, incoming, None, now)
    return Arrival(session, submission.id, message_id, submission.reference)


def _is_untold(session: Session, submission: Submission) -> bool:
    """Whether the sender does not know the reference yet: all they said was START or the like, and we nothing.

    Looked up only where the subject, which is the first line of the first message, is such a word.
    """
    if contacts.keyword(submission.subject) is None or not submission.status.waits:
        return False
    ours = (Message.submission_id == submission.id, Message.direction == Direction.OUT)
    return not session.scalar(select(exists().where(*ours)))


_OPEN_THREAD = select(Submission).where(Submission.thread_key == bindparam("thread_key"))


def _find_thread(
    session: Session, incoming: Incoming, region: str, now: datetime
) -> tuple[Person | None, Submission | None]:
    """Return who the message is from (made if they are new) and their open submission, if any."""
    sender, facts = incoming.sender, incoming.facts
    if sender is None:
        return contacts.make_from_form(session, facts, region=region, now=now) if facts else None, None
    person = contacts.lock(session, sender, incoming.keyword, now=now)
    if person is None:
        return contacts.make(session, sender, incoming.keyword, now=now), None
    return person, session.scalar(_OPEN_THREAD, {"thread_key": _thread_key(sender)})


def _thread_key(sender: Sender) -> str:
    return thread_key(sender.channel, sender.address)


@dataclass(frozen=True)
class _Opened:
    id: int
    reference: str
    is_spam: bool


def _open(session: Session, incoming: Incoming, person: Person | None, now: datetime) -> _Opened:
    """Make the submission that the message opens; the message itself is not in it yet."""
    kind = kinds.BY_NAME[incoming.kind]
    reasons = [*incoming.suspicions, *spam.reasons(incoming.text)]
    text, facts, sender = clean(incoming.text), person.facts if person else NOBODY, incoming.sender
    reference = receipts.new_reference(kind.prefix)
    subject = clean(incoming.subject)[:500] or first_line(text) or incoming.gist
    shown_as = clean(facts.name or (sender.address if sender else ""))[:500]
    submission_id = insert_values(
        session,
        Submission,
        reference=reference,
        kind=kind.name,
        status=Status.SPAM if reasons else Status.NEW,
        channel=incoming.channel,
        subject=subject,
        preview=_second_line(text, subject),
        sender=shown_as,
        language=language_of(text),
        details=dict(incoming.details),
        spam_reasons=reasons,
        contact_id=person.contact_id if person else None,
        thread_key=_thread_key(sender) if sender else None,
        receipt_hash=incoming.receipt_hash,
        message_count=1,
        received_at=now,
        active_at=now,
    )
    names, addresses = [facts.name, facts.organisation, facts.email], [facts.phone, sender.address if sender else ""]
    head = search.head_tokens(reference, subject, shown_as, incoming.details, names, addresses)
    search_index.insert(session, submission_id, [*head, *_words(incoming)])
    audit.record(session, audit.SENDER, "submission:receive", submission_id, now=now, channel=incoming.channel.value)
    return _Opened(submission_id, reference, is_spam=bool(reasons))


def _second_line(text: str, subject: str) -> str:
    """What lists show below the subject: the words that follow it, or none where it says all there is."""
    said = text.strip()
    return first_line(said.removeprefix(subject.removesuffix("…").rstrip()), PREVIEW_LENGTH)


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


def _append(session: Session, submission_id: int, incoming: Incoming, point_id: int | None, now: datetime) -> int:
    """Store the message itself, with its files, and return its id."""
    message_id = insert_values(
        session,
        Message,
        submission_id=submission_id,
        contact_point_id=point_id,
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
    for file in incoming.remote_files:
        media.announce(session, message_id, file, now=now)
    for upload in incoming.uploads:
        upload.message_id, upload.form_token = message_id, None
    session.flush()
    return message_id
