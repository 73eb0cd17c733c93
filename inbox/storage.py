"""Where files are kept: a folder, or S3. Names are generated, never taken from the sender."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from inbox.errors import StorageError

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """What is known of a file once it is safe."""

    key: str
    sha256: str
    size_bytes: int


def make_store(url: str) -> ObjectStore:
    """Return the store for a folder's path or `s3://bucket/prefix` (credentials as AWS tools find them)."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return S3Store(parts.netloc, prefix=parts.path.strip("/") or None)
    path = Path(parts.path if parts.scheme == "file" else url)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(path)


class Storage:
    """Keeps bytes under generated names. All methods raise StorageError when the store does not answer."""

    def __init__(self, url: str) -> None:
        self._store = make_store(url)

    def keep(self, file: BinaryIO) -> Stored:
        """Copy a file from its beginning, in chunks, and return its name, hash and size."""
        file.seek(0)
        digest, size = hashlib.sha256(), 0
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        file.seek(0)
        key = _new_key()
        try:
            obstore.put(self._store, key, file, chunk_size=CHUNK_BYTES * 8, max_concurrency=2)
        except (BaseError, OSError) as error:
            raise StorageError(f"cannot store a file: {error}") from error
        return Stored(key, digest.hexdigest(), size)

    def put(self, key: str, data: bytes) -> None:
        """Keep a small derived file (a preview) under a name derived from its original's."""
        try:
            obstore.put(self._store, key, data)
        except (BaseError, OSError) as error:
            raise StorageError(f"cannot store a file: {error}") from error

    def chunks(self, key: str) -> Iterator[bytes]:
        """Yield a file's bytes. Raises FileNotFoundError before the first chunk if there is none."""
        try:
            stream = obstore.get(self._store, key).stream(min_chunk_size=CHUNK_BYTES)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise StorageError(f"cannot read a file: {error}") from error
        return (bytes(chunk) for chunk in stream)

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
            except (BaseError, OSError) as error:
                raise StorageError(f"cannot delete a file: {error}") from error


def _new_key() -> str:
    name = secrets.token_hex(16)
    return f"originals/{name[:2]}/{name}"
