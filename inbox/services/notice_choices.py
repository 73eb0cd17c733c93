"""What a member of staff wants to be told by e-mail, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox import kinds
from inbox.errors import TextRefused
from inbox.models import NoticeKind, Role, Submission, Telling, User
from inbox.services import accounts, audit
from inbox.text import N_

HOURS = (9, 16)
"""When the digest comes by default: as the day begins, and while there is still time to do something about it."""
_USUAL = {kind: Telling.DIGEST if kind is NoticeKind.NEW else Telling.AT_ONCE for kind in NoticeKind}
_FOR_VIEWERS = (NoticeKind.NEW, NoticeKind.MENTIONED)


@dataclass(frozen=True)
class Choices:
    """How to tell of each kind of notice; the whole hours of the digest, in the newsroom's zone; and of new work,
    which kinds of submission (None: all), and whether only of what nobody has taken."""

    how: Mapping[NoticeKind, Telling] = field(default_factory=lambda: _USUAL)
    hours: tuple[int, ...] = HOURS
    kinds: tuple[str, ...] | None = None
    only_unassigned: bool = True

    def wants(self, submission: Submission) -> bool:
        """Whether this submission is among the new work to tell of."""
        of_kind = self.kinds is None or submission.kind in self.kinds
        return of_kind and not (self.only_unassigned and submission.assignee_id)


def offered(user: User) -> list[NoticeKind]:
    """The kinds of notice that this person can get at all."""
    if user.role is Role.VIEWER:
        return [kind for kind in NoticeKind if kind in _FOR_VIEWERS]
    return [kind for kind in NoticeKind if kind is not NoticeKind.CHANNEL or user.role is Role.ADMIN]


def kinds_for(user: User) -> list[str]:
    """The kinds of submission that this person may see."""
    return [kind for kind in kinds.BY_NAME if accounts.sees_all(user) or kind in accounts.ADS_KINDS]


def of(user: User) -> Choices:
    """Return what this person chose, and the usual where they did not."""
    kept = user.notice_choices
    if not kept:
        return Choices()
    how = {kind: Telling(kept["how"].get(kind, usual)) for kind, usual in _USUAL.items()}
    kinds_kept = kept["kinds"]
    return Choices(
        how, tuple(kept["hours"]), None if kinds_kept is None else tuple(kinds_kept), kept["only_unassigned"]
    )


def telling(user: User, kind: NoticeKind) -> Telling:
    """How this person is told of such things: not at all if they cannot get such notices."""
    return of(user).how[kind] if user.active and kind in offered(user) else Telling.OFF


def save(session: Session, user: User, choices: Choices, *, now: datetime) -> None:
    """Keep what somebody chose for themselves. Raises TextRefused with words where something is missing."""
    check(user, choices)
    mine = [kind for kind in kinds_for(user) if choices.kinds is None or kind in choices.kinds]
    kept: dict[str, Any] = {
        "how": {kind.value: how.value for kind, how in choices.how.items()},
        "hours": sorted({hour for hour in choices.hours if 0 <= hour < 24}) or list(HOURS),
        "kinds": None if len(mine) == len(kinds_for(user)) else mine,
        "only_unassigned": choices.only_unassigned,
    }
    user.notice_choices = kept
    audit.record(session, user, "account:notices", None, now=now)
    session.flush()


def check(user: User, choices: Choices) -> None:
    """Raise TextRefused for a digest that never comes, and for new work of no kind."""
    how = [choices.how[kind] for kind in offered(user)]
    if Telling.DIGEST in how and not choices.hours:
        raise TextRefused(N_("Choose at least one time of day, or have nothing in the digest."), "hours")
    none = choices.kinds is not None and not set(choices.kinds) & set(kinds_for(user))
    if none and choices.how[NoticeKind.NEW] is not Telling.OFF:
        raise TextRefused(N_("Choose at least one kind, or be told of nothing new."), "kinds")
