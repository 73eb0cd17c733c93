"""HTML of strangers: made harmless, and told as plain text.

nh3 (ammonia) decides what stays. Its time grows with the square of what is nested, so no more than a certain number
of tags goes in; and formatting that is never closed is repeated in every paragraph after it, so that it goes in without
attributes, which keeps the copies few (HTML standard, "list of active formatting elements").
"""

import re
from collections.abc import Callable, Set
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3

from inbox.text import clean

MOST_CHARACTERS, MOST_TAGS = 500_000, 20_000

_TAGS = {
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd",
    "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "span",
    "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
    "var", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
}
_WITHOUT_CONTENT = {
    "script", "style", "title", "iframe", "noembed", "noframes", "object", "embed", "applet", "svg", "math",
    "template",
}  # fmt: skip
DEEPEST_SHOWN = 10
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.I)
_NUMBER = re.compile(r"\d{1,4}")
_PICTURE_WITHOUT_SOURCE = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")*>')  # as nh3 writes one
_FORMATTING = re.compile(r"<(b|code|em|i|s|strike|strong|u)\b(?!>)[^<>]*>", re.I)
_DROPPED = re.compile(r"</?(?:big|font|nobr|small|tt)\b[^<>]*>", re.I)


def shorten(html: str, characters: int = MOST_CHARACTERS, tags: int = MOST_TAGS) -> str:
    """As much of the beginning as can be read in a reasonable time."""
    html = html[:characters]
    if html.count("<") <= tags:
        return html
    return "<".join(html.split("<", tags + 1)[: tags + 1])


def sanitise(html: str, content_ids: Set[str] = frozenset()) -> str:
    """Return HTML that can be shown: it runs nothing, asks for nothing from anywhere, and has no styles or forms.

    Of pictures only those stay that came in the mail: their `src` is "cid:" and one of the given Content-IDs, for
    whoever shows it to replace by an address that leads to the file.
    """
    html = _DROPPED.sub("", _FORMATTING.sub(r"<\1>", shorten(clean(html))))
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_WITHOUT_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_keeper(content_ids),
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "tel", "cid"},
    )
    return _PICTURE_WITHOUT_SOURCE.sub("", cleaned).strip()


def _keeper(content_ids: Set[str]) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return value if _LINK.match(value) else None
        if name == "src":
            scheme, _, content_id = value.partition(":")
            content_id = unquote(content_id)
            return f"cid:{content_id}" if scheme.lower() == "cid" and content_id in content_ids else None
        if name == "alt":
            return value.replace("<", "‹").replace(">", "›")
        if name in ("width", "height", "colspan", "rowspan", "start"):
            return value if _NUMBER.fullmatch(value) else None
        return value

    return keep


def from_text(text: str) -> str:
    """Plain text as HTML."""
    return "<p>" + escape(text).replace("\n", "<br>\n") + "</p>"


def to_text(cleaned: str) -> str:
    """Return sanitised HTML as plain text: with paragraphs, lists, quotes and the addresses of links."""
    told = _Text()
    told.feed(cleaned)
    told.close()
    return told.text()


_BLOCKS = {
    "blockquote", "center", "dd", "details", "div", "dl", "dt", "figure", "figcaption", "hr", "li", "ol", "pre",
    "summary", "table", "tr", "ul",
}  # fmt: skip
_APART = {"caption", "h1", "h2", "h3", "h4", "h5", "h6", "p"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._lists: list[int | None] = []  # the number of the next item; None where they have none
        self._bullet = ""
        self._quotes = self._preformatted = 0
        self._link: tuple[str, int] | None = None  # where it leads, and where in the line it begins
        self._gap = False

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._break_at(tag)
        if tag == "br":
            self._end_line(always=True)
        elif tag == "hr":
            self._lines.append("---")
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "blockquote":
            self._quotes += 1
        elif tag in ("ul", "ol"):
            self._lists.append(int(given.get("start") or 1) if tag == "ol" else None)
        elif tag == "li":
            self._bullet = self._next_bullet()
        elif tag in ("td", "th") and self._line:
            self._line.append(" | ")
        elif tag == "a":
            self._link = (given.get("href") or "", len(self._line))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._name_link()
        self._break_at(tag)
        if tag == "pre":
            self._preformatted -= 1
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag == "li":
            self._bullet = ""
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._preformatted:
            self._line.append(_SPACES.sub(" ", data))
            return
        first, *others = data.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line(always=True)
            self._line.append(line)

    def _break_at(self, tag: str) -> None:
        if tag in _BLOCKS or tag in _APART:
            self._end_line()
            self._gap = self._gap or tag in _APART

    def _next_bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        depth = min(max(len(self._lists) - 1, 0), DEEPEST_SHOWN)
        return "  " * depth + ("- " if number is None else f"{number}. ")

    def _name_link(self) -> None:
        if self._link is None:
            return
        address, since = self._link
        address, self._link = address.removeprefix("mailto:").removeprefix("tel:"), None
        said = "".join(self._line[since:]).strip()
        if address and said and address.rstrip("/") not in said:
            self._line.append(f" ({address})")

    def _end_line(self, always: bool = False) -> None:
        line = "".join(self._line)
        self._line = []
        if self._link:
            self._link = (self._link[0], 0)
        if not self._preformatted:
            line = _SPACES.sub(" ", line).strip(" ")
        if not line.strip() and not always:
            return
        if self._gap and not self._bullet and self._lines and self._lines[-1]:
            self._lines.append("")
        self._lines.append(f"{'> ' * min(self._quotes, DEEPEST_SHOWN)}{self._bullet}{line}".rstrip())
        self._gap, self._bullet = False, ""
