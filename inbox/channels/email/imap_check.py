"""Signing in to the mail servers that mail is fetched from, for `inbox doctor`. Nothing is changed there."""

import threading
from collections.abc import Iterator

from inbox.channels.email.connection import Trouble
from inbox.channels.email.mailbox import Folder, opened
from inbox.profile import Mailbox
from inbox.runtime import Runtime
from inbox.services import mailboxes
from inbox.services.mailboxes import Source


def check(runtime: Runtime) -> Iterator[tuple[bool | None, str]]:
    """Say of each folder whether it can be read, and how to mend it; None for what may be left as it is."""
    sources = list(mailboxes.sources(runtime.settings.imap_servers, runtime.profile))
    if not sources:
        yield None, "INBOX_IMAP_URL is not set, so no mail is fetched"
    for source in sources:
        yield _look(source, source.mailbox) if source.mailbox else (False, f"INBOX_IMAP_URL: {source.complaint}")


def _look(source: Source, mailbox: Mailbox) -> tuple[bool, str]:
    server = source.server
    where = f"{mailbox.address}, folder {server.folder} on {server.host}"
    try:
        with opened(server, writable=mailbox.after_reading != "leave", stopping=threading.Event()) as folder:
            return _settled(folder, mailbox, where)
    except Trouble as trouble:
        return False, f"INBOX_IMAP_URL: {where}: {mailboxes.explain(trouble.code)}"


def _settled(folder: Folder, mailbox: Mailbox, where: str) -> tuple[bool, str]:
    if mailbox.move_to and not folder.has(mailbox.move_to):
        words = f"{where}: mails shall be moved to {mailbox.move_to} (move_to), and there is no such folder"
        return False, f"{words}; make it, or correct its name"
    how = "the server says at once what comes" if folder.can_idle else "looked into every minute"
    return True, f"{where}: can be read; {how}"
