"""A file on a message."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Double, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import FileState

if TYPE_CHECKING:
    from inbox.models.message import Message
    from inbox.models.submission import Submission


INFECTED = "infected:"
"""How a `problem` begins that is a virus; the name that the scanner gave it follows."""


class Attachment(Base):
    """A file somebody sent: the original, and the clean copy that staff see.

    From a web form it is `STORED` at once, under the generated name `storage_key`, byte for byte as it
    came. From a provider it begins as `PENDING` with `source_url`; `forgotten_at` says when the provider's
    own copy was deleted. While a form is being corrected its files have no message yet; `form_token` (a
    hash) says to which form they belong. `problem` says why there is no clean copy (`services.problems`);
    `content_type`, `size_bytes` and `sha256` are the original's.
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
    copy_key: Mapped[str] = mapped_column(String(255), default="")
    copy_type: Mapped[str] = mapped_column(String(255), default="")
    copy_size: Mapped[int | None] = mapped_column(BigInteger)
    copy_sha256: Mapped[str] = mapped_column(String(64), default="")
    preview_key: Mapped[str] = mapped_column(String(255), default="")
    duration_seconds: Mapped[float | None] = mapped_column(Double)
    problem: Mapped[ShortText] = mapped_column(default="")
    forgotten_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    message: Mapped["Message | None"] = relationship(back_populates="attachments")

    @property
    def submission(self) -> "Submission | None":
        """What it belongs to, once its form is sent."""
        return self.message.submission if self.message else None

    @property
    def keys(self) -> tuple[str, ...]:
        """Its names in storage."""
        return tuple(key for key in (self.storage_key, self.copy_key, self.preview_key) if key)

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")

    @property
    def is_ready(self) -> bool:
        """Whether there is a clean copy to show."""
        return self.state is FileState.STORED and bool(self.copy_key)

    @property
    def is_moving(self) -> bool:
        """Whether something is still to be done with it by itself."""
        if self.state is FileState.STORED:
            return not self.copy_key and not self.problem
        return self.state in (FileState.PENDING, FileState.HELD)

    @property
    def can_be_retried(self) -> bool:
        """Whether something went wrong that may go well another time."""
        return self.state in (FileState.FAILED, FileState.HELD) or (
            self.state is FileState.PENDING and bool(self.problem)
        )

    @property
    def may_be_opened(self) -> bool:
        """Whether the original may be handed out at all: not before it was looked at, and never a virus."""
        judged = self.copy_key or self.problem
        return bool(self.storage_key and judged) and self.state is not FileState.HELD and not self.is_infected

    @property
    def is_infected(self) -> bool:
        return self.problem.startswith(INFECTED)
