"""Twilio's side of a webhook: signing and posting one. Written from Twilio's description, without its library."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conftest import ACCOUNT, PUBLIC_URL, TOKEN
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PATH = "/hooks/twilio/messages"
SAMPLES = Path(__file__).parent / "samples"
Fields = dict[str, Any]


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / "twilio" / f"{name}.json").read_text(encoding="utf-8"))


def samples(*kinds: str) -> dict[str, dict[str, Any]]:
    """The samples of these kinds of webhook ("message", "voice", ...), by name."""
    everything = {path.stem: sample(path.stem) for path in sorted((SAMPLES / "twilio").glob("*.json"))}
    return {name: case for name, case in everything.items() if case["endpoint_kind"] in kinds}


def sign(fields: Fields, url: str = PUBLIC_URL + PATH, token: str = TOKEN, algorithm: str = "sha1") -> str:
    """The URL, then each name with each of its distinct values, in order, under the token."""
    text = url
    for name in sorted(fields):
        values = fields[name] if isinstance(fields[name], list) else [fields[name]]
        text += "".join(name + value for value in sorted(set(values)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), algorithm)).decode()


def sign_body(body: bytes, url: str = PUBLIC_URL + PATH, token: str = TOKEN) -> tuple[str, str]:
    """The query string and the signature of a request with a JSON body."""
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    return query, sign({}, f"{url}?{query}", token)


def post(
    client: FlaskClient, fields: Fields, signature: str | None = None, path: str = PATH, **headers: str
) -> TestResponse:
    """Post a webhook, signed unless a signature is given. `Some_Header="x"` sends Some-Header."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["X-Twilio-Signature"] = sign(fields, PUBLIC_URL + path) if signature is None else signature
    body = urlencode(fields, doseq=True)
    return client.post(path, data=body, content_type="application/x-www-form-urlencoded", headers=sent)


def text_message(text: str = "The bridge is closed", sid: str = "SM" + "1" * 32, **fields: Any) -> Fields:
    """The parameters of a WhatsApp text, changed by `fields`."""
    return {
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": "whatsapp:+886900000001",
        "To": "whatsapp:+886963563485",
        "Body": text,
        "NumMedia": "0",
        **fields,
    }
