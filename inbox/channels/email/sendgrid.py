"""What SendGrid's Inbound Parse posts, as the mail it was made of (RFC 5322).

It comes in two forms: the whole mail in the field `email`, or taken apart into fields and files. The latter is put
together again, so that everything after this reads mails and nothing else. On top of either go the fields that a
receiving server adds: whom it went to and came from (blind copies and empty return paths are known by them alone), and
what SendGrid found out about its sender.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from shutil import copyfileobj
from typing import IO, Any
from urllib.parse import quote

from werkzeug.datastructures import FileStorage, MultiDict

from inbox.channels.email import charsets
from inbox.channels.email.headers import one_line

Parts = MultiDict[str, FileStorage]
"""The parts of a post by their names, fields and files alike, as the bytes that came."""

MOST_ADDRESSES = 100
SERVER = "sendgrid.net"
_ESSENTIAL = ("email", "headers", "from")
_WORDS = {"text": "text/plain", "html": "text/html"}
_LINE_BYTES = 57 * 1000  # a multiple of what one line of Base64 holds
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\\]+@[^\s<>@,;:\"()\\]+")
_CHARSET = re.compile(r"[A-Za-z0-9._:-]{1,40}")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,120}")
_VERDICT = re.compile(r"\b(pass|fail|softfail|neutral|none|temperror|permerror)\b", re.I)
_LINE_ENDS = re.compile(rb"(?:\r?\n)+")
_OF_CONTENT = re.compile(rb"^(?:content-[a-z-]+|mime-version)[ \t]*:.*\r\n(?:[ \t].*\r\n)*", re.I | re.M)


def is_mail(parts: Parts) -> bool:
    """Whether the post holds a mail at all."""
    return any(name in parts for name in _ESSENTIAL)


def recipients(parts: Parts) -> list[str]:
    """The addresses that the mail was delivered to, by its envelope: blind copies too, but no forwarding before it."""
    to = _envelope(parts).get("to")
    return [address for address in _texts(to) if _ADDRESS.fullmatch(address)][:MOST_ADDRESSES]


def write_mail(parts: Parts, file: IO[bytes]) -> None:
    """Write the mail that was posted to a file."""
    file.writelines(f"{line}\r\n".encode() for line in _trace(parts))
    if "email" in parts:
        whole = parts["email"].stream
        file.write(whole.read(_LINE_BYTES).lstrip())  # an empty line would part our fields from the mail's own
        copyfileobj(whole, file)
    else:
        file.writelines(_composed(parts))


def _trace(parts: Parts) -> Iterator[str]:
    """The fields of a receiving server (RFC 5321, section 4.4; RFC 8601)."""
    sender = _envelope(parts).get("from")
    if isinstance(sender, str) and (sender.strip() in ("", "<>") or _ADDRESS.fullmatch(sender.strip())):
        yield f"Return-Path: <{sender.strip(' <>')}>"
    yield from (f"Delivered-To: {address}" for address in recipients(parts))
    yield f"Authentication-Results: {SERVER}; {'; '.join(_verdicts(parts)) or 'none'}"


def _verdicts(parts: Parts) -> Iterator[str]:
    """Of several signatures, as in "{@a.example : pass, @b.example : fail}", a good one counts."""
    for method, name in (("spf", "SPF"), ("dkim", "dkim")):
        found = [match.lower() for match in _VERDICT.findall(_text(parts, name))]
        if found:
            yield f"{method}={'pass' if 'pass' in found else found[0]}"


def _composed(parts: Parts) -> Iterator[bytes]:
    """A mail made of the fields and files. Its boundaries are the hash of its words, which so cannot hold them."""
    header, words = _header(parts), [name for name in _WORDS if _bytes(parts, name).strip()]
    digest = hashlib.sha256(b"\0".join([header, *(_bytes(parts, name) for name in words)])).hexdigest()
    outer, inner = f"mail-{digest}", f"words-{digest}"
    yield f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={outer}\r\n".encode() + header
    yield f"\r\n--{outer}\r\nContent-Type: multipart/alternative; boundary={inner}\r\n\r\n".encode()
    for name in words or ["text"]:
        yield f"--{inner}\r\nContent-Type: {_WORDS[name]}{_charset(parts, name)}\r\n".encode()
        yield from _encoded(BytesIO(_bytes(parts, name)))
    yield f"--{inner}--\r\n".encode()
    for name, file in parts.items(multi=True):
        if file.filename is not None:
            yield f"--{outer}\r\n{_file_header(parts, name, file)}".encode()
            yield from _encoded(file.stream)
    yield f"--{outer}--\r\n".encode()


def _header(parts: Parts) -> bytes:
    """The mail's own header without what describes its content; what it lacks is told by fields of their own."""
    header = _LINE_ENDS.sub(b"\r\n", _bytes(parts, "headers").strip() + b"\r\n").lstrip(b"\r\n")
    header = _OF_CONTENT.sub(b"", header)
    for name in ("from", "to", "cc", "subject"):
        value = one_line(_text(parts, name))
        if value and not re.search(rb"^" + name.encode() + rb"[ \t]*:", header, re.I | re.M):
            header += f"{name}: {value}\r\n".encode()
    return header


def _file_header(parts: Parts, name: str, file: FileStorage) -> str:
    said = _json(parts, "attachment-info").get(name)
    info: Mapping[str, Any] = said if isinstance(said, dict) else {}
    content_id = one_line(str(info.get("content-id") or _content_id(parts, name))).strip("<> ")
    content_type = next(filter(_TYPE.fullmatch, (str(info.get("type")), file.mimetype)), "application/octet-stream")
    filename = quote(one_line(str(info.get("filename") or file.filename or "")), safe="")
    disposition = "inline" if content_id else "attachment"
    name_field = f"; filename*=utf-8''{filename}" if filename else ""
    id_field = f"Content-ID: <{content_id}>\r\n" if content_id else ""
    return f"Content-Type: {content_type}\r\nContent-Disposition: {disposition}{name_field}\r\n{id_field}"


def _content_id(parts: Parts, name: str) -> str:
    ids = _json(parts, "content-ids")
    return next((content_id for content_id, file in ids.items() if file == name), "")


def _encoded(stream: Any) -> Iterator[bytes]:
    stream.seek(0)
    yield b"Content-Transfer-Encoding: base64\r\n\r\n"
    while chunk := stream.read(_LINE_BYTES):
        yield base64.encodebytes(chunk).replace(b"\n", b"\r\n")


def _charset(parts: Parts, name: str) -> str:
    said = _json(parts, "charsets").get(name)
    return f"; charset={said}" if isinstance(said, str) and _CHARSET.fullmatch(said) else ""


def _envelope(parts: Parts) -> Mapping[str, Any]:
    return _json(parts, "envelope")


def _json(parts: Parts, name: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(parts, name) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> Iterable[str]:
    return (each.strip() for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _text(parts: Parts, name: str) -> str:
    """A field as text, by the charset that is said to be its own."""
    return charsets.decode(_bytes(parts, name), str(_json(parts, "charsets").get(name, "")))


def _bytes(parts: Parts, name: str) -> bytes:
    if name not in parts:
        return b""
    stream = parts[name].stream
    stream.seek(0)
    return stream.read()
