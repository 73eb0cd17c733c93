"""What the newsroom answers by itself to what came in, after it is stored (`handlers.arrival`)."""

import re
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from inbox.models import Channel, ContactPoint, Direction, Mail, Message, Status, Submission
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import guide, mail_heads, outbox, recovery, subscribers, ways
from inbox.services.mail_tokens import Derive
from inbox.services.outbox import Recipient
from inbox.text import language_of


def welcome(session: Session, message: Message, profile: Profile, *, derive: Derive, now: datetime) -> None:
    """Tell a sender who does not know it yet that we have their submission: the guide, or a plain acknowledgement.

    Nothing happens if they know, cannot or will not be written to, or said nothing but START, STOP or HELP; if it
    is suspected spam; or if this message reached us too late. Called again, it changes nothing.
    """
    if message.channel is Channel.EMAIL:
        _acknowledge_mail(session, message, profile, derive, now)
        return
    if message.channel not in ways.SENDABLE or not message.contact_point_id or "keyword" in message.extra:
        return
    if message.extra.get("recovered") and now - message.at > recovery.WORTH_A_NOTICE:
        return
    # Locked as an arriving message locks them: one welcome, and a person of staff steps in before it or after it.
    point = session.get_one(ContactPoint, message.contact_point_id, with_for_update=True, populate_existing=True)
    submission = session.get_one(Submission, message.submission_id, with_for_update=True, populate_existing=True)
    if not point.can_reply or point.opted_out_at or submission.status is Status.SPAM or _is_told(session, submission):
        return
    ours = ways.our_side(profile, message.recipient, str(message.extra.get("messaging_service_sid", "")))
    to = Recipient(submission.id, point.id, point.channel, point.address, ours)
    if not guide.begin(session, submission, message, to, profile, now=now):
        _acknowledge(session, submission, message, to, profile, now=now)


def _is_told(session: Session, submission: Submission) -> bool:
    """Whether anything was said to the sender, by us or by the guide, that is not about the newsletter."""
    of_newsletter = Message.client_key.startswith(subscribers.LETTERS)
    ours = (Message.submission_id == submission.id, Message.direction == Direction.OUT)
    return bool(session.scalar(select(exists().where(*ours, or_(Message.client_key.is_(None), ~of_newsletter)))))


def _acknowledge(
    session: Session, submission: Submission, message: Message, to: Recipient, profile: Profile, *, now: datetime
) -> None:
    """Tell the sender that their message is here, and its reference, in the language they wrote in."""
    language = language_of(message.text)
    text = render("acknowledgement", "sms", language, newsroom=profile.name, reference=submission.reference)
    outbox.enqueue(session, to, text, key=f"acknowledgement:{submission.id}", due_at=now, now=now)


MAILS_A_DAY = 3
"""How often one address is told by itself that its mail is here: a forged one gets little that it did not ask for."""
TOO_LATE = timedelta(days=2)
"""After this long on its way, as from an old archive, nobody waits to hear that a mail is here."""
_AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}  # RFC 3834, and Exchange's own
_NOBODY = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)(?:[-_+.=][^@]*)?@.*", re.IGNORECASE
)


def _acknowledge_mail(session: Session, message: Message, profile: Profile, derive: Derive, now: datetime) -> None:
    """Tell the sender of a mail that opened a submission that it is here, and its reference, in their language.

    Once for a submission; never to what no person wrote (RFC 3834, section 2), to suspected spam, to an address of
    ours, or often to one address. Called again, it changes nothing.
    """
    mailbox, mail = profile.mailbox(message.recipient), message.mail
    if (
        mail is None
        or mailbox is None
        or not mailbox.acknowledge
        or not _is_a_persons(message, mail)
        or now - message.at > TOO_LATE
    ):
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
