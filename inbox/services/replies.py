"""Answering the sender of a submission: what a person wants to send, checked and promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import AlreadySent, NewerMessage, NotAllowed, ReplyRefused
from inbox.models import Attachment, Channel, Contact, ContactPoint, DeliveryState, JobKind, Message, Submission, User
from inbox.profile import Profile, Template
from inbox.rows import insert_values
from inbox.services import (
    canned,
    conversation,
    drafts,
    jobs,
    mail_heads,
    media,
    outbox,
    outgoing_files,
    provider,
    quiet_hours,
    ways,
)
from inbox.services.mail_tokens import Derive
from inbox.services.outbox import Recipient
from inbox.services.ways import Way
from inbox.text import N_, clean

UNDO = timedelta(seconds=10)
LATEST = timedelta(days=7)
VALUE_LENGTH = 1600  # Twilio, error 21658
TEMPLATE_LENGTH = 1024  # Twilio, error 63021

CHANGED = N_(
    "What you sent from this page before has been taken. This says something else: "
    "look at the conversation above, then send it as a further message."
)
NOT_OPEN = N_("They cannot be reached that way any more. Choose another one.")
ONLY_WHATSAPP = N_("Templates are for WhatsApp. Write a text.")
NO_VALUE = N_("Fill in “%(name)s”.")
VALUE_TOO_LONG = N_("“%(name)s” is longer than 1,600 characters. Shorten it.")
TEMPLATE_TOO_LONG = N_("Together this is longer than 1,024 characters, the most that a template may have. Shorten it.")
NO_FILES = N_("An approved template goes without files. Take them out, or use another way.")
TIME_PAST = N_("This time has passed. Choose one to come, or send it now.")
TIME_FAR = N_("It can be sent at most seven days from now. Choose an earlier time.")
TIME_CLOSED = N_("WhatsApp takes free text until %(until)s only. Choose an earlier time, or send it now.")


@dataclass(frozen=True)
class Wanted:
    """A reply as a person wants it: free text, or a template with its values by name; the way (`Way.key`, "" for the
    usual one); and when, None for now. `uploads` are the hashes of files that come with it."""

    text: str = ""
    template: Template | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    way: str = ""
    at: datetime | None = None
    uploads: frozenset[str] = frozenset()


def reply(
    session: Session,
    submission: Submission,
    wanted: Wanted,
    *,
    actor: User,
    key: str,
    seen: int,
    profile: Profile,
    derive: Derive,
    now: datetime,
) -> Message:
    """Promise an answer, which goes out after ten seconds in which it can be taken back, or at its time.

    `key` was drawn with the page: the same reply again is the first one. `seen` is the newest message that
    the page showed. The files of this person's draft go with it, and the draft is gone. Raises AlreadySent if
    something else was sent with this key, NewerMessage if the sender has written since, ReplyRefused (with
    words) if this cannot be sent, NotAllowed if there is no way to this sender; IntegrityError if the same is
    being sent by another transaction at this moment.
    """
    text = _text(wanted)
    if same := session.scalar(select(Message).where(Message.client_key == key)):
        if not _is_same(session, same, submission, wanted, text):
            raise AlreadySent(CHANGED)
        return same
    way = _way(ways.find_ways(session, submission, profile, now=now, lock=True), wanted.way)
    if ways.newest(session, submission) > seen:
        raise NewerMessage
    files = drafts.files(session, submission, actor)
    leaves_at = _check(wanted, text, way, files, profile, now)
    to = Recipient(submission.id, _point(session, way, now), way.channel, way.address, way.ours)
    template, mail = wanted.template, None
    if way.channel is Channel.EMAIL:
        mail = mail_heads.make(session, submission, way.ours, key=key, profile=profile, derive=derive)
    message_id = outbox.enqueue(
        session,
        to,
        text,
        key=key,
        author_id=actor.id,
        due_at=leaves_at,
        now=now,
        content_sid=template.content_sid if template else "",
        content_variables=numbered(template, wanted.values) if template else None,
        mail=mail,
    )
    media.join(session, message_id, files, now=now)
    drafts.drop(session, submission, actor=actor)
    message = session.get_one(Message, message_id)
    conversation.count_outgoing(session, submission, message.text, "submission:reply", actor=actor, now=now)
    return message


def _is_same(session: Session, sent: Message, submission: Submission, wanted: Wanted, text: str) -> bool:
    """Whether this asks for nothing else than what was promised already, and for nothing more."""
    here = sent.submission_id == submission.id and sent.text == text
    way = not wanted.way or wanted.way == f"{sent.channel.value}:{sent.recipient}"
    files = wanted.uploads <= {file.sha256 for file in sent.attachments}
    job = jobs.find(session, JobKind.SEND, sent.id)
    time = wanted.at is None or job is None or job.due_at >= wanted.at
    return here and way and files and time and sent.delivery is not DeliveryState.CANCELLED


def is_taken(session: Session, key: str) -> bool:
    """Whether a reply was promised from the page with this key."""
    return session.scalar(select(Message.id).where(Message.client_key == key)) is not None


def _text(wanted: Wanted) -> str:
    """What the message will say."""
    if wanted.template is None:
        return clean(wanted.text).replace("\r\n", "\n")
    return wanted.template.filled(numbered(wanted.template, wanted.values))


def numbered(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a template by their number, each on one line, as WhatsApp asks."""
    return {
        str(number): " ".join(clean(values.get(name, "")).split()) for number, name in enumerate(template.variables, 1)
    }


