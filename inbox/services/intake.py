"""The one door in. Every channel turns what it gets into an `Incoming`; nothing else makes a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, false, func, literal_column, select, update
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.models import (
    Attachment,
    Channel,
    Direction,
    JobKind,
    Message,
    Status,
    Submission,
)
from inbox.models.contact import thread_key
from inbox.rows import Row, RowId, Rows, fetch_one, id_of, rows_together
from inbox.services import audit, contacts, jobs, media, notices, receipts, search, search_index, search_text, spam
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
    automatic:   no person wrote it, so that it asks nothing of the newsroom, as a report on a mail of ours
    sent_at:     when it was sent, where it reached us so late that this matters
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
    automatic: bool = False
    sent_at: datetime | None = None

    @property
    def is_recovered(self) -> bool:
        """Whether we asked for it, since it never reached us by itself (see `services.recovery`)."""
        return bool(self.extra.get("recovered"))

    @property
    def thread_key(self) -> str | None:
        """What the submission carries that it joins, where its channel joins what one sender says."""
        if self.sender is None or not self.sender.channel.joins_by_sender:
            return None
        return thread_key(self.sender.channel, self.sender.address)


@dataclass(frozen=True)
class Arrival:
    """What became of an `Incoming`.

    `repeated`: it was here already, and nothing was changed; `recovered`: that earlier arrival was not by itself.
    """

    session: Session = field(repr=False)
    submission_id: int
    message_id: int
    reference: str
    repeated: bool = False
    recovered: bool = False
    opened: bool = False

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
    select(
        contacts.POINT_LOCKED.scalar_subquery(),
        _messages.c.submission_id,
        _messages.c.id,
        _messages.c.extra.op("->>")(literal_column("'recovered'")),
        _submissions.c.reference,
    )
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
    point_id, submission_id, message_id, recovered, reference = fetch_one(
        session,
        _WHAT_IS_KNOWN,
        account=incoming.account,
        external_id=incoming.external_id,
        channel=incoming.channel,
        address=sender.address if sender else None,
    )
    if message_id is None:
        return point_id, None
    return point_id, Arrival(session, submission_id, message_id, reference, repeated=True, recovered=bool(recovered))


def find_repeat(session: Session, incoming: Incoming) -> Arrival | None:
    """Return the earlier arrival of the same message, or None."""
    return _look_up(session, incoming)[1]


def receive(session: Session, incoming: Incoming, *, region: str, now: datetime) -> Arrival:
    """Store a message in the submission it belongs to, which is opened if there is none.

    What follows, and need not happen at once, is promised with it (`JobKind.ARRIVAL`).
    Exactly once: an (account, external_id) that is here already is answered with its first arrival. If that one
    was recovered from the provider's list, which tells less, what this one tells besides is added.
    Raises IntegrityError if the same message, or the first one of the same sender, is being stored by
    another transaction at this moment (or, once in a thousand million times, if the drawn reference is
    taken); the caller rolls back and calls again, which finds it.
    """
    point_id, repeat = _look_up(session, incoming)
    if repeat:
        if repeat.recovered and not incoming.is_recovered:
            _complete(session, repeat, incoming, now)
        return repeat
    person = None
    if incoming.sender and point_id:
        person = contacts.recall(session, point_id, incoming.sender, incoming.keyword, now=incoming.sent_at or now)
    if person and person.submission_id:
        return _continue(session, person.submission_id, person.reference, incoming, point_id, now)
    with rows_together(session) as rows:
        person = person or _new_person(rows, incoming, region, now)
        opened, reference = _open(rows, incoming, person, now)
        message = _add_message(rows, opened, incoming, person.point if person else None, now)
    _add_files(session, message.id, incoming, now)
    return Arrival(session, opened.id, message.id, reference, opened=True)


def _complete(session: Session, repeat: Arrival, incoming: Incoming, now: datetime) -> None:
    """Add to a recovered message what only its own webhook tells."""
    message = session.get_one(Message, repeat.message_id, with_for_update=True, populate_existing=True)
    if not message.extra.get("recovered"):
        return
    message.extra = {**_extra(incoming), "recovered": True}
    message.raw = dict(incoming.raw)
    message.sender_name = message.sender_name or _sender_name(incoming)
    known = {_file_id(file.source_url) for file in message.attachments}
    for file in incoming.remote_files:
        if _file_id(file.url) not in known:
            media.announce(session, message.id, file, now=now)
    session.flush()


def _file_id(url: str) -> str:
    """The provider's id of a file, which is the last part of its address, however the address begins."""
    return url.rstrip("/").rpartition("/")[2]


