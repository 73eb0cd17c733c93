"""What a member of staff is to be told by e-mail."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, enum_by_value
from inbox.models.enums import NoticeKind

if TYPE_CHECKING:
    from inbox.models.message import Message
    from inbox.models.submission import Submission


class Notice(Base):
    """One thing that happened, for one person.

    `key` names the event, so that one event gives a person one notice. `message_id` or `note_id` is the place on the
    submission's page; `facts` holds what has no row: who did it ("by"), or a channel, since when it failed, and when
    it was seen to work again ("channel", "since", "until").
    `told_at` is when a letter told of it, or when it was found that there is nothing to tell any more.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[NoticeKind] = mapped_column(enum_by_value(NoticeKind))
    key: Mapped[str] = mapped_column(String(320))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    note_id: Mapped[int | None] = mapped_column(ForeignKey("note.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]

    submission: Mapped["Submission | None"] = relationship()
    message: Mapped["Message | None"] = relationship()


# Partial: what waits to be told is asked for every minute, what was told never.
_WAITS = Notice.told_at.is_(None)
Index("ix_notice_waits", Notice.user_id, Notice.id, sqlite_where=_WAITS, postgresql_where=_WAITS)
Index("ix_notice_told", Notice.user_id, Notice.told_at)
