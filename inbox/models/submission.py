"""The one item that staff work on."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Computed, ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import Channel, Priority, Status
from inbox.models.label import Label, submission_label

if TYPE_CHECKING:
    from inbox.models.audit import AuditEntry
    from inbox.models.contact import Contact
    from inbox.models.message import Message
    from inbox.models.note import Note
    from inbox.models.user import User


class Submission(Base):
    """What somebody sent, with all that was said about it since.

    `thread_key` is "channel:address" while further messages of that sender join this submission. It is NULL once
    it is decided, and where messages say themselves where they belong (`Channel.joins_by_sender`); being unique, it
    allows one open submission per sender and channel.
    `active_at` is the time of the newest message from outside, and the order of every list.
    `version` counts what staff changed: a page carries it back, so that a stale save is noticed.
    `views_closed` counts how often the holder of the receipt code closed it: no view opened before works after.
    """

    __tablename__ = "submission"

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[Status] = mapped_column(enum_by_value(Status), default=Status.NEW)
    waits: Mapped[bool] = mapped_column(Boolean, Computed("status in ('new', 'open')", persisted=True))
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel))
    priority: Mapped[Priority] = mapped_column(enum_by_value(Priority), default=Priority.NORMAL)
    subject: Mapped[ShortText] = mapped_column(default="")
    preview: Mapped[ShortText] = mapped_column(default="")
    sender: Mapped[ShortText] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(16), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    spam_reasons: Mapped[list[str]] = mapped_column(default=list)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    thread_key: Mapped[str | None] = mapped_column(String(360), unique=True)
    receipt_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    message_count: Mapped[int] = mapped_column(default=0)
    waits_for_sender: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    views_closed: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]
    active_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

    contact: Mapped["Contact | None"] = relationship()
    assignee: Mapped["User | None"] = relationship()
    labels: Mapped[list[Label]] = relationship(secondary=submission_label, order_by=Label.name)
    messages: Mapped[list["Message"]] = relationship(back_populates="submission", order_by="Message.id")
    notes: Mapped[list["Note"]] = relationship(back_populates="submission", order_by="Note.id")
    history: Mapped[list["AuditEntry"]] = relationship(back_populates="submission", order_by="AuditEntry.id")

    @property
    def embargo_until(self) -> datetime | None:
        """Until when the sender asks us to hold it, if they do; the time may have passed."""
        asked = self.details.get("embargo_until") if self.details.get("embargo") == "hold" else None
        return read_moment(asked)


def read_moment(value: Any) -> datetime | None:
    """The time in a fact such as {"at": "2026-11-25T06:00:00+08:00", "zone": "Asia/Taipei"}, or None."""
    try:
        at = datetime.fromisoformat(value["at"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None


# Every list of the desk walks one of these backwards, from its newest end. They ascend, because a new row
# then comes at the end of its index, or of a part of it, where it costs half as much. What nobody has
# decided yet stays out of the indexes of the decided: an arrival pays for each index that it enters.
WAITING, DECIDED = Submission.waits == true(), Submission.waits == false()
"""Conditions with constants, by which a database sees that an index of such rows alone serves a query."""


def _list(name: str, *columns: Any, only: ColumnElement[bool] | None = None) -> None:
    by_age = (Submission.active_at, Submission.id)
    Index(f"ix_submission_{name}", *columns, *by_age, sqlite_where=only, postgresql_where=only)


_list("newest")
_list("waits", only=WAITING)
_list("status", Submission.status, only=DECIDED)
_list("kind", Submission.kind, Submission.waits)
_list("kind_status", Submission.kind, Submission.status, only=DECIDED)
_list("channel", Submission.channel, Submission.waits)
_list("assignee", Submission.assignee_id, Submission.waits)
