"""Playing Twilio's part towards the running inbox, to try things out without an account."""

import json
import mimetypes
import secrets
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from inbox.channels import twilio_account
from inbox.errors import ConfigError
from inbox.models import Channel
from inbox.runtime import Runtime

SENDER = "+886900000123"
RECIPIENT = "+15005550006"
PATH = "/hooks/twilio/messages"
TIMEOUT_SECONDS = 15


@dataclass(frozen=True)
class Medium:
    """A file that can be fetched once from an address on this machine; `was_fetched` says when it has been."""

    url: str
    content_type: str
    was_fetched: threading.Event


@contextmanager
def offered(file: Path) -> Iterator[Medium]:
    """Hold a file ready on a loopback port, at an address that nobody can guess, as long as the block runs."""
    path, was_fetched = f"/{secrets.token_urlsafe(16)}", threading.Event()
    content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != path:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            with file.open("rb") as content:
                shutil.copyfileobj(content, self.wfile)
            return was_fetched.set()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Medium(f"http://127.0.0.1:{server.server_port}{path}", content_type, was_fetched)
        finally:
            server.shutdown()


def post(
    runtime: Runtime,
    channel: Channel,
    text: str,
    sender: str | None = None,
    recipient: str | None = None,
    media: Medium | None = None,
) -> int:
    """Sign a message as Twilio would, post it to the public address, and return the status.

    Raises ConfigError when no auth token is set, OSError when no inbox answers.
    """
    fields = parameters(runtime, channel, text, sender or SENDER, recipient or _number(runtime, channel), media)
    body = urlencode(fields).encode()
    url = runtime.settings.public_url + PATH
    return _send(urllib.request.Request(url, body, {SIGNATURE_HEADER: _sign(runtime, url, fields)}))  # noqa: S310


def parameters(
    runtime: Runtime, channel: Channel, text: str, sender: str, recipient: str, media: Medium | None = None
) -> dict[str, str]:
    """The parameters of a new message, as Twilio names them."""
    sid = f"{'MM' if media else 'SM'}{secrets.token_hex(16)}"
    prefix = "whatsapp:" if channel is Channel.WHATSAPP else ""
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": runtime.settings.twilio_account_sid or f"AC{'0' * 32}",
        "ApiVersion": "2010-04-01",
        "SmsStatus": "received",
        "From": prefix + sender.removeprefix("whatsapp:"),
        "To": prefix + recipient.removeprefix("whatsapp:"),
        "Body": text,
        "NumSegments": "1",
        "NumMedia": "1" if media else "0",
        **(_whatsapp(sender.removeprefix("whatsapp:").lstrip("+"), media) if prefix else {}),
        **({"MediaUrl0": media.url, "MediaContentType0": media.content_type} if media else {}),
    }


def _number(runtime: Runtime, channel: Channel) -> str:
    offered = (number.number for number in runtime.profile.numbers if channel.value in number.channels)
    return next(offered, RECIPIENT)


def _whatsapp(wa_id: str, media: Medium | None) -> dict[str, str]:
    context = {"type": "whatsapp", "data": {"context": {"WaId": wa_id}}}
    family = media.content_type.partition("/")[0] if media else "text"
    message_type = family if family in ("text", "image", "audio", "video") else "document"
    return {"WaId": wa_id, "MessageType": message_type, "ChannelMetadata": json.dumps(context)}


def _sign(runtime: Runtime, url: str, fields: dict[str, str]) -> str:
    tokens = twilio_account.tokens(runtime)
    if not tokens:
        raise ConfigError("TWILIO_AUTH_TOKEN: not set, so nothing can be signed for the webhook")
    return str(RequestValidator(tokens[0]).compute_signature(url, fields))


def _send(request: urllib.request.Request) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
