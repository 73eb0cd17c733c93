"""What the newsroom answers by itself to what came in, after it is stored (`handlers.arrival`)."""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from inbox.models import ContactPoint, Direction, Message, Status, Submission
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import guide, outbox, recovery, subscribers, ways
from inbox.services.outbox import Recipient
from inbox.text import language_of


def welcome(session: Session, message: Message, profile: Profile, *, now: datetime) -> None:
    """Tell a sender who does not know it yet that we have their submission: the guide, or a plain acknowledgement.

    Nothing happens if they know, cannot or will not be written to, or said nothing but START, STOP or HELP; if it
    is suspected spam; or if this message reached us too late. Called again, it changes nothing.
    """
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
