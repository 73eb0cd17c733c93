"""Who gets the newsletter, and what they agreed to."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, enum_by_value
from inbox.models.enums import Channel, SubscriberState

NEVER_AGAIN = {"sqlite_autoincrement": True}
"""The id of a row that was deleted is not given to another: jobs, keys of letters and the audit go on naming it."""


class Subscriber(Base):
    """An address that somebody asked for the newsletter with: lower-case e-mail, or a WhatsApp number in E.164.

    `language` is the one they want it in. `seed` is drawn once; with our secret key it makes the address that ends
    the subscription (`services.subscribers.leave_link`).
    """

    __tablename__ = "subscriber"
    __table_args__ = (UniqueConstraint("channel", "address"), NEVER_AGAIN)

    id: Mapped[Key]
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel))
    address: Mapped[str] = mapped_column(String(320))
    state: Mapped[SubscriberState] = mapped_column(enum_by_value(SubscriberState), default=SubscriberState.PENDING)
    language: Mapped[str] = mapped_column(String(16))
    seed: Mapped[str] = mapped_column(String(32), unique=True)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    consents: Mapped[list["Consent"]] = relationship(back_populates="subscriber", order_by="Consent.id.desc()")


Index("ix_subscriber_state", Subscriber.state, Subscriber.id)


class Consent(Base):
    """One time that somebody asked for the newsletter: the words that were shown, when, and by which way.

    `way` is "form" or "whatsapp". `text` is what was shown, in `text_language`; `digest` is its SHA-256 (hex), its
    version. `answered_at`: when a confirmation was asked for, which `subscriber` waits for. `token_hash` is of the
    token that confirms by e-mail, NULL once it was used. A row that was never confirmed is forgotten after a while.
    """

    __tablename__ = "consent"
    __table_args__ = (NEVER_AGAIN,)

    id: Mapped[Key]
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"), index=True)
    channel: Mapped[Channel] = mapped_column(enum_by_value(Channel))
    address: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(16))
    way: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    text_language: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    subscriber: Mapped[Subscriber | None] = relationship(back_populates="consents")


# Partial: the round that forgets what was never confirmed looks at nothing else.
_UNCONFIRMED = Consent.confirmed_at.is_(None)
Index("ix_consent_unconfirmed", Consent.asked_at, sqlite_where=_UNCONFIRMED, postgresql_where=_UNCONFIRMED)