def receive_more(session: Session, submission: Submission, incoming: Incoming, *, now: datetime) -> Arrival:
    """Store a further message in the submission that it names: by its receipt code, or by what a mail answers.

    A decided submission is opened again, unless no person wrote this. Exactly once, and raises, as `receive`.
    """
    if repeat := find_repeat(session, incoming):
        return repeat
    if not incoming.automatic:
        _reopen(session, submission, now)
    person = contacts.find_or_make(session, incoming.sender, now=now) if incoming.sender else None
    session.flush()
    arrival = _continue(session, submission.id, submission.reference, incoming, _point_id(person), now)
    session.refresh(submission)
    return arrival


def add_copy(session: Session, first: Message, incoming: Incoming, *, now: datetime) -> Arrival:
    """Store that a message came to another account as well. It says nothing new: its submission stays as it is."""
    if repeat := find_repeat(session, incoming):
        return repeat
    with rows_together(session) as rows:
        message = _add_message(rows, first.submission_id, incoming, first.contact_point_id, now)
    return Arrival(session, first.submission_id, message.id, first.submission.reference)


def _reopen(session: Session, submission: Submission, now: datetime) -> None:
    """Let a decided submission wait for the newsroom again, since its sender said something new."""
    if submission.status.waits or submission.status is Status.SPAM:
        return
    audit.record(session, audit.SENDER, "submission:reopen", submission.id, now=now, was=submission.status.value)
    submission.status, submission.decided_at = Status.OPEN, None
    submission.version += 1


def _point_id(person: Person | None) -> int | None:
    return id_of(person.point) if person and person.point else None


def _new_person(rows: Rows, incoming: Incoming, region: str, now: datetime) -> Person | None:
    if incoming.sender:
        return contacts.add(rows, incoming.sender, incoming.keyword, now=incoming.sent_at or now)
    return contacts.add_from_form(rows, incoming.facts, region=region, now=now) if incoming.facts else None


def _open(rows: Rows, incoming: Incoming, person: Person | None, now: datetime) -> tuple[Row, str]:
    """Make the submission that the message opens, and its reference; the message itself is not in it yet."""
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
        preview=second_line(text, subject) or ("" if subject == incoming.gist else incoming.gist),
        sender=shown_as,
        language=language_of(text),
        details=dict(incoming.details),
        spam_reasons=reasons,
        contact_id=person.contact if person else None,
        thread_key=incoming.thread_key,
        receipt_hash=incoming.receipt_hash,
        message_count=1,
        received_at=now,
        active_at=now,
    )
    names, addresses = [facts.name, facts.organisation, facts.email], [facts.phone, sender.address if sender else ""]
    head = search.head_tokens(reference, subject, shown_as, incoming.details, names, addresses)
    search_index.add(rows, submission, [*head, *_words(incoming)])
    audit.add(rows, audit.SENDER, "submission:receive", submission, now=now, channel=incoming.channel.value)
    return submission, reference


def second_line(text: str, subject: str) -> str:
    """What lists show below the subject: the words that follow it, or none where it says all there is."""
    if first_line(text) != subject:
        return first_line(text, PREVIEW_LENGTH)
    following = text.strip().removeprefix(subject.removesuffix("…").rstrip())
    return first_line(following.lstrip(" .,;:!?。，、；：！？"), PREVIEW_LENGTH)


_NOW = bindparam("now", type_=Submission.active_at.type)
_ONE_MORE_BY_A_MACHINE = (
    update(Submission)
    .where(Submission.id == bindparam("submission"))
    .values(message_count=Submission.message_count + literal_column("1"))
)
_ONE_MORE = _ONE_MORE_BY_A_MACHINE.values(
    active_at=case((Submission.active_at < _NOW, _NOW), else_=Submission.active_at),
    preview=bindparam("preview"),
    waits_for_sender=false(),
)


def _continue(
    session: Session, submission_id: int, reference: str, incoming: Incoming, point_id: int | None, now: datetime
) -> Arrival:
    """Store one more message from outside in a submission; one that no person wrote leaves its place in lists."""
    preview = first_line(clean(incoming.text), PREVIEW_LENGTH) or incoming.gist
    with rows_together(session) as rows:
        if incoming.automatic:
            rows.change(_ONE_MORE_BY_A_MACHINE, submission=submission_id)
        else:
            rows.change(_ONE_MORE, submission=submission_id, preview=preview, now=now)
        search_index.add_more(rows, submission_id, _words(incoming))
        message = _add_message(rows, submission_id, incoming, point_id, now)
    _add_files(session, message.id, incoming, now)
    return Arrival(session, submission_id, message.id, reference)


