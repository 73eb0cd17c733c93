"""Who did what, when."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText

if TYPE_CHECKING:
    from inbox.models.submission import Submission


class AuditEntry(Base):
    """One fact about the past; rows are only ever added.

    `verb` reads "subject:verb" ("submission:accept"). `actor` is a name as it was then: a member of
    staff, "sender" or "system". `facts` never holds message text, addresses or numbers.
    """

    __tablename__ = "audit_entry"

    id: Mapped[Key]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor: Mapped[ShortText]
    verb: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]

    submission: Mapped["Submission | None"] = relationship(back_populates="history")
