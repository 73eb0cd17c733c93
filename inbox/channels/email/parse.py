"""Reading a mail. (The plain beginnings; the branch that reads every mail replaces this file.)"""

import hashlib
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr

from inbox.errors import InboxError
from inbox.services.mail import ReadMail


class Unreadable(InboxError):
    """The mail cannot be read."""


def parse(raw: bytes) -> ReadMail:
    """Return the mail as plain values. Raises Unreadable."""
    message = message_from_bytes(raw, policy=policy.default)
    name, address = parseaddr(str(message.get("From", "")))
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    subject = str(message.get("Subject", ""))
    content = "\n".join((address, subject, str(message.get("Date", "")), text))
    return ReadMail(
        mail_id=str(message.get("Message-ID", "")).strip(),
        digest=hashlib.sha256(content.encode(errors="replace")).hexdigest(),
        sender=address,
        sender_name=name,
        subject=subject,
        text=text,
        recipients=tuple(a.lower() for _, a in getaddresses([str(message.get(n, "")) for n in ("To", "Cc")]) if a),
        delivered_to=tuple(str(v).strip().lower() for v in message.get_all("Delivered-To", [])),
        in_reply_to=str(message.get("In-Reply-To", "")).strip(),
        references=tuple(str(message.get("References", "")).split()),
    )
