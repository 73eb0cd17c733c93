"""E-mail: what is known of a message besides its words, how far a mailbox was read, and mail outside the queue."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, and_, literal_column
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import LetterState

if TYPE_CHECKING:
    from inbox.models.message import Message


class Mail(Base):
    """The e-mail side of a message, in or out.

    `mail_id` is its Message-ID with the angle brackets, by which answers find their submission; `digest` (SHA-256,
    hex) is of what makes it the same mail wherever it arrives. Of a mail that came in, `original_key` names its bytes
    as they came, `html` is its sanitised HTML, `joined_by` says why it belongs to a submission that was here before
    ("token", "reply" or "copy"), `copy_of_id` the first arrival of the same mail, in another mailbox of ours, and
    `problem` why it could not be read and only its original is here. `verdicts` holds what the receiving server says
    of SPF, DKIM and DMARC; `traits` what kind of mail it is ("automatic", "bulk", "bounce", "reused_id", "defects").
    """

    __tablename__ = "mail"

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    mail_id: Mapped[str] = mapped_column(String(255), index=True)
    digest: Mapped[str] = mapped_column(String(64), default="")
    in_reply_to: Mapped[str] = mapped_column(String(255), default="")
    original_key: Mapped[str] = mapped_column(String(255), default="")
    original_size: Mapped[int] = mapped_column(BigInteger, default=0)
    html: Mapped[str] = mapped_column(Text, default="", deferred=True)
    has_html: Mapped[bool] = column_property(html != "")
    joined_by: Mapped[str] = mapped_column(String(16), default="")
    copy_of_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    problem: Mapped[ShortText] = mapped_column(default="")
    verdicts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    traits: Mapped[dict[str, Any]] = mapped_column(default=dict)

    message: Mapped["Message"] = relationship(foreign_keys=[message_id], back_populates="mail")


class MailboxPosition(Base):
    """How far one folder of a mail server was read (RFC 3501, section 2.3.1.1), and who reads it now.

    All mails of the folder with a UID up to `last_uid` are here, as long as its UIDVALIDITY is `uid_validity`.
    `leased_until` and `holder` keep two workers from reading the same folder.
    """

    __tablename__ = "mailbox_position"
    __table_args__ = (UniqueConstraint("address", "folder"),)

    id: Mapped[Key]
    address: Mapped[str] = mapped_column(String(64))
    folder: Mapped[str] = mapped_column(String(255))
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    leased_until: Mapped[datetime | None]
    holder: Mapped[str] = mapped_column(String(64), default="")


class Letter(Base):
    """A mail of ours that is no part of a conversation: a notice to staff, a confirmation to a subscriber.

    `key` is unique: the same letter is written once. `headers` are further header fields. `mail_id` is its
    Message-ID, drawn when it is written, so that each try sends the same mail.
    """

    __tablename__ = "letter"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(128), unique=True)
    mail_id: Mapped[str] = mapped_column(String(255))
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[ShortText]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[LetterState] = mapped_column(enum_by_value(LetterState), default=LetterState.WAITING)
    error: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class ChannelHealth(Base):
    """How a way in or out is doing: `name` is like "imap:news@example.org", "smtp", "twilio" or "sendgrid".

    `problem` is a code, "" while it works; `failing_since` when it began to fail. `told_since` is the `failing_since`
    of the outage that administrators know of, until they know that it is over.
    """

    __tablename__ = "channel_health"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(128), unique=True)
    succeeded_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    told_since: Mapped[datetime | None]
    problem: Mapped[ShortText] = mapped_column(default="")


# Partial: asked only for mails whose original could not be read.
UNREADABLE = Mail.problem != literal_column("''")
"""A condition with a constant, by which a database sees that the index of such mails alone serves a query."""
Index("ix_mail_problem", Mail.id, sqlite_where=UNREADABLE, postgresql_where=UNREADABLE)

# Two of the same mail that arrive at one moment for two mailboxes meet here, and the later one becomes a copy.
_FIRST = and_(Mail.copy_of_id.is_(None), Mail.digest != "")
Index("uq_mail_first", Mail.mail_id, Mail.digest, unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST)
