"""What the child says to its parent."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Cleaned:
    """A clean copy was made: of which content type, with a preview or not, and how long it plays."""

    content_type: str
    has_preview: bool = False
    duration_seconds: float | None = None


class Reason(StrEnum):
    """Why no clean copy was made."""

    OLD_KIND = "old kind"
    PIXELS = "pixels"
    BOMB = "bomb"
    TWO_KINDS = "two kinds"
    MARKUP = "markup"
    PASSWORD = "password"  # noqa: S105 - the word for it, not one
    PROGRAM = "program"
    FOREIGN_DATA = "foreign data"
    DAMAGED = "damaged"
    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"


class Refused(Exception):
    """Raised anywhere inside the child; the parent turns the reason into words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
