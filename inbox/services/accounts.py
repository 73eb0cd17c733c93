"""Who may see and do what, and who works here at all. Every page and every query of submissions asks here."""

import re
import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from inbox.errors import AccountRefused, NotAllowed, NotFound
from inbox.models import Attachment, Message, Role, Submission, User
from inbox.services import audit, letters, passwords
from inbox.text import N_, clean

READ = "submission:read"
CLAIM = "submission:claim"
ASSIGN = "submission:assign"
MOVE = "submission:move"
PRIORITISE = "submission:prioritise"
LABEL = "submission:label"
NOTE = "submission:note"
ASK = "submission:ask"
REPLY = "submission:reply"
SPLIT = "submission:split"
DOWNLOAD = "attachment:read"
ORIGINAL = "attachment:original"
RETRY = "job:retry"
DISMISS = "job:dismiss"
EXPORT = "inbox:export"
WEBHOOKS = "webhooks:read"
USE_CANNED = "canned_reply:use"
CHANGE_CANNED = "canned_reply:change"
SUBSCRIBERS = "subscriber:read"
EXPORT_SUBSCRIBERS = "subscriber:export"
REMOVE_SUBSCRIBER = "subscriber:remove"

_READING = frozenset({READ, DOWNLOAD})
_ACTING = {CLAIM, ASSIGN, MOVE, PRIORITISE, LABEL, NOTE, ASK, REPLY, SPLIT, RETRY, DISMISS}
_WORKING = _READING | _ACTING | {ORIGINAL, USE_CANNED, EXPORT}

VERBS: dict[Role, frozenset[str]] = {
    Role.VIEWER: _READING,
    Role.EDITOR: _WORKING | {CHANGE_CANNED, SUBSCRIBERS, EXPORT_SUBSCRIBERS},
    Role.ADS: _WORKING,
    Role.ADMIN: _WORKING | {WEBHOOKS, CHANGE_CANNED, SUBSCRIBERS, EXPORT_SUBSCRIBERS, REMOVE_SUBSCRIBER},
}
ADS_KINDS = ("advertising",)
"""All that advertising staff see: the tip form promises that they cannot open tips."""

NAME_LENGTH = 100
ADDRESS_LENGTH = 255
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def may(user: User, verb: str, submission: Submission | None = None) -> bool:
    """Whether this user may do `verb`, with this submission if one is given."""
    if not user.active or verb not in VERBS[user.role]:
        return False
    return submission is None or user.role is not Role.ADS or submission.kind in ADS_KINDS


def visible(user: User) -> ColumnElement[bool]:
    """The condition that every query of submissions for this user carries."""
    return Submission.kind.in_(ADS_KINDS) if user.role is Role.ADS else true()


def sees_all(user: User) -> bool:
    """Whether `visible` leaves nothing out, so that a query need not look."""
    return user.role is not Role.ADS


def check(user: User, verb: str) -> None:
    """Raise NotAllowed unless this user may do `verb`, which concerns no one submission."""
    if not may(user, verb):
        raise NotAllowed(verb)


def get_submission(session: Session, user: User, reference: str, verb: str = READ) -> Submission:
    """Return a submission that this user may see, to do `verb`.

    Raises NotFound alike when there is none and when the user may not know of it, NotAllowed when the
    user sees it but may not do `verb`.
    """
    wanted = clean(reference).upper()
    submission = session.scalar(select(Submission).where(Submission.reference == wanted, visible(user)))
    if submission is None or not may(user, READ, submission):
        raise NotFound(reference)
    if not may(user, verb, submission):
        raise NotAllowed(verb)
    return submission


def get_attachment(session: Session, user: User, attachment_id: int, verb: str = DOWNLOAD) -> Attachment:
    """Return a file of a submission that this user may see, to do `verb`; NotFound, NotAllowed as above."""
    query = select(Attachment).join(Attachment.message).join(Message.submission).where(visible(user))
    attachment = session.scalar(query.where(Attachment.id == attachment_id))
    if attachment is None or not may(user, READ, attachment.submission):
        raise NotFound(str(attachment_id))
    if not may(user, verb, attachment.submission):
        raise NotAllowed(verb)
    return attachment


def colleagues(session: Session) -> list[User]:
    """The people a submission can be given to."""
    active = select(User).where(User.active, User.role != Role.VIEWER).order_by(User.name)
    return list(session.scalars(active))


def has_staff(session: Session) -> bool:
    """Whether anybody has a password to sign in with; until then the set-up link works."""
    return session.scalar(select(User.id).where(User.password.is_not(None)).limit(1)) is not None


def list_staff(session: Session) -> list[User]:
    """Everybody who has or had an account, by name."""
    return list(session.scalars(select(User).order_by(User.name, User.id)))


