"""Calendar files (RFC 5545): what an invitation says, as the facts of an event."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Calendar
from icalendar.cal import Component
from icalendar.timezone import tzp

from inbox.channels.email.headers import one_line

MOST_BYTES = 256_000
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_INVITES = ("", "PUBLISH", "REQUEST", "ADD")
_LINE = 300
_ONE_AT_A_TIME = Lock()
"""The library keeps what one file calls its time zone, for all files that come after it: it is made to forget that."""
MOST_RULES = 10
_FOLD = re.compile(r"(?:\r?\n)+[ \t]")
_REPEATS = re.compile(r"\s*RRULE\b", re.I)
_ONCE_A_YEAR = re.compile(
    r"RRULE:(?=.*\bBYMONTH=\d)FREQ=YEARLY(?:;(?:INTERVAL=1|UNTIL=[\dTZ]{8,16}|WKST=[A-Z]{2}|BYMONTH=\d{1,2}"
    r"|BYDAY=[+-]?[1-5][A-Z]{2}|BYDAY=[A-Z]{2};BYMONTHDAY=\d\d?(?:,\d\d?){0,6}"
    r"|BYMONTHDAY=\d\d?(?:,\d\d?){0,6};BYDAY=[A-Z]{2}|BYMONTHDAY=\d\d?)){0,6}",
    re.I,
)
_LONG_AGO = re.compile(r"\s*DTSTART[^:]*:(?:0|1[0-5])\d\d", re.I)


def facts(content: str, zone: ZoneInfo | None = None) -> dict[str, Any]:
    """Return what the first event in the file says, as `Submission.details` holds it; {} if there is none.

    A time without a zone is one of the newsroom's `zone`; without that it is left out, since a wrong time is worse
    than none. Cancelled events and answers to invitations tell nothing. Never raises.
    """
    with _ONE_AT_A_TIME:
        tzp.use_default()
        return _read(content, zone)


def _read(content: str, zone: ZoneInfo | None) -> dict[str, Any]:
    try:
        calendar = Calendar.from_ical(_without_endless_rules(content[:MOST_BYTES]))
        event = next(iter(calendar.walk("VEVENT")), None)
        if event is None or _word(calendar, "METHOD") not in _INVITES or _word(event, "STATUS") == "CANCELLED":
            return {}
        return _facts(event, zone)
    except Exception:  # files of strangers, and a library that raises whatever it stumbles over
        return {}


def _without_endless_rules(content: str) -> str:
    """The file with the few rules of repetition that time zones are made of, each of which changes the clocks once a
    year. The library lists every change until 2038: one each second would take it for ever."""
    kept, rules = [], 0
    for line in _FOLD.sub("", content).splitlines():
        if _REPEATS.match(line):
            rules += 1
            if rules > MOST_RULES or not _ONCE_A_YEAR.fullmatch(line.strip()):
                continue
        if not _LONG_AGO.match(line):
            kept.append(line)
    return "\r\n".join(kept)


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
