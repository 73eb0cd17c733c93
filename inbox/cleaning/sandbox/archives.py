"""ZIP archives, which documents are: read within limits, written without times."""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .answers import Reason, Refused

MIB = 1024 * 1024
MAX_ENTRIES = 10_000
MAX_UNPACKED = 1024 * MIB
MAX_RATIO = 100
RATIO_COUNTS_FROM = 64 * MIB  # tables with the same value in every cell shrink a lot, too
MAX_ENTRY = 128 * MIB

_ENCRYPTED = 0x1
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Archive:
    """The entries of a checked archive by their names. No archive within it is ever opened."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zipped = zipped
        self.names = frozenset(zipped.namelist())

    def read(self, name: str) -> bytes:
        """An entry's content, which is never more than the archive's directory says. Raises Refused."""
        entry = self._zipped.getinfo(name)
        if entry.file_size > MAX_ENTRY:
            raise Refused(Reason.TOO_LARGE)
        return self._zipped.read(entry)


class Writer:
    """Writes an archive; its entries have no time, no system and no rights."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zipped = zipped

    def write(self, name: str, content: bytes, *, packed: bool = True) -> None:
        entry = zipfile.ZipInfo(name, _NO_TIME)
        entry.create_system = 0
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        self._zipped.writestr(entry, content)


@contextlib.contextmanager
def reading(original: Path) -> Iterator[Archive]:
    """Open an archive after looking at its directory alone. Raises Refused for a bomb, a password or no archive."""
    with original.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise Refused(Reason.DAMAGED)
        with zipfile.ZipFile(file) as zipped:
            _check(zipped.infolist(), original.stat().st_size)
            yield Archive(zipped)


@contextlib.contextmanager
def writing(copy: Path) -> Iterator[Writer]:
    """Open a new archive."""
    with zipfile.ZipFile(copy, "w") as zipped:
        yield Writer(zipped)


def _check(entries: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or (unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed):
        raise Refused(Reason.BOMB)
    if unpacked > MAX_UNPACKED:
        raise Refused(Reason.TOO_LARGE)
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Refused(Reason.PASSWORD)
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused(Reason.TWO_KINDS)  # readers disagree on which of two entries of the same name they show
