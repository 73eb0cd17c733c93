"""Files that go out with a reply: looked at, stored, and held with the draft until it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from inbox.edge import current_runtime, now, writing
from inbox.errors import ReplyRefused, UploadRefused
from inbox.models import Attachment, Submission
from inbox.services import accounts, drafts, media, outgoing_files
from inbox.storage import Stored
from inbox.web.access import current_user

MOST_BYTES = outgoing_files.MOST_FILES * outgoing_files.LARGEST


@dataclass(frozen=True)
class Kept:
    """A file whose bytes are safe, but that belongs to nothing yet."""

    stored: Stored
    filename: str
    content_type: str


def keep(uploads: Iterable[FileStorage] | None) -> list[Kept]:
    """Store these files. Raises ReplyRefused, with words, for one that cannot be taken; then none is stored."""
    kept: list[Kept] = []
    try:
        for upload in uploads or ():
            if upload.filename:
                kept.append(_keep_one(cast(BinaryIO, upload.stream), media.clean_filename(upload.filename)))
    except Exception:
        forget_unused(kept)
        raise
    return kept


def _keep_one(file: BinaryIO, name: str) -> Kept:
    try:
        content_type = media.inspect(file, name)
    except UploadRefused as refusal:
        raise ReplyRefused(refusal.message, **refusal.values) from None
    return Kept(current_runtime().storage.keep(file), name, content_type)


def hold(session: Session, item: Submission, kept: Iterable[Kept]) -> None:
    """Let files belong to this person's draft; one that does already, as after a double click, is not held twice."""
    here = {(file.sha256, file.filename) for file in drafts.files(session, item, current_user())}
    key = drafts.files_key(item, current_user())
    for file in kept:
        if (file.stored.sha256, file.filename) not in here:
            named = {"filename": file.filename, "content_type": file.content_type, "form_token": key}
            media.hold(session, file.stored, **named, now=now())


def forget_unused(kept: Iterable[Kept]) -> None:
    """Delete the bytes of those files that came to nothing."""
    keys = [file.stored.key for file in kept]
    if not keys:
        return
    with current_runtime().database.reading() as session:
        used = set(session.scalars(select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))))
    current_runtime().storage.delete([key for key in keys if key not in used])


def leave_out(reference: str, number: int) -> None:
    """Delete a held file that is not to be sent."""
    with writing() as session:
        item = accounts.get_submission(session, current_user(), reference, accounts.REPLY)
        held = drafts.files(session, item, current_user())
        keys = media.drop(session, [file for file in held if file.id == number])
    current_runtime().storage.delete(keys)
