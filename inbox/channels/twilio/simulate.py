"""Playing Twilio's part towards the running inbox, to try things out without an account."""

import json
import mimetypes
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from inbox.channels import twilio_account
from inbox.errors import ConfigError
from inbox.models import Channel
from inbox.runtime import Runtime

SENDER = "+886900000123"
RECIPIENT = "+15005550006"
PATH = "/hooks/twilio/messages"
TIMEOUT_SECONDS = 15


def post(
    runtime: Runtime,
    channel: Channel,
    text: str,
    sender: str | None = None,
    recipient: str | None = None,
    media: Path | None = None,
) -> int:
    """Sign a message as Twilio would, post it to the public address, and return the status.

    `media` is only named: its address is one of ours that holds nothing, so the file stays pending.
    Raises ConfigError when no auth token is set, OSError when no inbox answers.
    """
    fields = parameters(runtime, channel, text, sender or SENDER, recipient or _number(runtime, channel), media)
    body = urlencode(fields).encode()
    url = runtime.settings.public_url + PATH
    return _send(urllib.request.Request(url, body, {SIGNATURE_HEADER: _sign(runtime, url, fields)}))  # noqa: S310


def parameters(
    runtime: Runtime, channel: Channel, text: str, sender: str, recipient: str, media: Path | None = None
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
        **(_media(runtime, media) if media else {}),
    }


def _number(runtime: Runtime, channel: Channel) -> str:
    offered = (number.number for number in runtime.profile.numbers if channel.value in number.channels)
    return next(offered, RECIPIENT)


def _whatsapp(wa_id: str, media: Path | None) -> dict[str, str]:
    context = {"type": "whatsapp", "data": {"context": {"WaId": wa_id}}}
    family = _content_type(media).partition("/")[0] if media else "text"
    message_type = family if family in ("text", "image", "audio", "video") else "document"
    return {"WaId": wa_id, "MessageType": message_type, "ChannelMetadata": json.dumps(context)}


def _media(runtime: Runtime, media: Path) -> dict[str, str]:
    address = f"{runtime.settings.public_url}/simulated-media/{quote(media.name)}"
    return {"MediaUrl0": address, "MediaContentType0": _content_type(media)}


def _content_type(media: Path) -> str:
    return mimetypes.guess_type(media.name)[0] or "application/octet-stream"


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
