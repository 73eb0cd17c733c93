"""The files of one sending: looked at, kept, and held while the rest of the form is put right."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inbox.channels.webform.fields import Files
from inbox.edge import current_runtime, now, request_session, writing
from inbox.errors import UploadRefused
from inbox.models import Attachment
from inbox.services import media
from inbox.storage import CHUNK_BYTES, Stored


@dataclass(frozen=True)
class Upload:
    """A file that can be taken, still where the request left it."""

    file: BinaryIO
    filename: str
    content_type: str

    def sha256(self) -> str:
        self.file.seek(0)
        digest = hashlib.sha256()
        while chunk := self.file.read(CHUNK_BYTES):
            digest.update(chunk)
        return digest.hexdigest()


@dataclass(frozen=True)
class Kept:
    """A file whose bytes are safe."""

    stored: Stored
    filename: str
    content_type: str


def sort_out(field: Files) -> list[Upload]:
    """Return the files that can be taken; why the others cannot becomes the field's errors."""
    uploads = []
    for file in field.files:
        stream, filename = cast(BinaryIO, file.stream), media.clean_filename(file.filename or "")
        try:
            uploads.append(Upload(stream, filename, media.inspect(stream, filename)))
        except UploadRefused as refusal:
            field.add_error(_(refusal.message, **refusal.values))
    return uploads


def keep(uploads: Iterable[Upload]) -> list[Kept]:
    """Store the bytes; what was stored before a failure is taken back. Raises StorageError."""
    kept: list[Kept] = []
    storage = current_runtime().storage
    try:
        for upload in uploads:
            kept.append(Kept(storage.keep(upload.file), upload.filename, upload.content_type))
    except Exception:
        forget(kept)
        raise
    return kept


def forget(kept: Iterable[Kept]) -> None:
    current_runtime().storage.delete([file.stored.key for file in kept])


def attach(
    session: Session, kept: Iterable[Kept], form_key: str, here: Iterable[Attachment], at: datetime
) -> list[Attachment]:
    """Make rows for the files that are not among those already `here`, and return all that belong to the form."""
    held = media.held(session, form_key)
    known = {(file.sha256, file.filename) for file in (*here, *held)}
    new = [
        media.hold(
            session, file.stored, filename=file.filename, content_type=file.content_type, form_token=form_key, now=at
        )
        for file in kept
        if (file.stored.sha256, file.filename) not in known
    ]
    return [*held, *new]


def hold(uploads: list[Upload], form_key: str) -> None:
    """Keep the files of a form that must be corrected, until it comes again."""
    if not uploads:
        return
    kept = keep(uploads)
    try:
        with writing() as session:
            rows = attach(session, kept, form_key, (), now())
            used = {row.storage_key for row in rows}
    except Exception:
        forget(kept)
        raise
    forget(file for file in kept if file.stored.key not in used)


def held(form_key: str) -> list[Attachment]:
    return media.held(request_session(), form_key)


def leave_out(form_key: str, ids: set[str]) -> None:
    """Delete held files of this form that the sender no longer wants to send."""
    if not ids:
        return
    with writing() as session:
        keys = media.drop(session, [file for file in media.held(session, form_key) if str(file.id) in ids])
    current_runtime().storage.delete(keys)


def pass_on(old_key: str, new_key: str) -> None:
    """Let the files held for a form that expired belong to the one that replaces it."""
    with writing() as session:
        for file in media.held(session, old_key):
            file.form_token = new_key


def too_much(field: Files, uploads: list[Upload]) -> bool:
    """Whether the files are larger together than we take; if so the field says it."""
    limit = current_runtime().settings.max_upload_mb
    total = sum(file.size_bytes or 0 for file in field.held) + sum(_size(upload.file) for upload in uploads)
    if total <= limit * 1024 * 1024:
        return False
    field.add_error(
        _(
            "Together the files are %(total)d MB, and we can take %(limit)d MB at once. Leave some out; "
            "you can add them later with your receipt code.",
            total=-(-total // (1024 * 1024)),
            limit=limit,
        )
    )
    return True


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)
