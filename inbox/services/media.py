"""The life of a file: announced by a provider or held with a form, sealed as it came, and shown as a clean copy.

The verbs work on an open transaction; the bytes lie in `inbox.storage`, and what takes long is a job
(`inbox.handlers.media`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import NotFound, TooLate
from inbox.models import Attachment, FileState, JobKind, User
from inbox.rows import insert_values
from inbox.services import audit, inspection, jobs
from inbox.services.inspection import CONTENT_TYPES, clean_filename, inspect
from inbox.storage import Stored
from inbox.text import clean

__all__ = [
    "CONTENT_TYPES",
    "Fetcher",
    "File",
    "Made",
    "RemoteFile",
    "announce",
    "clean_copy_of",
    "clean_filename",
    "drop",
    "finish",
    "forgotten",
    "held",
    "hold",
    "inspect",
    "join",
    "judge",
    "make_safe",
    "note",
    "original_of",
    "retry",
    "seal",
    "sweep",
]

FORGET_AFTER = timedelta(hours=1)
"""How long a provider keeps what we have, so that what it still does with it (a transcript) is not cut short."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that is still at the provider."""

    url: str
    content_type: str
    filename: str = ""


class Fetcher(Protocol):
    """Gets files from a provider. Every call ends within its time limit; both raise `jobs.NotNow`, `jobs.Refused`."""

    def fetch(self, url: str, file: BinaryIO) -> None:
        """Write the whole file. After an error what was written is worth nothing."""

    def forget(self, url: str) -> None:
        """Delete the provider's copy. One that is gone already is no error."""


@dataclass(frozen=True)
class File:
    """A file in storage, as it is handed out."""

    key: str
    content_type: str
    size_bytes: int
    sha256: str
    filename: str


@dataclass(frozen=True)
class Made:
    """A clean copy that was just stored, with its preview if there is one."""

    original_type: str
    stored: Stored
    content_type: str
    preview_key: str = ""
    duration_seconds: float | None = None


def announce(session: Session, message_id: int, file: RemoteFile, *, now: datetime) -> int:
    """Add a file to a message, promise to fetch it, and return its id."""
    attachment_id = insert_values(
        session,
        Attachment,
        message_id=message_id,
        state=FileState.PENDING,
        source_url=file.url,
        content_type=file.content_type[:255],
        filename=clean(file.filename)[:500],
        created_at=now,
    )
    jobs.promise(session, JobKind.FETCH, attachment_id, due_at=now, now=now)
    return attachment_id


def hold(
    session: Session, stored: Stored, *, filename: str, content_type: str, form_token: str, now: datetime
) -> Attachment:
    """Remember a stored file of a form that is still being corrected; `form_token` is the hash of its token."""
    attachment = Attachment(
        state=FileState.STORED,
        form_token=form_token,
        filename=clean_filename(filename),
        content_type=content_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        storage_key=stored.key,
        created_at=now,
    )
    session.add(attachment)
    session.flush()
    return attachment


def held(session: Session, form_token: str) -> list[Attachment]:
    """The files that wait with a form, in the order in which they came."""
    mine = (Attachment.form_token == form_token, Attachment.message_id.is_(None))
    return list(session.scalars(select(Attachment).where(*mine).order_by(Attachment.id)))


def join(session: Session, message_id: int, files: Sequence[Attachment], *, now: datetime) -> None:
    """Let files that were held with a form belong to its message, and promise their clean copies."""
    for attachment in files:
        attachment.message_id, attachment.form_token = message_id, None
        make_safe(session, attachment, now=now)
    session.flush()


def make_safe(session: Session, attachment: Attachment, *, now: datetime) -> None:
    """Promise a clean copy of a stored file, unless it has one; a promise that failed is made again."""
    if not attachment.copy_key:
        _promise(session, JobKind.CLEAN, attachment.id, now=now)


def drop(session: Session, attachments: Sequence[Attachment]) -> list[str]:
    """Delete the rows and return the names in storage, to be deleted there once this is committed."""
    for attachment in attachments:
        session.delete(attachment)
    session.flush()
    return [key for attachment in attachments for key in attachment.keys if key]


