"""Twilio as the worker meets it: a real HTTP server with a memory, which can be told to misbehave.

with TwilioPeer() as peer:
    environ["INBOX_TWILIO_API_BASE"] = peer.url
    peer.next("drop-after")          # takes the message, then breaks the connection
    ...
    assert [m["Body"] for m in peer.messages] == ["Thank you"]

What readers wrote is told to it by `peer.hears`; it lists that by number and date, in pages, the newest first.
"""

import base64
import json
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from conftest import ACCOUNT, TOKEN

FAULTS = {
    "refuse": "the next message is refused with `code`",
    "busy": "429, with Retry-After where one is given",
    "fault-before": "500, and nothing was taken",
    "fault-after": "500, though the message was taken",
    "drop-before": "the connection breaks, and nothing was taken",
    "drop-after": "the connection breaks after the message was taken",
    "hang": "the message is taken, and no answer ever comes",
}


class TwilioPeer:
    """Knows one account; keeps what was sent in `messages`, by Twilio's names (`MediaUrl` is a list).

    While `broken` it says nothing about what was sent. `contents` are the account's templates by their sid, as {"variables": {...}, "status": "approved"}.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.contents: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.heard: list[dict[str, object]] = []
        self.media: dict[str, list[dict[str, str]]] = {}
        self.numbers: list[dict[str, object]] = []
        self.down = False
        self.broken = False
        self._closing = threading.Event()
        self._faults: deque[tuple[str, dict[str, str]]] = deque()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                given = parse_qs(body, keep_blank_values=True)
                peer._create(self, {name: v if name == "MediaUrl" else v[0] for name, v in given.items()})

            def do_GET(self) -> None:
                if self.path.startswith("/v1/Content/"):
                    return peer._content(self, *self.path.split("/")[3:])
                return peer._get(
                    self, {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                )

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, address: None  # type: ignore[method-assign]  # who was killed hangs up
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "TwilioPeer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def next(self, fault: str, **more: str) -> None:
        """What happens to the next message; several wait in a row."""
        assert fault in FAULTS
        self._faults.append((fault, more))

    def behave(self) -> None:
        """No more faults."""
        self._faults.clear()

    def forget(self) -> None:
        """Let what happened so far not count."""
        self.messages.clear()
        self.requests.clear()

    def hears(self, body: str, at: datetime, sender: str, to: str, media: Sequence[str] = ()) -> str:
        """Somebody writes to a number of the account, with files of these content types; return the message's sid."""
        sid = f"{'MM' if media else 'SM'}{secrets.token_hex(16)}"
        here = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
        files = [(f"ME{secrets.token_hex(16)}", content_type) for content_type in media]
        self.media[sid] = [
            {"sid": file, "parent_sid": sid, "content_type": content_type, "uri": f"{here}/Media/{file}.json"}
            for file, content_type in files
        ]
        self.heard.append(
            {
                "sid": sid,
                "account_sid": ACCOUNT,
                "to": to,
                "from": sender,
                "body": body,
                "status": "received",
                "num_media": str(len(files)),
                "date_sent": format_datetime(at),
                "date_created": format_datetime(at),
                "direction": "inbound",
                "uri": f"{here}.json",
            }
        )
        return sid

    def owns(self, number: str, **more: object) -> None:
        """The account has this phone number; `more` says what is set for it, such as `sms_url`."""
        self.numbers.append({"sid": f"PN{secrets.token_hex(16)}", "phone_number": number, **more})

    def _get(self, handler: BaseHTTPRequestHandler, wanted: dict[str, str]) -> None:
        self.requests.append(f"GET {handler.path}")
        if self.down:
            return _answer(handler, 503, {"code": 20503, "message": "down", "status": 503})
        if not self._knows(handler):
            return None
        if self.broken:
            return _answer(handler, 500, {"code": 20500, "message": "fault", "status": 500})
        what = urlsplit(handler.path).path.removeprefix("/2010-04-01/Accounts/").removesuffix(".json").split("/")
        if what == [ACCOUNT]:
            return _answer(handler, 200, {"sid": ACCOUNT, "status": "active", "type": "Full", "friendly_name": "News"})
        if what == [ACCOUNT, "IncomingPhoneNumbers"]:
            found = [n for n in self.numbers if n["phone_number"] == wanted.get("PhoneNumber", n["phone_number"])]
            return _page(handler, "incoming_phone_numbers", found, wanted)
        if what[1:2] == ["Messages"] and what[3:] == ["Media"]:
            return _page(handler, "media_list", self.media.get(what[2], []), wanted)
        if what == [ACCOUNT, "Messages"]:
            ours = [_resource(m) for m in self.messages if m["To"] == wanted.get("To", m["To"])]
            return _page(handler, "messages", [*ours, *self._heard(wanted)], wanted)
        return _answer(handler, 404, {"code": 20404, "message": "not found", "status": 404})

    def _heard(self, wanted: dict[str, str]) -> list[dict[str, object]]:
        """Twilio's dates are whole seconds, and it lists the newest first."""
        after = datetime.fromisoformat(wanted.get("DateSent>", "1970-01-01T00:00:00Z"))
        before = datetime.fromisoformat(wanted.get("DateSent<", "9999-01-01T00:00:00Z"))
        found = [
            m
            for m in self.heard
            if m["to"] == wanted.get("To", m["to"]) and after <= parsedate_to_datetime(str(m["date_sent"])) <= before
        ]
        return sorted(found, key=lambda m: parsedate_to_datetime(str(m["date_sent"])), reverse=True)

    def _create(self, handler: BaseHTTPRequestHandler, given: dict[str, Any]) -> None:
        self.requests.append(f"POST {handler.path}")
        if not self._knows(handler):
            return None
        assert handler.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        fault, more = self._faults.popleft() if self._faults else ("", {})
        if fault == "refuse":
            return _answer(handler, 400, {"code": int(more["code"]), "message": "refused", "status": 400})
        if fault == "busy":
            return _answer(handler, 429, {"code": 20429, "message": "busy", "status": 429}, **more)
        if fault == "fault-before":
            return _answer(handler, 500, {"code": 20500, "message": "fault", "status": 500})
        if fault == "drop-before":
            return _drop(handler)
        if problem := self._objection(given):
            return _answer(handler, 400, {"code": problem, "message": "refused", "status": 400})
        message = {"sid": f"SM{secrets.token_hex(16)}", "status": "queued", **given}
        message["date_sent"] = format_datetime(datetime.now(UTC))
        self.messages.append(message)
        if fault == "hang":
            self._closing.wait()
            return _drop(handler)
        if fault == "drop-after":
            return _drop(handler)
        if fault == "fault-after":
            return _answer(handler, 500, {"code": 20500, "message": "fault", "status": 500})
        return _answer(handler, 201, _resource(message))

    def _objection(self, given: dict[str, Any]) -> int:
        """What Twilio refuses: a template that it does not know or that comes with other words, and an empty message."""
        if "ContentSid" not in given:
            return 0 if given.get("Body") or given.get("MediaUrl") else 21619
        content = self.contents.get(given["ContentSid"])
        if content is None or "Body" in given or "MediaUrl" in given:
            return 63016
        return 0 if set(json.loads(given.get("ContentVariables", "{}"))) == set(content["variables"]) else 63028

    def _content(self, handler: BaseHTTPRequestHandler, sid: str, about: str = "") -> None:
        self.requests.append(f"GET {handler.path}")
        if not self._knows(handler):
            return None
        content = self.contents.get(sid)
        if content is None:
            return _answer(handler, 404, {"code": 20404, "message": "not found", "status": 404})
        if about != "ApprovalRequests":
            return _answer(handler, 200, {"sid": sid, "account_sid": ACCOUNT, "variables": content["variables"]})
        approval = {"type": "whatsapp", "status": content["status"], "rejection_reason": content.get("reason", "")}
        return _answer(handler, 200, {"sid": sid, "account_sid": ACCOUNT, "whatsapp": approval})

    def _knows(self, handler: BaseHTTPRequestHandler) -> bool:
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if handler.headers.get("Authorization") == wanted:
            return True
        _answer(handler, 401, {"code": 20003, "message": "Authenticate", "status": 401})
        return False


def _page(
    handler: BaseHTTPRequestHandler,
    name: str,
    found: Sequence[dict[str, Any]],
    wanted: dict[str, str],
) -> None:
    size, page = int(wanted.get("PageSize", "50")), int(wanted.get("Page", "0"))
    path = urlsplit(handler.path).path
    following = f"{path}?{urlencode({**wanted, 'PageSize': size, 'Page': page + 1, 'PageToken': 'PA'})}"
    shown = list(found[page * size : (page + 1) * size])
    more = len(found) > (page + 1) * size
    _answer(handler, 200, {name: shown, "next_page_uri": following if more else None, "page": page, "page_size": size})


def _resource(message: dict[str, Any]) -> dict[str, object]:
    return {
        "sid": message["sid"],
        "account_sid": ACCOUNT,
        "to": message["To"],
        "from": message.get("From"),
        "body": message.get("Body", ""),
        "status": message["status"],
        "date_sent": message["date_sent"],
        "direction": "outbound-api",
        "error_code": None,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message['sid']}.json",
    }


def _answer(handler: BaseHTTPRequestHandler, status: int, body: dict[str, object], **headers: str) -> None:
    text = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(text)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(text)


def _drop(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()
