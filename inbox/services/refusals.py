"""Refused webhooks: the newest of them, and what each is likely to mean."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, case, delete, func, insert, select
from sqlalchemy.orm import Session

from inbox.models import RefusedWebhook
from inbox.text import N_

KEPT = 500
BURST, BURST_WITHIN = 3, timedelta(hours=1)
"""So many signed requests refused within an hour are no accident: somebody who has a token calls us."""


@dataclass(frozen=True)
class Refusal:
    """A request that was turned away: `expected_url` is the address that it should have been signed for."""

    at: datetime
    route: str
    reason: str
    expected_url: str
    signed: bool


def keep(session: Session, refused: Sequence[Refusal]) -> None:
    """Add these, and forget all but the newest 500."""
    session.execute(insert(RefusedWebhook), [asdict(each) for each in refused[-KEPT:]])
    kept = select(RefusedWebhook.id).order_by(RefusedWebhook.id.desc()).limit(KEPT)
    session.execute(delete(RefusedWebhook).where(RefusedWebhook.id.not_in(kept)))


def newest(session: Session) -> list[RefusedWebhook]:
    """All that are kept, the newest first."""
    return list(session.scalars(select(RefusedWebhook).order_by(RefusedWebhook.id.desc()).limit(KEPT)))


def burst(now: datetime) -> ScalarSelect[int]:
    """How many signed requests were refused within an hour, if that is more than an accident; else 0."""
    lately = (RefusedWebhook.at > now - BURST_WITHIN, RefusedWebhook.signed)
    number: ColumnElement[int] = func.count(RefusedWebhook.id)
    return select(case((number >= BURST, number), else_=0)).where(*lately).scalar_subquery()


# The reasons are those of `inbox.channels.twilio_account`.
_MEANING = {
    "no signature": N_(
        "Whoever called did not sign, and Twilio always does. If it was Twilio, a proxy in front takes the header "
        "X-Twilio-Signature away; else it was a stranger, and nothing is to be done."
    ),
    "wrong signature": N_(
        "It was signed for another address, or with another auth token. Set exactly the expected address in Twilio's "
        "console, https or http included, or correct INBOX_PUBLIC_URL; or correct TWILIO_AUTH_TOKEN."
    ),
    "TWILIO_AUTH_TOKEN is not set": N_("Without TWILIO_AUTH_TOKEN the webhooks are closed. Copy it from the console."),
    "another AccountSid than TWILIO_ACCOUNT_SID": N_(
        "Another Twilio account called, such as a subaccount. Correct TWILIO_ACCOUNT_SID, or the number's webhook."
    ),
    "JSON without its bodySHA256": N_("Its body was JSON, without the hash that Twilio adds. It was not Twilio."),
    "unknown signature algorithm": N_("It was signed in a way that we do not know. Twilio may have a new one."),
}


def meaning(reason: str) -> str:
    """What this reason is likely to mean and what to do, to be translated."""
    return _MEANING.get(reason, N_("See the log for what was wrong with it."))
