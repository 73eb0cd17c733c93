"""Who writes to us, and the addresses they write from."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import Channel


class Contact(Base):
    """A person or organisation. The name, e-mail and phone are what they gave, not what was proved."""

    __tablename__ = "contact"

    id: Mapped[Key]
    name: Mapped[ShortText] = mapped_column(default="")
    organisation: Mapped[ShortText] = mapped_column(default="")
    email: Mapped[ShortText] = mapped_column(default="")
    phone: Mapped[ShortText] = mapped_column(default="")
    created_at: Mapped[datetime]

    points: Mapped[list["ContactPoint"]] = relationship(back_populates="contact", order_by="ContactPoint.id")


class ContactPoint(Base):
    """One address of a contact on one channel: E.164 where the sender has a number, else the provider's id."""

    __tablename__ = "contact_point"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[Key]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel))
    address: Mapped[str] = mapped_column(String(320))
    can_reply: Mapped[bool] = mapped_column(default=True)
    opted_out_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship(back_populates="points")

    @property
    def thread_key(self) -> str:
        """What the open submission of this address carries (`Submission.thread_key`)."""
        return thread_key(self.channel, self.address)


def thread_key(channel: Channel, address: str) -> str:
    return f"{channel.value}:{address}"
