"""A mail (RFC 5322, MIME) as plain values. Pure: no server, no database.

Every mail that begins with a header field can be read, however broken it is; what was wrong is said. The mail is
taken apart in one pass (`mime`), so that neither depth nor size makes it slow, and held once besides its files.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from inbox.channels.email import bodies, bounces, calendars, charsets, digest, headers, markup, mime, tnef, traits
from inbox.channels.email.bodies import Bodies
from inbox.channels.email.headers import Headers, one_line
from inbox.channels.email.mime import Part, Parts
from inbox.errors import Unreadable
from inbox.services.mail import MailFile, ReadMail

__all__ = ["DEFECTS", "Unreadable", "parse"]

DEFECTS = ("headers", "boundary", "unfinished", "too_many_parts", "long_text", "characters")
"""What can be wrong with a mail's form, in this order: header fields that end without an empty line; a boundary that
does not occur, or was not announced; an end that is missing; more than a thousand parts, the rest being one file; words
so long that they are whole only in a file; characters that could not be read."""
MOST_REFERENCES, MOST_CALENDARS = 100, 50
NAME_LENGTH, SUBJECT_LENGTH = 255, 150

_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_CALENDARS = ("text/calendar", "application/ics")
_DELIVERED = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to", "x-rcpt-to")
_FOR = re.compile(r"\bfor <?([^\s<>;@]{1,64}@[^\s<>;@]{1,255})>?")


def parse(raw: bytes, zone: ZoneInfo | None = None) -> ReadMail:
    """Return what a mail says. Raises Unreadable if there is no header field at all, and nothing else.

    `zone` is the newsroom's: in calendar files, times without one are meant to be in it (else they are left out).
    """
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    parts = mime.take_apart(raw)
    fields = parts.headers
    words, files = _content(raw, parts)
    sender_name, sender = _sender(fields)
    details = _details(files, zone)
    return ReadMail(
        mail_id=fields.mail_id(),
        digest=digest.of(raw, fields, parts.leaves),
        sender=sender,
        sender_name=sender_name,
        subject=fields.text("subject"),
        text=words.text,
        html=words.html,
        recipients=fields.addresses("to", "cc"),
        delivered_to=_delivered_to(fields),
        reply_to=next(iter(fields.addresses("reply-to")), ""),
        in_reply_to=next(iter(fields.mail_ids("in-reply-to")), ""),
        references=fields.mail_ids("references")[-MOST_REFERENCES:],
        files=files,
        sent_at=fields.date(),
        automatic=traits.is_automatic(fields, sender),
        bulk=traits.is_bulk(fields),
        bounce=bounces.read(raw, parts, words.text),
        verdicts=traits.verdicts(fields),
        kind="event" if details else "",
        details=details,
        headers=fields.kept(),
        defects=_defects(parts, words, fields),
    )


def _content(raw: bytes, parts: Parts) -> tuple[Bodies, tuple[MailFile, ...]]:
    """The words of a mail, and its files: those that are parts in their order, then those that were packed in one."""
    shown, others = bodies.sort(parts.leaves)
    words = bodies.read(raw, shown, {_content_id(leaf) for leaf in others})
    files = [_file(raw, leaf, words.html) for leaf in others]
    files += [replace(_file(raw, leaf, ""), inline=False) for leaf in words.cut]
    for packed in [file for file in files if _is_tnef(file)]:
        found = tnef.read(packed.content)
        files += [_unpacked(file, packed) for file in found.files]
        words = _or_else(words, found)
    return words, tuple(files)


def _or_else(words: Bodies, found: tnef.Contents) -> Bodies:
    """The words of a mail; where it has none, those that are packed in a file."""
    if words.text:
        return words
    html = markup.sanitise(found.html)
    return replace(words, text=bodies.tidy(found.text or markup.to_text(html))[: bodies.MOST_CHARACTERS], html=html)


def _file(raw: bytes, leaf: Part, html: str) -> MailFile:
    disposition, options = leaf.headers.parameters("content-disposition")
    content, content_id = leaf.content(raw), _content_id(leaf)
    return MailFile(
        filename=_name(options.get("filename") or leaf.options.get("name") or _by_subject(leaf, content)),
        content_type=leaf.content_type,
        content=content,
        inline=bool(content_id) and (disposition == "inline" or f'src="cid:{content_id}"' in html),
        content_id=content_id,
    )


def _content_id(leaf: Part) -> str:
    return leaf.headers.first("content-id").strip(" <>")[:NAME_LENGTH]


def _by_subject(leaf: Part, content: bytes) -> str:
    """The name of a mail within the mail."""
    if leaf.content_type not in ("message/rfc822", "message/global"):
        return ""
    fields, _, _ = headers.read(content, 0, len(content))
    subject = fields.text("subject").replace("/", "-").replace("\\", "-").strip(". ")
    return f"{subject[:SUBJECT_LENGTH]}.eml" if subject else ""


def _name(text: str) -> str:
    """A file's name in one line, cut before its ending if it is too long."""
    text = one_line(text)
    if len(text) <= NAME_LENGTH:
        return text
    stem, dot, ending = text.rpartition(".")
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}" if dot and len(ending) < 10 else text[:NAME_LENGTH]


def _is_tnef(file: MailFile) -> bool:
    return file.content_type in _TNEF or file.filename.lower() == "winmail.dat"


def _unpacked(file: tnef.EnclosedFile, packed: MailFile) -> MailFile:
    content_type = one_line(file.content_type).lower()[:NAME_LENGTH]
    return MailFile(_name(file.filename), content_type, file.content, taken_from=packed.filename or "winmail.dat")


def _details(files: Sequence[MailFile], zone: ZoneInfo | None) -> dict[str, Any]:
    """What the first calendar file that says something tells of an event."""
    for file in files[:MOST_CALENDARS]:
        if file.content_type in _CALENDARS or file.filename.lower().endswith(".ics"):
            content = charsets.decode(file.content[: calendars.MOST_BYTES])
            if details := calendars.facts(content, zone):
                return details
    return {}


def _sender(fields: Headers) -> tuple[str, str]:
    """Name and address of who wrote it; of several the first one with an address."""
    mailboxes = fields.mailboxes("from", "sender", "return-path")
    return next((mailbox for mailbox in mailboxes if mailbox[1]), mailboxes[0] if mailboxes else ("", ""))


def _delivered_to(fields: Headers) -> tuple[str, ...]:
    """Where servers say that it went, blind copies included; the topmost Received line names one address at most."""
    passed_on_for = (match[1].lower() for match in map(_FOR.search, fields.raw("received")[:1]) if match)
    return tuple(dict.fromkeys([*fields.addresses(*_DELIVERED), *passed_on_for]))


def _defects(parts: Parts, words: Bodies, fields: Headers) -> tuple[str, ...]:
    damaged = any("\ufffd" in text for text in (words.text, fields.text("subject")))
    return (*parts.defects, *["long_text"] * bool(words.cut), *["characters"] * damaged)
