"""The WhatsApp guide's place in one conversation."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key, enum_by_value
from inbox.models.enums import GuideStage


class Guide(Base):
    """Which question a sender was asked last, and until when the answer is waited for.

    `place` counts the questions of the submission's kind from 0, `repeated` says whether an answer was not
    understood already, `language` is the one that the sender was written to last, `asked_at` when.
    """

    __tablename__ = "guide"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), unique=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_point.id"))
    stage: Mapped[GuideStage] = mapped_column(enum_by_value(GuideStage))
    place: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(16), default="")
    asked_at: Mapped[datetime]
    ends_at: Mapped[datetime]
