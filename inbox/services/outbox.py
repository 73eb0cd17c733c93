"""The one door out. A reply is written down here; only a worker, which asks here what to do, sends it.

A message is `SENDING` in the database before the provider is called. Whoever finds it so later, because
a process died or an answer never came, looks it up at the provider and never sends it again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.errors import NewerMessage, NotAllowed, ReplyRefused, TooLate
from inbox.models import (
    Channel,
    ContactPoint,
    DeliveryState,
    Direction,
    JobKind,
    Message,
    StatusReport,
    Submission,
    User,
)
from inbox.rows import insert_values, rows_together
from inbox.services import audit, conversation, jobs, provider
from inbox.services.jobs import Refused
from inbox.services.provider import Outgoing, Sent
from inbox.text import N_, clean

SENDABLE = frozenset({Channel.WHATSAPP, Channel.SMS, Channel.RCS})
UNDO = timedelta(seconds=10)
WHATSAPP_WINDOW = timedelta(hours=24)
"""WhatsApp takes free text for a day after the person's last message (WhatsApp Business Platform, key concepts)."""
TEXT_LENGTH = 1600  # Twilio, error 21617
LOOKED_UP_FOR = timedelta(minutes=10)
REPORTS_KEPT = timedelta(days=2)
DESK = "desk"
"""The account of a message that no provider has named yet."""

_LINK = re.compile(r"https?://|www\.|\bwa\.me\b|\b[a-z0-9-]+\.(?:com|net|org|io|me|tw|ly|news|info)\b", re.IGNORECASE)
LINK_TO_TAIWAN = N_("Operators in Taiwan stop every SMS that holds a link. Take the link out and send it again.")
TOO_LONG = N_("This is longer than 1,600 characters, the most that one message can hold. Shorten it.")
EMPTY = N_("Write something first.")


@dataclass(frozen=True)
class Way:
    """How the sender of a submission can be answered: where they wrote from, and to which number of ours.

    `newest_id` is their last message, `until` when free text ends (WhatsApp only), `problem` why nothing can be
    sent at all, in words to be translated, or "".
    """

    point: ContactPoint
    ours: str
    newest_id: int
    last_at: datetime
    problem: str

    @property
    def channel(self) -> Channel:
        return self.point.channel

    @property
    def until(self) -> datetime | None:
        return self.last_at + WHATSAPP_WINDOW if self.channel is Channel.WHATSAPP else None


def find_way(session: Session, submission: Submission, *, now: datetime, lock: bool = False) -> Way | None:
    """Return how this submission's sender can be answered on the channel they used; None if there is no such way.

    With `lock` nothing of this sender can arrive until the transaction ends.
    """
    if submission.channel not in SENDABLE:
        return None
    last = select(Message).where(Message.submission_id == submission.id, Message.direction == Direction.IN)
    last = last.where(Message.contact_point_id.is_not(None)).order_by(Message.id.desc()).limit(1)
    newest = session.scalar(last)
    if newest is None:
        return None
    point = session.get_one(ContactPoint, newest.contact_point_id, with_for_update=lock or None)
    if lock:
        newest = session.scalars(last).one()
    last_at = _heard_at(session, newest)
    return Way(point, newest.recipient, newest.id, last_at, _problem(point, last_at, now))


def _heard_at(session: Session, newest: Message) -> datetime:
    """When they last wrote: a message that was recovered later may be older than one that came by itself."""
    if not newest.extra.get("recovered"):
        return newest.at
    said = (Message.submission_id == newest.submission_id, Message.contact_point_id == newest.contact_point_id)
    return session.scalars(select(func.max(Message.at)).where(*said, Message.direction == Direction.IN)).one()


def _problem(point: ContactPoint, last_at: datetime, now: datetime) -> str:
    if point.opted_out_at:
        return provider.explain("opted-out")
    if not point.can_reply:
        return provider.explain("21211")
    if point.channel is Channel.WHATSAPP and now >= last_at + WHATSAPP_WINDOW:
        return provider.explain("window")
    return ""


def objection(point: ContactPoint, text: str) -> str:
    """Why this text cannot go to this address, in words to be translated, or ""."""
    if not text.strip():
        return EMPTY
    if len(text) > TEXT_LENGTH:
        return TOO_LONG
    # Twilio's SMS guidelines for Taiwan: links are prohibited unless allow-listed.
    if point.channel is Channel.SMS and point.address.startswith("+886") and _LINK.search(text):
        return LINK_TO_TAIWAN
    return ""


