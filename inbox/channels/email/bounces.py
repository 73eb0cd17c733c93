"""Reports of what was not delivered (RFC 3464), and what older servers send in their place."""

import re

from inbox.channels.email import headers
from inbox.channels.email.addresses import parse as parse_addresses
from inbox.channels.email.headers import Headers, one_line
from inbox.channels.email.mime import Part, Parts
from inbox.services.mail import Bounce

MOST_BYTES = 100_000
MOST_RECIPIENTS = 200
_FAILURES = ("failed", "delayed")
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_MAIL_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,996}>)", re.I | re.M)
_ORIGINAL = (
    "message/rfc822",
    "message/rfc822-headers",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
)


def read(raw: bytes, parts: Parts, text: str) -> Bounce | None:
    """Return what a mail reports as not delivered; None if it is no such report, or one of success.

    Of several recipients the first that failed for good is told, else the first whose mail is late.
    """
    report = next((leaf for leaf in parts.leaves if leaf.content_type.startswith("message/delivery-status")), None)
    if report is None:
        return _without_report(parts.headers, text)
    mail, *recipients = _groups(report.content(raw)[:MOST_BYTES])
    failures = [group for group in recipients or [mail] if _action(group) in _FAILURES]
    failures.sort(key=lambda group: _FAILURES.index(_action(group)))
    if not failures:
        return None
    failure, original = failures[0], _original_id(raw, parts)
    return Bounce(
        recipient=_recipient(failure),
        status=_status(failure),
        original_id=original or next(iter(mail.mail_ids("x-original-message-id")), ""),
        final=_action(failure) == "failed",
        words=failure.text("diagnostic-code").partition(";")[2].strip()[:500],
    )


def is_report(part: Part) -> bool:
    """Whether a part belongs to the form of a report, and is no file that somebody sent."""
    within = part.within
    in_report = within is not None and within.content_type == "multipart/report"
    return in_report and (part.content_type.startswith("message/") or part.content_type in _ORIGINAL)


def _groups(content: bytes) -> list[Headers]:
    """The groups of fields of a report: of the mail first, then of each recipient."""
    content = content.replace(b"\r\n", b"\n").strip(b"\n")
    blocks = [block.strip(b"\n") for block in content.split(b"\n\n")[: MOST_RECIPIENTS + 1]]
    return [headers.read(block, 0, len(block))[0] for block in blocks]


def _action(group: Headers) -> str:
    return group.first("action").strip().lower().partition(" ")[0]


def _recipient(group: Headers) -> str:
    for name in ("original-recipient", "final-recipient"):
        _, semicolon, address = group.first(name).partition(";")
        found = next((address for _, address in parse_addresses(address) if address), "") if semicolon else ""
        if found:
            return found.lower()
    return ""


def _status(group: Headers) -> str:
    found = _STATUS.search(group.first("status"))
    return found[0] if found else ""


def _original_id(raw: bytes, parts: Parts) -> str:
    """The Message-ID of the mail that came back."""
    for leaf in parts.leaves:
        if leaf.content_type in _ORIGINAL:
            original = leaf.content(raw)[:MOST_BYTES].lstrip()
            fields, _, _ = headers.read(original, 0, len(original))
            if mail_id := fields.mail_id():
                return mail_id
    return ""


def _without_report(fields: Headers, text: str) -> Bounce | None:
    """What Exim and Gmail say in a field of their own; the returned mail stands in the text."""
    failed = fields.addresses("x-failed-recipients")
    if not failed:
        return None
    found, status = _MAIL_ID.search(text), _STATUS.search(text)
    return Bounce(failed[0], status[0] if status else "", found[1] if found else "", words=one_line(text)[:500])
