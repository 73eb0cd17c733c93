"""The newsletter's subscribers as staff see them: a list, counts, and a table for the mailing tool."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from inbox.models import Channel, Consent, Subscriber, SubscriberState, User
from inbox.runtime import Runtime
from inbox.services import accounts, audit, newsletter, subscribers
from inbox.services.export import row, safe

PAGE_SIZE = 100
EXPORTED_AT_ONCE = 500
WAYS = (Channel.EMAIL, Channel.WHATSAPP)


@dataclass(frozen=True)
class Page:
    """Subscribers, who asked last the first; `older` is the cursor of the next page, or None at the end."""

    subscribers: list[Subscriber]
    older: str | None


def look(
    session: Session, user: User, state: SubscriberState | None, words: str, older_than: str | None, *, now: datetime
) -> Page:
    """Return a page of those in a state whose address holds `words`; that somebody looked is written down.

    A cursor that cannot be read gives the first page. Raises NotAllowed.
    """
    accounts.check(user, accounts.SUBSCRIBERS)
    wanted = select(Subscriber).order_by(Subscriber.id.desc()).limit(PAGE_SIZE + 1)
    if state:
        wanted = wanted.where(Subscriber.state == state)
    if sought := "".join(words.lower().split()):
        wanted = wanted.where(Subscriber.address.contains(sought, autoescape=True))
    if older_than and older_than.isascii() and older_than.isdecimal() and len(older_than) < 10:
        wanted = wanted.where(Subscriber.id < int(older_than))
    found = list(session.scalars(wanted))
    facts = {"state": state.value if state else "all", "searched": bool(sought), "shown": len(found[:PAGE_SIZE])}
    audit.record(session, user, "subscriber:list", None, now=now, **facts)
    return Page(found[:PAGE_SIZE], str(found[PAGE_SIZE - 1].id) if len(found) > PAGE_SIZE else None)


def look_at(session: Session, user: User, subscriber_id: int, *, now: datetime) -> Subscriber:
    """Return one, whose page shows what was agreed to; that is written down. Raises NotAllowed, NotFound."""
    accounts.check(user, accounts.SUBSCRIBERS)
    found = subscribers.get(session, subscriber_id)
    audit.record(session, user, accounts.SUBSCRIBERS, None, now=now, subscriber=found.id)
    return found


def counts(session: Session) -> dict[SubscriberState, int]:
    """How many there are in each state."""
    found = session.execute(select(Subscriber.state, func.count()).group_by(Subscriber.state))
    return {**dict.fromkeys(SubscriberState, 0), **dict(found.all())}


def confirmed(session: Session) -> dict[Channel, int]:
    """How many get the newsletter by each way."""
    wanted = select(Subscriber.channel, func.count()).where(Subscriber.state == SubscriberState.CONFIRMED)
    found = session.execute(wanted.group_by(Subscriber.channel))
    return {**dict.fromkeys(WAYS, 0), **dict(found.all())}


def record_export(session: Session, user: User, channel: Channel, *, now: datetime) -> None:
    """Leave the trace of an export, before its first line goes out. Raises NotAllowed."""
    accounts.check(user, accounts.EXPORT_SUBSCRIBERS)
    facts = {"channel": channel.value, "number": confirmed(session).get(channel, 0)}
    audit.record(session, user, accounts.EXPORT_SUBSCRIBERS, None, now=now, **facts)


def csv_lines(session: Session, runtime: Runtime, channel: Channel) -> Iterator[str]:
    """Yield a table of those who confirmed one way, for the mailing tool: the head, then a row for each.

    A number is written as Twilio writes it, `whatsapp:+886...`, which no spreadsheet takes for a sum.
    """
    yield row((channel.value, "language", "confirmed_at", "consent", "unsubscribe_url"))
    last = 0
    while found := session.execute(_with_consent(channel, last)).all():
        for subscriber, digest in found:
            yield row(tuple(safe(value) for value in _values(runtime, subscriber, digest or "")))
        last = found[-1][0].id
        session.expunge_all()


def _with_consent(channel: Channel, after: int) -> Select[Subscriber, str]:
    digest = (
        select(Consent.digest)
        .where(Consent.subscriber_id == Subscriber.id, Consent.confirmed_at.is_not(None))
        .order_by(Consent.confirmed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    mine = (Subscriber.state == SubscriberState.CONFIRMED, Subscriber.channel == channel, Subscriber.id > after)
    return select(Subscriber, digest).where(*mine).order_by(Subscriber.id).limit(EXPORTED_AT_ONCE)


def _values(runtime: Runtime, subscriber: Subscriber, digest: str) -> tuple[str, ...]:
    address = subscriber.address if subscriber.channel is Channel.EMAIL else f"whatsapp:{subscriber.address}"
    at = subscriber.confirmed_at.isoformat() if subscriber.confirmed_at else ""
    return address, subscriber.language, at, digest, newsletter.leave_link(runtime, subscriber)
