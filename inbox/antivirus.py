"""Asking ClamAV whether a file is harmless (`clamd`, command INSTREAM; man 8 clamd)."""

import re
import socket
from pathlib import Path
from struct import pack
from typing import BinaryIO
from urllib.parse import urlsplit

from inbox.errors import ScannerSilent

CONNECT_SECONDS, ANSWER_SECONDS = 5, 120
CHUNK_BYTES = 256 * 1024
ANSWER_BYTES = 4096
_FOUND = re.compile(r"stream: (.+) FOUND")


class Clamd:
    """A running clamd at `tcp://host:port` or `unix:///path`."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def scan(self, path: Path) -> str:
        """Return the name of what was found in a file, or "". Raises ScannerSilent unless clamd says either."""
        try:
            with self._connect() as line, path.open("rb") as file:
                answer = _ask(line, file)
        except OSError:
            raise ScannerSilent from None
        if answer == "stream: OK":
            return ""
        if found := _FOUND.fullmatch(answer):
            return found[1]
        raise ScannerSilent("scanner-size" if "size limit exceeded" in answer else "scanner")

    def ping(self) -> bool:
        """Whether it answers. Raises OSError if nobody is there."""
        with self._connect() as line:
            line.sendall(b"zPING\0")
            return _answer(line) == "PONG"

    def _connect(self) -> socket.socket:
        if self._url.scheme == "tcp":
            return _patient(socket.create_connection((self._url.hostname, self._url.port), CONNECT_SECONDS))
        line = _patient(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        try:
            line.connect(self._url.path)
        except OSError:
            line.close()
            raise
        return line


def _ask(line: socket.socket, file: BinaryIO) -> str:
    """Send the file in chunks with their lengths, and read the verdict; clamd may say it before the end."""
    line.sendall(b"zINSTREAM\0")
    try:
        while chunk := file.read(CHUNK_BYTES):
            line.sendall(pack(">I", len(chunk)) + chunk)
        line.sendall(pack(">I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has heard enough
    return _answer(line)


def _answer(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_BYTES and (more := line.recv(ANSWER_BYTES)):
        answer += more
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _patient(line: socket.socket) -> socket.socket:
    line.settimeout(ANSWER_SECONDS)
    return line
