"""Talking IMAP: one open folder of a mail server (RFC 3501, with IDLE, MOVE and UIDPLUS where the server has them).

imap-tools connects, signs in and names folders. Mails are fetched, marked and moved by the commands themselves: its
`flag`, `move` and `delete` may expunge whatever others have marked as deleted, which may be mails that are not here
yet, and its `fetch` holds a whole mail in memory.
"""

import imaplib
import re
import select
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal, cast

from imap_tools import BaseMailBox
from imap_tools.errors import MailboxFolderSelectError
from imap_tools.utils import encode_folder

from inbox.channels.email.connection import SILENCE_SECONDS, Trouble, connected, told
from inbox.errors import InboxError, StorageError
from inbox.mail_servers import ImapServer

POLL_SECONDS = 60.0
IDLE_SECONDS = 240.0
"""How long to rely on being told before looking anyway: well within the half hour after which servers hang up
(RFC 2177), and short enough to notice a line that is dead."""
NOTICE_SECONDS = 1.0
"""How often a wait looks whether it is time to stop."""
CHUNK_BYTES = 1024 * 1024
"""A larger mail is fetched in pieces of this size; smaller ones together, up to this size in all."""
LISTED_AT_ONCE = 100

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_SHORT = re.compile(rb'\bBODY\[\](?:<\d+>)? (?:NIL|"((?:[^"\\]|\\.)*)")')


class Stopped(InboxError):
    """It is time to go home."""


class Absent(Enum):
    """Why a mail of the list has no content."""

    GONE = "gone"
    WITHHELD = "withheld"


@contextmanager
def opened(server: ImapServer, *, writable: bool, stopping: threading.Event) -> Iterator["Folder"]:
    """Sign in and open a folder; see `connection.connected`. Raises Trouble.

    Without `writable` the server is told that nothing shall change (EXAMINE).
    """
    with connected(server) as box:
        yield Folder(box, server.folder, writable, stopping)


