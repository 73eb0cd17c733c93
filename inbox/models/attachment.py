"""A file on a message."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import FileState

if TYPE_CHECKING:
    from inbox.models.message import Message
    from inbox.models.submission import Submission


class Attachment(Base):
    """A file somebody sent.

    From a web form it is `STORED` at once, under the generated name `storage_key`, byte for byte as it
    came. From a provider it begins as `PENDING` with `source_url`. While a form is being corrected its
    files have no message yet; `form_token` (a hash) says to which form they belong.
    """

    __tablename__ = "attachment"

    id: Mapped[Key]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    form_token: Mapped[str | None] = mapped_column(String(64), index=True)
    state: Mapped[FileState] = mapped_column(enum_by_value(FileState))
    filename: Mapped[ShortText] = mapped_column(default="")
    content_type: Mapped[str] = mapped_column(String(255), default="")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    storage_key: Mapped[str] = mapped_column(String(255), default="")
    source_url: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    message: Mapped["Message | None"] = relationship(back_populates="attachments")

    @property
    def submission(self) -> "Submission | None":
        """What it belongs to, once its form is sent."""
        return self.message.submission if self.message else None

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")
