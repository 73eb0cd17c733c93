"""Watching a folder of a mail server, in a thread of the worker: what comes is taken in, and then only is it marked
or moved as the mailbox says.

Where we are is in the database (`services.mailboxes`) and moves in the transaction that stores a mail. Nothing here
must survive.
"""

import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from inbox.channels.email.connection import Trouble
from inbox.channels.email.mailbox import Absent, Content, Folder, Stopped, opened
from inbox.channels.email.take_in import take_in
from inbox.errors import StorageError
from inbox.logs import log
from inbox.mail_servers import ImapServer
from inbox.profile import Mailbox
from inbox.runtime import Runtime
from inbox.services import health, mailboxes
from inbox.services.mailboxes import Hold, LeaseLost, Progress

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
REFUSED_PAUSE = timedelta(minutes=5)
"""After a refused sign-in: servers lock accounts whose password is tried again and again."""
OTHERS_PAUSE = timedelta(seconds=10)
"""How often to see whether whoever reads this folder still does."""
FEW_FALSE_ALARMS, LONGEST_REST_SECONDS = 3, 60
"""After so many looks in a row that a server asked for and that found nothing, it is taken less and less seriously."""
TOLD_AFTER = 100
"""How many mails to take in before saying that all is well."""

_OURS: dict[type[Exception], str] = {
    StorageError: "storage",
    OSError: "storage",
    MemoryError: "storage",
    OperationalError: "database",
    InterfaceError: "database",
    NoConnection: "database",
}
"""Faults that no mail is to blame for: the folder waits, as the next mail would fare no better."""

_NOT_THE_MAIL: tuple[type[Exception], ...] = (LeaseLost, *_OURS)


