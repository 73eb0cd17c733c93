"""The one door out. A reply is written down here; only a worker, which asks here what to do, sends it.

A message is `SENDING` in the database before the provider is called. Whoever finds it so later, because
a process died or an answer never came, looks it up at the provider and never sends it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.errors import TooLate
from inbox.models import (
    Attachment,
    Channel,
    ContactPoint,
    DeliveryState,
    Direction,
    Job,
    JobKind,
    JobState,
    Mail,
    Message,
    StatusReport,
    User,
)
from inbox.profile import Profile
from inbox.rows import insert_values, rows_together
from inbox.services import audit, jobs, mail_heads, notices, outgoing_files, provider, quiet_hours, ways
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import MailHead, Outgoing, Sent

LOOKED_UP_FOR = timedelta(minutes=10)
DESK = "desk"
"""The account of a message that no provider has named yet."""
QUIET = "quiet-hours"


@dataclass(frozen=True)
class Recipient:
    """Whom a message of ours goes to, about which submission, and from which number or mailbox of ours."""

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
    media_urls: tuple[str, ...] = (),
    mail: MailHead | None = None,
) -> int:
    """Promise a message that leaves at `due_at`; return its id. Without an author it is the newsroom's own.

    With `content_sid` that approved template is sent, filled with `content_variables`; `text` is then what it says,
    for the desk. `media_urls` are public addresses of files. An e-mail has the head `mail`. Raises IntegrityError if
    `key` was used before.
    """
    more = {"content_sid": content_sid, "content_variables": content_variables, "media_urls": list(media_urls)}
    more |= mail_heads.kept(mail) if mail else {}
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
            extra={"from": to.ours, **{name: value for name, value in more.items() if value}},
            raw={},
            delivery_state=DeliveryState.QUEUED,
            at=now,
        )
        if mail:
            rows.add(Mail, message_id=message, mail_id=mail.mail_id, in_reply_to=mail.in_reply_to)
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
    """Try a reply once more that was not sent, or of which that cannot be found out and a person takes the risk.

    Raises TooLate for what was sent, is on its way, or may still be cleared.
    """
    job = _given_up(session, message)
    # What the provider took and could not deliver keeps its name there; this is a new attempt.
    message.account, message.external_id = DESK, f"out:{message.client_key}:{job.tries}"
    was = message.delivery_state
    message.delivery_state, message.error_code = DeliveryState.QUEUED, ""
    audit.record(session, actor, "submission:send_again", message.submission_id, now=now, was=was)
    jobs.again(session, job, now=now)


def say_arrived(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """A person knows that a message arrived of which nobody could find that out. Raises TooLate for any other."""
    job = _given_up(session, message)
    if message.delivery is not DeliveryState.UNKNOWN:
        raise TooLate
    message.delivery_state, message.error_code = DeliveryState.DELIVERED, ""
    job.state = JobState.DONE
    audit.record(session, actor, "submission:say_arrived", message.submission_id, now=now)
    session.flush()


def set_aside(session: Session, message: Message, *, actor: User, now: datetime) -> None:
    """Let a message that is known not to have been sent rest for good, as its words go out anew. Raises TooLate."""
    job = _given_up(session, message)
    if message.delivery is not DeliveryState.FAILED:
        raise TooLate
    message.delivery_state = DeliveryState.CANCELLED
    job.state, job.attention_at = JobState.DONE, None
    audit.record(session, actor, "submission:rewrite", message.submission_id, now=now)
    session.flush()


def _given_up(session: Session, message: Message) -> Job:
    """The job of a message that only a person can move on, both locked."""
    session.refresh(message, with_for_update=True)
    job = jobs.find(session, JobKind.SEND, message.id)
    failed = message.delivery is DeliveryState.FAILED
    unknown = message.delivery is DeliveryState.UNKNOWN and job is not None and job.state is JobState.FAILED
    if job is None or not (failed or unknown):
        raise TooLate
    return job


def pending(session: Session, messages: Sequence[Message]) -> dict[int, Job]:
    """The jobs of those messages that wait or may wait for a person, by the message's id."""
    moving = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
    ids = [message.id for message in messages if message.delivery in moving]
    if not ids:
        return {}
    found = select(Job).where(Job.kind == JobKind.SEND, Job.subject_id.in_(ids))
    return {job.subject_id: job for job in session.scalars(found)}


# What a worker asks, each in a transaction of its own