def find(session: Session, email: str) -> User | None:
    """The account with this address, however it is capitalised; for sign-in, so an unknown one is no error."""
    return session.scalar(select(User).where(User.email == _address(email)))


def lock(session: Session, fs_uniquifier: str) -> User | None:
    """The active account behind a session, fresh and locked until the write transaction ends, or None."""
    return session.scalar(
        select(User)
        .where(User.fs_uniquifier == fs_uniquifier, User.active)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def add_staff(
    session: Session, email: str, name: str, role: Role, password: str | None = None, *, now: datetime
) -> User:
    """Make an account; without a password it waits for its owner to open a link. Raises AccountRefused."""
    email, name = _address(email), " ".join(clean(name).split())[:NAME_LENGTH]
    if not _ADDRESS.fullmatch(email) or len(email) > ADDRESS_LENGTH:
        raise AccountRefused(N_("This is not an e-mail address; write it like name@example.org."))
    if not name:
        raise AccountRefused(N_("An account needs a name."), "name")
    if find(session, email):
        raise AccountRefused(N_("There is an account with this address already."))
    user = User(email=email, name=name, role=role, fs_uniquifier=uuid.uuid4().hex, created_at=now)
    if password is not None:
        passwords.check(password, email, name)
        user.password = passwords.digest(password)
    session.add(user)
    session.flush()
    audit.record(session, audit.SYSTEM, "account:add", None, now=now, account=name, role=role.value)
    session.flush()
    return user


def set_password(session: Session, user: User, password: str, *, now: datetime) -> None:
    """Change the password and end all sessions of this person. Raises AccountRefused for one that is too easy."""
    passwords.check(password, user.email, user.name)
    user.password = passwords.digest(password)
    end_sessions(user)
    audit.record(session, user, "account:password", None, now=now)
    session.flush()


def end_sessions(user: User) -> None:
    """Sign this person out everywhere; links that were sent before stop working too."""
    user.fs_uniquifier = uuid.uuid4().hex


def end_session(user: User, session_id: str, *, until: datetime, now: datetime) -> None:
    """End one session, which would have lasted until then; this person's others go on."""
    still = {name: end for name, end in user.ended_sessions.items() if end > now.timestamp()}
    user.ended_sessions = {**still, session_id: until.timestamp()}


def disable(session: Session, email: str, *, now: datetime) -> User:
    """Shut somebody out, at once; notices that have not left do not leave any more.

    Raises AccountRefused for an unknown address and the last administrator.
    """
    user = _known(session, email)
    _keep_an_admin(session, user)
    user.active = False
    end_sessions(user)
    letters.withdraw(session, letters.notices_to(user))
    return _managed(session, user, "account:disable", now)


def enable(session: Session, email: str, *, now: datetime) -> User:
    """Let somebody in again, with the password and second factor of before. Raises AccountRefused."""
    user = _known(session, email)
    user.active = True
    return _managed(session, user, "account:enable", now)


def set_role(session: Session, email: str, role: Role, *, now: datetime) -> User:
    """Give somebody other rights, at once. Raises AccountRefused for an unknown address and the last administrator."""
    user = _known(session, email)
    if role is not Role.ADMIN:
        _keep_an_admin(session, user)
    was, user.role = user.role, role
    letters.withdraw(session, letters.notices_to(user))  # they may tell of what this person may not know of now
    return _managed(session, user, "account:role", now, was=was.value, to=role.value)


def reset(session: Session, email: str, *, now: datetime) -> User:
    """Take password, second factor, recovery codes and sessions away; a link sets them anew. Raises AccountRefused."""
    user = _known(session, email)
    user.password = user.tf_primary_method = user.tf_totp_secret = user.mf_recovery_codes = None
    user.last_totp_counter = None
    end_sessions(user)
    return _managed(session, user, "account:reset", now)


def _keep_an_admin(session: Session, user: User) -> None:
    if user.role is Role.ADMIN and user.active and _admins(session) == 1:
        raise AccountRefused(N_("This is the only administrator; make another one first."))


def _managed(session: Session, user: User, verb: str, now: datetime, **facts: str) -> User:
    audit.record(session, audit.SYSTEM, verb, None, now=now, account=user.name, **facts)
    session.flush()
    return user


def _known(session: Session, email: str) -> User:
    user = find(session, email)
    if user is None:
        raise AccountRefused(N_("There is no account with this address."))
    return user


def _admins(session: Session) -> int:
    """How many administrators can sign in; they stay locked, so that two cannot disable each other at once."""
    rows = session.scalars(select(User.id).where(User.role == Role.ADMIN, User.active).with_for_update())
    return len(rows.all())


def _address(email: str) -> str:
    return clean(email).strip().lower()
