"""Slow work that was promised: rows, so that a killed process forgets nothing."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db import Base, Key, ShortText, enum_by_value
from inbox.models.enums import JobKind, JobState


class Job(Base):
    """One thing for a worker to do: `kind` says what, `subject_id` with which row.

    Written in the transaction that causes it. A worker takes it by a lease: until `leased_until` nobody
    else may; then whoever looks takes it again, so that the work of a process that died is not lost.
    `tries` counts the leases, and tells one worker's lease from the next one's.
    From `attention_at` on a person should look at it: it failed, or has been tried for long. NULL: nobody need.
    """

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "subject_id"),)

    id: Mapped[Key]
    kind: Mapped[JobKind] = mapped_column(enum_by_value(JobKind))
    subject_id: Mapped[int]
    state: Mapped[JobState] = mapped_column(enum_by_value(JobState), default=JobState.WAITING)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[ShortText] = mapped_column(default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    attention_at: Mapped[datetime | None]


Index("ix_job_due", Job.state, Job.due_at)
# Partial: it holds what went wrong and nothing else, so that counting it on every page costs next to nothing.
_TROUBLED = Job.attention_at.is_not(None)
Index(
    "ix_job_attention",
    Job.kind,
    Job.attention_at.desc(),
    Job.id.desc(),
    sqlite_where=_TROUBLED,
    postgresql_where=_TROUBLED,
)


class StatusReport(Base):
    """What a provider said about a message that we do not know (yet): it came before our own row was saved."""

    __tablename__ = "status_report"
    __table_args__ = (UniqueConstraint("account", "external_id", "state"),)

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(32))
    error_code: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[datetime]