def sweep(session: Session, *, before: datetime, limit: int = 500) -> list[str]:
    """Drop files that came before `before` with forms nobody finished, the oldest first; as `drop` returns."""
    abandoned = (
        select(Attachment)
        .where(Attachment.form_token.is_not(None), Attachment.message_id.is_(None), Attachment.created_at < before)
        .order_by(Attachment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # a form that is being finished at this moment keeps its files
    )
    return drop(session, session.scalars(abandoned).all())


def note(session: Session, attachment_id: int, problem: str) -> None:
    """Say why a file has not been fetched yet, for staff who wait for it."""
    attachment = _locked(session, attachment_id)
    if attachment and attachment.state is FileState.PENDING:
        attachment.problem = problem


def seal(session: Session, attachment_id: int, stored: Stored, *, forget: bool, now: datetime) -> bool:
    """Remember that a fetched file is safe with us as it came, and promise its clean copy.

    With `forget`, the provider's copy is deleted later. Returns False, and changes nothing, if somebody
    else has sealed it already or it is not wanted any more.
    """
    attachment = _locked(session, attachment_id)
    if attachment is None or attachment.storage_key:
        return False
    attachment.state, attachment.problem = FileState.STORED, ""
    attachment.storage_key, attachment.sha256, attachment.size_bytes = stored.key, stored.sha256, stored.size_bytes
    _promise(session, JobKind.CLEAN, attachment_id, now=now)
    if forget:
        jobs.promise(session, JobKind.FORGET, attachment_id, due_at=now + FORGET_AFTER, now=now)
    return True


def finish(session: Session, attachment_id: int, made: Made) -> bool:
    """Remember the clean copy. Returns False, and changes nothing, if there is one already or no file any more."""
    attachment = _locked(session, attachment_id)
    if attachment is None or attachment.copy_key:
        return False
    attachment.state, attachment.problem = FileState.STORED, ""
    attachment.content_type, attachment.copy_type = made.original_type, made.content_type
    attachment.copy_key, attachment.preview_key = made.stored.key, made.preview_key
    attachment.copy_sha256, attachment.copy_size = made.stored.sha256, made.stored.size_bytes
    attachment.duration_seconds = made.duration_seconds
    return True


def judge(session: Session, attachment_id: int, state: FileState, problem: str, content_type: str = "") -> None:
    """Say why a file has no clean copy: `problem` is one of `services.problems`, or words for staff."""
    attachment = _locked(session, attachment_id)
    if attachment is None or attachment.copy_key:
        return
    attachment.state, attachment.problem = state, problem[:500]
    attachment.content_type = content_type or attachment.content_type


def forgotten(session: Session, attachment_id: int, *, now: datetime) -> None:
    """The provider has no copy any more."""
    if attachment := _locked(session, attachment_id):
        attachment.forgotten_at = now


def retry(session: Session, attachment: Attachment, *, actor: User, now: datetime) -> None:
    """Try at once, and for another day, what went wrong with a file. Raises TooLate if nothing did."""
    if not attachment.can_be_retried:
        raise TooLate(str(attachment.id))
    if attachment.storage_key:
        attachment.state = FileState.STORED if attachment.state is FileState.FAILED else attachment.state
        _promise(session, JobKind.CLEAN, attachment.id, now=now)
    else:
        attachment.state = FileState.PENDING
        _promise(session, JobKind.FETCH, attachment.id, now=now)
    attachment.problem = ""
    about = attachment.submission.id if attachment.submission else None
    audit.record(session, actor, "attachment:retry", about, now=now, attachment=attachment.id)


def clean_copy_of(attachment: Attachment) -> File:
    """Return the copy without hidden facts, which may be shown and sent on. Raises NotFound while there is none."""
    if not attachment.is_ready:
        raise NotFound(str(attachment.id))
    name = inspection.named_for(attachment.filename or _nameless(attachment), attachment.copy_type)
    size, sha256 = attachment.copy_size or 0, attachment.copy_sha256
    return File(attachment.copy_key, attachment.copy_type, size, sha256, name)


def original_of(attachment: Attachment) -> File:
    """Return the file as it came, hidden facts and all. Raises NotFound where it may not be opened."""
    if not attachment.may_be_opened:
        raise NotFound(str(attachment.id))
    name = attachment.filename or inspection.named_for(_nameless(attachment), attachment.content_type)
    return File(attachment.storage_key, attachment.content_type, attachment.size_bytes or 0, attachment.sha256, name)


def _nameless(attachment: Attachment) -> str:
    return f"file-{attachment.id}"


def _locked(session: Session, attachment_id: int) -> Attachment | None:
    return session.get(Attachment, attachment_id, with_for_update=True, populate_existing=True)


def _promise(session: Session, kind: JobKind, attachment_id: int, *, now: datetime) -> None:
    """Promise a job, or let one that was promised begin again."""
    job = jobs.find(session, kind, attachment_id)
    if job is None:
        jobs.promise(session, kind, attachment_id, due_at=now, now=now)
    else:
        jobs.hurry(session, job, now=now)
