"""A file of half a gigabyte goes to disk, not to memory."""

import hashlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from channels.webform.conftest import ANSWERS
from memory import MEASURABLE, WHY_NOT, highest_kib
from reader import Page

MEGABYTE = 1024 * 1024
SIZE = 498 * MEGABYTE  # the limit of 500 MB counts what comes around the file, too
BLOCK = b"%PDF-1.4\n" + os.urandom(MEGABYTE - 9)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int) -> Iterator[int]:
    """`inbox serve` on an empty folder; the value is its process id."""
    environ = {**os.environ, "INBOX_DATA_DIR": str(folder), "INBOX_MIN_FILL_SECONDS": "0"}
    command = [sys.executable, "-m", "inbox.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            server.poll()
        yield server.pid
    finally:
        server.terminate()
        server.wait(60)


def multipart(answers: dict[str, str]) -> tuple[bytes, bytes]:
    """What comes before and after the bytes of a file in a form."""
    fields = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in answers.items()
    )
    head = f'{fields}--x\r\nContent-Disposition: form-data; name="attachments"; filename="film.pdf"\r\n\r\n'
    return head.encode(), b"\r\n--x--\r\n"


def body(answers: dict[str, str]) -> Iterator[bytes]:
    head, tail = multipart(answers)
    yield head
    for _ in range(SIZE // MEGABYTE):
        yield BLOCK
    yield tail


@pytest.mark.skipif(not MEASURABLE, reason=WHY_NOT)
def test_half_a_gigabyte_raises_memory_by_less_than_64_megabytes(tmp_path: Path, port: int) -> None:
    with serving(tmp_path, port) as pid:
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        web.request("GET", "/send/message")
        first = web.getresponse()
        page = Page(first.status, first.read().decode())
        answers = page.answers | ANSWERS["message"]
        length = sum(len(part) for part in multipart(answers)) + SIZE
        headers = {
            "Cookie": first.headers["Set-Cookie"].split(";")[0],
            "Content-Type": "multipart/form-data; boundary=x",
            "Content-Length": str(length),
        }
        before = highest_kib(pid)
        web.request("POST", "/send/message", body(answers), headers)
        answer = web.getresponse()
        answer.read()
        raised = highest_kib(pid) - before
    assert answer.status == 303
    assert raised < 64 * 1024
    [stored] = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert stored.stat().st_size == SIZE
    wanted, kept = hashlib.sha256(), hashlib.sha256()
    for _ in range(SIZE // MEGABYTE):
        wanted.update(BLOCK)
    with stored.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            kept.update(chunk)
    stored.unlink()  # pytest keeps the folders of the last runs
    assert kept.digest() == wanted.digest()
