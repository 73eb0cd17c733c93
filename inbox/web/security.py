"""Flask-Security as this project uses it: sessions, authenticator codes and recovery codes.

Its own pages are not registered: ours count the attempts before a password is hashed, write inside our
transactions and leave an audit entry. Rights live in `inbox.services.accounts` alone, so it knows no roles.
"""

import base64
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from flask import Flask, current_app
from flask import session as cookie
from flask_security import Security, SQLAlchemySessionUserDatastore, Totp, UserMixin
from flask_security.utils import login_user, logout_user
from passlib.totp import TOTP

from inbox import edge
from inbox.models import User
from inbox.runtime import Runtime
from inbox.services import passwords

SESSION_LENGTH = timedelta(hours=12)
"""Counted from signing in, however busy somebody is."""
RECOVERY_CODES = 10
_CLOCK_SKEW_SECONDS = 30  # telephones are off by a little: the codes before and after the present one are good too


class AuthenticatorCodes(Totp):
    """Time-based codes that work once: the newest accepted time step is kept with the user."""

    def __init__(self, clock: Callable[[], datetime], secrets: dict[str, str], issuer: str) -> None:
        # The secrets are random, so stretching them (encrypt_cost) would only cost time.
        self._totp = TOTP.using(issuer=issuer, secrets=secrets, encrypt_cost=4, now=lambda: clock().timestamp())

    def get_last_counter(self, user: UserMixin) -> int | None:
        return cast(User, user).last_totp_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        cast(User, user).last_totp_counter = tmatch.counter


def init_app(app: Flask, runtime: Runtime) -> None:
    """Set Flask-Security up over the app's sessions."""
    app.config.from_mapping(_settings(runtime))
    users = SQLAlchemySessionUserDatastore(app.extensions["inbox_sessions"], User, cast(Any, None))
    codes = cast(Any, partial(AuthenticatorCodes, runtime.clock))
    security = Security(app, users, register_blueprint=False, totp_cls=codes)
    security.login_manager.user_loader(_load)
    security.login_manager.request_loader(None)  # nobody signs in with a token in a header
    security.principal.identity_loaders.clear()  # pages without a guard ask for no user, nor does a webhook
    # Nobody is remembered beyond the session, so no answer needs to look whether somebody is.
    app.after_request_funcs[None].remove(security.login_manager._update_remember_cookie)


def _settings(runtime: Runtime) -> dict[str, object]:
    return {
        "SESSION_PROTECTION": None,  # telephones change their address; a session is bound to its cookie
        "SECURITY_CLI_USERS_NAME": "",
        "SECURITY_CLI_ROLES_NAME": "",
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__type": "ID",
            "argon2__time_cost": passwords.TIME_COST,
            "argon2__memory_cost": passwords.MEMORY_KIB,
            "argon2__parallelism": passwords.PARALLELISM,
        },
        "SECURITY_PASSWORD_LENGTH_MIN": passwords.SHORTEST,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_REQUIRED": runtime.settings.mfa_required,
        "SECURITY_TOTP_SECRETS": {"1": runtime.derive("totp", "").hex()},
        "SECURITY_TOTP_ISSUER": runtime.profile.name.replace(":", " "),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": RECOVERY_CODES,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(runtime.derive("recovery codes", ""))],
    }


def _load(fs_uniquifier: str) -> User | None:
    """The user behind a session, while both are good: asked on every request of the desk."""
    age = edge.now().timestamp() - cookie.get("fs_paa", 0)
    user = active_user(fs_uniquifier) if age < SESSION_LENGTH.total_seconds() else None
    return user if user and session_id() not in user.ended_sessions else None


def session_id() -> str:
    """What tells this session from the same person's others; it is no secret, the cookie's signature is."""
    return str(cookie.get("sid", ""))


def active_user(fs_uniquifier: str) -> User | None:
    """Who this is, if the account still works."""
    user = cast(User | None, _security().datastore.find_user(fs_uniquifier=fs_uniquifier))
    return user if user and user.active else None


def _security() -> Security:
    return cast(Security, current_app.extensions["security"])


def admit(user: User) -> None:
    """Begin a session; nothing of the one before stays (a prepared cookie gains nobody anything)."""
    cookie.clear()
    login_user(user, remember=False)
    cookie["fs_paa"] = edge.now().timestamp()
    cookie["sid"] = secrets.token_urlsafe(16)


def dismiss() -> None:
    """Let this browser forget the session; `accounts.end_session` ends it for whoever copied its cookie."""
    logout_user()
    cookie.clear()


def new_secret() -> str:
    """A secret for an authenticator app, encrypted as it is kept."""
    return str(_security().totp_factory.generate_totp_secret())


def key_of(secret: str) -> str:
    """The secret as people type it, in fours."""
    return str(_security().totp_factory.get_totp_pretty_key(secret))


def address_of(secret: str, user: User) -> str:
    """The secret as an otpauth: address, which authenticator apps read from a QR code."""
    return str(_security().totp_factory.get_totp_uri(user.email, secret))


def has_second_factor(user: User) -> bool:
    return bool(user.tf_totp_secret)


def accepts_code(user: User, code: str) -> bool:
    """Whether this is the present code of the user's app, not used before. Call it with the user locked."""
    return _verify(user, user.tf_totp_secret, code)


def set_second_factor(user: User, secret: str, code: str) -> list[str] | None:
    """Take a new authenticator if `code` shows that it works, and return new recovery codes; else None."""
    before, user.last_totp_counter = user.last_totp_counter, None  # what the old app showed says nothing
    if not _verify(user, secret, code):
        user.last_totp_counter = before
        return None
    _security().datastore.tf_set(user, "authenticator", totp_secret=secret)
    return new_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes; they are kept encrypted and shown only now."""
    return list(_security().mf_recovery_codes_util.create_recovery_codes(user))


def uses_recovery_code(user: User, code: str) -> bool:
    """Whether this is a recovery code of the user; if so it is used up. Call it with the user locked."""
    util, plain = _security().mf_recovery_codes_util, code.strip().lower()
    return bool(util.check_recovery_code(user, plain) and util.delete_recovery_code(user, plain))


def _verify(user: User, secret: str | None, code: str) -> bool:
    digits = "".join(c for c in code if c.isascii() and c.isdigit())
    codes = _security().totp_factory
    return bool(secret and codes.verify_totp(digits, secret, user, window=_CLOCK_SKEW_SECONDS))
