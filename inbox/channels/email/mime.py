"""A mail taken apart into its parts (RFC 2046).

One pass over the lines that begin with two hyphens: no recursion, so that any depth can be read, and no time that
grows faster than the mail. Parts are places in its bytes; nothing is copied before it is asked for.
"""

import binascii
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from inbox.channels.email import headers, words
from inbox.channels.email.headers import Headers
from inbox.errors import Unreadable

MOST_PARTS = 1000

_DELIMITER = re.compile(rb"^--([^\r\n]{1,1000})", re.M)
_LIKE_A_PART = re.compile(rb"[ \t]*\r?\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[A-Za-z-]{1,40}[ \t]*:")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]*\r?\n)?")  # the last is a line of mbox files


@dataclass(eq=False)
class Part:
    """One part: its header fields, and from where to where its body lies in the mail.

    `within` is the multipart that holds it. `alternative` is the outermost multipart/alternative round it: what is in
    there says the same thing in several forms.
    """

    headers: Headers
    start: int
    end: int
    within: "Part | None" = None
    content_type: str = "text/plain"
    options: Mapping[str, str] = field(default_factory=dict)
    alternative: "Part | None" = None
    children: int = 0
    boundaries: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self.within.alternative if self.within else None
        self.alternative = outer or (self if self.content_type == "multipart/alternative" else None)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    def content(self, raw: bytes) -> bytes:
        """Its body, with the transfer encoding taken off as well as can be."""
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _base64(raw, self.start, self.end)
        body = raw[self.start : self.end]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return _uuencoded(body) if encoding in ("x-uuencode", "uuencode", "x-uue", "uue") else body


@dataclass(frozen=True)
class Parts:
    """A mail's header fields, its parts that are not made of parts, and what was wrong with its form."""

    headers: Headers
    leaves: tuple[Part, ...]
    defects: tuple[str, ...]


def take_apart(raw: bytes) -> Parts:
    """Return the parts of a mail in their order. Raises Unreadable if it does not begin with a header field."""
    return _Reader(raw).read()


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._open: list[Part] = []  # the multiparts that we are in, the outermost first
        self._levels: dict[bytes, int] = {}  # whose boundary this is
        self._leaf: Part | None = None
        self._leaves: list[Part] = []
        self._defects: dict[str, None] = {}
        self._begun = 0
        self._body = 0  # where that of the latest part begins: nothing before it is a delimiter
        self._finished = False

    def read(self) -> Parts:
        before = _BEFORE.match(self._raw)
        root = self._begin(before.end() if before else 0, None)
        if not root.headers:
            raise Unreadable("no_header" if self._raw.strip() else "empty")
        if self._open:
            self._read_parts()
        self._close(0, len(self._raw))
        return Parts(root.headers, tuple(self._leaves), tuple(self._defects))

    def _read_parts(self) -> None:
        for match in _DELIMITER.finditer(self._raw):
            if match.start() >= self._body:
                self._look_at(match)
            if self._begun >= MOST_PARTS:
                self._note("too_many_parts")
                if self._leaf:  # the rest, as one file
                    self._leaf.content_type = "application/octet-stream"
                return
        if self._open[0].children and not self._finished:
            self._note("unfinished")

    def _look_at(self, delimiter: re.Match[bytes]) -> None:
        key = delimiter[1].rstrip()
        level, is_last = self._levels.get(key), False
        if level is None and key.endswith(b"--"):
            level, is_last = self._levels.get(key[:-2]), True
        if level is None:
            level = self._adopt(key, delimiter.end())
        if level is None:
            return
        self._close(level + 1, self._end_before(delimiter.start()))
        self._finished = is_last and level == 0
        if not is_last:
            self._begin(self._raw.find(b"\n", delimiter.end()) + 1 or len(self._raw), self._open[level])

    def _adopt(self, key: bytes, end: int) -> int | None:
        """Take a boundary that was never announced, where a part seems to begin after it and none has yet."""
        inner = self._open[-1]
        if self._leaf or inner.children or not _LIKE_A_PART.match(self._raw, end):
            return None
        self._note("boundary")
        self._expect(key, inner, len(self._open) - 1)
        return len(self._open) - 1

    def _expect(self, key: bytes, part: Part, level: int) -> None:
        if key and key not in self._levels:
            self._levels[key] = level
            part.boundaries.append(key)

    def _begin(self, start: int, within: Part | None) -> Part:
        fields, body, parted = headers.read(self._raw, start, len(self._raw))
        if not parted:
            self._note("headers")
        part = Part(fields, body, len(self._raw), within, *_type_of(fields, within))
        self._body, self._begun = body, self._begun + 1
        if within:
            within.children += 1
        if part.is_multipart:
            self._expect(part.options.get("boundary", "").encode().rstrip(), part, len(self._open))
            self._open.append(part)
        else:
            self._leaf = part
            self._leaves.append(part)
        return part

    def _close(self, level: int, end: int) -> None:
        """End the part that is open, and the multiparts from this level on."""
        if self._leaf:
            self._leaf.end, self._leaf = max(self._leaf.start, end), None
        for part in self._open[level:]:
            for key in part.boundaries:
                del self._levels[key]
            if not part.children:  # its words must not be lost for want of a boundary
                self._note("boundary")
                part.end, part.content_type = max(part.start, end), "text/plain"
                self._leaves.append(part)
        del self._open[level:]

    def _end_before(self, delimiter: int) -> int:
        """Where the text before a delimiter ends: the line break belongs to the delimiter."""
        end = delimiter - (self._raw[delimiter - 1 : delimiter] == b"\n")
        return end - (self._raw[end - 1 : end] == b"\r")

    def _note(self, defect: str) -> None:
        self._defects.setdefault(defect)


def _type_of(fields: Headers, within: Part | None) -> tuple[str, Mapping[str, str]]:
    usual = "message/rfc822" if within and within.content_type == "multipart/digest" else "text/plain"
    said, options = fields.parameters("content-type")
    return (said if _TYPE.fullmatch(said) else usual), options


def _base64(raw: bytes, start: int, end: int) -> bytes:
    padding = raw.find(b"=", start, end)
    if padding < 0 or not raw[padding:end].strip(b"=\r\n\t "):
        with suppress(binascii.Error):
            return binascii.a2b_base64(memoryview(raw)[start:end])
    return words.from_base64(raw[start:end])


def _uuencoded(body: bytes) -> bytes:
    _, _, lines = body.partition(b"begin ")
    decoded = []
    for line in lines.splitlines()[1:]:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    return b"".join(decoded)
