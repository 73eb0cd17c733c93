"""What makes two mails the same one, whatever way they came."""

import hashlib
from collections.abc import Sequence

from inbox.channels.email import charsets
from inbox.channels.email.headers import Headers, one_line
from inbox.channels.email.mime import Part

MOST_COMPARED = 2_000_000
_LINES = ("text/", "message/")


def of(raw: bytes, headers: Headers, leaves: Sequence[Part]) -> str:
    """Return the SHA-256 (hex) of a mail's Message-ID, sender, date, subject and content.

    What servers add or change on the way counts for nothing: their own fields, line ends, folding, transfer encodings,
    the order of the parts and their boundaries. Another date makes another mail: the same notice may come each year.
    """
    sender = next((address for _, address in headers.mailboxes("from", "sender")), "").lower()
    said = (headers.mail_id(), sender, headers.first("date"), headers.text("subject"))
    digest = hashlib.sha256("\n".join(said).encode("utf-8", "replace"))
    for part in sorted(_of_part(raw, leaf) for leaf in leaves):
        digest.update(part)
    return digest.hexdigest()


def _of_part(raw: bytes, leaf: Part) -> bytes:
    content = leaf.content(raw)
    if leaf.content_type in ("text/plain", "text/html") and len(content) < MOST_COMPARED:
        text = charsets.decode(content, leaf.options.get("charset", ""))
        content = one_line(text).replace(" ", "").encode()
    elif leaf.content_type.startswith(_LINES):
        content = content.replace(b"\r\n", b"\n").strip(b"\n")
    return hashlib.sha256(content).digest()