class Watch(threading.Thread):
    """Reads one folder, as long as no other worker does."""

    def __init__(self, runtime: Runtime, server: ImapServer, mailbox: Mailbox, name: str) -> None:
        super().__init__(name="mailbox", daemon=True)
        self._runtime, self._server, self._mailbox, self._channel = runtime, server, mailbox, name
        self._stopping = threading.Event()
        self._holder = secrets.token_hex(8)
        self._hold: Hold | None = None
        self._failures = 0
        self._validity = self._last = 0
        self._ahead: set[int] = set()
        """Mails that are here though an earlier one is not."""
        self._put_off: set[int] = set()
        """Mails at which the connection broke: they come after the others, in case it is them."""

    def run(self) -> None:
        while not self._stopping.is_set():
            pause = self._watch()
            self._stopping.wait(pause.total_seconds())
        if self._hold:
            with suppress(SQLAlchemyError), self._runtime.database.writing() as session:
                mailboxes.release(session, self._hold)

    def stop(self) -> None:
        """Begin to stop: the mail that is being stored is stored, and no further one."""
        self._stopping.set()

    def renew(self) -> None:
        """Say that this folder is still ours, from time to time."""
        if hold := self._hold:
            with self._runtime.database.writing() as session:
                mailboxes.renew(session, hold, now=self._runtime.clock())

    def _watch(self) -> timedelta:
        """Read the folder for as long as all is well; return how long to wait then."""
        try:
            if not self._take_hold():
                return OTHERS_PAUSE
            writable = self._mailbox.after_reading != "leave"
            with opened(self._server, writable=writable, stopping=self._stopping) as folder:
                self._follow(folder)
        except Stopped:
            return timedelta(0)
        except LeaseLost:
            self._hold = None
            return OTHERS_PAUSE
        except Exception as error:
            return self._failed(error)
        return timedelta(0)

    def _take_hold(self) -> bool:
        address, folder, now = self._mailbox.address, self._server.folder, self._runtime.clock()
        self._hold = None
        with suppress(IntegrityError), self._runtime.database.writing() as session:
            self._hold = mailboxes.take(session, address, folder, holder=self._holder, now=now)
        return self._hold is not None

    def _follow(self, folder: Folder) -> None:
        self._begin(folder)
        unsettled, false_alarms = 1, 0
        has_grown = False
        while not self._stopping.is_set():
            listed = folder.beyond(self._last)
            false_alarms = false_alarms + 1 if has_grown and not listed else 0
            problem = self._take_in_all(folder, listed)
            refused = self._settle(folder, unsettled)
            if not refused:
                unsettled = self._last + 1
            self._report(problem or refused)
            self._stopping.wait(min(false_alarms // FEW_FALSE_ALARMS, LONGEST_REST_SECONDS))
            has_grown = folder.wait()
            self._failures = 0

    def _begin(self, folder: Folder) -> None:
        with self._runtime.database.writing() as session:
            last = mailboxes.begin(session, self._held, folder.uid_validity, folder.uid_next)
        if folder.uid_validity != self._validity or last < self._last:  # UIDs mean other mails now
            self._ahead, self._put_off = set(), set()
        self._validity, self._last = folder.uid_validity, last

    def _take_in_all(self, folder: Folder, listed: Sequence[int]) -> str:
        """Take in these mails; return what was wrong with one of them, or ""."""
        problem = ""
        progress = Progress(listed, self._ahead)
        wanted = sorted(set(listed) - self._ahead, key=lambda uid: (uid in self._put_off, uid))
        for start in range(0, len(wanted), TOLD_AFTER):
            problem = self._take_in_some(folder, wanted[start : start + TOLD_AFTER], progress) or problem
            self._report(problem)
        if listed and not problem:
            self._advance_to(listed[-1])
            self._ahead.clear()
        return problem

    def _take_in_some(self, folder: Folder, wanted: Sequence[int], progress: Progress) -> str:
        problem = ""
        waiting = list(reversed(wanted))
        place = Path(self._runtime.settings.data_dir)
        try:
            for uid, content in folder.read(wanted, place, singly=bool(self._failures or self._put_off)):
                problem = self._take_in(uid, content, progress) or problem
                self._put_off.discard(waiting.pop())
                if self._stopping.is_set():
                    raise Stopped
        except Trouble:
            if self._failures > 1:  # it broke there each time, with nothing read since, and read by itself too
                self._put_off.add(waiting[-1])
            raise
        return problem

    def _take_in(self, uid: int, content: Content, progress: Progress) -> str:
        if content is Absent.WITHHELD:
            log.error("mail", uid=uid, error="the server does not give it")
            return "mail"
        if content is not Absent.GONE:
            try:
                with content:
                    self._store(content, max(progress.reached(uid), self._last))
            except _NOT_THE_MAIL:
                raise
            except Exception as error:
                log.error("mail", uid=uid, error=type(error).__name__)
                return "mail"
        self._last = max(progress.reached(uid), self._last)
        progress.add(uid)
        self._failures = 0
        return ""

    def _store(self, raw: BinaryIO, reached: int) -> None:
        """The mail and the position are one transaction."""

        def advance(session: Session) -> None:
            mailboxes.advance(session, self._held, reached, now=self._runtime.clock())

        take_in(self._runtime, raw, self._mailbox.address, also=advance)

    def _advance_to(self, uid: int) -> None:
        with self._runtime.database.writing() as session:
            mailboxes.advance(session, self._held, uid, now=self._runtime.clock())
        self._last = uid

    def _settle(self, folder: Folder, first: int) -> str:
        """Do on the server what the mailbox says of mails that are here, also those of before a crash.

        Return what was wrong, or "": mails go on arriving.
        """
        if self._mailbox.after_reading == "leave" or first > self._last:
            return ""
        try:
            if self._mailbox.after_reading == "move":
                folder.move(first, self._last, self._mailbox.move_to)
            else:
                folder.mark_seen(first, self._last)
        except Trouble as trouble:
            if trouble.code == "lost":
                raise
            return trouble.code
        return ""

    @property
    def _held(self) -> Hold:
        if self._hold is None:
            raise LeaseLost
        return self._hold

    def _failed(self, error: Exception) -> timedelta:
        """Say what went wrong; return how long to wait before trying again: longer each time."""
        code = error.code if isinstance(error, Trouble) else _code(error)
        log.warning("mailbox", problem=code, error=type(error).__name__)
        if code != "lost" or self._failures:  # a line that breaks now and then is no news
            self._report(code)
        if code == mailboxes.SIGN_IN:
            return REFUSED_PAUSE
        self._failures += 1
        return min(FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10), LONGEST_PAUSE)

    def _report(self, problem: str) -> None:
        now = self._runtime.clock()
        try:
            with self._runtime.database.writing() as session:
                if problem:
                    health.failed(session, self._channel, problem, now=now)
                else:
                    health.succeeded(session, self._channel, now=now)
        except SQLAlchemyError as error:  # the mails matter, this does not
            log.error("mailbox", error=type(error).__name__)


def _code(error: Exception) -> str:
    return next((code for kind, code in _OURS.items() if isinstance(error, kind)), "ours")


def make(runtime: Runtime) -> list[Watch]:
    """A watch for each folder of the settings whose mailbox is known."""
    found = mailboxes.sources(runtime.settings.imap_servers, runtime.profile)
    return [Watch(runtime, each.server, each.mailbox, each.name) for each in found if each.mailbox]
