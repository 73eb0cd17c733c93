"""What staff are to be told of, written down in the transaction of the event. `notice_letters` does the telling.

One event gives a person one notice, however often it is handled. Nobody gets one about what they may not see, about
suspected spam, or about what they did themselves.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from inbox.models import (
    Channel,
    ChannelHealth,
    Direction,
    JobKind,
    Message,
    Note,
    Notice,
    NoticeKind,
    Role,
    Status,
    Submission,
    Telling,
    User,
)
from inbox.services import accounts, jobs, mentions, notice_choices

GATHER = timedelta(seconds=15)
"""How long to wait with what is told at once, for what comes with it: an album of ten photos is ten messages."""
DOWN_FOR = timedelta(minutes=10)
"""How long a channel must have been failing to be told of; shorter breaks mend themselves."""
KEPT, UNTOLD_KEPT = timedelta(days=30), timedelta(days=7)
"""What nobody could be told of in a week, for want of a mail server, is no news."""
_MAIL_SERVER = "smtp"
_BY_MACHINE = ("automatic", "bounce")


def assigned(session: Session, submission: Submission, *, actor: User, now: datetime) -> None:
    """A submission was given to somebody."""
    if submission.assignee is None or submission.assignee_id == actor.id:
        return
    key = f"assigned:{submission.id}:{submission.version}"
    _tell(session, [submission.assignee], NoticeKind.ASSIGNED, key, submission, now=now, facts={"by": actor.name})


def mentioned(session: Session, submission: Submission, note: Note, *, actor: User, now: datetime) -> None:
    """A note was written; it may name colleagues."""
    named = [person for person in mentions.find(note.text, _staff(session)) if person.id != actor.id]
    key, by = f"note:{note.id}", {"by": actor.name}
    _tell(session, named, NoticeKind.MENTIONED, key, submission, now=now, facts=by, note_id=note.id)


def arrived(session: Session, message: Message, *, now: datetime) -> None:
    """A message came in: new work for those who want to know of it, or more for those who have to do with it."""
    if message.direction is not Direction.IN or any(message.extra.get(trait) for trait in _BY_MACHINE):
        return
    if message.channel is Channel.EMAIL and message.mail and message.mail.copy_of_id:
        return
    submission = message.submission
    if not _has_earlier(session, message):
        opened(session, submission, now=now)
        return
    people = _concerned(session, submission)
    _tell(session, people, NoticeKind.REPLY, f"message:{message.id}", submission, now=now, message_id=message.id)


def opened(session: Session, submission: Submission, *, actor: User | None = None, now: datetime) -> None:
    """A submission became new work, or became another kind of it: for those who look after such work.

    It arrived, its sender chose another kind, or `actor` found that it is no spam. Whoever knows of it already gets
    no second notice.
    """
    if not submission.status.waits:
        return
    people = [person for person in _staff(session) if is_new_for(person, submission)]
    others = [person for person in people if actor is None or person.id != actor.id]
    _tell(session, others, NoticeKind.NEW, f"new:{submission.id}", submission, now=now)


def is_new_for(user: User, submission: Submission) -> bool:
    """Whether a submission is new work for this person, as they chose."""
    mine = submission.assignee_id == user.id
    return submission.status.waits and not mine and notice_choices.of(user).wants(submission)


def failed(session: Session, message: Message, *, now: datetime) -> None:
    """A message of ours was not delivered, or it is not known whether it was: for its author and who has the work."""
    submission = message.submission
    people = [person for person in (message.author, submission.assignee) if person]
    key = f"failed:{message.id}:{message.external_id}"
    _tell(session, people, NoticeKind.FAILED, key, submission, now=now, message_id=message.id)


def channels(session: Session, *, now: datetime) -> None:
    """Tell administrators, once each, of channels that have been failing for a while, and that they work again."""
    failing, told = ChannelHealth.failing_since, ChannelHealth.told_since
    changed = (failing <= now - DOWN_FOR) & told.is_(None) | told.is_not(None) & (failing.is_(None) | (failing != told))
    for health in session.scalars(select(ChannelHealth).where(changed).with_for_update()):
        if health.told_since:
            _tell_admins(session, health.name, health.told_since, until=health.succeeded_at or now, now=now)
            health.told_since = None
            continue
        health.told_since = health.failing_since
        if health.failing_since and health.name != _MAIL_SERVER:  # no letter about it could leave now
            _tell_admins(session, health.name, health.failing_since, until=None, now=now)
    session.flush()


def forget(session: Session, *, now: datetime) -> None:
    """Drop what was told long ago, and what is no news any more."""
    stale = Notice.told_at.is_(None) & (Notice.created_at < now - UNTOLD_KEPT)
    gone = delete(Notice).where((Notice.told_at < now - KEPT) | stale)
    session.execute(gone.execution_options(synchronize_session=False))


def _tell_admins(session: Session, name: str, since: datetime, *, until: datetime | None, now: datetime) -> None:
    key = f"channel:{name}:{since.isoformat()}{':over' if until else ''}"
    facts = {"channel": name, "since": since.isoformat(), "until": until.isoformat() if until else None}
    admins = [person for person in _staff(session) if person.role is Role.ADMIN]
    _tell(session, admins, NoticeKind.CHANNEL, key, None, now=now, facts=facts)


def _staff(session: Session) -> list[User]:
    return list(session.scalars(select(User).where(User.active).order_by(User.id)))


def _has_earlier(session: Session, message: Message) -> bool:
    earlier = (Message.submission_id == message.submission_id, Message.id < message.id)
    return bool(session.scalar(select(exists().where(*earlier, Message.direction == Direction.IN))))


def _concerned(session: Session, submission: Submission) -> list[User]:
    """Who has the submission, or has written to its sender."""
    wrote = select(Message.author_id).where(Message.submission_id == submission.id, Message.author_id.is_not(None))
    return list(session.scalars(select(User).where((User.id == submission.assignee_id) | User.id.in_(wrote))))


def _tell(
    session: Session,
    people: Iterable[User],
    kind: NoticeKind,
    key: str,
    submission: Submission | None,
    *,
    now: datetime,
    facts: dict[str, Any] | None = None,
    message_id: int | None = None,
    note_id: int | None = None,
) -> None:
    """Write a notice for each of these people who wants it and may see what it is about."""
    how = {user.id: notice_choices.telling(user, kind) for user in people if may_know(user, submission)}
    wanting = sorted(user_id for user_id, telling in how.items() if telling is not Telling.OFF)
    if not wanting:
        return
    values: dict[str, Any] = {
        "kind": kind,
        "key": key,
        "submission_id": submission.id if submission else None,
        "message_id": message_id,
        "note_id": note_id,
        "facts": facts or {},
        "created_at": now,
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{**values, "user_id": user_id} for user_id in wanting]
    session.execute(insert(Notice).values(rows).on_conflict_do_nothing())
    if Telling.AT_ONCE in how.values():
        jobs.bring_forward(session, JobKind.NOTICES, due_at=now + GATHER)


def may_know(user: User, submission: Submission | None) -> bool:
    """Whether a notice about this may go to this person."""
    if submission is None:
        return user.active
    return submission.status is not Status.SPAM and accounts.may(user, accounts.READ, submission)