def reply(
    session: Session, submission: Submission, text: str, *, actor: User, key: str, seen: int, now: datetime
) -> Message:
    """Promise an answer, which goes out after ten seconds in which it can be taken back.

    `key` was drawn with the page: the same reply again is the first one. `seen` is the newest message that
    the page showed. Raises NewerMessage if the sender has written since, ReplyRefused (with words) if this
    cannot be sent, NotAllowed if there is no way to this sender.
    """
    if same := session.scalar(select(Message).where(Message.client_key == key)):
        return same
    way = find_way(session, submission, now=now, lock=True)
    if way is None:
        raise NotAllowed("this submission's sender cannot be answered on its channel")
    if way.newest_id > seen:
        raise NewerMessage
    if problem := way.problem or objection(way.point, text):
        raise ReplyRefused(problem)
    to = Recipient(submission.id, way.point.id, way.channel, way.point.address, way.ours)
    message_id = enqueue(session, to, clean(text), key=key, author_id=actor.id, due_at=now + UNDO, now=now)
    message = session.get_one(Message, message_id)
    conversation.count_outgoing(session, submission, message.text, "submission:reply", actor=actor, now=now)
    return message


@dataclass(frozen=True)
class Recipient:
    """Whom a message of ours goes to, about which submission, and from which number of ours."""

    submission_id: int
    point_id: int
    channel: Channel
    address: str
    ours: str


def enqueue(
    session: Session,
    to: Recipient,
    text: str,
    *,
    key: str,
    due_at: datetime,
    now: datetime,
    author_id: int | None = None,
    content_sid: str = "",
    content_variables: Mapping[str, str] | None = None,
) -> int:
    """Promise a message that leaves at `due_at`; return its id. Without an author it is the newsroom's own.

    With a `content_sid` the provider's template goes out, and `text` is what the desk shows of it.
    Raises IntegrityError if `key` was used before.
    """
    template = {"content_sid": content_sid, "content_variables": dict(content_variables or {})} if content_sid else {}
    with rows_together(session) as rows:
        message = rows.add(
            Message,
            submission_id=to.submission_id,
            contact_point_id=to.point_id,
            author_id=author_id,
            direction=Direction.OUT,
            channel=to.channel,
            account=DESK,
            external_id=f"out:{key}",
            client_key=key,
            recipient=to.address,
            text=text,
            extra={"from": to.ours, **template},
            raw={},
            delivery_state=DeliveryState.QUEUED,
            at=now,
        )
        jobs.add(rows, JobKind.SEND, message, due_at=due_at, now=now)
    return message.id


