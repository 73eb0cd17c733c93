"""Where files are kept: a folder, or S3. Names are generated, never taken from the sender."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import SplitResult, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from inbox.errors import StorageError

if TYPE_CHECKING:
    from obstore import GetOptions

CHUNK_BYTES = 1024 * 1024
PART_BYTES = 8 * 1024 * 1024  # S3 takes no parts below 5 MB
_FAILURES = (BaseError, OSError, ValueError)  # FileNotFoundError among them is told apart where it matters


@dataclass(frozen=True)
class Stored:
    """What is known of a file once it is safe."""

    key: str
    sha256: str
    size_bytes: int


class Storage:
    """Keeps bytes under generated names. All methods raise StorageError when the store does not answer."""

    def __init__(self, url: str) -> None:
        """Open a folder (its path, or `file://`) or `s3://bucket/prefix`, whose credentials are found as AWS
        tools find them. Raises ValueError for another address, OSError for a folder that cannot be made."""
        parts = urlsplit(url)
        self._folder = None if parts.scheme == "s3" else _make_folder(parts, url)
        self._store = LocalStore(self._folder) if self._folder else _open_bucket(parts)

    def keep(self, file: BinaryIO, key: str = "") -> Stored:
        """Copy a file from its beginning, in chunks, and return its name (drawn if none is given), hash and size."""
        digest, size = hashlib.sha256(), 0
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        file.seek(0)
        key = key or _new_key()
        self._write(key, file)
        return Stored(key, digest.hexdigest(), size)

    def size(self, key: str) -> int:
        """How many bytes a file has. Raises FileNotFoundError if there is none."""
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            raise
        except _FAILURES as error:
            raise _cannot("find", error) from error

    def chunks(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return a file's bytes, or those from `start` to before `stop`.

        Raises FileNotFoundError at once, before the first is asked for, if there is none.
        """
        options: GetOptions = {} if stop is None else {"range": (start, stop)}
        try:
            stream = obstore.get(self._store, key, options=options).stream(min_chunk_size=CHUNK_BYTES)
        except FileNotFoundError:
            raise
        except _FAILURES as error:
            raise _cannot("read", error) from error
        return _flow(stream)

    def read(self, key: str) -> bytes:
        """A whole small file. Raises FileNotFoundError if there is none."""
        return b"".join(self.chunks(key))

    def delete(self, keys: list[str]) -> None:
        """Delete files; one that is already gone is no error."""
        for key in keys:
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
            except _FAILURES as error:
                raise _cannot("delete", error) from error

    def _write(self, key: str, file: BinaryIO) -> None:
        try:
            obstore.put(self._store, key, file, chunk_size=PART_BYTES, max_concurrency=2)
            if self._folder:
                _make_safe(self._folder / key)
        except _FAILURES as error:
            raise _cannot("store", error) from error


def _make_folder(parts: SplitResult, url: str) -> Path:
    if parts.scheme not in ("", "file"):
        raise ValueError("use a folder's path or s3://bucket/prefix")
    folder = Path(parts.path if parts.scheme else url)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(PermissionError):  # somebody else's folder: its owner has decided
        folder.chmod(folder.stat().st_mode & ~0o007)
    return folder


def _open_bucket(parts: SplitResult) -> S3Store:
    if not parts.netloc:
        raise ValueError("name the bucket: s3://bucket/prefix")
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        # AWS_ENDPOINT_URL says http or https. A large file on a slow line may take long, silence may not.
        client_options={"allow_http": True, "connect_timeout": "5s", "read_timeout": "30s", "timeout": "1h"},
        # A page waits for this: say soon that it does not work, rather than try for minutes.
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
    )


def _flow(stream: "obstore.BytesStream") -> Iterator[bytes]:
    try:
        for chunk in stream:
            yield bytes(chunk)
    except _FAILURES as error:
        raise _cannot("read", error) from error


def _make_safe(path: Path) -> None:
    """Let only the owner read a new file, and wait until file and name are on the disk: accepted means safe."""
    path.chmod(0o600)
    for place in (path, *path.parents[:3]):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot(verb: str, error: Exception) -> StorageError:
    return StorageError(f"cannot {verb} a file: {type(error).__name__}")


def _new_key() -> str:
    name = secrets.token_hex(16)
    return f"originals/{name[:2]}/{name}"
