"""How the sender of a submission can be reached, and what may be said there now."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from inbox.models import Channel, ContactPoint, Direction, Message, Submission
from inbox.profile import Mailbox, Profile
from inbox.services import provider, quiet_hours
from inbox.services.intake import Incoming
from inbox.text import N_

SENDABLE = frozenset({Channel.WHATSAPP, Channel.SMS, Channel.RCS, Channel.EMAIL})
WHATSAPP_WINDOW = timedelta(hours=24)
"""WhatsApp takes free text for a day after the person's last message (WhatsApp Business Platform, key concepts)."""
TEXT_LENGTH = 1600  # Twilio, error 21617
MOST_POINTS = 20

# With a scheme or a path any name is a link; alone, one that ends like most do. "p.m." and "closed.We" are none.
_ENDINGS = (
    "com net org edu gov mil int info biz news io me tw ly cc co ee be gl gg to tv ai app dev xyz top site online link"
    " club shop store live page blog media press asia hk cn jp kr sg uk us eu de fr nl ch au ca example"
)
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:[\w-]+\.)+[a-z]{2,24}[/:?#]\S|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    rf"|\b[\w-]+\.(?:{'|'.join(_ENDINGS.split())})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
TOO_LONG = N_("This is longer than 1,600 characters, the most that one message can hold. Shorten it.")
EMPTY = N_("Write something first.")


@dataclass(frozen=True)
class Way:
    """One way to reach somebody: an address of theirs, and the number or mailbox of ours that writes to it.

    `point_id` is None for an address that was never used: an SMS to the number that they use on WhatsApp.
    `is_proved`: they wrote from it, rather than that it was typed into a form. A mail goes to where they ask answers
    to go. `last_at` is when they last wrote from there, `waits_until` when quiet hours that hold it now are over.
    `problem` says why nothing at all can be sent there, in words to be translated, or "".
    """

    channel: Channel
    address: str
    contact_id: int
    point_id: int | None
    ours: str
    label: str
    last_at: datetime | None
    waits_until: datetime | None
    problem: str
    is_proved: bool = True

    @property
    def key(self) -> str:
        """What a page calls it by."""
        return f"{self.channel.value}:{self.address}"

    @property
    def free_until(self) -> datetime | None:
        """When free text ends or has ended; None where it never does, or never began."""
        is_limited = self.channel is Channel.WHATSAPP and self.last_at is not None
        return self.last_at + WHATSAPP_WINDOW if is_limited and self.last_at else None

    def takes_text(self, at: datetime) -> bool:
        """Whether free text may be sent at this time; a template always may."""
        until = self.free_until
        return self.channel is not Channel.WHATSAPP or (until is not None and at < until)


@dataclass(frozen=True)
class _Heard:
    """The last that somebody said from an address, and to which of ours."""

    at: datetime
    ours: str
    service: str


def find_ways(
    session: Session, submission: Submission, profile: Profile, *, now: datetime, lock: bool = False
) -> list[Way]:
    """Return how this submission's sender can be answered, the way they last wrote first; [] if there is none.

    With `lock` nothing of this sender can arrive until the transaction ends.
    """
    usual_id = _usual_point(session, submission)
    points = _points(session, submission.contact_id, usual_id, lock=lock)
    if lock:
        usual_id = _usual_point(session, submission)
    heard = {point.id: _heard(session, point.id) for point in points}
    usual = heard.get(usual_id or 0)
    ways = [
        _by_mail(submission, _answer_to(session, submission, point), point, points, heard[point.id], profile)
        if point.channel is Channel.EMAIL
        else _way(point.channel, point.address, point, points, heard, usual, profile, now)
        for point in sorted(points, key=lambda point: point.id != usual_id)
        if point.channel in SENDABLE
    ]
    texts = [
        _way(Channel.SMS, point.address, None, points, heard, usual, profile, now) for point in _also_by_sms(points)
    ]
    found: dict[str, Way] = {}
    for way in (*ways, *texts, _from_form(session, submission, points, profile)):
        if way:
            found.setdefault(way.key, way)
    return list(found.values())


def newest(session: Session, submission: Submission) -> int:
    """The id of the last message from outside, or 0."""
    said = (Message.submission_id == submission.id, Message.direction == Direction.IN)
    return session.scalar(select(func.max(Message.id)).where(*said)) or 0


def _usual_point(session: Session, submission: Submission) -> int | None:
    said = (Message.submission_id == submission.id, Message.direction == Direction.IN)
    last = select(Message.contact_point_id).where(*said, Message.contact_point_id.is_not(None))
    return session.scalar(last.order_by(Message.id.desc()).limit(1))


def _points(session: Session, contact_id: int | None, usual_id: int | None, *, lock: bool) -> list[ContactPoint]:
    """The addresses of one person: those of the contact, and the same numbers on other channels."""
    mine = or_(ContactPoint.contact_id == contact_id, ContactPoint.id == usual_id)
    addresses = session.scalars(select(ContactPoint.address).where(mine).limit(MOST_POINTS)).all()
    same = and_(ContactPoint.channel.in_((*SENDABLE, Channel.VOICE)), ContactPoint.address.in_(addresses))
    found = select(ContactPoint).where(or_(mine, same)).order_by(ContactPoint.id).limit(MOST_POINTS)
    return list(session.scalars(found.with_for_update() if lock else found))


def _heard(session: Session, point_id: int) -> _Heard | None:
    said = (Message.contact_point_id == point_id, Message.direction == Direction.IN)
    # By time: a message that was recovered later may be older than one that came by itself.
    newest_first = Message.at.desc(), Message.id.desc()
    last = select(Message.at, Message.recipient, Message.extra).where(*said).order_by(*newest_first).limit(1)
    row = session.execute(last).first()
    if row is None:
        return None
    return _Heard(row.at, row.recipient, str(row.extra.get("messaging_service_sid", "")))


def _answer_to(session: Session, submission: Submission, point: ContactPoint) -> str:
    """Where a mail to somebody goes: where they last asked for answers in this conversation, else to their address.

    What another mail asks for counts for nothing here: anybody can write in somebody's name.
    """
    said = (Message.submission_id == submission.id, Message.contact_point_id == point.id)
    last = select(Message.extra).where(*said, Message.direction == Direction.IN)
    extra = session.scalar(last.order_by(Message.at.desc(), Message.id.desc()).limit(1)) or {}
    asked = str(extra.get("reply_to", ""))
    return asked if _ADDRESS.fullmatch(asked) else point.address


def _also_by_sms(points: Sequence[ContactPoint]) -> list[ContactPoint]:
    """The numbers known from WhatsApp and calls that were never used for SMS."""
    by_sms = {point.address for point in points if point.channel is Channel.SMS}
    known = {point.address: point for point in points if point.channel in (Channel.WHATSAPP, Channel.VOICE)}
    return [point for address, point in known.items() if address not in by_sms and _NUMBER.fullmatch(address)]


def _way(
    channel: Channel,
    address: str,
    point: ContactPoint | None,
    points: Sequence[ContactPoint],
    heard: dict[int, _Heard | None],
    usual: _Heard | None,
    profile: Profile,
    now: datetime,
) -> Way | None:
    last = heard.get(point.id) if point else None
    ours = our_side(profile, last.ours, last.service) if last else _our_number(profile, channel, usual)
    if not ours:
        return None
    number = profile.number_of(ours, ours)
    return Way(
        channel=channel,
        address=address,
        contact_id=(point or points[0]).contact_id,
        point_id=point.id if point else None,
        ours=ours,
        label=number.label if number else "",
        last_at=last.at if last else None,
        waits_until=quiet_hours.ends(profile, channel, address, now),
        problem=provider.explain(code) if (code := _closed(point, points, last)) else "",
    )


def _by_mail(
    submission: Submission,
    address: str,
    point: ContactPoint | None,
    points: Sequence[ContactPoint],
    last: _Heard | None,
    profile: Profile,
) -> Way | None:
    ours = profile.mailbox(last.ours) if last else None
    mailbox = ours or _our_mailbox(profile, submission)
    if mailbox is None:
        return None
    return Way(
        channel=Channel.EMAIL,
        address=address,
        contact_id=submission.contact_id or (point.contact_id if point else 0),
        point_id=point.id if point else None,
        ours=mailbox.address,
        label=mailbox.label,
        last_at=last.at if last else None,
        waits_until=None,
        problem=provider.explain(code) if (code := _closed(point, points, last)) else "",
        is_proved=last is not None,
    )


def _our_mailbox(profile: Profile, submission: Submission) -> Mailbox | None:
    """The mailbox of ours to begin from: that of such submissions, else the first."""
    mailboxes = sorted(profile.mailboxes, key=lambda mailbox: mailbox.default_kind != submission.kind)
    return next(iter(mailboxes), None)


def _from_form(
    session: Session, submission: Submission, points: Sequence[ContactPoint], profile: Profile
) -> Way | None:
    """The e-mail address that somebody gave as theirs; whoever it belongs to may be known, and want no mail."""
    address = submission.contact.email.strip().lower() if submission.contact else ""
    if not _ADDRESS.fullmatch(address) or any(point.address == address for point in points):
        return None
    known = (ContactPoint.channel == Channel.EMAIL, ContactPoint.address == address)
    point = session.scalar(select(ContactPoint).where(*known))
    return _by_mail(submission, address, point, [*points, *([point] if point else [])], None, profile)


def answering(profile: Profile, incoming: Incoming) -> str:
    """Who of us answers this message."""
    return our_side(profile, incoming.recipient, str(incoming.extra.get("messaging_service_sid", "")))


def our_side(profile: Profile, recipient: str, service: str) -> str:
    """Who of us answers: the number that was written to, and the Messaging Service only where we do not know it."""
    return service if service and profile.number(recipient) is None else recipient


def _our_number(profile: Profile, channel: Channel, usual: _Heard | None) -> str:
    """The number of ours to begin from on a channel: the one they know, if it has it."""
    able = [number.number for number in profile.numbers if channel.value in number.channels]
    return usual.ours if usual and usual.ours in able else next(iter(able), "")


def _closed(point: ContactPoint | None, points: Iterable[ContactPoint], last: _Heard | None) -> str:
    """Why nothing may go to an address, as a code, or "".

    Who asked for no more messages anywhere gets none anywhere, unless they have written from here since.
    """
    stops = [each.opted_out_at for each in points if each.opted_out_at]
    if (point and point.opted_out_at) or (stops and (last is None or last.at <= max(stops))):
        return "opted-out"
    if point is None or point.can_reply:
        return ""
    # On WhatsApp everybody can be answered who has not blocked us.
    return {Channel.WHATSAPP: provider.BLOCKED_US, Channel.EMAIL: provider.MACHINE}.get(point.channel, "21211")


def objection(channel: Channel, address: str, text: str) -> str:
    """Why this text cannot go to this address, in words to be translated, or ""."""
    if len(text) > TEXT_LENGTH and channel is not Channel.EMAIL:
        return TOO_LONG
    return provider.explain("link") if holds_link(channel, address, text) else ""


def holds_link(channel: Channel, address: str, text: str) -> bool:
    """Whether this is an SMS with a link to where that is prohibited (Twilio's SMS guidelines for Taiwan)."""
    if channel is not Channel.SMS or not address.startswith("+886"):
        return False
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return _LINK.search(visible.replace("。", ".")) is not None


def forbidden(session: Session, message: Message, *, now: datetime) -> str:
    """The rules once more before a message leaves, as a code or "": an opt-out may have come since."""
    point = session.get_one(ContactPoint, message.contact_point_id)
    last = _heard(session, point.id)
    if code := _closed(point, _points(session, point.contact_id, point.id, lock=False), last):
        return code
    if holds_link(point.channel, point.address, message.text):
        return "link"
    if point.channel is not Channel.WHATSAPP or message.extra.get("content_sid"):
        return ""
    return "window" if last is None or now >= last.at + WHATSAPP_WINDOW else ""