def take_back(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """Stop a reply that has not left yet. Raises TooLate if it has, or may have."""
    session.refresh(message, with_for_update=True)
    if message.delivery is not DeliveryState.QUEUED:
        raise TooLate
    message.delivery_state = DeliveryState.CANCELLED
    audit.record(session, actor, "submission:take_back", message.submission_id, now=now)
    session.flush()


def send_again(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """Try a reply once more that is known not to have been sent. Raises TooLate otherwise."""
    session.refresh(message, with_for_update=True)
    job = jobs.find(session, JobKind.SEND, message.id)
    if message.delivery is not DeliveryState.FAILED or job is None:
        raise TooLate
    # What the provider took and could not deliver keeps its name there; this is a new attempt.
    message.account, message.external_id = DESK, f"out:{message.client_key}:{job.tries}"
    message.delivery_state, message.error_code = DeliveryState.QUEUED, ""
    audit.record(session, actor, "submission:send_again", message.submission_id, now=now)
    jobs.again(session, job, now=now)


# What a worker asks, each in a transaction of its own


@dataclass(frozen=True)
class Task:
    """What to do about a message: send it, or only `look_up` whether it was sent at or after `since`."""

    outgoing: Outgoing
    look_up: bool
    since: datetime


def begin(session: Session, message_id: int, *, now: datetime) -> Task | None:
    """Write down that the provider is about to be called; None if there is nothing (more) to do.

    Raises `jobs.Refused` if it may not be sent.
    """
    message = _lock(session, message_id)
    outgoing = _outgoing(message)
    if message.delivery in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
        message.delivery_state = DeliveryState.UNKNOWN
        return Task(outgoing, look_up=True, since=_sending_since(message))
    if message.delivery is not DeliveryState.QUEUED:
        return None
    if code := _forbidden(session, message, now):
        raise Refused(code)
    message.delivery_state = DeliveryState.SENDING
    message.extra = {**message.extra, "sending_since": now.isoformat()}
    session.flush()
    return Task(outgoing, look_up=False, since=now)


def _outgoing(message: Message) -> Outgoing:
    extra = message.extra
    template = {name: extra[name] for name in ("content_sid", "content_variables") if name in extra}
    return Outgoing(message.channel, str(extra.get("from", "")), message.recipient, message.text, **template)


def _sending_since(message: Message) -> datetime:
    return datetime.fromisoformat(message.extra["sending_since"])


def _forbidden(session: Session, message: Message, now: datetime) -> str:
    """The rules once more at the last moment: an opt-out may have come since."""
    point = session.get_one(ContactPoint, message.contact_point_id)
    if point.opted_out_at:
        return "opted-out"
    if objection(point, message.text) == LINK_TO_TAIWAN:
        return "link"
    if point.channel is not Channel.WHATSAPP:
        return ""
    last = select(func.max(Message.at)).where(Message.contact_point_id == point.id, Message.direction == Direction.IN)
    last_at = session.scalar(last)
    return "window" if last_at is None or now >= last_at + WHATSAPP_WINDOW else ""


def sent(session: Session, message_id: int, sent: Sent) -> None:
    """The provider has it; reports about it that came before this are applied."""
    message = _lock(session, message_id)
    message.account, message.external_id = sent.account, sent.external_id
    _move(message, DeliveryState.SENT, "")
    early = select(StatusReport).where(
        StatusReport.account == sent.account, StatusReport.external_id == sent.external_id
    )
    for report in session.scalars(early).all():
        _apply(session, message, DeliveryState(report.state), report.error_code, at=report.at)
        session.delete(report)
    session.flush()


def put_back(session: Session, message_id: int) -> None:
    """The call that had begun did surely not send it."""
    message = _lock(session, message_id)
    if message.delivery in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
        message.delivery_state = DeliveryState.QUEUED
    session.flush()


def give_up(session: Session, message_id: int, code: str) -> None:
    """It will not be tried again; `code` says why (see `provider.explain`).

    What may have been sent stays so, unless the provider says that it does not have it.
    """
    message = _lock(session, message_id)
    if message.delivery is DeliveryState.QUEUED or code == provider.NOT_FOUND:
        message.delivery_state, message.error_code = DeliveryState.FAILED, code
    session.flush()


def doubt(session: Session, message_id: int) -> None:
    """It may have been sent."""
    message = _lock(session, message_id)
    if message.delivery is DeliveryState.SENDING:
        message.delivery_state = DeliveryState.UNKNOWN
    session.flush()


def is_known(session: Session, sent: Sent) -> bool:
    """Whether another message of ours goes by this name already."""
    named = (Message.account == sent.account, Message.external_id == sent.external_id)
    return session.scalar(select(Message.id).where(*named)) is not None


def report(
    session: Session, account: str, external_id: str, state: DeliveryState, error_code: str, *, now: datetime
) -> None:
    """Apply what the provider says about a message; keep it if the message is not known yet.

    Any order and any repetition of reports ends in the same state. Raises IntegrityError if the same
    report is being kept by another transaction at this moment.
    """
    named = (Message.account == account, Message.external_id == external_id, Message.direction == Direction.OUT)
    message = session.scalar(select(Message).where(*named).with_for_update())
    if message:
        _apply(session, message, state, error_code, at=now)
        session.flush()
        return
    same = (StatusReport.account == account, StatusReport.external_id == external_id, StatusReport.state == state)
    if session.scalar(select(StatusReport.id).where(*same)) is None:
        insert_values(
            session, StatusReport, account=account, external_id=external_id, state=state, error_code=error_code, at=now
        )


def _apply(session: Session, message: Message, state: DeliveryState, error_code: str, *, at: datetime) -> None:
    """Move a message, and let its job know: what was handed over may not arrive, or arrive after all."""
    was = message.delivery
    _move(message, state, error_code)
    if message.delivery is was:
        return
    if message.delivery is DeliveryState.FAILED:
        jobs.fail_after_all(session, JobKind.SEND, message.id, error_code, now=at)
    elif was is DeliveryState.FAILED:
        jobs.succeed_after_all(session, JobKind.SEND, message.id)


def _move(message: Message, state: DeliveryState, error_code: str) -> None:
    moved = (message.delivery or DeliveryState.QUEUED).forward(state)
    message.delivery_state = moved
    message.error_code = error_code if moved is DeliveryState.FAILED and state is moved else message.error_code
    if moved is not DeliveryState.FAILED:
        message.error_code = ""


def _lock(session: Session, message_id: int) -> Message:
    return session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
