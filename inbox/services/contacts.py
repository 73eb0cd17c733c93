"""Who writes: finding and making contacts, and honouring the words that stop or start messages."""

from dataclasses import dataclass, fields, replace
from datetime import datetime

import phonenumbers
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.models import Channel, Contact, ContactPoint, Submission
from inbox.models.contact import thread_key
from inbox.rows import RowId, Rows, fetch_one, rows_together

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


@dataclass(frozen=True)
class Person:
    """Who a message is from: their contact and, where they wrote from an address, its contact point.

    `submission_id` and `reference` are those of the submission that they have open there, if there is one.
    """

    contact: RowId
    facts: Facts
    point: RowId | None = None
    submission_id: int | None = None
    reference: str = ""


_points = ContactPoint.__table__
POINT_LOCKED = (
    select(_points.c.id)
    .where(_points.c.channel == bindparam("channel"), _points.c.address == bindparam("address"))
    .with_for_update()
)
"""The id of the point of a sender, locked until the transaction ends.

The lock puts messages of one sender in a row, so that twenty at once find one another. (SQLite has one
writer at a time anyway.)
"""


_contacts, _submissions = Contact.__table__, Submission.__table__
_KNOWN = (
    select(
        *(_points.c.can_reply, _submissions.c.id, _submissions.c.reference),
        *(_contacts.c.id, *(_contacts.c[field.name] for field in fields(Facts))),
    )
    .join_from(_points, _contacts)
    .outerjoin(_submissions, _submissions.c.thread_key == bindparam("thread_key"))
    .where(_points.c.id == bindparam("point"))
)


def recall(session: Session, point_id: int, sender: Sender, keyword: str | None, *, now: datetime) -> Person:
    """Return a sender that we know. A word that stops or starts messages is obeyed.

    `now` is when it was said; a start that was said before the stop changes nothing.
    """
    key = thread_key(sender.channel, sender.address)
    found = fetch_one(session, _KNOWN, point=point_id, thread_key=key)
    can_reply, submission_id, reference, contact_id, name, *others = found
    if keyword or can_reply != _can_reply(sender, can_reply) or (sender.name and not name):
        _learn(session.get_one(ContactPoint, point_id), sender, keyword, now)
        session.flush()
    return Person(contact_id, Facts(name or sender.name[:500], *others), point_id, submission_id, reference or "")


def _learn(point: ContactPoint, sender: Sender, keyword: str | None, now: datetime) -> None:
    """Write down what a message tells of its sender."""
    point.contact.name = point.contact.name or sender.name[:500]
    if keyword == "stop" and point.opted_out_at is None:
        point.opted_out_at = now
    if keyword == "start" and point.opted_out_at and point.opted_out_at <= now:
        point.opted_out_at = None
    point.can_reply = _can_reply(sender, point.can_reply)


def _can_reply(sender: Sender, before: bool) -> bool:
    """Whether this sender can be answered; who writes again has unblocked us.

    A mail that reports something undelivered says that about nobody whom we know: its From may be forged.
    """
    return sender.can_reply or (sender.channel is Channel.EMAIL and before)


def add(rows: Rows, sender: Sender, keyword: str | None, *, now: datetime) -> Person:
    """Add the contact and the point of a new sender to the rows that are being written.

    Writing them raises IntegrityError if another transaction makes the same point at this moment.
    """
    is_email = sender.channel is Channel.EMAIL
    phone = sender.address if not is_email and sender.address.startswith("+") else ""
    facts = Facts(sender.name[:500], sender.address if is_email else "", phone)
    contact = rows.add(Contact, **vars(facts), created_at=now)
    point = rows.add(
        ContactPoint,
        contact_id=contact,
        channel=sender.channel,
        address=sender.address,
        can_reply=sender.can_reply,
        opted_out_at=now if keyword == "stop" else None,
        created_at=now,
    )
    return Person(contact, facts, point)


def find_or_make(session: Session, sender: Sender, *, now: datetime) -> Person:
    """Return a sender, made if they are new, with their contact point locked. Raises IntegrityError as `add`."""
    point_id = session.connection().scalar(POINT_LOCKED, {"channel": sender.channel, "address": sender.address})
    if point_id is not None:
        return recall(session, point_id, sender, None, now=now)
    with rows_together(session) as rows:
        return add(rows, sender, None, now=now)


def add_from_form(rows: Rows, facts: Facts, *, region: str, now: datetime) -> Person:
    """Add a contact from what a form says.

    It joins nobody else's: whoever types an address into a form has not shown that it is theirs.
    """
    facts = replace(facts, phone=normalise_phone(facts.phone, region))
    return Person(rows.add(Contact, **vars(facts), created_at=now), facts)


def normalise_phone(text: str, region: str) -> str:
    """Return the number in E.164 when it can be one in `region` (ISO 3166), else the text as it was typed."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text.strip()
    if not phonenumbers.is_possible_number(parsed):
        return text.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
