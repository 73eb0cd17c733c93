"""Servers for the benchmark: ours and the reference, each a process of its own under waitress."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

THREADS = 16
TOKEN = "token-of-the-benchmark"
PUBLIC_URL = "https://inbox.example.org"


@dataclass
class Inbox:
    """An inbox of its own: a data folder, a database and the settings that go with them."""

    folder: Path
    database_url: str
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environ = {
            "INBOX_DATA_DIR": str(self.folder),
            "INBOX_DATABASE_URL": self.database_url,
            "INBOX_PUBLIC_URL": PUBLIC_URL,
            "INBOX_SECRET_KEY": "a key for the benchmark only",
            "INBOX_REQUIRE_MFA": "false",
            "INBOX_MIN_FILL_SECONDS": "0",
            "INBOX_PUBLIC_POST_LIMIT": "100000000 per minute",
            "INBOX_SIGN_IN_LIMIT": "100000000 per minute",
            "TWILIO_AUTH_TOKEN": TOKEN,
        }


@contextmanager
def serving(module: str, inbox: Inbox) -> Iterator[int]:
    """Run the WSGI `app` of a module and yield its port."""
    port = _free_port()
    log = (inbox.folder / f"{module}-{secrets.token_hex(3)}.log").open("w")
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", f"--threads={THREADS}", f"{module}:app"]
    process = subprocess.Popen(command, env={**os.environ, **inbox.environ}, stdout=log, stderr=log)
    try:
        _wait_until_up(process, port, log.name)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int, log: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"a server ended at its start; see {log}")
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/healthz")
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"a server did not come up; see {log}")