class Folder:
    """An open folder. Every method raises Trouble, and Stopped once `stopping` is set.

    UIDs of mails that are no more are no error anywhere.
    """

    def __init__(self, box: BaseMailBox, name: str, writable: bool, stopping: threading.Event) -> None:
        self._box, self._stopping = box, stopping
        self._client: Any = box.client  # IDLE needs what imaplib keeps to itself, as in imap-tools
        self._grown = False
        self._capabilities = self._ask_capabilities()
        try:
            with told("lost", refused=None):
                box.folder.set(name, readonly=not writable)
        except (MailboxFolderSelectError, imaplib.IMAP4.error):
            raise Trouble("folder") from None
        validity = self._number("UIDVALIDITY")
        if validity is None:
            raise Trouble("server")
        self.uid_validity, self.uid_next = validity, self._number("UIDNEXT")

    @property
    def can_idle(self) -> bool:
        """Whether the server says by itself what comes."""
        return "IDLE" in self._capabilities

    def beyond(self, uid: int) -> list[int]:
        """The UIDs above this one, ascending."""
        with told("lost"):
            self._client.noop()  # else a server may answer as of its last word
        self._grown = False
        return [found for found in self._search(f"UID {uid + 1}:*") if found > uid]  # "*" is the last one in any case

    def read(self, uids: Sequence[int], folder: Path, *, singly: bool = False) -> Iterator[tuple[int, "Content"]]:
        """The mails with these UIDs in their order, as they come; nothing on the server changes.

        What is large lies in a file of `folder` without a name. Raises StorageError if that cannot be written.
        """
        for start in range(0, len(uids), LISTED_AT_ONCE):
            some = uids[start : start + LISTED_AT_ONCE]
            for batch in _batches(some, {} if singly else self._sizes(some)):
                contents = self._fetch(batch) if batch[1:] else {}
                for uid in batch:
                    raw = contents.pop(uid, None)
                    yield uid, self._fetch_alone(uid, folder) if raw is None else BytesIO(raw)

    def mark_seen(self, first: int, last: int) -> None:
        """Mark the mails from one UID to another as seen."""
        for some in self._ranges(first, last, "UNSEEN"):
            self._must("STORE", some, "+FLAGS.SILENT", r"(\Seen)")

    def move(self, first: int, last: int, target: str) -> None:
        """Move the mails from one UID to another to a folder."""
        for some in self._ranges(first, last, "UNDELETED"):
            self._move(some, encode_folder(target))

    def has(self, target: str) -> bool:
        """Whether the account has a folder of this name."""
        with told("lost"):
            return bool(self._box.folder.exists(target))

    def wait(self) -> bool:
        """Wait until something may have come, for some minutes at most; return whether the server says so."""
        if self._grown:  # said along with another answer, and not again
            return True
        if self.can_idle:
            with told("lost"):
                return self._idle()
        self._stopping.wait(POLL_SECONDS)
        return False

    def _move(self, uids: str, target: bytes) -> None:
        if "MOVE" in self._capabilities:
            self._must("MOVE", uids, target)
            return
        if "UIDPLUS" not in self._capabilities:
            raise Trouble("after-reading")
        self._must("COPY", uids, target)
        self._must("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
        self._must("EXPUNGE", uids)

    def _ranges(self, first: int, last: int, which: str) -> Iterator[str]:
        uids = self._search(f"UID {first}:{last} {which}")
        for start in range(0, len(uids), LISTED_AT_ONCE):
            yield ",".join(map(str, uids[start : start + LISTED_AT_ONCE]))

    def _search(self, criteria: str) -> list[int]:
        ok, found = self._uid("SEARCH", criteria)
        if not ok:
            raise Trouble("server")
        return sorted({int(uid) for line in found if line for uid in line.split()})

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        _, lines = self._uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
        pairs = ((_UID.search(line), _SIZE.search(line)) for line in lines if isinstance(line, bytes))
        return {int(uid[1]): int(size[1]) for uid, size in pairs if uid and size}

    def _fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The mails that the server gives of these, which are small."""
        _, items = self._uid("FETCH", ",".join(map(str, uids)), "(UID BODY.PEEK[])")
        return _contents(items)

    def _fetch_alone(self, uid: int, folder: Path) -> "Content":
        file = _open_file(folder)
        size = 0
        while chunk := self._chunk(uid, size):
            size += len(chunk)
            _write(file, chunk)
            if len(chunk) > CHUNK_BYTES:  # a server that knows no pieces gives all of it, each time
                break
        if chunk is None:
            file.close()
            return Absent.WITHHELD if uid in self._search(f"UID {uid}") else Absent.GONE
        file.seek(0)
        return file

    def _chunk(self, uid: int, offset: int) -> bytes | None:
        _, items = self._uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{offset}.{CHUNK_BYTES}>)")
        return _contents(items).get(uid)

    def _must(self, command: str, *arguments: str | bytes) -> None:
        ok, _ = self._uid(command, *arguments)
        if not ok:
            raise Trouble("after-reading")

    def _uid(self, command: str, *arguments: str | bytes) -> tuple[bool, list[Any]]:
        """Run a UID command; return whether the server did it, and what it told of mails even if not.

        Of several mails it may give some and then say that others are no more (RFC 5530, EXPUNGEISSUED).
        """
        if self._stopping.is_set():
            raise Stopped
        untagged = self._client.untagged_responses
        untagged.clear()  # imaplib keeps what it was told unasked, for ever
        with told("lost"):
            status, data = self._client.uid(command, *arguments)
        self._grown = self._grown or "EXISTS" in untagged
        ok = status == "OK"
        return ok, data if ok else untagged.pop(command, [])

    def _ask_capabilities(self) -> frozenset[str]:
        with told("lost"):  # there are more of them after signing in
            answer = self._client.capability()[1][-1]
        return frozenset((answer or b"").decode("ascii", "replace").upper().split())

    def _number(self, name: str) -> int | None:
        value = self._client.response(name)[1][-1]
        return int(value) if value and value.isdigit() else None

    def _idle(self) -> bool:
        self._client.untagged_responses.clear()
        tag = self._client._command("IDLE")
        while self._client._get_response() is not None:  # None: the server waits, as we do
            if self._client.tagged_commands[tag]:
                raise Trouble("server")
        until = time.monotonic() + IDLE_SECONDS
        grown = "EXISTS" in self._client.untagged_responses
        while not (grown or self._stopping.is_set() or time.monotonic() >= until):
            grown = self._line_waits() and b"EXISTS" in self._client._get_line()
        self._client.send(b"DONE\r\n")
        self._box.consume_until_tagged_response(tag)
        return bool(grown)

    def _line_waits(self) -> bool:
        """Whether the server says something, or hangs up, within a second.

        Buffer and TLS may hold back what the socket has given away already, so they are looked into first.
        """
        if self._peek():
            return True
        poll = select.poll()
        poll.register(self._client.sock, select.POLLIN)
        return bool(poll.poll(NOTICE_SECONDS * 1000)) and self._peek() is not None

    def _peek(self) -> bytes | None:
        """What can be read without waiting: b"" also at the end, None while TLS waits for the rest of a record."""
        self._client.sock.settimeout(0)
        try:
            return cast(bytes, self._client.file.peek(1))
        except ssl.SSLWantReadError:
            return None
        finally:
            self._client.sock.settimeout(SILENCE_SECONDS)


Content = BinaryIO | Literal[Absent.GONE, Absent.WITHHELD]


def _batches(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Neighbours that are small together, whatever is large or of unknown size by itself."""
    batch: list[int] = []
    total = 0
    for uid in uids:
        size = sizes.get(uid, CHUNK_BYTES)
        if batch and total + size > CHUNK_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch


def _contents(items: list[Any]) -> dict[int, bytes]:
    """The mails in an answer to FETCH, as imaplib takes it apart: a literal comes as a pair with what precedes it."""
    found = {}
    for item, after in zip(items, [*items[1:], b""], strict=False):
        if isinstance(item, tuple):
            head, content = item[0] + b" " + (after if isinstance(after, bytes) else b""), item[1]
        elif item and (short := _SHORT.search(item)):
            head, content = item, re.sub(rb"\\(.)", rb"\1", short[1] or b"")
        else:
            continue
        if uid := _UID.search(head):
            found[int(uid[1])] = content
    return found


def _open_file(folder: Path) -> BinaryIO:
    try:
        return cast(BinaryIO, TemporaryFile(dir=folder))
    except OSError as error:
        raise StorageError(f"cannot hold a mail: {type(error).__name__}") from error


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise StorageError(f"cannot hold a mail: {type(error).__name__}") from error
