"""Lost webhooks: asking the provider what was sent to us, and taking in what never arrived.

What is found goes through `intake.receive` under the same account and id as its webhook would, so that it is here
once, whichever comes first and even if both come at the same moment.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Message, RecoveryPosition
from inbox.profile import Profile
from inbox.rows import insert_values
from inbox.services import guide, intake, newsletter_chat
from inbox.services.intake import Incoming

SETTLED = timedelta(minutes=2)
"""Younger messages are left alone: their webhook is on its way, and tells more than a list."""
OVERLAP = timedelta(hours=1)
"""How far each look goes back behind the last one, for what the provider lists late."""
WORTH_A_NOTICE = timedelta(hours=1)
"""An answer that comes later than this would puzzle its reader."""
_AT_ONCE = 500


@dataclass(frozen=True)
class Listed:
    """A message to us in the provider's list. `read` asks for the rest of it; it raises as `Archive.listed`."""

    account: str
    external_id: str
    sent_at: datetime
    read: Callable[[], Incoming]


class Archive(Protocol):
    """What a provider keeps of the messages that were sent to us, whether or not they reached us."""

    @property
    def account(self) -> str:
        """The account that is asked."""

    def listed(self, since: datetime, until: datetime, most: int | None) -> list[Listed] | None:
        """Return all that was sent to our numbers between these times, the oldest first.

        None if that is more than `most`. Raises `jobs.NotNow` or `jobs.Refused`.
        """


def complete_until(session: Session, account: str, *, now: datetime) -> datetime:
    """Up to when everything is known to be here; at the very first look nothing older than the overlap is sought."""
    known = select(RecoveryPosition.complete_until).where(RecoveryPosition.account == account)
    return session.scalar(known) or now


def advance(session: Session, account: str, until: datetime) -> None:
    """Remember that everything up to `until` is here; it never goes back."""
    position = session.scalar(select(RecoveryPosition).where(RecoveryPosition.account == account).with_for_update())
    if position is None:
        insert_values(session, RecoveryPosition, account=account, complete_until=until)
    else:
        position.complete_until = max(position.complete_until, until)
    session.flush()


def missing(session: Session, listed: list[Listed]) -> list[Listed]:
    """Those that are not here, in the same order."""
    here: set[tuple[str, str]] = set()
    for start in range(0, len(listed), _AT_ONCE):
        ids = [each.external_id for each in listed[start : start + _AT_ONCE]]
        rows = session.execute(select(Message.account, Message.external_id).where(Message.external_id.in_(ids)))
        here |= {(account, external_id) for account, external_id in rows}
    return [each for each in listed if (each.account, each.external_id) not in here]


def take_in(session: Session, incoming: Incoming, sent_at: datetime, *, profile: Profile, now: datetime) -> None:
    """Store a message that was found; the guide hears it only if that still makes sense. Raises as `intake.receive`."""
    late = replace(incoming, sent_at=sent_at, extra={**incoming.extra, "recovered": True})
    arrival = intake.receive(session, late, region=profile.country, now=now)
    if newsletter_chat.hear(session, late, arrival, profile, now=now):
        return
    if now - sent_at <= WORTH_A_NOTICE:
        guide.hear(session, late, arrival, profile, now=now)
