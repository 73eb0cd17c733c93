"""Who gets the newsletter: asking for it, confirming, ending it. Nobody gets it without having confirmed.

Who signs up by the form is only written down (`ask`), whatever is known of the address, so that neither the page nor
its time tells a stranger anything; a worker sees to the rest (`services.newsletter`). Rows are locked in one order:
the subscriber first, then their consents.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from inbox.errors import LinkSpent, NotFound
from inbox.models import Channel, Consent, JobKind, Subscriber, SubscriberState, User
from inbox.services import accounts, audit, jobs, letters

CONFIRM_WITHIN = timedelta(days=7)
PAUSE = timedelta(minutes=10)
MOST_A_DAY = 3
"""Confirmations that one address is sent within a day, at least `PAUSE` apart, however often it is typed."""
FORM, WHATSAPP = "form", "whatsapp"
LETTERS = letters.TO_ANYBODY
"""What the keys of the newsletter's letters and messages begin with."""


def ask(session: Session, consent: Consent, *, now: datetime) -> None:
    """Write down that somebody asked for the newsletter by e-mail; they are written to soon.

    The same work for every address.
    """
    session.add(consent)
    session.flush()
    jobs.promise(session, JobKind.SUBSCRIBE, consent.id, due_at=now, now=now)


def letter_key(consent: Consent) -> str:
    """The key of the letter that asks to confirm a consent, which is written once."""
    return f"{LETTERS}{consent.id}"


def make_consent(
    channel: Channel, address: str, *, language: str, way: str, text: str, text_language: str, now: datetime
) -> Consent:
    """Return what somebody agrees to, not saved: `text` exactly as it is shown, and the newsletter's `language`."""
    return Consent(
        channel=channel,
        address=address,
        language=language,
        way=way,
        text=text,
        text_language=text_language,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        asked_at=now,
    )


def find_or_make(session: Session, consent: Consent) -> Subscriber:
    """Return the subscriber with the address of a consent, locked. Raises IntegrityError if it is made just now."""
    known = select(Subscriber).where(Subscriber.channel == consent.channel, Subscriber.address == consent.address)
    subscriber = session.scalar(known.with_for_update().execution_options(populate_existing=True))
    if subscriber is None:
        subscriber = Subscriber(
            channel=consent.channel,
            address=consent.address,
            state=SubscriberState.PENDING,
            language=consent.language,
            seed=secrets.token_urlsafe(16),
        )
        session.add(subscriber)
    subscriber.asked_at = consent.asked_at
    session.flush()
    return subscriber


def may_be_asked(session: Session, subscriber: Subscriber, *, now: datetime) -> bool:
    """Whether another confirmation may go to this subscriber now."""
    lately = (Consent.subscriber_id == subscriber.id, Consent.answered_at > now - timedelta(days=1))
    number, last = session.execute(select(func.count(), func.max(Consent.answered_at)).where(*lately)).one()
    return number < MOST_A_DAY and (last is None or last <= now - PAUSE)


def make_token(consent: Consent) -> str:
    """Draw the token that confirms a consent, of 256 bits; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    consent.token_hash = _hash(token)
    return token


def find_open(session: Session, token: str, *, now: datetime) -> Consent:
    """Return the consent that a token confirms. Raises LinkSpent: it was used, is too old, or was never ours."""
    consent = session.scalar(select(Consent).where(Consent.token_hash == _hash(token)))
    if consent is None or not is_open(consent, now=now):
        raise LinkSpent
    return consent


def is_open(consent: Consent, *, now: datetime) -> bool:
    """Whether a consent can still be confirmed."""
    return (
        consent.subscriber_id is not None
        and consent.confirmed_at is None
        and consent.answered_at is not None
        and now < consent.answered_at + CONFIRM_WITHIN
    )


def confirm(session: Session, token: str, *, now: datetime) -> Subscriber:
    """Subscribe whoever holds the token of a confirmation; it works once. Raises LinkSpent."""
    subscriber = _lock(session, find_open(session, token, now=now).subscriber_id)
    consent = session.scalar(
        select(Consent).where(Consent.token_hash == _hash(token)).execution_options(populate_existing=True)
    )
    if subscriber is None or consent is None:  # somebody was quicker
        raise LinkSpent
    record_yes(session, subscriber, consent, now=now)
    return subscriber


def record_yes(session: Session, subscriber: Subscriber, consent: Consent, *, now: datetime) -> None:
    """The holder of a locked subscriber's address has agreed to this consent."""
    subscriber.state, subscriber.language = SubscriberState.CONFIRMED, consent.language
    subscriber.confirmed_at, subscriber.ended_at = now, None
    consent.confirmed_at = now
    session.flush()
    _void_tokens(session, subscriber)
    audit.record(session, audit.SENDER, "subscriber:confirm", None, now=now, subscriber=subscriber.id)


