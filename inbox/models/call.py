"""A telephone call, as the provider tells of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key


class Call(Base):
    """What is known of a call by now. Its callbacks come in any order, and each knows something else.

    (`account`, `call_sid`) is unique: a call is one row and one message, however often it is told of.
    `caller` is NULL until a callback names the caller, and "" where the number is withheld. `kind` is the one
    chosen by key, or "". `status`, `recording` and `transcription` are the provider's words for how far each
    has come, and only move forward.
    """

    __tablename__ = "call"
    __table_args__ = (UniqueConstraint("account", "call_sid"),)

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(64))
    call_sid: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), unique=True)
    caller: Mapped[str | None] = mapped_column(String(320))
    number: Mapped[str] = mapped_column(String(320), default="")
    kind: Mapped[str] = mapped_column(String(32), default="")
    status: Mapped[str] = mapped_column(String(32), default="")
    seconds: Mapped[int | None]
    recording: Mapped[str] = mapped_column(String(32), default="")
    recording_sid: Mapped[str] = mapped_column(String(64), default="")
    recording_url: Mapped[str] = mapped_column(Text, default="")
    recording_seconds: Mapped[int | None]
    recorded_at: Mapped[datetime | None]
    error_code: Mapped[str] = mapped_column(String(32), default="")
    transcription: Mapped[str] = mapped_column(String(32), default="")
    transcript: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