@dataclass(frozen=True)
class Task:
    """What to do about a message: send it, or only `look_up` whether it was sent at or after `since`.

    `files` go with it: inside a mail, or fetched by the provider from an address that the worker makes.
    """

    outgoing: Outgoing
    look_up: bool
    since: datetime
    files: tuple[Attachment, ...] = ()


def begin(session: Session, message_id: int, profile: Profile, *, now: datetime) -> Task | None:
    """Write down that the provider is about to be called; None if there is nothing (more) to do.

    Raises `jobs.Refused` if it may not be sent, `jobs.NotNow` in quiet hours.
    """
    message = _lock(session, message_id)
    outgoing = _outgoing(message)
    if message.delivery in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
        message.delivery_state = DeliveryState.UNKNOWN
        return Task(outgoing, look_up=True, since=_sending_since(message))
    if message.delivery is not DeliveryState.QUEUED:
        return None
    if code := ways.forbidden(session, message, now=now):
        raise Refused(code)
    if until := quiet_hours.ends(profile, message.channel, message.recipient, now):
        raise NotNow(QUIET, until - now)
    outgoing_files.check_ready(message.attachments)
    message.delivery_state = DeliveryState.SENDING
    message.extra = {**message.extra, "sending_since": now.isoformat()}
    session.flush()
    return Task(outgoing, look_up=False, since=now, files=tuple(message.attachments))


def _outgoing(message: Message) -> Outgoing:
    extra = message.extra
    return Outgoing(
        message.channel,
        str(extra.get("from", "")),
        message.recipient,
        message.text,
        content_sid=str(extra.get("content_sid", "")),
        content_variables=extra.get("content_variables"),
        media_urls=tuple(extra.get("media_urls", ())),
        mail=mail_heads.of(message),
    )


def _sending_since(message: Message) -> datetime:
    return datetime.fromisoformat(message.extra["sending_since"])


def sent(session: Session, message_id: int, sent: Sent, *, now: datetime) -> None:
    """The provider has it; reports about it that came before this are applied."""
    message = _lock(session, message_id)
    message.account, message.external_id = sent.account, sent.external_id
    _move(session, message, DeliveryState.SENT, "", now=now)
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


def give_up(session: Session, message_id: int, code: str, *, now: datetime) -> None:
    """It will not be tried again; `code` says why (see `provider.explain`).

    What may have been sent stays so, unless the provider says that it does not have it.
    """
    message = _lock(session, message_id)
    if message.delivery is DeliveryState.QUEUED or code == provider.NOT_FOUND:
        message.delivery_state, message.error_code = DeliveryState.FAILED, code
        _learn(session, message, code, now)
    session.flush()
    if message.delivery in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        notices.failed(session, message, now=now)


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


def forget_reports(session: Session, *, before: datetime) -> None:
    """Drop reports about messages that are not ours."""
    session.execute(delete(StatusReport).where(StatusReport.at < before))


def _apply(session: Session, message: Message, state: DeliveryState, error_code: str, *, at: datetime) -> None:
    """Move a message, and let its job know: what was handed over may not arrive, or arrive after all."""
    was = message.delivery
    _move(session, message, state, error_code, now=at)
    if message.delivery is was:
        return
    if message.delivery is DeliveryState.FAILED:
        jobs.fail_after_all(session, JobKind.SEND, message.id, error_code, now=at)
    elif was is DeliveryState.FAILED:
        jobs.succeed_after_all(session, JobKind.SEND, message.id)


def _move(session: Session, message: Message, state: DeliveryState, error_code: str, *, now: datetime) -> None:
    moved = (message.delivery or DeliveryState.QUEUED).forward(state)
    failed_now = moved is DeliveryState.FAILED and state is moved and message.delivery is not moved
    message.delivery_state = moved
    if failed_now:
        message.error_code = error_code
        _learn(session, message, error_code, now)
        notices.failed(session, message, now=now)
    if moved is not DeliveryState.FAILED:
        message.error_code = ""


def _learn(session: Session, message: Message, code: str, now: datetime) -> None:
    """What a refusal says of the address itself: nothing further is sent to who opted out or has blocked us."""
    if code not in provider.OPTED_OUT | provider.BLOCKED or message.contact_point_id is None:
        return
    point = session.get_one(ContactPoint, message.contact_point_id)
    if code in provider.OPTED_OUT:
        point.opted_out_at = point.opted_out_at or now
    else:
        point.can_reply = False


def _lock(session: Session, message_id: int) -> Message:
    return session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
