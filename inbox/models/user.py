"""A member of staff."""

from datetime import datetime
from typing import Any

from flask_security.core import UserMixin
from sqlalchemy import JSON, String
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key, enum_by_value
from inbox.models.enums import Role


class User(Base, UserMixin):
    """Somebody who may sign in at the desk.

    `UserMixin` and the columns from `fs_uniquifier` to `mf_recovery_codes` are what Flask-Security asks
    of a user. Changing `fs_uniquifier` ends all sessions; `ended_sessions` names single ones that were signed
    out, with the time (seconds since 1970) after which they would be too old anyway. `last_totp_counter` is
    the newest time step for which a code was accepted, so that no code works twice (RFC 6238, section 5.2).
    `notice_choices` is what they want to be told by e-mail (`services.notice_choices`); empty until they choose.
    """

    __tablename__ = "user"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(enum_by_value(Role))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(128))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    last_totp_counter: Mapped[int | None]
    ended_sessions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notice_choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]

    @property
    def initials(self) -> str:
        """One or two letters for the round mark; the first character for Chinese names."""
        words = self.name.split()
        return (words[0][:1] + words[-1][:1] if len(words) > 1 else self.name[:1]).upper()
