"""What helps to write a reply: texts kept for all, and what one person has begun."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key
from inbox.models.user import User


class CannedReply(Base):
    """A text that is written often, with placeholders such as {name}; see `services.canned`."""

    __tablename__ = "canned_reply"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ReplyDraft(Base):
    """A reply that somebody has begun: one for each person and submission, the same on every device."""

    __tablename__ = "reply_draft"
    __table_args__ = (UniqueConstraint("submission_id", "user_id"),)

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]

    user: Mapped[User] = relationship()
