"""Files are kept byte for byte, in private, and in little memory, in a folder or in S3."""

import hashlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import SpooledTemporaryFile

import pytest
from memory import MEASURABLE, WHY_NOT

from inbox.errors import StorageError
from inbox.storage import PART_BYTES, Storage


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is needed: objects by path, and uploads in parts."""

    def do_PUT(self) -> None:
        if self.server.closed:
            return self._answer(403)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.objects[self.path] = body
        return self._answer(200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path, _, query = self.path.partition("?")
        if query.startswith("delete"):
            keys = re.findall(r"<Key>(.*?)</Key>", body)
            for key in keys:
                self.server.objects.pop(f"{path.rstrip('/')}/{key}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        if query.startswith("uploads"):
            xml = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
            return self._answer(200, xml.encode())
        parts = [key for key in self.server.objects if key.startswith(f"{path}?")]
        parts.sort(key=lambda key: int(re.search(r"partNumber=(\d+)", key)[1]))
        self.server.objects[path] = b"".join(self.server.objects.pop(key) for key in parts)
        return self._answer(200, b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>')

    def do_GET(self) -> None:
        if self.server.closed:
            return self._answer(403)
        body = self.server.objects.get(self.path)
        if body is None:
            return self._answer(404)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None:
            return self._answer(200, body)
        first, last = map(int, wanted.groups())
        return self._answer(206, body[first : last + 1], f"bytes {first}-{last}/{len(body)}")

    do_HEAD = do_GET

    def _answer(self, status: int, body: bytes = b"", part: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if part:
            self.send_header("Content-Range", part)
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Tue, 24 Nov 2026 06:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.objects, server.closed = {}, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Storage(str(tmp_path / "files"))
    request.getfixturevalue("bucket")
    return Storage("s3://news/desk/files")


@pytest.mark.parametrize("content", [b"", b"x", os.urandom(PART_BYTES * 2 + 7)], ids=["empty", "small", "in parts"])
def test_a_file_is_kept_byte_for_byte_with_its_hash(content: bytes, storage: Storage) -> None:
    with SpooledTemporaryFile(max_size=1000) as file:
        file.write(content)
        stored = storage.keep(file)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.size_bytes == len(content)
    assert storage.read(stored.key) == content


def test_equal_files_have_names_of_their_own(storage: Storage) -> None:
    assert storage.keep(io.BytesIO(b"x")).key != storage.keep(io.BytesIO(b"x")).key


def test_a_missing_file_is_told_before_the_first_byte_is_asked_for(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.chunks("originals/00/missing")


def test_deleting_twice_is_no_error(storage: Storage) -> None:
    key = storage.keep(io.BytesIO(b"x")).key
    storage.delete([key, key])
    with pytest.raises(FileNotFoundError):
        storage.read(key)


def test_a_file_under_a_given_name_replaces_its_earlier_self(storage: Storage) -> None:
    for content in (b"first one", b"second"):
        assert storage.keep(io.BytesIO(content), "previews/00/1.1").key == "previews/00/1.1"
    assert storage.read("previews/00/1.1") == b"second"
    assert storage.size("previews/00/1.1") == 6


def test_the_size_of_what_is_missing_is_not_known(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.size("originals/00/missing")


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (0, 1), (3, 7), (9, 10)])
def test_a_part_of_a_file_can_be_read(start: int, stop: int, storage: Storage) -> None:
    key = storage.keep(io.BytesIO(b"0123456789")).key
    assert b"".join(storage.chunks(key, start, stop)) == b"0123456789"[start:stop]


@pytest.mark.parametrize("key", ["../outside", "a/../../outside"])
def test_a_key_cannot_leave_the_store(key: str, storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        storage.keep(io.BytesIO(b"x"), key)
    with pytest.raises((StorageError, FileNotFoundError)):
        storage.read(key)
    assert not (tmp_path / "outside").exists()


def test_files_in_a_bucket_lie_under_the_prefix(bucket: ThreadingHTTPServer) -> None:
    key = Storage("s3://news/desk/files/").keep(io.BytesIO(b"x")).key
    assert list(bucket.objects) == [f"/news/desk/files/{key}"]


def test_a_bucket_that_refuses_is_a_storage_error(bucket: ThreadingHTTPServer) -> None:
    storage = Storage("s3://news")
    bucket.closed = True
    with pytest.raises(StorageError, match="cannot store a file"):
        storage.keep(io.BytesIO(b"x"))
    with pytest.raises(StorageError, match="cannot read a file"):
        storage.chunks("originals/00/x")


@pytest.mark.parametrize("url", ["gs://bucket", "ftp://host/files", "s3://", "s3:///prefix"])
def test_another_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        Storage(url)


def test_local_files_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir(mode=0o755)
    key = Storage(f"file://{folder}").keep(io.BytesIO(b"x")).key
    assert folder.stat().st_mode & 0o007 == 0
    assert (folder / key).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_gone_is_a_storage_error(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "files"))
    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("a file stands where the folder was")
    with pytest.raises(StorageError):
        storage.keep(io.BytesIO(b"x"))


MEASURE = """
import sys
from memory import highest_kib
from inbox.services import media
from inbox.storage import Storage

source, target = sys.argv[1:]
storage = Storage(target)
with open(__file__, "rb") as small:
    storage.keep(small)
before = highest_kib()
with open(source, "rb") as file:
    media.inspect(file, "film.mp4")
    stored = storage.keep(file)
size = sum(len(chunk) for chunk in storage.chunks(stored.key))
assert size == stored.size_bytes
print(size, highest_kib() - before)
"""


@pytest.mark.skipif(not MEASURABLE, reason=WHY_NOT)
def test_500_megabytes_take_less_than_64_of_memory(tmp_path: Path) -> None:
    film, script = tmp_path / "film.mp4", tmp_path / "measure.py"
    script.write_text(MEASURE)
    with film.open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")
        file.truncate(500 * 1024 * 1024)
    command = [sys.executable, str(script), str(film), str(tmp_path / "files")]
    tests = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)])}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    size, grown_kib = map(int, done.stdout.split())
    assert size == 500 * 1024 * 1024
    assert grown_kib < 64 * 1024
