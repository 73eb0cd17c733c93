"""An SMS waits for the end of the quiet hours; nothing else does."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.models import Channel
from inbox.profile import Profile, QuietHours
from inbox.services import quiet_hours

TAIPEI = ZoneInfo("Asia/Taipei")


def profile(*ranges: tuple[str, str], zone: str = "Asia/Taipei") -> Profile:
    hours = tuple(QuietHours.model_validate({"sms_to": ["+886"], "from": begin, "to": end}) for begin, end in ranges)
    return Profile(time_zone=zone, quiet_hours=hours)


NIGHT = profile(("21:00", "09:00"))


@pytest.mark.parametrize(
    ("hour", "ends"),
    [
        ((24, 20, 59, 59), None),
        ((24, 21, 0, 0), (25, 9)),
        ((24, 23, 59, 59), (25, 9)),
        ((25, 0, 0, 0), (25, 9)),
        ((25, 8, 59, 59), (25, 9)),
        ((25, 9, 0, 0), None),
    ],
)
def test_a_night_runs_over_midnight(hour, ends) -> None:
    at = datetime(2026, 11, *hour, tzinfo=TAIPEI).astimezone(UTC)
    until = quiet_hours.ends(NIGHT, Channel.SMS, "+886900000001", at)
    assert until == (datetime(2026, 11, *ends, tzinfo=TAIPEI) if ends else None)


def test_a_range_that_ends_in_another_waits_for_both() -> None:
    at = datetime(2026, 11, 24, 12, 45, tzinfo=TAIPEI)
    both = profile(("13:00", "14:00"), ("12:30", "13:30"))
    assert quiet_hours.ends(both, Channel.SMS, "+886900000001", at) == datetime(2026, 11, 24, 14, tzinfo=TAIPEI)


def test_only_an_sms_to_such_a_number_waits() -> None:
    at = datetime(2026, 11, 24, 22, tzinfo=TAIPEI)
    assert quiet_hours.ends(NIGHT, Channel.SMS, "+12025550101", at) is None
    assert quiet_hours.ends(NIGHT, Channel.WHATSAPP, "+886900000001", at) is None
    assert quiet_hours.ends(Profile(), Channel.SMS, "+886900000001", at) is None


def test_the_end_is_that_of_the_clock_on_the_wall_when_summer_time_begins() -> None:
    at = datetime(2026, 3, 28, 23, tzinfo=ZoneInfo("Europe/Berlin"))
    until = quiet_hours.ends(profile(("21:00", "09:00"), zone="Europe/Berlin"), Channel.SMS, "+886900000001", at)
    assert until == datetime(2026, 3, 29, 7, tzinfo=UTC)
