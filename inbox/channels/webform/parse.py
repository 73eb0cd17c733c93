"""From the values of a valid form to what the services take in."""

from datetime import UTC, date, datetime
from typing import Any

from inbox.kinds import BY_NAME, Kind, Money, Values
from inbox.models import Channel
from inbox.services.contacts import Facts
from inbox.services.intake import Incoming

ACCOUNT = "web"


def incoming(kind: Kind, values: Values, external_id: str, **more: Any) -> Incoming:
    """Return the message that a form of this kind makes."""
    return Incoming(
        channel=Channel.WEB,
        account=ACCOUNT,
        external_id=external_id,
        kind=kind.name,
        subject=values.get("subject") or "",
        text=values.get("body") or "",
        facts=facts(values),
        **{"details": details(kind, values), **more},
    )


def second(kind_name: str, values: Values, first: Incoming, opened_from: str) -> Incoming:
    """Return the message of another kind that a form opens beside its own."""
    kind = BY_NAME[kind_name]
    return incoming(
        kind,
        values,
        f"{first.external_id}:{kind.name}",
        details={**details(kind, values), "opened_from": opened_from},
        suspicions=first.suspicions,
    )


def answer(text: str, external_id: str) -> Incoming:
    """Return a further message of whoever holds a receipt code."""
    return Incoming(channel=Channel.WEB, account=ACCOUNT, external_id=external_id, text=text)


def facts(values: Values) -> Facts:
    """What the form says about its sender."""
    return Facts(**{name: values.get(name) or "" for name in ("name", "email", "phone", "organisation")})


def details(kind: Kind, values: Values) -> dict[str, Any]:
    """The kind's own facts that were given, as JSON can hold them."""
    given = ((field.name, values.get(field.name)) for field in kind.facts)
    return {name: plain(value) for name, value in given if value is not None and value != ""}


def plain(value: Any) -> Any:
    """Return a value of a form as JSON can hold it."""
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat(), "zone": str(value.tzinfo)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Money):
        return {"low": value.low, "high": value.high, "currency": value.currency}
    return value
