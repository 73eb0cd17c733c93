"""Posts as SendGrid's Inbound Parse makes them."""

import base64
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SAMPLES = Path(__file__).parent / "samples" / "email" / "sendgrid"
CASES: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))}
PATH = "/hooks/sendgrid/inbound"
SECRET = "only-for-these-tests"
EDGE = "xYzZY"


def body_of(case: dict[str, Any]) -> bytes:
    """The body of a sample: its fields, those in other bytes, those from a file, and its files."""
    fields = {name: value.encode() for name, value in case["fields"].items()}
    fields |= {name: base64.b64decode(value) for name, value in case.get("fields_base64", {}).items()}
    fields |= {name: (SAMPLES / path).read_bytes() for name, path in case.get("fields_from_file", {}).items()}
    parts = [field_part(name, value) for name, value in fields.items()]
    for file in case["files"]:
        head = (
            f'form-data; name="{file["field"]}"; filename="{file["filename"]}"\r\nContent-Type: {file["content_type"]}'
        )
        parts.append(f"Content-Disposition: {head}\r\n\r\n".encode() + base64.b64decode(file["content_base64"]))
    return whole(parts)


def field_part(name: str, value: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value


def whole(parts: list[bytes]) -> bytes:
    edge = EDGE.encode()
    return b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + edge + b"--\r\n"


def post(client: FlaskClient, body: bytes, secret: str | None = SECRET) -> TestResponse:
    query = {} if secret is None else {"secret": secret}
    return client.post(PATH, data=body, query_string=query, content_type=f"multipart/form-data; boundary={EDGE}")
