"""The times at which an SMS waits: some countries forbid them at night, and readers sleep."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from inbox.models import Channel
from inbox.profile import Profile, QuietHours


def ends(profile: Profile, channel: Channel, address: str, at: datetime) -> datetime | None:
    """When the quiet hours that hold a message to this address at this time are over; None if none does.

    Where one range ends inside another, it is the end of both.
    """
    if channel is not Channel.SMS:
        return None
    mine = [hours for hours in profile.quiet_hours if address.startswith(hours.sms_to)]
    until = at
    for _ in range(len(mine) + 1):
        later = [_end(hours, until, ZoneInfo(profile.time_zone)) for hours in mine]
        until = max([until, *(end for end in later if end)])
    return until if until > at else None


def _end(hours: QuietHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the range that `at` lies in, in the zone's own time; None if it lies outside."""
    here = at.astimezone(zone)
    over_midnight = hours.ends < hours.begins
    inside = (
        here.time() >= hours.begins or here.time() < hours.ends
        if over_midnight
        else hours.begins <= here.time() < hours.ends
    )
    if not inside:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and here.time() >= hours.begins else here.date()
    return datetime.combine(day, hours.ends, zone).astimezone(at.tzinfo)
