"""E-mail in the queue: which submission a mail belongs to, and what is known of it besides its words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.models import (
    Attachment,
    Channel,
    DeliveryState,
    Direction,
    FileState,
    JobKind,
    Letter,
    Mail,
    Message,
    Status,
    Submission,
    User,
)
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import audit, intake, jobs, letters, mail_threads, media, outbox, spam
from inbox.services.contacts import Facts, Sender
from inbox.services.intake import Arrival, Incoming
from inbox.services.mail_threads import Place
from inbox.services.mail_tokens import Derive
from inbox.storage import Stored
from inbox.text import clean, language_of, one_address


@dataclass(frozen=True)
class MailFile:
    """A part of a mail that is a file. `filename` is "" where it has none; `content_id` is without brackets.

    `taken_from` is the name of the file that it was found in: Outlook packs files into one called winmail.dat.
    """

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""
    taken_from: str = ""


@dataclass(frozen=True)
class Bounce:
    """What a delivery status notification says (RFC 3464): who did not get which mail of ours, and why.

    `final`: it failed for good, rather than being late. `status` is like "5.1.1"; `original_id` the Message-ID of
    our mail with angle brackets, or "".
    """

    recipient: str
    status: str
    original_id: str
    final: bool = True
    words: str = ""


@dataclass(frozen=True)
class ReadMail:
    """A mail as plain values; nothing in it is proved.

    mail_id:      its Message-ID with angle brackets as it came; "" where it has none
    digest:       SHA-256 (hex) of what makes it the same mail wherever it arrives, whatever way it came
    recipients:   all addresses it went to as the headers say (To, Cc), lower-case
    delivered_to: those that the receiving server added (Delivered-To, X-Original-To and the like), lower-case
    html:         sanitised, with remote content off; "" where there was none. Its pictures have the `src`
                  "cid:ID", ID being the `content_id` of one of the files
    references:   Message-IDs with angle brackets, the oldest first
    automatic:    an auto-reply or another mail that no person wrote (RFC 3834); `bulk`: from a list or a mass mailing
    verdicts:     what the receiving server says of "spf", "dkim" and "dmarc", and "by", which server says so
    kind, details: what a calendar file in it tells, for the submission's facts; kind "" if it tells nothing
    headers:      some of its header fields: lists of values by names in lower case
    defects:      codes of what was wrong with its form, for staff to know that something may be missing; see
                  `channels.email.parse.DEFECTS`
    """

    mail_id: str
    digest: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str = field(default="", repr=False)
    recipients: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[MailFile, ...] = ()
    sent_at: datetime | None = None
    automatic: bool = False
    bulk: bool = False
    bounce: Bounce | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptFile:
    """A file of a mail whose bytes are safe. `content_type` is the content's, or what the mail says where none fits."""

    stored: Stored
    filename: str
    content_type: str
    content_id: str = ""


SMTP = "smtp"
"""The account of what a mail server took from us; its external id there is its Message-ID."""
LONGEST_TEXT, MOST_ADDRESSES = 500_000, 50
LATE = timedelta(hours=1)
"""When a mail was sent is said only where it was this long on its way, as after an outage or in an old archive."""
_USABLE = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


def receive(
    session: Session,
    read: ReadMail,
    *,
    address: str,
    original: Stored,
    files: Sequence[KeptFile] = (),
    problem: str = "",
    profile: Profile,
    derive: Derive,
    now: datetime,
) -> Arrival | None:
    """Store a mail that came to `address` in the submission it belongs to, which is opened if there is none.

    Exactly once for each address, Message-ID and content: a repeat is answered with its first arrival. The same mail
    at another address of ours is a copy in the same submission. With a `problem` (a code) only the original is here,
    and `read` holds what its header says. Returns None, and stores nothing, for a mail of ours that came back.
    Raises IntegrityError as `intake.receive`, also if the same mail is being stored for another address of ours.
    """
    place = mail_threads.find(session, read, address, original.sha256, profile, derive)
    if place.is_ours:
        return None
    if place.repeat_id:
        first = session.get_one(Message, place.repeat_id)
        return Arrival(session, first.submission_id, first.id, first.submission.reference, repeated=True)
    rows = () if place.copy_of_id else _attachments(session, files, now)
    incoming = replace(_incoming(read, problem, address, profile, now), external_id=place.external_id, uploads=rows)
    arrival = _store(session, incoming, place, profile, now)
    _add_mail(session, arrival, read, place, original, problem, _content_ids(files, rows))
    _report_bounce(session, read, now)
    _put_away(session, arrival, read, now)
    return arrival


