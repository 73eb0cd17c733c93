"""One-time links: one makes the first account, others let their owner choose a password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from inbox.errors import LinkSpent
from inbox.models import Role, User
from inbox.runtime import Runtime
from inbox.services import accounts

VALID_FOR = timedelta(hours=24)
_FIRST_ACCOUNT_LOCK = 1_852_798_815  # any number: the advisory lock that makes two openings of one link wait


@dataclass(frozen=True)
class Invitation:
    """What a good link is for: `user` chooses a password; None makes the first account."""

    user: User | None


def set_up_link(runtime: Runtime) -> str:
    """The address that makes the first account; it works while there is none, for a day."""
    return _link(runtime, {})


def link_for(runtime: Runtime, user: User) -> str:
    """The address where this person chooses a password; it works once, for a day."""
    return _link(runtime, {"user": user.id, "state": _state(runtime, user)})


def open_link(runtime: Runtime, session: Session, token: str, *, now: datetime) -> Invitation:
    """Return what a link is for. Raises LinkSpent. To act on it, call this inside the write transaction."""
    try:
        values = _signer(runtime).loads(token)
    except BadData:
        raise LinkSpent from None
    if values["until"] < now.timestamp():
        raise LinkSpent
    if "user" not in values:
        return _first_account(session)
    user = session.get(User, values["user"], with_for_update=True, populate_existing=True)
    if user is None or not user.active or values["state"] != _state(runtime, user):
        raise LinkSpent
    return Invitation(user)


def accept(
    runtime: Runtime, session: Session, token: str, *, email: str, name: str, password: str, now: datetime
) -> User:
    """Make the first account, or set the password of the one invited. Raises LinkSpent and AccountRefused."""
    invited = open_link(runtime, session, token, now=now).user
    if invited is None:
        return accounts.add_staff(session, email, name, Role.ADMIN, password, now=now)
    accounts.set_password(session, invited, password, now=now)
    return invited


def _first_account(session: Session) -> Invitation:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_ACCOUNT_LOCK})
    if accounts.has_staff(session):
        raise LinkSpent
    return Invitation(None)


def _link(runtime: Runtime, values: dict[str, object]) -> str:
    until = int((runtime.clock() + VALID_FOR).timestamp())
    return f"{runtime.settings.public_url}/desk/set-up/{_signer(runtime).dumps({**values, 'until': until})}"


def _signer(runtime: Runtime) -> URLSafeSerializer:
    return URLSafeSerializer(runtime.derive("invitation", "").hex())


def _state(runtime: Runtime, user: User) -> str:
    """Changes with password and sessions, so that a link dies by being used."""
    return runtime.derive("invitation state", f"{user.password}\n{user.fs_uniquifier}").hex()[:32]
