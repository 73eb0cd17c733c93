"""What the newsroom answers by itself."""

import re
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from inbox.models import ContactPoint, Direction, Mail, Message, Status, Submission
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import guide, mail_heads, outbox, ways
from inbox.services.intake import Arrival, Incoming
from inbox.services.mail_tokens import Derive
from inbox.services.outbox import Recipient
from inbox.text import language_of


def respond(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime) -> None:
    """Answer what has just arrived, in the transaction that stores it: the guide, a plain acknowledgement, or nothing.

    A repeat is never answered again.
    """
    if arrival.repeated:
        return
    if arrival.may_acknowledge:
        if not guide.begin(session, incoming, arrival, profile, now=now):
            _acknowledge(session, incoming, arrival, profile, now=now)
    elif not arrival.opened:
        guide.hear(session, incoming, arrival, profile, now=now)


def _acknowledge(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime) -> None:
    """Tell the sender of a first message that it is here, and its reference, in the language they wrote in."""
    sender = incoming.sender
    if not sender or not arrival.point_id:
        return
    language = language_of(incoming.text)
    text = render("acknowledgement", "sms", language, newsroom=profile.name, reference=arrival.reference)
    ours = ways.answering(profile, incoming)
    to = Recipient(arrival.submission_id, arrival.point_id, sender.channel, sender.address, ours)
    outbox.enqueue(session, to, text, key=f"acknowledgement:{arrival.submission_id}", due_at=now, now=now)


MAILS_A_DAY = 3
"""How often one address is told by itself that its mail is here: a forged one gets little that it did not ask for."""
TOO_LATE = timedelta(days=2)
"""After this long on its way, as from an old archive, nobody waits to hear that a mail is here."""
_AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}  # RFC 3834, and Exchange's own
_NOBODY = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)(?:[-_+.=][^@]*)?@.*", re.IGNORECASE
)


def acknowledge_mail(
    session: Session, message: Message, mail: Mail, profile: Profile, derive: Derive, now: datetime
) -> None:
    """Tell the sender of a mail that opened a submission that it is here, and its reference, in their language.

    Once for a submission; never to what no person wrote (RFC 3834, section 2), to suspected spam, to an address of
    ours, or often to one address. Called again, it changes nothing.
    """
    mailbox = profile.mailbox(message.recipient)
    if mailbox is None or not mailbox.acknowledge or not _is_a_persons(message, mail) or now - message.at > TOO_LATE:
        return
    # Locked as an arriving message locks them: two mails of one sender are counted one after the other.
    point = session.get_one(ContactPoint, message.contact_point_id, with_for_update=True, populate_existing=True)
    submission = session.get_one(Submission, message.submission_id, with_for_update=True, populate_existing=True)
    key = f"acknowledgement:{submission.id}"
    if not _may_be_told(session, point, submission, message, key, profile, now):
        return
    values = {"newsroom": profile.name, "reference": submission.reference}
    head = mail_heads.make(
        session, submission, mailbox.address, key=key, profile=profile, derive=derive, headers=_AUTOMATIC
    )
    to = Recipient(submission.id, point.id, point.channel, point.address, mailbox.address)
    text = render("acknowledgement", "email", submission.language, **values)
    outbox.enqueue(session, to, text, key=key, due_at=now, now=now, mail=head)


def _is_a_persons(message: Message, mail: Mail) -> bool:
    """Whether somebody wrote it to us, as far as the mail itself tells."""
    told = message.extra.keys() | mail.traits.keys()
    elsewhere = mail.copy_of_id or mail.joined_by or mail.problem
    return not (elsewhere or {"automatic", "bulk", "bounce"} & told or message.contact_point_id is None)


def _may_be_told(
    session: Session,
    point: ContactPoint,
    submission: Submission,
    message: Message,
    key: str,
    profile: Profile,
    now: datetime,
) -> bool:
    """Whether this person waits to be told: it opened the submission, and nothing was said to them about it yet."""
    if not point.can_reply or point.opted_out_at or submission.status is Status.SPAM:
        return False
    if _is_ours(point.address, profile) or _NOBODY.fullmatch(point.address):
        return False
    of_this, ours = Message.submission_id == submission.id, Message.direction == Direction.OUT
    if session.scalar(select(func.min(Message.id)).where(of_this)) != message.id:
        return False
    if session.scalar(select(exists().where(or_(of_this & ours, Message.client_key == key)))):
        return False
    by_itself = (Message.contact_point_id == point.id, ours, Message.author_id.is_(None))
    told = select(func.count()).select_from(Message).where(*by_itself, Message.at > now - timedelta(days=1))
    return (session.scalar(told) or 0) < MAILS_A_DAY


def _is_ours(address: str, profile: Profile) -> bool:
    """Whether it is a mailbox of the newsroom, with a token or without."""
    name, _, domain = address.partition("@")
    return profile.mailbox(f"{name.partition('+')[0]}@{domain}") is not None
