"""Which parts of a mail are its words, and what they say; the others are files."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from inbox.channels.email import bounces, charsets, markup
from inbox.channels.email.mime import Part

MOST_CHARACTERS = 500_000
_SHOWN = ("text/plain", "text/html")
_OTHER_FORMS = ("text/x-amp-html", "text/watch-html")
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_EMBEDDED = re.compile(rb"data:[^\"'\s<>()]{200,}")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Bodies:
    """The words of a mail, as text and as sanitised HTML ("" if it has none), and the parts cut short in them."""

    text: str
    html: str
    cut: tuple[Part, ...] = ()


def sort(leaves: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Return the parts that are the mail's words, and those that are files.

    Signatures, reports, and further forms of the same words for particular programs are neither.
    """
    shown = [leaf for place, leaf in enumerate(leaves) if _is_shown(leaf, is_first=place == 0)]
    files = [leaf for leaf in leaves if leaf not in shown and not _is_form(leaf)]
    return shown, files


def _is_shown(leaf: Part, is_first: bool) -> bool:
    disposition, options = leaf.headers.parameters("content-disposition")
    if leaf.content_type not in _SHOWN or disposition == "attachment" or "filename" in options:
        return False
    return is_first or "name" not in leaf.options


def _is_form(leaf: Part) -> bool:
    is_signature = leaf.content_type in _SIGNATURES and _within(leaf) == "multipart/signed"
    return is_signature or leaf.content_type in _OTHER_FORMS or bounces.is_report(leaf)


def _within(leaf: Part) -> str:
    return leaf.within.content_type if leaf.within else ""


def read(raw: bytes, shown: Iterable[Part], content_ids: Set[str]) -> Bodies:
    """Return what these parts say, one after the other.

    Of alternatives the plain one is the text, if it says anything.
    """
    reader = _Reader(raw, content_ids)
    groups: dict[int, list[Part]] = {}
    for leaf in shown:
        groups.setdefault(id(leaf.alternative or leaf), []).append(leaf)
    told = [reader.read(group) for group in groups.values()]
    has_html = any(leaf.content_type == "text/html" for group in groups.values() for leaf in group)
    return Bodies(
        "\n\n".join(text for text, _ in told if text),
        "\n<hr>\n".join(html for _, html in told if html) if has_html else "",
        tuple(reader.cut),
    )


class _Reader:
    """Reads parts until their limits are used up."""

    def __init__(self, raw: bytes, content_ids: Set[str]) -> None:
        self._raw, self._content_ids = raw, content_ids
        self._room, self._html_room, self._tags = MOST_CHARACTERS, markup.MOST_CHARACTERS, markup.MOST_TAGS
        self.cut: dict[Part, None] = {}

    def read(self, group: list[Part]) -> tuple[str, str]:
        """The words of alternatives: as text, and as HTML."""
        text = "\n\n".join(filter(None, (self._plain(leaf) for leaf in group if leaf.content_type == "text/plain")))
        html = "\n".join(filter(None, (self._html(leaf) for leaf in group if leaf.content_type == "text/html")))
        return text or tidy(markup.to_text(html)), html or (markup.from_text(text) if text else "")

    def _plain(self, leaf: Part) -> str:
        text = self._decoded(leaf, leaf.content(self._raw), self._room)
        self._room -= len(text)
        return tidy(text)

    def _html(self, leaf: Part) -> str:
        whole = self._decoded(leaf, _EMBEDDED.sub(b"", leaf.content(self._raw)), self._html_room)
        html = markup.shorten(whole, tags=self._tags)
        if len(html) < len(whole):
            self.cut.setdefault(leaf)
        self._html_room -= len(html)
        self._tags -= html.count("<")
        return markup.sanitise(html, self._content_ids)

    def _decoded(self, leaf: Part, content: bytes, room: int) -> str:
        text = charsets.decode(content[: 4 * room], leaf.options.get("charset", ""))
        if len(text) > room or len(content) > 4 * room:
            self.cut.setdefault(leaf)
        return text[:room]


def tidy(text: str) -> str:
    """Plain text with plain line ends, without control characters, and with nothing empty round it."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
