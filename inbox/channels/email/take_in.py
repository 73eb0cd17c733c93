"""A mail as it came becomes a message, exactly once: its bytes are kept, it is read, and it is put where it belongs.

Whatever it holds, it comes in: what cannot be read is a placeholder with its original, and stops no other mail.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import BinaryIO

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from inbox.channels.email.parse import parse
from inbox.db import exactly_once
from inbox.errors import StorageError, Unreadable
from inbox.logs import log
from inbox.models import Mail
from inbox.runtime import Runtime
from inbox.services import inspection, mail, mail_threads
from inbox.services.intake import Arrival
from inbox.services.mail import KeptFile, MailFile, ReadMail
from inbox.storage import CHUNK_BYTES, Stored

HEAD_BYTES = 256 * 1024
"""As much of a mail that cannot be read as its header is looked for in."""
TOO_LARGE, FAULT = "too-large", "fault"
UNKNOWN = "application/octet-stream"
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class Outcome(StrEnum):
    """What became of a mail. `OURS`: we sent it ourselves, and it came back."""

    TAKEN_IN = "taken in"
    PLACEHOLDER = "placeholder"
    HERE_ALREADY = "here already"
    OURS = "ours"


@dataclass(frozen=True)
class Opened:
    """A mail as far as it could be read; with a `problem` (a code) only its header was. `sha256` is of its bytes."""

    read: ReadMail
    sha256: str
    problem: str = ""


def take_in(runtime: Runtime, raw: BinaryIO, address: str, *, also: Callable[[Session], None] | None = None) -> Outcome:
    """Take in a mail that came to `address`, one of the newsroom's mailboxes; `raw` can be read from its beginning.

    `also` runs in the transaction that stores it, and where it is here already. Raises StorageError or an error of
    the database, with nothing stored; never for what the mail holds.
    """
    opened, address = open_mail(runtime, raw), address.lower()
    with runtime.database.reading() as session:
        is_here = mail_threads.is_here(session, opened.read, address, opened.sha256)
    if is_here:  # its bytes need not be stored only to be deleted
        with runtime.database.writing() as session:
            return _finish(session, also, Outcome.HERE_ALREADY)
    with kept_for(runtime, Mail.mail_id == mail_threads.mail_id_of(opened.read)) as keep:
        receive = partial(
            mail.receive,
            read=opened.read,
            address=address,
            original=keep(raw),
            files=keep_files(opened.read.files, keep),
            problem=opened.problem,
            profile=runtime.profile,
            derive=runtime.derive,
            now=runtime.clock(),
        )
        outcome = exactly_once(
            runtime.database.writing,
            lambda session: _finish(session, also, _outcome(receive(session), opened.problem)),
        )
    runtime.bell.set()
    return outcome


def _finish(session: Session, also: Callable[[Session], None] | None, outcome: Outcome) -> Outcome:
    if also:
        also(session)
    return outcome


def _outcome(arrival: Arrival | None, problem: str) -> Outcome:
    if arrival is None:
        log.info("mail of ours came back")
        return Outcome.OURS
    if arrival.repeated:
        return Outcome.HERE_ALREADY
    return Outcome.PLACEHOLDER if problem else Outcome.TAKEN_IN


def open_mail(runtime: Runtime, raw: BinaryIO) -> Opened:
    """Read a mail, whatever it holds; one that is too large is never read whole."""
    sha256 = _sha256(raw)
    if raw.seek(0, io.SEEK_END) > runtime.settings.max_mail_bytes:
        return _placeholder(raw, sha256, TOO_LARGE)
    raw.seek(0)
    try:
        return Opened(parse(raw.read(), runtime.zone), sha256)
    except Unreadable as error:
        return _placeholder(raw, sha256, error.code)
    except Exception as error:
        log.error("mail parser", error=type(error).__name__)
        return _placeholder(raw, sha256, FAULT)


def _placeholder(raw: BinaryIO, sha256: str, problem: str) -> Opened:
    log.warning("mail kept as it came", problem=problem)
    head = replace(read_head(raw), digest=sha256, text="", html="", files=(), kind="", details={}, bounce=None)
    return Opened(head, sha256, problem)


def read_head(raw: BinaryIO) -> ReadMail:
    """What the header of a mail says, without reading more of it; nothing where it cannot be understood."""
    raw.seek(0)
    start = raw.read(HEAD_BYTES)
    end = _END_OF_HEAD.search(start)
    try:
        return parse(start[: end.end()] if end else start)
    except Exception:
        return ReadMail(mail_id="", digest="", sender="", sender_name="", subject="", text="")


def _sha256(raw: BinaryIO) -> str:
    digest = hashlib.sha256()
    raw.seek(0)
    while chunk := raw.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


Keep = Callable[[BinaryIO], Stored]


@contextmanager
def kept_for(runtime: Runtime, which: ColumnElement[bool]) -> Iterator[Keep]:
    """Give what puts files into storage for a mail; those that no row of `which` names in the end are deleted.

    The database is asked, rather than how the block ended: a commit whose answer was lost may be a commit.
    """
    keys: list[str] = []

    def keep(file: BinaryIO) -> Stored:
        stored = runtime.storage.keep(file)
        keys.append(stored.key)
        return stored

    try:
        yield keep
    finally:
        with runtime.database.reading() as session:
            used = mail_threads.keys_of(session, which)
        with suppress(StorageError):
            runtime.storage.delete([key for key in keys if key not in used])


def keep_files(files: Iterable[MailFile], keep: Keep) -> list[KeptFile]:
    """Store the files of a mail. Raises StorageError."""
    return [KeptFile(keep(io.BytesIO(it.content)), it.filename, _type_of(it), it.content_id) for it in files]


def _type_of(file: MailFile) -> str:
    """What its content says it is, else what the mail says: files of every kind are kept."""
    try:
        kind = inspection.identify(io.BytesIO(file.content), file.filename, file.content_type)
        return inspection.told(kind, file.content_type)
    except Exception:  # most often UploadRefused; whatever is in it, it is only a hint until it is looked at
        return file.content_type[:255] or UNKNOWN
