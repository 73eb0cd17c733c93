"""What the composer of a submission shows: the ways to its sender, what may be said there, and what was begun."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inbox.edge import current_runtime, now
from inbox.errors import ReplyRefused
from inbox.models import Attachment, Channel, Submission, User
from inbox.profile import Template
from inbox.services import canned, drafts, mail_heads, replies, segments, ways
from inbox.services.segments import Count
from inbox.services.ways import Way
from inbox.text import N_
from inbox.web.presentation import short_moment

SOON = timedelta(hours=2)
NEWER = N_("They wrote again while you were writing. Read it above; what you wrote is still here.")


@dataclass(frozen=True)
class Writing:
    """A reply as somebody sent it, to be put right: `problem` says what is wrong (translated), `held` that it is only
    that the sender wrote meanwhile. Without a problem it is a template to be looked at."""

    text: str = ""
    problem: str = ""
    key: str = ""
    way: str = ""
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    send_at: str = ""
    held: bool = False


@dataclass(frozen=True)
class SavedReply:
    """A text to put in, with what is known in its placeholders."""

    id: int
    name: str
    text: str


@dataclass(frozen=True)
class Composer:
    """Everything that the composer's templates need; `way` is the chosen one, None if there is none."""

    ways: list[Way]
    way: Way | None
    newest: int
    key: str
    writing: Writing
    text: str
    saved_at: datetime | None
    files: Sequence[Attachment]
    others: list[str]
    saved_replies: list[SavedReply]
    template: Template | None
    values: Mapping[str, str]
    takes_text: bool
    subject: str
    earliest: datetime
    latest: datetime

    @property
    def chosen(self) -> bool:
        """Whether somebody asked for this way, rather than that it is the usual one."""
        return bool(self.writing.way or request.args.get("way"))

    @property
    def other_ways(self) -> list[Way]:
        """Those that are open, besides the chosen one."""
        return [way for way in self.ways if way != self.way and not way.problem]

    @property
    def soon(self) -> bool:
        """Whether free text ends within two hours."""
        until = self.way.free_until if self.way else None
        return until is not None and until - now() < SOON

    @property
    def count(self) -> Count:
        return segments.count(self.text.replace("\r\n", "\n"))

    @property
    def preview(self) -> str:
        """The template with the values so far; a blank without one shows its name."""
        assert self.template
        filled = {name: self.values.get(name) or f"[{name}]" for name in self.template.variables}
        return self.template.filled(replies.numbered(self.template, filled))


def compose(session: Session, submission: Submission, user: User, writing: Writing | None = None) -> Composer:
    """Put together what the composer shows to this person, from the draft or from what was sent and refused."""
    profile, at = current_runtime().profile, now()
    found = [way for way in ways.find_ways(session, submission, profile, now=at) if way.is_proved or _sends_mail()]
    mine = writing or Writing()
    wanted = mine.way or request.args.get("way", "")
    way = next((each for each in found if each.key == wanted), found[0] if found else None)
    draft = drafts.find(session, submission, user) if way else None
    template = profile.template(mine.template or request.args.get("template", ""))
    known = canned.values(submission, user, profile.name)
    return Composer(
        ways=found,
        way=way,
        newest=ways.newest(session, submission) if way else 0,
        key=mine.key or secrets.token_hex(16),
        writing=mine,
        text=mine.text or (draft.text if draft else ""),
        saved_at=draft.changed_at if draft and not mine.problem else None,
        files=drafts.files(session, submission, user) if way else (),
        others=drafts.others(session, submission, user, now=at) if way else [],
        saved_replies=_saved_replies(session, known) if way else [],
        template=template,
        values={**{name: known.get(name, "") for name in (template.variables if template else ())}, **mine.values},
        subject=mail_heads.subject(session, submission) if way and way.channel is Channel.EMAIL else "",
        takes_text=way is not None and not way.problem and way.takes_text(at),
        earliest=at + timedelta(minutes=1),
        latest=_latest(way, at),
    )


def _sends_mail() -> bool:
    """Whether a mail can leave. Without a server nobody need be offered to write to an address from a form."""
    settings = current_runtime().settings
    return settings.smtp_server is not None or settings.rehearses_mail


def _saved_replies(session: Session, known: Mapping[str, str]) -> list[SavedReply]:
    return [SavedReply(each.id, each.name, canned.fill(each.text, known)) for each in canned.listed(session)]


def _latest(way: Way | None, at: datetime) -> datetime:
    latest = at + replies.LATEST
    return min(way.free_until, latest) if way and way.free_until else latest


def words(refusal: ReplyRefused) -> str:
    """Why a reply was refused, for people: times in the newsroom's zone, names of channels translated."""
    values = {
        name: short_moment(value) if isinstance(value, datetime) else _(value) if name == "channel" else value
        for name, value in refusal.values.items()
    }
    return str(_(refusal.message, **values))


def read_local(text: str) -> datetime | None:
    """The time in a datetime-local field, which is in the newsroom's zone; None if it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=current_runtime().zone)
    except ValueError:
        return None
