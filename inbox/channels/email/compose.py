"""Putting a mail together (RFC 5322, MIME): the same values always make the same mail."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from inbox.services.jobs import Refused
from inbox.services.provider import SMTP_ADDRESS, MailHead, OutgoingFile

LINE_LENGTH = 78
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,255}")
_KIND = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


@dataclass(frozen=True)
class Sender:
    """The newsroom as a sender: its name and an address of its own."""

    name: str
    address: str


class _Text(str):
    """What a header field says, to be written as it is."""


class _Policy(EmailPolicy):
    """Writes our texts itself. The library would decode what looks like an encoded word in the subject of a stranger
    and write out the line breaks that it finds there; and encode a long Message-ID or link, which no program finds
    again."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, value) if isinstance(value, _Text) else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if isinstance(value, _Text) and not (text.isascii() and "=?" not in text):
            words = Header(text, "utf-8", LINE_LENGTH, name).encode(linesep=SMTP.linesep)
            return f"{name}: {words}\r\n".encode("ascii")
        if not text.isascii():
            return super().fold_binary(name, value)
        return _between_words(name, text)


def _between_words(name: str, text: str) -> bytes:
    """A field in lines that end between words only."""
    lines = [f"{name}:"]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > LINE_LENGTH and lines[-1].strip() not in ("", f"{name}:"):
            lines.append("")
        lines[-1] += f" {word}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


_POLICY = _Policy(linesep=SMTP.linesep, max_line_length=LINE_LENGTH)


def compose(
    head: MailHead,
    *,
    sender: Sender,
    recipient: str,
    text: str,
    html: str = "",
    files: Sequence[OutgoingFile] = (),
    at: datetime,
) -> EmailMessage:
    """Return the mail: plain text, its HTML twin if there is one, and files. Nothing of it can add a header.

    Raises `jobs.Refused` for an address that cannot be written to.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    mail["To"] = Address(addr_spec=recipient_of(recipient))
    mail["Date"] = at
    for name, value in _texts(head).items():
        if value:
            mail[name] = _Text(one_line(value))
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in files:
        main, sub = _kind(file.content_type)
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=one_line(file.filename))
    return mail


def _texts(head: MailHead) -> dict[str, str]:
    return {
        "Subject": head.subject,
        "Message-ID": head.mail_id,
        "In-Reply-To": head.in_reply_to,
        "References": " ".join(head.references),
        "Reply-To": head.reply_to,
        **head.headers,
    }


def recipient_of(address: str) -> str:
    """The address as every server takes it, a domain of other letters in its ASCII form. Raises `jobs.Refused`."""
    local, _, domain = address.strip().rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Refused(SMTP_ADDRESS) from None
    # "=?" begins an encoded word (RFC 2047), which the library would decode even in an address.
    if not written.isascii() or not _ADDRESS.fullmatch(written) or "=?" in written:
        raise Refused(SMTP_ADDRESS)
    return written


def one_line(text: str) -> str:
    """The text as a header can hold it: control characters, line breaks among them, are gone."""
    words = " ".join(text.split())
    return "".join(character for character in words if unicodedata.category(character) not in ("Cc", "Cs"))


def _kind(content_type: str) -> tuple[str, str]:
    """The type of an attachment; one that mail treats in its own way goes as plain bytes."""
    main, _, sub = content_type.lower().partition("/")
    if not _KIND.fullmatch(content_type.lower()) or main in ("message", "multipart"):
        return "application", "octet-stream"
    return main, sub
