"""Free tags that staff put on submissions."""

from sqlalchemy import Column, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key

submission_label = Table(
    "submission_label",
    Base.metadata,
    Column("submission_id", ForeignKey("submission.id"), primary_key=True),
    Column("label_id", ForeignKey("label.id"), primary_key=True),
    Index("ix_submission_label_label", "label_id", "submission_id"),
)


class Label(Base):
    """One tag. `key` is its name in lower case: "Culture" and "culture" are one label."""

    __tablename__ = "label"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(60), unique=True)
