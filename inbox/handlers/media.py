"""What becomes of files: fetched and sealed, looked at and copied clean, and deleted where they came from.

Every step may be done again, by anybody, from where an earlier try died. What it puts into storage bears the
number of the try, and what earlier tries left there is deleted once a row names its successor.
"""

import shutil
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from sqlalchemy.orm import Session, joinedload

from inbox.antivirus import Clamd
from inbox.cleaning import Cleaned, clean
from inbox.errors import HarmfulFile, NoCleanCopy, NotCleaned, ScannerSilent, UnreadableFile, UploadRefused
from inbox.models import Attachment, Channel, FileState, JobKind
from inbox.models.attachment import INFECTED
from inbox.runtime import Runtime
from inbox.services import inspection, media, problems
from inbox.services.jobs import Lease, NotNow, Refused
from inbox.services.media import Fetcher, Made

WORKSHOP_PREFIX = "media-"
ORIGINALS, COPIES, PREVIEWS = "originals", "copies", "previews"
UNKNOWN = "application/octet-stream"
LEFT_OVERS = 50
"""How many earlier tries to clear up after; a day holds fewer."""
LONGEST_SECONDS = 7 * 24 * 3600
_STATES = {
    NoCleanCopy: FileState.STORED,
    HarmfulFile: FileState.REJECTED,
    UnreadableFile: FileState.FAILED,
}


class Fetch:
    """Gets a file from its provider and seals it as it came."""

    def __init__(self, runtime: Runtime, fetcher: Fetcher) -> None:
        self._runtime, self._fetcher = runtime, fetcher
        self._forgets = runtime.profile.delete_media_at_provider

    def do(self, lease: Lease) -> None:
        attachment = _read(self._runtime, lease)
        if attachment is None or attachment.storage_key:
            return
        with TemporaryFile(dir=workshop(self._runtime)) as file:
            try:
                self._fetcher.fetch(attachment.source_url, file)
            except NotNow as error:
                with self._runtime.database.writing() as session:
                    media.note(session, attachment.id, error.code)
                raise
            stored = self._runtime.storage.keep(file, _key(ORIGINALS, lease))
        with self._runtime.database.writing() as session:
            sealed = media.seal(session, attachment.id, stored, forget=self._forgets, now=self._runtime.clock())
        self._runtime.bell.set()
        self._runtime.storage.delete(_left_over(lease, ORIGINALS) if sealed else [stored.key])

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        attachment = session.get(Attachment, lease.subject_id)
        if attachment and attachment.state is FileState.PENDING:
            media.judge(session, attachment.id, FileState.FAILED, code)


class Clean:
    """Finds out what a file is, has it scanned where there is a scanner, and makes the copy that staff see."""

    def __init__(self, runtime: Runtime, scanner: Clamd | None) -> None:
        self._runtime, self._scanner = runtime, scanner

    def do(self, lease: Lease) -> None:
        attachment = _read(self._runtime, lease)
        if attachment is None or not attachment.storage_key or attachment.copy_key:
            return
        with TemporaryDirectory(prefix=WORKSHOP_PREFIX, dir=workshop(self._runtime)) as name:
            self._judge(lease, attachment, Path(name))

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        media.judge(session, lease.subject_id, FileState.HELD, code)

    def _judge(self, lease: Lease, attachment: Attachment, folder: Path) -> None:
        original = self._bring(attachment, folder)
        if virus := self._scan(attachment, original):
            return self._settle(attachment, FileState.REJECTED, INFECTED + virus)
        try:
            kind = _identify(attachment, original)
        except UploadRefused as refusal:
            problem = problems.OF_REFUSALS.get(refusal.message, problems.UNSAFE_KIND)
            kind = attachment.content_type if _is_of_a_mail(attachment) else UNKNOWN  # a mail says what it carries
            return self._settle(attachment, FileState.REJECTED, problem, kind)
        try:
            cleaned = clean(original, kind, folder / "copy", folder / "preview")
        except NotCleaned as error:
            return self._settle(attachment, _STATES[type(error)], error.message, kind)
        return self._keep(lease, inspection.told(kind, attachment.content_type), cleaned, folder)

    def _bring(self, attachment: Attachment, folder: Path) -> Path:
        place = folder / "original"
        try:
            with place.open("wb") as file:
                file.writelines(self._runtime.storage.chunks(attachment.storage_key))
        except FileNotFoundError:
            raise Refused("lost") from None
        return place

    def _scan(self, attachment: Attachment, original: Path) -> str:
        """What the scanner found. While it says nothing the file is held back: silence is no good news."""
        if self._scanner is None:
            return ""
        try:
            return self._scanner.scan(original)
        except ScannerSilent as error:
            self._settle(attachment, FileState.HELD, error.code)
            raise NotNow(error.code) from None

    def _settle(self, attachment: Attachment, state: FileState, problem: str, content_type: str = "") -> None:
        with self._runtime.database.writing() as session:
            media.judge(session, attachment.id, state, problem, content_type)

    def _keep(self, lease: Lease, kind: str, cleaned: Cleaned, folder: Path) -> None:
        storage, preview_key = self._runtime.storage, ""
        with (folder / "copy").open("rb") as copy:
            stored = storage.keep(copy, _key(COPIES, lease))
        if cleaned.has_preview:
            with (folder / "preview").open("rb") as preview:
                preview_key = storage.keep(preview, _key(PREVIEWS, lease)).key
        made = Made(kind, stored, cleaned.content_type, preview_key, _believable(cleaned.duration_seconds))
        with self._runtime.database.writing() as session:
            kept = media.finish(session, lease.subject_id, made)
        storage.delete(_left_over(lease, COPIES, PREVIEWS) if kept else [stored.key, preview_key or stored.key])


