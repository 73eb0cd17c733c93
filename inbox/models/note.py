"""A remark that only staff see."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key

if TYPE_CHECKING:
    from inbox.models.submission import Submission
    from inbox.models.user import User


class Note(Base):
    """Written by staff for staff; never sent.

    `client_key` is made from what its page drew and from the text: the same note again is the first one.
    """

    __tablename__ = "note"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]

    submission: Mapped["Submission"] = relationship(back_populates="notes")
    author: Mapped["User"] = relationship()


_HAS_KEY = Note.client_key.is_not(None)
Index("uq_note_client_key", Note.client_key, unique=True, sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY)