def _way(found: list[Way], key: str) -> Way:
    if not found:
        raise NotAllowed("this submission's sender cannot be answered")
    if not key:
        return found[0]
    chosen = next((way for way in found if way.key == key), None)
    if chosen is None:
        raise ReplyRefused(NOT_OPEN)
    return chosen


def _check(
    wanted: Wanted, text: str, way: Way, files: Sequence[Attachment], profile: Profile, now: datetime
) -> datetime:
    """Raise ReplyRefused for what cannot be sent like this; return when it leaves."""
    if way.problem:
        raise ReplyRefused(way.problem)
    if wanted.template:
        _check_template(wanted.template, wanted.values, text, way, files)
    else:
        _check_text(text, way, files, now)
    leaves_at = _leaves_at(wanted.at, way, now, free=wanted.template is None)
    return quiet_hours.ends(profile, way.channel, way.address, leaves_at) or leaves_at


def _check_text(text: str, way: Way, files: Sequence[Attachment], now: datetime) -> None:
    if not text.strip() and not files:
        raise ReplyRefused(ways.EMPTY)
    if not way.takes_text(now):
        raise ReplyRefused(provider.explain("window"))
    if problem := ways.objection(way.channel, way.address, text):
        raise ReplyRefused(problem)
    if gap := canned.gap(text):
        raise ReplyRefused(canned.GAP, placeholder=gap)
    outgoing_files.check(files, way.channel, way.address, text)


def _check_template(
    template: Template, values: Mapping[str, str], text: str, way: Way, files: Sequence[Attachment]
) -> None:
    if way.channel is not Channel.WHATSAPP:
        raise ReplyRefused(ONLY_WHATSAPP)
    if files:
        raise ReplyRefused(NO_FILES)
    for name in template.variables:
        if not values.get(name, "").strip():
            raise ReplyRefused(NO_VALUE, name=name)
        if len(values[name]) > VALUE_LENGTH:
            raise ReplyRefused(VALUE_TOO_LONG, name=name)
    if len(text) > TEMPLATE_LENGTH:
        raise ReplyRefused(TEMPLATE_TOO_LONG)


def _leaves_at(at: datetime | None, way: Way, now: datetime, *, free: bool) -> datetime:
    if at is None:
        return now + UNDO
    if at <= now:
        raise ReplyRefused(TIME_PAST)
    if at > now + LATEST:
        raise ReplyRefused(TIME_FAR)
    if free and way.free_until and not way.takes_text(at):
        raise ReplyRefused(TIME_CLOSED, until=way.free_until)
    return max(at, now + UNDO)


def _point(session: Session, way: Way, now: datetime) -> int:
    """The address as a row; one that was never used is added to the contact.

    Where nothing shows that it is theirs, it gets a contact of its own: its owner may write to us another day.
    """
    if way.point_id is not None:
        return way.point_id
    contact_id = way.contact_id
    if not way.is_proved:
        contact_id = insert_values(session, Contact, email=way.address, created_at=now)
    values = {"contact_id": contact_id, "channel": way.channel, "address": way.address, "created_at": now}
    return insert_values(session, ContactPoint, **values)
