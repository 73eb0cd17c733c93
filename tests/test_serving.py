"""What `inbox serve` answers and says before the application has a word."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dovecot import Account, mail, until
from sqlalchemy import select
from test_cli import Running

from inbox.bootstrap import bootstrap
from inbox.models import Mail, MailboxPosition

MEGABYTE = 1024 * 1024


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("INBOX_MAX_UPLOAD_MB", "1")
    running = Running(tmp_path / "data")
    yield running
    running.process.kill()
    running.process.wait()


def ask(port: int, head: str, body: bytes = b"") -> str:
    """What comes back for a request whose body is cut short; the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


@pytest.mark.parametrize("size", [19 * MEGABYTE, 10 * 1024 * MEGABYTE])
def test_an_upload_far_too_large_is_refused_with_a_page_before_it_is_read(running: Running, size: int):
    head = f"POST /send/message HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=x\nContent-Length: {size}\n"
    answer = ask(running.port, head)
    assert answer.startswith("HTTP/1.1 413")
    assert "Content-Type: text/html" in answer
    assert "The files are too large" in answer
    assert "at most 1 MB" in answer


def test_an_upload_that_does_not_tell_its_size_is_refused_with_a_page(running: Running):
    head = "POST /send/message HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=x\nTransfer-Encoding: chunked\n"
    chunk = b"%x\r\n%s\r\n" % (MEGABYTE, b"x" * MEGABYTE)
    answer = ask(running.port, head, (chunk * 18)[: 18 * MEGABYTE])  # the last byte is the one too many
    assert answer.startswith("HTTP/1.1 413")
    assert "The files are too large" in answer


def test_a_request_that_cannot_be_read_is_a_bad_request(running: Running):
    assert ask(running.port, "POST / HTTP/1.1\nContent-Length: many\n").startswith("HTTP/1.1 400")


def test_the_start_tells_of_misspelt_settings_and_of_a_redis_that_is_away(tmp_path: Path):
    environ = {"INBOX_DATA_DIR": str(tmp_path), "INBOX_PUBLIC_ULR": "x", "INBOX_REDIS_URL": "redis://127.0.0.1:1/0"}
    running = Running(tmp_path, stderr=subprocess.PIPE, **environ)
    running.process.terminate()
    _, said = running.process.communicate(timeout=60)
    warnings = [line for line in said.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == 2
    assert "INBOX_PUBLIC_ULR (is it INBOX_PUBLIC_URL?)" in warnings[0]
    assert "INBOX_REDIS_URL" in warnings[1]


@pytest.mark.parametrize("command", ["export", "upgrade", "serve"])
def test_a_file_that_is_no_database_is_one_line(tmp_path: Path, command: str):
    (tmp_path / "inbox.db").write_bytes(b"This is a letter and no database, however long it may be. " * 100)
    environ = {**os.environ, "INBOX_DATA_DIR": str(tmp_path)}
    words = [sys.executable, "-m", "inbox.cli", command]
    ended = subprocess.run(words, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "INBOX_DATABASE_URL" in line


def test_mail_comes_in_while_it_serves_and_the_folder_is_free_when_it_ends(tmp_path: Path, account: Account):
    settings = {"INBOX_DATA_DIR": str(tmp_path), "INBOX_IMAP_URL": account.server.url(account.user)}
    running = Running(tmp_path, **settings)
    runtime = bootstrap(settings)

    def here() -> list[str]:
        with runtime.database.reading() as session:
            return list(session.scalars(select(Mail.mail_id)))

    account.append(mail(1))
    until(lambda: here() == ["<1.@example.org>"])
    account.append(mail(2))
    until(lambda: here() == ["<1.@example.org>", "<2.@example.org>"])

    assert running.stop() == 0
    with runtime.database.reading() as session:
        assert session.scalars(select(MailboxPosition.holder)).all() == [""]
    runtime.database.engine.dispose()


def test_the_start_tells_of_mail_that_is_not_fetched(tmp_path: Path):
    running = Running(tmp_path, stderr=subprocess.PIPE, INBOX_IMAP_URL="imaps://news:hunter22@127.0.0.1:1")
    running.process.terminate()
    _, said = running.process.communicate(timeout=60)
    (warning,) = [line for line in said.splitlines() if line.startswith("Warning: ")]
    assert "INBOX_IMAP_URL: it is not said whose mail lies on 127.0.0.1" in warning
    assert "hunter22" not in said