def leave(session: Session, subscriber_id: int, *, now: datetime) -> None:
    """End a subscription, or decline one that was asked for; again it changes nothing."""
    subscriber = _lock(session, subscriber_id)
    if subscriber and subscriber.state is not SubscriberState.UNSUBSCRIBED:
        _end(session, subscriber, now)


def stop(session: Session, address: str, said_at: datetime, *, now: datetime) -> None:
    """Honour a STOP from a number: it ends a subscription by WhatsApp that was confirmed before it was said."""
    mine = (Subscriber.channel == Channel.WHATSAPP, Subscriber.address == address)
    subscriber = session.scalar(select(Subscriber).where(*mine).with_for_update())
    if subscriber is None or subscriber.state is SubscriberState.UNSUBSCRIBED:
        return
    if (subscriber.confirmed_at or subscriber.asked_at) <= said_at:
        _end(session, subscriber, now)


def _end(session: Session, subscriber: Subscriber, now: datetime) -> None:
    subscriber.state, subscriber.ended_at = SubscriberState.UNSUBSCRIBED, now
    session.flush()
    given = (Consent.subscriber_id == subscriber.id, Consent.withdrawn_at.is_(None))
    session.execute(update(Consent).where(*given).values(withdrawn_at=now))
    _void_tokens(session, subscriber)
    audit.record(session, audit.SENDER, "subscriber:leave", None, now=now, subscriber=subscriber.id)


def _void_tokens(session: Session, subscriber: Subscriber) -> None:
    """No link of before confirms anything any more."""
    session.execute(update(Consent).where(Consent.subscriber_id == subscriber.id).values(token_hash=None))


def get(session: Session, subscriber_id: int) -> Subscriber:
    """Return the subscriber with this id. Raises NotFound."""
    found = session.get(Subscriber, subscriber_id)
    if found is None:
        raise NotFound(str(subscriber_id))
    return found


def remove(session: Session, subscriber_id: int, *, actor: User, now: datetime) -> None:
    """Forget somebody altogether, with all that they agreed to. Raises NotAllowed, NotFound."""
    accounts.check(actor, accounts.REMOVE_SUBSCRIBER)
    subscriber = _lock(session, get(session, subscriber_id).id)
    if subscriber is None:
        return
    facts = {"subscriber": subscriber.id, "state": subscriber.state.value}
    letters.forget(session, *(letter_key(consent) for consent in subscriber.consents))
    session.execute(delete(Consent).where(Consent.subscriber_id == subscriber.id))
    session.execute(delete(Subscriber).where(Subscriber.id == subscriber.id))
    audit.record(session, actor, accounts.REMOVE_SUBSCRIBER, None, now=now, **facts)


def forget_unconfirmed(session: Session, *, now: datetime) -> None:
    """Forget addresses that nobody confirmed in time, and the letters to them; blank those that were sent."""
    before = now - CONFIRM_WITHIN
    session.execute(delete(Consent).where(Consent.confirmed_at.is_(None), Consent.asked_at < before))
    waiting = select(Consent.id).where(Consent.subscriber_id == Subscriber.id).exists()
    never = (Subscriber.confirmed_at.is_(None), Subscriber.asked_at < before, ~waiting)
    session.execute(delete(Subscriber).where(*never).execution_options(synchronize_session=False))
    letters.blank_sent(session, LETTERS)
    letters.forget_settled(session, LETTERS, before=before)


def _lock(session: Session, subscriber_id: int | None) -> Subscriber | None:
    wanted = select(Subscriber).where(Subscriber.id == subscriber_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
