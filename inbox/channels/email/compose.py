"""Putting a mail together (RFC 5322, MIME): the same values always make the same mail."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


class _Policy(EmailPolicy):
    """Folds a header that needs no encoding only between words: the library would encode a long Message-ID or link,
    which no program finds again."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if not text.isascii():
            return super().fold_binary(name, value)
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
    mail["Subject"] = one_line(head.subject)
    mail["Date"] = at
    mail["Message-ID"] = head.mail_id
    optional = {"In-Reply-To": head.in_reply_to, "References": " ".join(head.references), "Reply-To": head.reply_to}
    for name, value in {**optional, **head.headers}.items():
        if value:
            mail[name] = one_line(value)
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in files:
        main, sub = _kind(file.content_type)
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=one_line(file.filename))
    return mail


def recipient_of(address: str) -> str:
    """The address as every server takes it, a domain of other letters in its ASCII form. Raises `jobs.Refused`."""
    local, _, domain = address.strip().rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Refused(SMTP_ADDRESS) from None
    if not written.isascii() or not _ADDRESS.fullmatch(written):
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
