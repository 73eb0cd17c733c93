"""Refused webhooks: the newest of them, and what each is likely to mean."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby

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


@dataclass(frozen=True)
class Run:
    """Refusals of one sort that came one after the other; `first_at` to `last_at`."""

    reason: str
    expected_url: str
    signed: bool
    number: int
    first_at: datetime
    last_at: datetime


def runs(refused: Sequence[RefusedWebhook]) -> list[Run]:
    """What came one after the other for the same reason, as one: a wrong address refuses everything alike."""

    def sort(row: RefusedWebhook) -> tuple[str, str, bool]:
        return row.reason, row.expected_url, row.signed

    groups = [(key, list(rows)) for key, rows in groupby(refused, key=sort)]
    return [Run(*key, len(rows), min(row.at for row in rows), max(row.at for row in rows)) for key, rows in groups]


@dataclass(frozen=True)
class Meaning:
    """A reason in words, and what to do; to be translated."""

    title: str
    text: str


# The reasons are those of `inbox.channels.twilio_account` and `inbox.channels.email.views`.
_MEANING = {
    "no signature": Meaning(
        N_("Without a signature"),
        N_(
            "Whoever called did not sign, and Twilio always does. If it was Twilio, a proxy in front takes the header "
            "X-Twilio-Signature away; else it was a stranger, and nothing is to be done."
        ),
    ),
    "wrong signature": Meaning(
        N_("Wrong signature"),
        N_(
            "It was signed for another address, or with another auth token. Set exactly the expected address in "
            "Twilio's console, https or http included, or correct INBOX_PUBLIC_URL; or correct TWILIO_AUTH_TOKEN."
        ),
    ),
    "TWILIO_AUTH_TOKEN is not set": Meaning(
        N_("No auth token is set"),
        N_("Without TWILIO_AUTH_TOKEN the webhooks are closed. Copy it from Twilio's console."),
    ),
    "another AccountSid than TWILIO_ACCOUNT_SID": Meaning(
        N_("From another Twilio account"),
        N_(
            "It was well signed, but for another account, such as a subaccount. Correct TWILIO_ACCOUNT_SID, or the "
            "webhook of that number."
        ),
    ),
    "JSON without its bodySHA256": Meaning(
        N_("JSON without its hash"), N_("Twilio adds the hash of a JSON body to the address. This was not Twilio.")
    ),
    "INBOX_SENDGRID_SECRET is not set": Meaning(
        N_("Mail comes by SendGrid, but no secret is set"),
        N_(
            "Without INBOX_SENDGRID_SECRET the address for SendGrid's Inbound Parse is closed. Set it, and write it "
            "into that address in SendGrid's settings: ?secret=..."
        ),
    ),
    "no secret in the address": Meaning(
        N_("Without the secret"),
        N_(
            "The address that was called ends without ?secret=. If it was SendGrid, correct the address in the "
            "settings of its Inbound Parse; else it was a stranger, and nothing is to be done."
        ),
    ),
    "wrong secret in the address": Meaning(
        N_("Wrong secret"),
        N_(
            "The secret in the address is not INBOX_SENDGRID_SECRET. Correct the address in the settings of SendGrid's "
            "Inbound Parse. What was refused may not come again: look at its activity there."
        ),
    ),
    "unknown signature algorithm": Meaning(
        N_("Signed in an unknown way"), N_("Twilio may have a new way to sign; look for a newer version of the inbox.")
    ),
}
_OTHER = Meaning(N_("Refused"), N_("The log says what was wrong with it."))


def meaning(reason: str) -> Meaning:
    """What this reason is likely to mean."""
    return _MEANING.get(reason, _OTHER)


def carried(reason: str, signed: bool) -> str:
    """Whether a request carried what would prove who sent it, in words to be translated: each provider has its own."""
    if "secret" in reason.lower():
        return N_("with a secret") if signed else N_("without a secret")
    return N_("with a signature") if signed else N_("without a signature")
