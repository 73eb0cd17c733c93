"""Files that go out with a reply: looked at, stored, and held with the draft until it is sent."""

from collections.abc import Iterable
from typing import BinaryIO, cast

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from inbox.edge import current_runtime, now, writing
from inbox.errors import ReplyRefused, UploadRefused
from inbox.models import Submission
from inbox.services import accounts, drafts, media, outgoing_files
from inbox.storage import Stored
from inbox.web.access import current_user

MOST_BYTES = outgoing_files.MOST_FILES * outgoing_files.LARGEST


def take(reference: str, uploads: Iterable[FileStorage]) -> None:
    """Hold these files with this person's draft. Raises ReplyRefused for one that cannot be taken."""
    for upload in uploads or ():
        if upload.filename:
            _take_one(reference, cast(BinaryIO, upload.stream), media.clean_filename(upload.filename))


def _take_one(reference: str, file: BinaryIO, name: str) -> None:
    try:
        content_type = media.inspect(file, name)
    except UploadRefused as refusal:
        raise ReplyRefused(refusal.message, **refusal.values) from None
    storage = current_runtime().storage
    stored = storage.keep(file)
    try:
        with writing() as session:
            is_new = _hold(session, reference, stored, name, content_type)
    except Exception:
        storage.delete([stored.key])
        raise
    if not is_new:
        storage.delete([stored.key])


def _hold(session: Session, reference: str, stored: Stored, name: str, content_type: str) -> bool:
    """Remember a file; False if the same one is held already, as after a double click."""
    item = _submission(session, reference)
    here = {(file.sha256, file.filename) for file in drafts.files(session, item, current_user())}
    if (stored.sha256, name) in here:
        return False
    key = drafts.files_key(item, current_user())
    media.hold(session, stored, filename=name, content_type=content_type, form_token=key, now=now())
    return True


def leave_out(reference: str, number: int) -> None:
    """Delete a held file that is not to be sent."""
    with writing() as session:
        held = drafts.files(session, _submission(session, reference), current_user())
        keys = media.drop(session, [file for file in held if file.id == number])
    current_runtime().storage.delete(keys)


def _submission(session: Session, reference: str) -> Submission:
    return accounts.get_submission(session, current_user(), reference, accounts.REPLY)
