"""Twilio's media as the worker meets them: one server that asks who you are, and another that it redirects to.

with MediaPeer() as peer:
    environ["INBOX_TWILIO_MEDIA_HOSTS"] = peer.hosts
    url = peer.add(jpeg, "image/jpeg")
    peer.next(url, "missing")           # not there yet, the first time
    ...
    assert peer.asked == [("GET", "api", True), ("GET", "cdn", False)]
"""

import base64
import secrets
import threading
from collections import defaultdict, deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from conftest import ACCOUNT, TOKEN

FAULTS = {
    "missing": "404, as right after the webhook",
    "gone": "410",
    "busy": "503, with Retry-After where one is given",
    "refuse": "401, whoever asks",
    "redirect": "302 to `to`",
    "short": "less than was promised",
    "slow": "a byte now and then, without end",
    "slow-head": "the head of the answer, a byte now and then",
    "endless": "as fast as it goes, without end",
    "huge": "a length beyond all measure",
    "packed": "content that says it is compressed",
    "drop": "the connection breaks",
}


class MediaPeer:
    """Keeps files by their address; `asked` says who was asked for what, and whether with the right credentials."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self._faults: dict[str, deque[tuple[str, dict[str, str]]]] = defaultdict(deque)
        self._closing = threading.Event()
        self._api, self._cdn = self._server("api"), self._server("cdn")
        self.hosts = ",".join(f"127.0.0.1:{server.server_port}" for server in (self._api, self._cdn))

    def __enter__(self) -> "MediaPeer":
        for server in (self._api, self._cdn):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for server in (self._api, self._cdn):
            server.shutdown()
            server.server_close()

    def add(self, content: bytes, content_type: str = "image/jpeg") -> str:
        """Keep a file and return the address that a webhook would name."""
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{'0' * 32}/Media/ME{secrets.token_hex(16)}"
        self.files[path] = (content, content_type)
        return f"http://127.0.0.1:{self._api.server_port}{path}"

    def next(self, url: str, fault: str, times: int = 1, **more: str) -> None:
        """What happens the next times that this file is asked for."""
        assert fault in FAULTS
        self._faults[urlsplit(url).path] += [(fault, more)] * times

    def has(self, url: str) -> bool:
        return urlsplit(url).path in self.files

    def _server(self, name: str) -> ThreadingHTTPServer:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(ConnectionError):
                    peer._give(self, name)

            def do_DELETE(self) -> None:
                peer._delete(self, name)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server

    def _note(self, handler: BaseHTTPRequestHandler, name: str) -> bool:
        given, wanted = handler.headers.get("Authorization"), base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        self.asked.append((handler.command, name, given is not None))
        return given == f"Basic {wanted}"

    def _give(self, handler: BaseHTTPRequestHandler, name: str) -> None:
        known = self._note(handler, name)
        content, content_type = self.files.get(handler.path, (None, ""))
        if name == "api":
            fault, more = self._faults[handler.path].popleft() if self._faults[handler.path] else ("", {})
            if not known or fault == "refuse":
                return _say(handler, 401)
            if fault:
                return self._misbehave(handler, fault, more, content or b"")
            if content is None:
                return _say(handler, 404)
            return _say(handler, 307, Location=f"http://127.0.0.1:{self._cdn.server_port}{handler.path}")
        if content is None:
            return _say(handler, 404)
        return _say(handler, 200, content, Content_Type=content_type)

    def _delete(self, handler: BaseHTTPRequestHandler, name: str) -> None:
        if not self._note(handler, name):
            return _say(handler, 401)
        return _say(handler, 204 if self.files.pop(handler.path, None) else 404)

    def _misbehave(self, handler: BaseHTTPRequestHandler, fault: str, more: dict[str, str], content: bytes) -> None:
        statuses = {"missing": 404, "gone": 410, "busy": 503}
        if fault in statuses:
            return _say(handler, statuses[fault], **more)
        if fault == "redirect":
            return _say(handler, 302, Location=more["to"])
        if fault == "short":
            return _say(handler, 200, content[:-1], Content_Length=str(len(content)))
        if fault == "huge":
            return _say(handler, 200, b"x", Content_Length=str(10**12))
        if fault == "packed":
            return _say(handler, 200, content, Content_Encoding="gzip")
        if fault == "drop":
            return handler.connection.close()
        if fault == "slow-head":
            return self._pour(handler, b"x", pause=0.02)
        handler.send_response(200)
        handler.end_headers()
        return self._pour(handler, *((b"x", 0.02) if fault == "slow" else (bytes(65536), 0)))

    def _pour(self, handler: BaseHTTPRequestHandler, piece: bytes, pause: float) -> None:
        while not self._closing.wait(pause):
            handler.wfile.write(piece)
            handler.wfile.flush()


def _say(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
