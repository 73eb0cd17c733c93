"""Telling staff by e-mail what they have not been told yet: at once, or in the digest of a set hour.

What has changed since is looked at once more, so that a letter holds nothing that its reader may not see by now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from inbox import kinds, rendering
from inbox.models import DeliveryState, Notice, NoticeKind, Role, Submission, Telling, User
from inbox.profile import Profile
from inbox.services import letters, notice_choices, notices

PAUSE = timedelta(minutes=1)
"""How long after a letter to somebody the next one may come."""
FEW, WITHIN = 3, timedelta(minutes=10)
"""After so many letters within this time all further ones of it become one."""
MOST_LINES = 50
_ORDER = list(NoticeKind)
_NOT_DELIVERED = (DeliveryState.FAILED, DeliveryState.UNKNOWN)
_AUTOMATIC = {"Auto-Submitted": "auto-generated"}  # RFC 3834: nobody's holiday answers it


@dataclass(frozen=True)
class Line:
    """One thing in a letter: `what` happened, how often, and the submission it is about, if it is about one."""

    what: str
    count: int
    submission: Submission | None
    address: str

    @property
    def kind(self) -> str:
        return kinds.BY_NAME[self.submission.kind].title if self.submission else ""


def waiting(session: Session) -> list[int]:
    """The ids of the people who have not been told of everything."""
    return list(session.scalars(select(Notice.user_id).where(Notice.told_at.is_(None)).distinct()))


def write(session: Session, user_id: int, *, profile: Profile, public_url: str, now: datetime) -> None:
    """Promise the one letter that is due to this person now, if any. What it tells, it tells once."""
    user = session.get_one(User, user_id, populate_existing=True)
    due = _due(session, user, ZoneInfo(profile.time_zone), now)
    for notice in due:
        notice.told_at = now
    session.flush()
    if worth := [notice for notice in due if _holds(user, notice)]:
        _write(session, user, worth, profile, public_url, now)


def _due(session: Session, user: User, zone: ZoneInfo, now: datetime) -> list[Notice]:
    """What is to be told now, locked; also what is not to be told at all, as this person wants it by now."""
    mine = select(Notice).where(Notice.user_id == user.id, Notice.told_at.is_(None)).order_by(Notice.id)
    whole = selectinload(Notice.submission), selectinload(Notice.message)
    untold = session.scalars(mine.options(*whole).with_for_update()).all()
    how = {kind: notice_choices.telling(user, kind) for kind in NoticeKind}
    until = {
        Telling.OFF: now,
        Telling.AT_ONCE: now if _may_write(session, user, now) else None,
        Telling.DIGEST: _digest_until(session, user, zone, now),
    }
    return [notice for notice in untold if (end := until[how[notice.kind]]) and notice.created_at <= end]


def _may_write(session: Session, user: User, now: datetime) -> bool:
    """Whether this person got no letter just now, and not many lately."""
    told = select(Notice.told_at).where(Notice.user_id == user.id, Notice.told_at > now - WITHIN).distinct()
    times = session.scalars(told).all()
    return len(times) < FEW and all(at is not None and at <= now - PAUSE for at in times)


def _digest_until(session: Session, user: User, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The hour whose digest has come and was not written yet, or None."""
    choices = notice_choices.of(user)
    hour = last_hour(choices.hours, zone, now)
    told = (Notice.user_id == user.id, Notice.told_at >= hour)
    in_digest = [kind for kind, how in choices.how.items() if how is Telling.DIGEST]
    return None if session.scalar(select(exists().where(*told, Notice.kind.in_(in_digest)))) else hour


def last_hour(hours: Iterable[int], zone: ZoneInfo, now: datetime) -> datetime:
    """When one of these hours of the day came last."""
    today = now.astimezone(zone).date()
    times = (datetime.combine(today - timedelta(days=ago), time(hour), zone) for ago, hour in product((0, 1), hours))
    return max(at.astimezone(UTC) for at in times if at.astimezone(UTC) <= now)


def _holds(user: User, notice: Notice) -> bool:
    """Whether it is still so, and still for this person to know."""
    if notice_choices.telling(user, notice.kind) is Telling.OFF or not notices.may_know(user, notice.submission):
        return False
    if notice.submission is None:
        return user.role is Role.ADMIN
    if notice.kind is NoticeKind.ASSIGNED:
        return notice.submission.assignee_id == user.id
    if notice.kind is NoticeKind.NEW:
        return notices.is_new_for(user, notice.submission)
    if notice.kind is NoticeKind.FAILED:
        return notice.message is not None and notice.message.delivery in _NOT_DELIVERED
    return True


def _write(
    session: Session, user: User, told: Sequence[Notice], profile: Profile, public_url: str, now: datetime
) -> None:
    lines = _lines(told, profile, public_url)
    only = lines[0] if len(lines) == 1 else None
    known: dict[str, Any] = {
        "newsroom": profile.name,
        "lines": lines[:MOST_LINES],
        "only": only,
        "more": max(len(lines) - MOST_LINES, 0),
        "count": len(lines),
        "shows_subject": profile.notices_show_subject,
        "desk": f"{public_url}/desk/",
        "choices": f"{public_url}/desk/account/notices",
    }
    letters.write(
        session,
        key=f"{letters.notices_to(user)}{told[0].id}",
        domain=urlsplit(public_url).hostname or "localhost",
        recipient=user.email,
        subject=rendering.message("notice", "subject", **known),
        text=rendering.message("notice", "letter", **known),
        html=rendering.html("notice", "letter", **known),
        headers=_AUTOMATIC,
        due_at=now,
        now=now,
    )


def _lines(told: Sequence[Notice], profile: Profile, public_url: str) -> list[Line]:
    """One line for what is the same but for its number, such as the photos of an album."""
    alike: dict[tuple[Any, ...], list[Notice]] = {}
    for notice in sorted(told, key=lambda notice: _ORDER.index(notice.kind)):
        about = (notice.submission_id, notice.facts.get("by")) if notice.submission_id else notice.id
        alike.setdefault((notice.kind, about), []).append(notice)
    return [_line(same, ZoneInfo(profile.time_zone), public_url) for same in alike.values()]


def _line(same: Sequence[Notice], zone: ZoneInfo, public_url: str) -> Line:
    first = same[0]
    known: dict[str, Any] = {name: first.facts.get(name) for name in ("by", "channel")}
    known |= {name: _moment(first.facts.get(name), zone) for name in ("since", "until")}
    known["doubt"] = first.message is not None and first.message.delivery is DeliveryState.UNKNOWN
    what = rendering.message("notice", "line", kind=first.kind.value, count=len(same), **known)
    return Line(what, len(same), first.submission, public_url + _place(first))


def _moment(at: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def _place(notice: Notice) -> str:
    """Where at the desk it is to be seen."""
    if notice.submission is None:
        return "/desk/channels"
    place = f"/desk/submissions/{notice.submission.reference}"
    if notice.note_id:
        return f"{place}#n-{notice.note_id}"
    return f"{place}#m-{notice.message_id}" if notice.message_id else place
