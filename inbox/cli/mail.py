"""Taking in mails that lie in files."""

import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import click

from inbox import logs
from inbox.channels.email.take_in import Outcome, read_head, take_in
from inbox.cli.shared import open_inbox
from inbox.profile import Profile
from inbox.runtime import Runtime

IMPORT = "import"
"""The account of mails that are imported where the newsroom has no mailbox."""
IN_MEMORY_BYTES = 8 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
_WORDS = {
    Outcome.TAKEN_IN: "taken in",
    Outcome.HERE_ALREADY: "here already",
    Outcome.PLACEHOLDER: "kept as a placeholder",
    Outcome.OURS: "left out, being our own",
}


@click.command("import-mail")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_mail(files: tuple[Path, ...]) -> None:
    """Take .eml and mbox files in as if they had arrived by mail; one that is here already changes nothing."""
    logs.configure()
    runtime = open_inbox()
    results = [_import(runtime, path) for path in files]
    if not all(results):
        sys.exit(1)


def _import(runtime: Runtime, path: Path) -> bool:
    """Take one file in and say what became of it; False if it could not be read."""
    counts: Counter[Outcome] = Counter()
    try:
        with path.open("rb") as file:
            for mail in _mails(file):
                counts[take_in(runtime, mail, _address(runtime.profile, mail))] += 1
    except OSError as error:
        click.echo(f"{path}: cannot be read: {error.strerror or type(error).__name__}", err=True)
        return False
    click.echo(f"{path}: {_told(counts)}")
    return True


def _told(counts: Counter[Outcome]) -> str:
    """In words; numbers only where there are several mails."""
    if counts.total() == 1:
        return _WORDS[next(iter(counts))]
    return ", ".join(f"{counts[it]} {words}" for it, words in _WORDS.items() if counts[it]) or "no mail in it"


def _mails(file: BinaryIO) -> Iterator[BinaryIO]:
    """The mails of a file: those of an mbox, which begins with "From ", one after the other, or the whole of it."""
    begins = file.read(5)
    file.seek(0)
    if begins == b"From ":
        yield from _mails_of_mbox(file)
    elif begins:
        yield file


def _mails_of_mbox(file: BinaryIO) -> Iterator[BinaryIO]:
    """Each line that begins with "From " begins a mail, as for Python's `mailbox`; the blank line before it is no
    part of the mail. One mail at a time is held, a long one on the disk, and no line is read beyond a megabyte."""
    mail = _new_file()
    blank = b""
    for line in iter(partial(file.readline, LONGEST_LINE), b""):
        if line.startswith(b"From "):
            if mail.tell():
                yield mail
            mail, blank = _new_file(), b""
            continue
        mail.write(blank)
        blank = line if line in (b"\n", b"\r\n") else b""
        mail.write(b"" if blank else line)
    if mail.tell():
        yield mail


def _new_file() -> BinaryIO:
    return cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY_BYTES))


def _address(profile: Profile, mail: BinaryIO) -> str:
    """Which of the newsroom's mailboxes a mail came to, as far as its header tells; else the first one."""
    head = read_head(mail)
    mailbox = profile.mailbox_of((*head.delivered_to, *head.recipients))
    return mailbox.address if mailbox else profile.mailboxes[0].address if profile.mailboxes else IMPORT