class Forget:
    """Deletes the provider's copy, once ours is where it should be."""

    def __init__(self, runtime: Runtime, fetcher: Fetcher) -> None:
        self._runtime, self._fetcher = runtime, fetcher

    def do(self, lease: Lease) -> None:
        attachment = _read(self._runtime, lease)
        if attachment is None or attachment.forgotten_at:
            return
        if not self._is_safe(attachment):
            raise Refused("lost")
        self._fetcher.forget(attachment.source_url)
        with self._runtime.database.writing() as session:
            media.forgotten(session, attachment.id, now=self._runtime.clock())

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """The file is with us all the same; the job itself says what went wrong."""

    def _is_safe(self, attachment: Attachment) -> bool:
        try:
            return self._runtime.storage.size(attachment.storage_key) == attachment.size_bytes
        except FileNotFoundError:
            return False


def clear_workshop(runtime: Runtime) -> None:
    """Delete what killed processes left; what is younger than any job may be belongs to one that runs."""
    for folder in workshop(runtime).glob(f"{WORKSHOP_PREFIX}*"):
        with suppress(FileNotFoundError):
            if time.time() - folder.stat().st_mtime > 2 * JobKind.CLEAN.time_limit.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)


def workshop(runtime: Runtime) -> Path:
    """Where files lie while they are worked on: on the disk of the data, not in /tmp, which may be memory."""
    folder = runtime.settings.data_dir / "tmp"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _read(runtime: Runtime, lease: Lease) -> Attachment | None:
    with runtime.database.reading() as session:
        return session.get(Attachment, lease.subject_id, options=[joinedload(Attachment.message)])


def _identify(attachment: Attachment, original: Path) -> str:
    """What it is. A name that a form took is believed to narrow it; a provider's or a mail's is only a hint."""
    with original.open("rb") as file:
        if attachment.source_url or _is_of_a_mail(attachment):
            return inspection.identify(file, attachment.filename, attachment.content_type)
        return inspection.inspect(file, attachment.filename)


def _is_of_a_mail(attachment: Attachment) -> bool:
    return attachment.message is not None and attachment.message.channel is Channel.EMAIL


def _believable(seconds: float | None) -> float | None:
    """A length that the child process gives; a file that took it over may have made it up."""
    return seconds if seconds is not None and 0 <= seconds <= LONGEST_SECONDS else None


def _key(folder: str, lease: Lease, tries: int | None = None) -> str:
    number = lease.subject_id
    return f"{folder}/{number % 256:02x}/{number}.{lease.tries if tries is None else tries}"


def _left_over(lease: Lease, *folders: str) -> list[str]:
    earlier = range(max(lease.tries - LEFT_OVERS, 1), lease.tries)
    return [_key(folder, lease, tries) for folder in folders for tries in earlier]
