"""What the newsletter's subscribers are told: the words they agree to, the letters, and the links in these."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import LinkSpent
from inbox.models import Channel, Consent, Subscriber, SubscriberState
from inbox.profile import LANGUAGES, Profile
from inbox.rendering import html, message
from inbox.runtime import Runtime
from inbox.services import letters, subscribers

MESSAGES = "subscribe"
"""The folder of its words."""


def language_of_pages(profile: Profile) -> str:
    """The language that readers see the form in, of those that we have words in."""
    return profile.languages[0] if profile.languages[0] in LANGUAGES else "en"


def name(profile: Profile) -> str:
    """What it is called, also after it was given up."""
    return profile.newsletter.name if profile.newsletter else profile.name


def consent_text(profile: Profile, channel: Channel, language: str) -> str:
    """What readers agree to, in one language: the newsroom's own words, or ours."""
    newsletter = profile.newsletter
    own = "" if newsletter is None else newsletter.consent_zh if language == "zh-Hant" else newsletter.consent
    return own or message(MESSAGES, f"consent_{channel.value}", language, **_names(profile))


def by_mail(runtime: Runtime) -> bool:
    """Whether readers can subscribe by e-mail: there is a newsletter, and a server that takes our letters."""
    profile, settings = runtime.profile, runtime.settings
    return bool(profile.newsletter and profile.mailboxes and (settings.smtp_url or settings.rehearses_mail))


def follow(session: Session, runtime: Runtime, consent_id: int, *, now: datetime) -> None:
    """Write to who asked for the newsletter by the form, unless that address was written to enough.

    Called again, it changes nothing. Raises IntegrityError if the same address is being seen to at this moment.
    """
    consent = session.get(Consent, consent_id, with_for_update=True, populate_existing=True)
    if consent is None or consent.subscriber_id is not None:
        return
    subscriber = subscribers.find_or_make(session, consent)
    if not subscribers.may_be_asked(session, subscriber, now=now):
        session.delete(consent)
        session.flush()
        return
    consent.subscriber, consent.answered_at = subscriber, now
    _write(session, runtime, subscriber, consent, now)


def _write(session: Session, runtime: Runtime, subscriber: Subscriber, consent: Consent, now: datetime) -> None:
    """Write the letter that asks to confirm, or says that there is nothing left to do."""
    leave, profile = leave_link(runtime, subscriber), runtime.profile
    values = {**_names(profile), "leave": leave, "consent": consent.text}
    form = "already"
    if subscriber.state is not SubscriberState.CONFIRMED:
        form, values["confirm"] = "confirm", confirm_link(runtime, subscribers.make_token(consent))
    session.flush()
    letters.write(
        session,
        key=subscribers.letter_key(consent),
        domain=profile.mailboxes[0].address.rpartition("@")[2],
        recipient=subscriber.address,
        subject=" ".join(message(MESSAGES, f"{form}_subject", consent.language, **values).split()),
        text=message(MESSAGES, form, consent.language, **values),
        html=html(MESSAGES, form, consent.language, **values),
        headers=unsubscribe_headers(leave),
        due_at=now,
        now=now,
    )


def unsubscribe_headers(link: str) -> dict[str, str]:
    """The header fields by which mail programs offer to unsubscribe with one click (RFC 8058, section 3.1)."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def confirm_link(runtime: Runtime, token: str) -> str:
    """The address of the page that confirms."""
    return f"{runtime.settings.public_url}/subscribe/confirm/{token}"


def leave_link(runtime: Runtime, subscriber: Subscriber) -> str:
    """The address that ends a subscription, the same for ever: nothing of it is stored but the seed."""
    return f"{runtime.settings.public_url}/unsubscribe/{subscriber.seed}.{_seal(runtime, subscriber.seed)}"


def find_leaving(session: Session, runtime: Runtime, token: str) -> int:
    """Return the id of the subscriber whose subscription this token ends. Raises LinkSpent."""
    seed, _, seal = token.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(runtime, seed).encode()):
        raise LinkSpent
    number = session.scalar(select(Subscriber.id).where(Subscriber.seed == seed))
    if number is None:
        raise LinkSpent
    return number


def _seal(runtime: Runtime, seed: str) -> str:
    """144 bits that only this installation can make."""
    return urlsafe_b64encode(runtime.derive("unsubscribe", seed)[:18]).decode()


def _names(profile: Profile) -> dict[str, str]:
    return {"newsletter": name(profile), "newsroom": profile.name}
