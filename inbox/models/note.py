"""A remark that only staff see."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key

if TYPE_CHECKING:
    from inbox.models.submission import Submission
    from inbox.models.user import User


class Note(Base):
    """Written by staff for staff; never sent."""

    __tablename__ = "note"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    submission: Mapped["Submission"] = relationship(back_populates="notes")
    author: Mapped["User"] = relationship()
