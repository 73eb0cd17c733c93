"""The newsletter on WhatsApp: a keyword asks for it, a word confirms it, STOP ends it.

What was written is stored like every message, in the same transaction and before anything here is done. A submission
that holds nothing else is closed at once, so that nobody of the staff has to read it.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Channel, Consent, ContactPoint, Direction, Message, Status, Submission, SubscriberState
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import audit, contacts, guide_steps, newsletter, outbox, subscribers, ways
from inbox.services.intake import Arrival, Incoming
from inbox.services.outbox import Recipient
from inbox.text import plain

KEYWORD = "newsletter"
"""What `Message.extra` calls the keyword of a message that is about the newsletter."""
YES_WORDS = frozenset({"yes", "y", "confirm", "好", "是", "同意", "確認"})


def is_taken(word: str, offered: tuple[str, ...]) -> bool:
    """Whether a word means something else already, so that it cannot ask for the newsletter."""
    if contacts.keyword(word) or plain(word) in YES_WORDS or not plain(word):
        return True
    step = guide_steps.start(guide_steps.Said(word), "message", offered)
    return step.state.kind != "message" or guide_steps.Said(word).wants_out or guide_steps.Said(word).is_number


def hear(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime) -> bool:
    """Act on a message that is about the newsletter and nothing else; False if it is not, or only STOP.

    A repeat does nothing again.
    """
    if incoming.sender is None or arrival.repeated:
        return False
    if incoming.keyword == "stop":
        subscribers.stop(session, incoming.sender.address, incoming.sent_at or now, now=now)
        return False
    if profile.newsletter is None or incoming.channel is not Channel.WHATSAPP or incoming.remote_files:
        return False
    said = plain(incoming.text)
    asked = {plain(word): language for word, language in profile.newsletter.keywords.items()}
    if said in asked:
        _ask(session, incoming, arrival, profile, asked[said], now)
        return True
    consent = _question(session, arrival) if said in YES_WORDS else None
    if consent is None or not subscribers.is_open(consent, now=now):
        return False
    _confirm(session, incoming, arrival, profile, consent, now)
    return True


def _ask(
    session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, language: str, now: datetime
) -> None:
    """Ask back with what they agree to; the question is what they are shown, so it is kept as their consent."""
    to = _recipient(session, incoming, arrival, profile)
    text = _words(profile, "ask", language)
    offered = profile.newsletter.languages if profile.newsletter else ("en",)
    consent = subscribers.make_consent(
        Channel.WHATSAPP,
        to.address,
        language=language if language in offered else offered[0],
        way=subscribers.WHATSAPP,
        text=text,
        text_language=language,
        now=now,
    )
    subscriber = subscribers.find_or_make(session, consent)
    if subscriber.state is SubscriberState.CONFIRMED:
        text = _words(profile, "already_chat", language)
    else:
        consent.subscriber, consent.answered_at = subscriber, now
        session.add(consent)
        session.flush()
    key = subscribers.letter_key(consent) if consent.id else _key(arrival)
    outbox.enqueue(session, to, text, key=key, due_at=now, now=now)
    _put_away(session, arrival, "ask", now)


def _confirm(
    session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, consent: Consent, now: datetime
) -> None:
    subscriber = subscribers.find_or_make(session, consent)
    subscribers.record_yes(session, subscriber, consent, now=now)
    to = _recipient(session, incoming, arrival, profile)
    text = _words(profile, "welcome_chat", consent.text_language)
    outbox.enqueue(session, to, text, key=_key(arrival), due_at=now, now=now)
    _put_away(session, arrival, "confirm", now)


def _key(arrival: Arrival) -> str:
    return f"{subscribers.LETTERS}told:{arrival.message_id}"


def _question(session: Session, arrival: Arrival) -> Consent | None:
    """The consent that the sender was asked for, if that is the last thing we said to them."""
    mine = (Message.contact_point_id == arrival.message.contact_point_id, Message.direction == Direction.OUT)
    key = session.scalar(select(Message.client_key).where(*mine).order_by(Message.id.desc()).limit(1)) or ""
    number = key.removeprefix(subscribers.LETTERS)
    return session.get(Consent, int(number)) if number != key and number.isdecimal() else None


def _recipient(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile) -> Recipient:
    """Who wrote. Whoever asks for the newsletter wants messages, whatever they said before."""
    point = session.get_one(ContactPoint, arrival.message.contact_point_id)
    point.opted_out_at = None
    ours = ways.answering(profile, incoming)
    return Recipient(arrival.submission_id, point.id, point.channel, point.address, ours)


def _words(profile: Profile, form: str, language: str) -> str:
    consent = newsletter.consent_text(profile, Channel.WHATSAPP, language)
    names = {"newsletter": newsletter.name(profile), "newsroom": profile.name, "consent": consent}
    return render(newsletter.MESSAGES, form, language, **names)


def _put_away(session: Session, arrival: Arrival, step: str, now: datetime) -> None:
    """Mark the message as one that waits for no welcome, and close the submission that it opened."""
    message = arrival.message
    message.extra = {**message.extra, "keyword": KEYWORD}
    audit.record(session, audit.SYSTEM, "submission:newsletter", arrival.submission_id, now=now, step=step)
    if not arrival.opened:
        return
    submission: Submission = arrival.submission
    submission.status, submission.decided_at, submission.thread_key = Status.CLOSED, now, None
    submission.version += 1
    session.flush()
