"""What the newsroom answers by itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import guide, outbox, ways
from inbox.services.intake import Arrival, Incoming
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