def _words(incoming: Incoming) -> list[str]:
    names = [*(file.filename for file in incoming.remote_files), *(file.filename for file in incoming.uploads)]
    subject = clean(incoming.extra.get("subject", ""))
    return search_text.tokens(clean(incoming.text), subject, _sender_name(incoming), *names)


def _sender_name(incoming: Incoming) -> str:
    return clean(incoming.sender.name if incoming.sender else incoming.facts.name)[:500]


def _extra(incoming: Incoming) -> dict[str, Any]:
    return {**incoming.extra, **({"keyword": incoming.keyword} if incoming.keyword else {})}


def _add_message(rows: Rows, submission: RowId, incoming: Incoming, point: RowId | None, now: datetime) -> Row:
    """Add the message, and the promise of what follows it."""
    message = rows.add(
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
        extra=_extra(incoming),
        raw=dict(incoming.raw),
        at=incoming.sent_at or now,
    )
    jobs.add(rows, JobKind.ARRIVAL, message, due_at=now, now=now)
    return message


def _add_files(session: Session, message_id: int, incoming: Incoming, now: datetime) -> None:
    if not incoming.remote_files and not incoming.uploads:
        return
    for file in incoming.remote_files:
        media.announce(session, message_id, file, now=now)
    if incoming.uploads:
        media.join(session, message_id, incoming.uploads, now=now)
    session.flush()


# A message that is told in pieces


def revise(session: Session, message: Message, incoming: Incoming, *, now: datetime) -> None:
    """Bring a stored message up to what its channel knows of it by now: a call is told in pieces.

    The same `incoming` again changes nothing, uploads apart; neither the sender nor a file is ever taken away.
    Raises IntegrityError if the first message of the same sender is being stored by another transaction.
    """
    submission, text = session.get_one(Submission, message.submission_id), clean(incoming.text)
    known = {file.source_url for file in message.attachments}
    files = [file for file in incoming.remote_files if file.url not in known]
    if incoming.sender and message.contact_point_id is None:
        _name_sender(session, submission, message, incoming, now)
    if files or incoming.uploads or text != message.text:
        search_index.extend(session, submission.id, _words(incoming))
    if files:
        _reopen(session, submission, now)
        submission.active_at = max(submission.active_at, now)
    _rewrite(session, submission, message, incoming)
    _add_files(session, message.id, replace(incoming, remote_files=tuple(files)), now)


def _rewrite(session: Session, submission: Submission, message: Message, incoming: Incoming) -> None:
    """Give the message what it is by now; lists take the subject from the first message, the preview from the last."""
    if find_repeat(session, incoming) is None:
        message.external_id = incoming.external_id
    message.text, message.recipient = clean(incoming.text), incoming.recipient
    message.extra, message.raw = _extra(incoming), {**message.raw, **incoming.raw}
    within = (Message.submission_id == submission.id, Message.direction == Direction.IN)
    first, last = session.execute(select(func.min(Message.id), func.max(Message.id)).where(*within)).one()
    if message.id == first:
        submission.subject = clean(incoming.subject)[:500]
    if message.id == last:
        submission.preview = first_line(message.text, PREVIEW_LENGTH) or incoming.gist


def _name_sender(session: Session, submission: Submission, message: Message, incoming: Incoming, now: datetime) -> None:
    """Say who sent a message that came without a sender; it stays its own submission, even if they have another."""
    sender = incoming.sender
    if sender is None:
        return
    person = contacts.find_or_make(session, sender, now=now)
    message.contact_point_id = _point_id(person)
    if submission.contact_id is None:
        submission.contact_id = id_of(person.contact)
        submission.sender = (person.facts.name or sender.address)[:500]
    if incoming.thread_key and submission.status.waits and person.submission_id is None:
        submission.thread_key = incoming.thread_key
    head = search.head_tokens("", "", submission.sender, {}, [], [sender.address])
    search_index.extend(session, submission.id, head)


def change_kind(session: Session, submission: Submission, kind: str, *, now: datetime) -> None:
    """Make it the kind that its sender chose after it was opened. Its reference stays as it is."""
    if submission.kind == kind:
        return
    audit.record(session, audit.SENDER, "submission:kind", submission.id, now=now, was=submission.kind, to=kind)
    submission.kind = kind
    session.flush()
    notices.opened(session, submission, now=now)
