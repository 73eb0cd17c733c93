"""The one-time token in every public form: it tells a first sending from a repeated one."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, TimestampSigner

from inbox.edge import current_runtime, now

LIFETIME = timedelta(days=1)
"""How long a form may stay open; files of an unfinished form are kept as long."""


@dataclass(frozen=True)
class Token:
    """A token that this installation made. `key` is its hash, the only form of it that is stored."""

    text: str
    age: timedelta

    @property
    def key(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def expired(self) -> bool:
        return self.age > LIFETIME


class _Signer(TimestampSigner):
    """Signs with the time of the runtime's clock."""

    def get_timestamp(self) -> int:
        return int(now().timestamp())


def _signer(purpose: str) -> _Signer:
    return _Signer(current_runtime().secret_key, salt=f"public form: {purpose}")


def issue(purpose: str) -> Token:
    """Make a token for one form that nobody has seen yet."""
    return Token(_signer(purpose).sign(secrets.token_urlsafe(18)).decode(), timedelta())


def read(text: str, purpose: str) -> Token | None:
    """Return the token with its age, or None if it was not made here for this form."""
    try:
        _, made_at = _signer(purpose).unsign(text, return_timestamp=True)
    except BadSignature:
        return None
    return Token(text, now() - made_at)