def _store(session: Session, incoming: Incoming, place: Place, profile: Profile, now: datetime) -> Arrival:
    if place.copy_of_id:
        return intake.add_copy(session, session.get_one(Message, place.copy_of_id), incoming, now=now)
    if place.submission_id:
        # Locked, so that two answers at once are both counted.
        item = session.get_one(Submission, place.submission_id, with_for_update=True, populate_existing=True)
        return intake.receive_more(session, item, incoming, now=now)
    return intake.receive(session, incoming, region=profile.country, now=now)


def _attachments(session: Session, files: Sequence[KeptFile], now: datetime) -> tuple[Attachment, ...]:
    rows = tuple(
        Attachment(
            state=FileState.STORED,
            filename=media.clean_filename(file.filename) if file.filename else "",
            content_type=clean(file.content_type)[:255],
            size_bytes=file.stored.size_bytes,
            sha256=file.stored.sha256,
            storage_key=file.stored.key,
            created_at=now,
        )
        for file in files
    )
    session.add_all(rows)
    session.flush()
    return rows


def _content_ids(files: Sequence[KeptFile], rows: Sequence[Attachment]) -> dict[str, int]:
    """Which attachment each content id of the HTML names."""
    pairs = zip(files, rows, strict=False)
    return {clean(file.content_id): row.id for file, row in pairs if file.content_id}


def _incoming(read: ReadMail, problem: str, address: str, profile: Profile, now: datetime) -> Incoming:
    mailbox, usable, name = profile.mailbox(address), _usable(read.sender), clean(read.sender_name)
    kind = "message" if read.bounce else read.kind or (mailbox.default_kind if mailbox else "message")
    return Incoming(
        channel=Channel.EMAIL,
        account=address,
        external_id=read.mail_id,
        text=read.text[:LONGEST_TEXT],
        kind=kind if kind in kinds.BY_NAME else "message",
        subject=read.subject,
        gist="" if read.text.strip() else _gist(read, problem),
        sender=Sender(Channel.EMAIL, usable, name, can_reply=read.bounce is None) if usable else None,
        facts=Facts(name=name),
        details=_storable(read.details) if kind == read.kind else {},
        recipient=address,
        extra=_extra(read),
        raw=_storable(dict(read.headers)),
        suspicions=tuple(spam.mail_reasons(read.subject, read.text)) if read.bulk else (),
        automatic=read.automatic or read.bounce is not None,
        sent_at=read.sent_at if read.sent_at and read.sent_at < now - LATE else None,
    )


def _usable(address: str) -> str:
    """An address that can be answered, as it is kept; "" for any other text."""
    return one_address(address) if _USABLE.fullmatch(address) and clean(address) == address else ""


def _gist(read: ReadMail, problem: str) -> str:
    if problem:
        return render("mail", "placeholder", problem=problem)
    what = read.files[0].content_type.partition("/")[0] if read.files else ""
    return render("wordless", "line", files=len(read.files), what=what, place="")


def _extra(read: ReadMail) -> dict[str, Any]:
    """What has no column of the message, for the desk and the export."""
    bounce = read.bounce
    facts = {
        "subject": read.subject,
        "in_reply_to": read.in_reply_to,
        "references": read.references[-MOST_ADDRESSES:],
        "to": read.recipients[:MOST_ADDRESSES],
        "cc": read.headers.get("cc"),
        "reply_to": read.reply_to if read.reply_to.lower() != read.sender.lower() else "",
        "automatic": read.automatic,
        "bulk": read.bulk,
        "bounce": bounce and {**vars(bounce)},
    }
    return {name: _storable(fact) for name, fact in facts.items() if fact}


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(name)): _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list | tuple) else value


def _add_mail(
    session: Session,
    arrival: Arrival,
    read: ReadMail,
    place: Place,
    original: Stored,
    problem: str,
    cids: dict[str, int],
) -> None:
    mail = Mail(
        message_id=arrival.message_id,
        mail_id=place.mail_id,
        original_key=original.key,
        original_size=original.size_bytes,
        joined_by="copy" if place.copy_of_id else place.joined_by,
        copy_of_id=place.copy_of_id,
    )
    _describe(mail, read, problem, cids)
    if place.is_reused:
        mail.traits = {**mail.traits, "reused_id": True}
    session.add(mail)
    session.flush()


