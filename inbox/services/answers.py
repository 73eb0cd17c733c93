"""What the newsroom answers by itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from inbox.config import Profile
from inbox.rendering import message as render
from inbox.services import outbox, ways
from inbox.services.intake import Arrival, Incoming
from inbox.services.outbox import Recipient
from inbox.text import language_of


def acknowledge(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime) -> None:
    """Tell the sender of a first message that it is here, and its reference, in the language they wrote in."""
    if not arrival.may_acknowledge or not incoming.sender or not arrival.point_id:
        return
    language = language_of(incoming.text)
    text = render("acknowledgement", "sms", language, newsroom=profile.name, reference=arrival.reference)
    sender = incoming.sender
    ours = ways.our_side(profile, incoming.recipient, str(incoming.extra.get("messaging_service_sid", "")))
    to = Recipient(arrival.submission_id, arrival.point_id, sender.channel, sender.address, ours)
    outbox.enqueue(session, to, text, key=f"acknowledgement:{arrival.submission_id}", due_at=now, now=now)
