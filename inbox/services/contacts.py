"""Who writes: finding and making contacts, and honouring the words that stop or start messages."""

from dataclasses import dataclass
from datetime import datetime

import phonenumbers
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from inbox.db import insert_row
from inbox.models import Channel, Contact, ContactPoint

# Twilio acts on these English words itself (Twilio docs, "Advanced Opt-Out"); a message is one only when
# nothing else stands in it. The Chinese ones are ours.
STOP_WORDS = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "end",
        "quit",
        "revoke",
        "optout",
        "cancel",
        "停止",
        "取消",
        "退訂",
        "取消訂閱",
        "拒收",
    ]
)
START_WORDS = frozenset(["start", "unstop", "yes", "開始", "訂閱", "恢復"])
HELP_WORDS = frozenset(["help", "info", "說明", "幫助"])


@dataclass(frozen=True)
class Sender:
    """An address on a channel. `address` is E.164 where there is a number, else the provider's id."""

    channel: Channel
    address: str
    name: str = ""
    can_reply: bool = True


@dataclass(frozen=True)
class Facts:
    """What somebody wrote about themselves in a form; none of it is proved."""

    name: str = ""
    email: str = ""
    phone: str = ""
    organisation: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.email or self.phone or self.organisation)


def keyword(text: str) -> str | None:
    """Return "stop", "start" or "help" when the whole text is such a word, else None."""
    word = text.strip().strip(".!。！").casefold()
    if word in STOP_WORDS:
        return "stop"
    if word in START_WORDS:
        return "start"
    return "help" if word in HELP_WORDS else None


def obey_keyword(point: ContactPoint, word: str | None, *, now: datetime) -> None:
    """Record an opt-out or opt-in on the address that it came from."""
    if word == "stop" and point.opted_out_at is None:
        point.opted_out_at = now
    if word == "start":
        point.opted_out_at = None


_POINT_LOCKED = (
    select(ContactPoint)
    .where(ContactPoint.channel == bindparam("channel"), ContactPoint.address == bindparam("address"))
    .options(joinedload(ContactPoint.contact, innerjoin=True))
    .with_for_update(of=ContactPoint)
)


def lock_point(session: Session, sender: Sender) -> ContactPoint | None:
    """Return the sender's contact point, locked until the transaction ends, or None if we do not know them.

    The lock puts messages of one sender in a row, so that twenty at once find one another. (SQLite has
    one writer at a time anyway.)
    """
    point = session.scalar(_POINT_LOCKED, {"channel": sender.channel, "address": sender.address})
    if point and sender.name and not point.contact.name:
        point.contact.name = sender.name[:500]
    return point


def make_point(session: Session, sender: Sender, *, now: datetime) -> ContactPoint:
    """Make the contact and the point of a new sender.

    Raises IntegrityError if another transaction makes the same point at this moment.
    """
    is_email = sender.channel is Channel.EMAIL
    phone = sender.address if not is_email and sender.address.startswith("+") else ""
    contact = Contact(
        name=sender.name[:500],
        organisation="",
        email=sender.address if is_email else "",
        phone=phone,
        created_at=now,
    )
    insert_row(session, contact)
    point = ContactPoint(
        contact_id=contact.id,
        channel=sender.channel,
        address=sender.address,
        can_reply=sender.can_reply,
        opted_out_at=None,
        created_at=now,
    )
    insert_row(session, point)
    set_committed_value(point, "contact", contact)
    set_committed_value(contact, "points", [point])
    return point


def make_contact(session: Session, facts: Facts, *, region: str, now: datetime) -> Contact:
    """Make a contact from what a form says.

    It joins nobody else's: whoever types an address into a form has not shown that it is theirs.
    """
    contact = Contact(
        name=facts.name,
        organisation=facts.organisation,
        email=facts.email,
        phone=normalise_phone(facts.phone, region),
        created_at=now,
    )
    insert_row(session, contact)
    set_committed_value(contact, "points", [])
    return contact


def normalise_phone(text: str, region: str) -> str:
    """Return the number in E.164 when it can be one in `region` (ISO 3166), else the text as it was typed."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text.strip()
    if not phonenumbers.is_possible_number(parsed):
        return text.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
