"""Questions that several kinds ask in the same words."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from inbox.kinds.base import Field, Widget
from inbox.text import N_, plain

TEXT_LIMIT = 200_000
_MOMENT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日? ?,? ?(\d{1,2})[:點时時](\d{2})分?")

FILES = Field(
    "attachments",
    N_("Documents, pictures, sound or video"),
    Widget.FILES,
    wide=True,
)


def name(label: str = N_("Name"), required: bool = False, help: str = "") -> Field:
    return Field("name", label, required=required, help=help, max_length=200, autocomplete="name")


def email(label: str = N_("E-mail"), required: bool = False, help: str = "") -> Field:
    return Field("email", label, Widget.EMAIL, required, help, max_length=254, autocomplete="email")


def phone(required: bool = False) -> Field:
    return Field(
        "phone",
        N_("Phone"),
        Widget.PHONE,
        required,
        N_("With the country code if it is not in Taiwan."),
        max_length=40,
        autocomplete="tel",
    )


def organisation(label: str = N_("Organisation"), required: bool = False) -> Field:
    return Field("organisation", label, required=required, max_length=200, autocomplete="organization")


def body(label: str, help: str = "", required: bool = True) -> Field:
    return Field("body", label, Widget.TEXT, required, help, max_length=TEXT_LIMIT, wide=True)


def consent(label: str, required: bool = True) -> Field:
    return Field("consent", label, Widget.TICK, required)


def read_moment(words: str, now: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    """The time to come that these words are, as a fact, or None if they can mean anything else.

    Only a date with its year first and a time of 24 hours, and nothing more, is read: 2026-12-01 09:00.
    """
    match = _MOMENT.fullmatch(plain(words))
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups())
    try:
        at = datetime(year, month, day, hour, minute, tzinfo=zone)
        passed = at.astimezone(UTC) <= now
    except (ValueError, OverflowError):
        return None
    if passed or at.utcoffset() != at.replace(fold=1).utcoffset():  # there twice, or never: the clocks change
        return None
    return {"at": at.isoformat(), "zone": zone.key}