def _describe(mail: Mail, read: ReadMail, problem: str, cids: Mapping[str, int]) -> None:
    """Let the row say what is known of the mail."""
    traits = {
        "automatic": read.automatic,
        "bulk": read.bulk,
        "bounce": read.bounce is not None,
        "defects": list(read.defects),
        "cids": dict(cids),
    }
    mail.digest, mail.problem = read.digest, problem
    mail.in_reply_to, mail.html = mail_threads.known_as(read.in_reply_to), clean(read.html)
    mail.verdicts = _storable(dict(read.verdicts))
    mail.traits = {name: _storable(trait) for name, trait in traits.items() if trait}


def _report_bounce(session: Session, read: ReadMail, now: datetime) -> None:
    """Say of the mail of ours that a bounce is about that it did not arrive; a delay only says that it may yet."""
    if read.bounce is None or not read.bounce.final:
        return
    mail_id = mail_threads.known_as(read.bounce.original_id)
    ours = (Mail.mail_id == mail_id, Message.direction == Direction.OUT)
    if session.scalar(select(exists().where(Message.id == Mail.message_id, *ours))):
        status = clean(read.bounce.status)[:32]
        outbox.report(session, SMTP, mail_id, DeliveryState.FAILED, status, now=now)


def _put_away(session: Session, arrival: Arrival, read: ReadMail, now: datetime) -> None:
    """Close what only says that a letter about the newsletter did not arrive: anybody can type any address."""
    mail_id = mail_threads.known_as(read.bounce.original_id) if read.bounce and arrival.opened else ""
    about = (Letter.mail_id == mail_id, Letter.key.startswith(letters.TO_ANYBODY, autoescape=True))
    if not mail_id or not session.scalar(select(exists().where(*about))):
        return
    item: Submission = arrival.submission
    item.status, item.decided_at = Status.CLOSED, now
    item.version += 1
    audit.record(session, audit.SYSTEM, "submission:newsletter", item.id, now=now, step="bounce")
    session.flush()


# Mails that could not be read


def ask_again(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """Have a mail that could not be read processed again from its original; one that was read is left as it is."""
    if message.mail is None or not message.mail.problem:
        return
    audit.record(session, actor, "mail:process_again", message.submission_id, now=now, message=message.id)
    job = jobs.find(session, JobKind.MAIL, message.id)
    if job is None:
        jobs.promise(session, JobKind.MAIL, message.id, due_at=now, now=now)
    else:
        jobs.hurry(session, job, now=now)


def process_again(
    session: Session, message_id: int, read: ReadMail, files: Sequence[KeptFile], *, profile: Profile, now: datetime
) -> None:
    """Make a placeholder the mail that its original turned out to be, in its place in its submission.

    Changes nothing if somebody else has done so. Raises IntegrityError as `intake.revise`.
    """
    message = session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    mail = mail_threads.placeholder(session, message_id)
    if mail is None:
        return
    rows = _attachments(session, files, now)
    incoming = replace(
        _incoming(read, "", message.account, profile, now), external_id=message.external_id, uploads=rows
    )
    _complete_head(session, message, incoming, now)
    intake.revise(session, message, incoming, now=now)
    mail.mail_id, mail.copy_of_id = mail_threads.mail_id_of(read), mail_threads.twin_of(session, read, mail)
    _describe(mail, read, "", _content_ids(files, rows))
    _report_bounce(session, read, now)
    session.flush()


def _complete_head(session: Session, message: Message, incoming: Incoming, now: datetime) -> None:
    """Let the submission that a mail opened have what a calendar file tells, and the language of its text."""
    item = session.get_one(Submission, message.submission_id, with_for_update=True, populate_existing=True)
    first = session.scalar(select(func.min(Message.id)).where(Message.submission_id == item.id))
    if first != message.id:
        return
    item.language = item.language or language_of(clean(incoming.text))
    if incoming.details and not item.details:
        intake.change_kind(session, item, incoming.kind, now=now)
        item.details = dict(incoming.details)
