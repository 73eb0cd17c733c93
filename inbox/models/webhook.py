"""What a provider tried to tell us: webhooks that were refused, and how far what never arrived was looked for."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key, ShortText


class RefusedWebhook(Base):
    """A request to a webhook that we turned away. Nothing of what it carried is kept, nor who sent it."""

    __tablename__ = "refused_webhook"

    id: Mapped[Key]
    at: Mapped[datetime]
    route: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(255))
    expected_url: Mapped[ShortText]
    signed: Mapped[bool]


Index("ix_refused_webhook_at", RefusedWebhook.at)


class RecoveryPosition(Base):
    """Up to when everything that was sent to a provider's account is known to be here."""

    __tablename__ = "recovery_position"

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(64), unique=True)
    complete_until: Mapped[datetime]
