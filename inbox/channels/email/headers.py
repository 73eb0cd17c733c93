"""The header fields of a mail or of one of its parts (RFC 5322, section 2.2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from inbox.channels.email import addresses, charsets, words
from inbox.text import clean

MOST_FIELDS, MOST_BYTES = 2000, 1_000_000
EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
KEPT_BYTES, KEPT_VALUE, KEPT_VALUES = 16_384, 1000, 10
KEPT = (
    "from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
    "return-path", "delivered-to", "x-original-to", "auto-submitted", "precedence", "x-auto-response-suppress",
    "x-autoreply", "x-loop", "list-id", "list-unsubscribe", "list-post", "list-unsubscribe-post", "feedback-id",
    "authentication-results", "arc-authentication-results", "received-spf", "organization", "content-language",
    "importance", "x-mailer", "user-agent", "received",
)  # fmt: skip
"""The fields that are kept beside a mail, the most telling first: all together have a limit."""

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_MAIL_ID = re.compile(r"<[^<>]{1,996}>")
_EMPTY_LINE = re.compile(rb"^\r?\n", re.M)
_SPACES = re.compile(" {2,}")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")


class Headers:
    """Header fields by name, in their order. Names are in lower case; values come out unfolded and clean."""

    def __init__(self, fields: Sequence[tuple[str, bytes]] = ()) -> None:
        self._fields: dict[str, list[bytes]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value[: words.LONGEST_VALUE])

    def __bool__(self) -> bool:
        return bool(self._fields)

    def raw(self, name: str) -> list[str]:
        """The values of these fields, not decoded; bytes beyond ASCII are read as the mail's own charset."""
        values = self._fields.get(name, ())
        label = "" if all(value.isascii() for value in values) else self._charset()
        return [one_line(charsets.decode(value, label)) for value in values]

    def first(self, name: str) -> str:
        """The first of these fields, not decoded; "" if there is none."""
        return next(iter(self.raw(name)), "")

    def text(self, name: str) -> str:
        """The first of these fields for people, with its encoded words read."""
        return one_line(words.decode(self.first(name)))

    def mailboxes(self, *names: str) -> list[tuple[str, str]]:
        """(name, address) of all mailboxes in these fields."""
        return [mailbox for name in names for value in self.raw(name) for mailbox in addresses.parse(value)]

    def addresses(self, *names: str) -> tuple[str, ...]:
        """The addresses in these fields, in lower case, each once."""
        return tuple(dict.fromkeys(address.lower() for _, address in self.mailboxes(*names) if address))

    def mail_ids(self, name: str) -> tuple[str, ...]:
        """The Message-IDs in these fields, with angle brackets."""
        return tuple(
            dict.fromkeys("".join(found.split()) for value in self.raw(name) for found in _MAIL_ID.findall(value))
        )

    def mail_id(self) -> str:
        """The mail's own Message-ID with angle brackets, which some programs forget; "" if it has none."""
        value = self.first("message-id")
        found = _MAIL_ID.search(value)
        bare = "".join((found[0] if found else value[:996]).split()).strip("<>")
        return f"<{bare}>" if bare else ""

    def date(self) -> datetime | None:
        """When the mail says that it was sent; None for no date, or for one that cannot be."""
        try:
            at = parsedate_to_datetime(self.first("date")[:100])
            at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return at if EARLIEST_YEAR <= at.year <= LATEST_YEAR else None

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        """The first of these fields as its main value, in lower case, and its parameters."""
        return words.parameters(self.first(name))

    def kept(self) -> Mapping[str, Any]:
        """What is worth keeping of all this, as JSON can hold it: a list of values for each name."""
        kept: dict[str, list[str]] = {}
        room = KEPT_BYTES
        for name in KEPT:
            for value in self.raw(name)[:KEPT_VALUES]:
                short = one_line(words.decode(value))[:KEPT_VALUE]
                room -= len(name) + len(short.encode())
                if room < 0:
                    return kept
                kept.setdefault(name, []).append(short)
        return kept

    def _charset(self) -> str:
        value = b"".join(self._fields.get("content-type", ())[:1]).decode("ascii", "replace")
        return words.parameters(value)[1].get("charset", "")


def one_line(text: str) -> str:
    """The text without control characters and line breaks, its white space made single spaces."""
    return _SPACES.sub(" ", _CONTROL.sub(" ", clean(text))).strip(" ")


def read(raw: bytes, start: int, end: int) -> tuple[Headers, int, bool]:
    """Read the fields that begin at `start`.

    Return them, where the body begins, and whether an empty line parted the two. What is beyond 2,000 fields or a
    million bytes is passed over.
    """
    fields: list[tuple[str, list[bytes]]] = []
    at, parted = start, True
    while at < end:
        stop = raw.find(b"\n", at, end) + 1 or end
        line = raw[at : min(stop, at + words.LONGEST_VALUE)]
        if not line.strip(b"\r\n"):
            at = stop
            break
        if match := _FIELD.match(line):
            fields.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif fields and line[:1] in (b" ", b"\t"):
            fields[-1][1].append(line)
        else:
            parted = False
            break
        at = stop
        if at - start > MOST_BYTES or len(fields) > MOST_FIELDS:
            empty = _EMPTY_LINE.search(raw, at, end)
            at = empty.end() if empty else end
            break
    return Headers([(name, b"".join(lines)) for name, lines in fields]), at, parted
