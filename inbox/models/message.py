"""One thing said within a submission, in or out."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import Channel, DeliveryState, Direction

if TYPE_CHECKING:
    from inbox.models.attachment import Attachment
    from inbox.models.contact import ContactPoint
    from inbox.models.mail import Mail
    from inbox.models.submission import Submission
    from inbox.models.user import User


class Message(Base):
    """What somebody wrote to us, or we to them.

    (`account`, `external_id`) is unique: the provider's account and its id of the message, or "web" and
    the hash of the form's one-time token. It is what makes a repeated webhook or form one message.
    A message of ours carries `client_key`, made from what its page drew: sent again it is the same message.
    Until the provider has named it, its `external_id` is made from that key. `delivery_state` is empty for
    what came in and for what is read on the status page.
    `extra` holds what has no column (keyword, location, choice, contact_card, referral, in_reply_to, ...);
    `raw` holds the provider's parameters as they came.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("account", "external_id"),)

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_point.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    direction: Mapped[Direction] = mapped_column(enum_by_value(Direction))
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel))
    account: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(255))
    client_key: Mapped[str | None] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(320), default="")
    sender_name: Mapped[ShortText] = mapped_column(default="")
    text: Mapped[str] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    raw: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    delivery_state: Mapped[str] = mapped_column(String(32), default="")
    error_code: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[datetime]

    submission: Mapped["Submission"] = relationship(back_populates="messages")
    contact_point: Mapped["ContactPoint | None"] = relationship()
    author: Mapped["User | None"] = relationship()
    mail: Mapped["Mail | None"] = relationship(back_populates="message", foreign_keys="Mail.message_id")
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="message", order_by="Attachment.id")

    @property
    def delivery(self) -> DeliveryState | None:
        """How far it has come, for a message that goes out."""
        return DeliveryState(self.delivery_state) if self.delivery_state else None


# Partial: what comes in has no such key, and must not pay for the index.
_HAS_KEY = Message.client_key.is_not(None)
Index("uq_message_client_key", Message.client_key, unique=True, sqlite_where=_HAS_KEY, postgresql_where=_HAS_KEY)

# What somebody said last from an address, and to which number of ours: asked before every reply.
_HEARD = Message.contact_point_id.is_not(None)
Index("ix_message_contact_point", Message.contact_point_id, Message.id, sqlite_where=_HEARD, postgresql_where=_HEARD)
