"""Calendar files (RFC 5545): what an invitation says, as the facts of an event."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Calendar
from icalendar.cal import Component

from inbox.channels.email.headers import one_line

MOST_BYTES = 256_000
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_INVITES = ("", "PUBLISH", "REQUEST", "ADD")
_LINE = 300


def facts(content: str, zone: ZoneInfo | None = None) -> dict[str, Any]:
    """Return what the first event in the file says, as `Submission.details` holds it; {} if there is none.

    A time without a zone is one of the newsroom's `zone`; without that it is left out, since a wrong time is worse
    than none. Cancelled events and answers to invitations tell nothing. Never raises.
    """
    try:
        calendar = Calendar.from_ical(content[:MOST_BYTES])
        event = next(iter(calendar.walk("VEVENT")), None)
        if event is None or _word(calendar, "METHOD") not in _INVITES or _word(event, "STATUS") == "CANCELLED":
            return {}
        return _facts(event, zone)
    except Exception:  # files of strangers, and a library that raises whatever it stumbles over
        return {}


def _facts(event: Component, zone: ZoneInfo | None) -> dict[str, Any]:
    given = {
        "starts_at": _moment(event, "DTSTART", zone),
        "ends_at": _moment(event, "DTEND", zone),
        "venue": one_line(str(event.get("LOCATION", "")))[:_LINE],
        "link": _link(str(event.get("URL", ""))),
    }
    return {name: fact for name, fact in given.items() if fact}


def _word(component: Component, name: str) -> str:
    return str(component.get(name, "")).strip().upper()


def _moment(event: Component, name: str, zone: ZoneInfo | None) -> Mapping[str, str] | None:
    """A time as the kind "event" keeps it; a day without a time begins at midnight."""
    value = getattr(event.get(name), "dt", None)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime) or not EARLIEST_YEAR < value.year < LATEST_YEAR:
        return None
    if value.tzinfo is None:
        if zone is None:
            return None
        value = value.replace(tzinfo=zone)
    return {"at": value.astimezone(UTC).isoformat(), "zone": _zone_name(value)}


def _zone_name(at: datetime) -> str:
    name = getattr(at.tzinfo, "key", "")
    return name if name in available_timezones() else "UTC"


def _link(text: str) -> str:
    parts = urlsplit(text.strip())
    return one_line(text) if parts.scheme in ("http", "https") and parts.hostname else ""
