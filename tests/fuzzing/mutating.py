"""Samples made worse, and what must hold of whatever the parsers make of them."""

import base64
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

import posting

from inbox.channels.email import calendars, charsets, markup, sendgrid, tnef
from inbox.channels.email.parse import parse
from inbox.channels.twilio import parse as twilio
from inbox.channels.twilio import status
from inbox.channels.voice import parse as voice
from inbox.errors import Unreadable
from inbox.multipart import Request
from inbox.profile import Profile
from inbox.text import clean

SAMPLES = Path(__file__).parents[1] / "samples"
SLOW_SECONDS = 5.0
"""Of the processor: a sample has some ten thousand bytes, so this is time that grows faster than they do."""
TAIPEI, PROFILE = ZoneInfo("Asia/Taipei"), Profile()

_TOKENS = [
    *(
        b"\r\n|\n|\r|\r\n\r\n|--|--edge|--edge--|;|:|,|<|>|(|)|\"|'|\\|@|=|=?|?=|*|%|\0|\xff|\xfe\xff|\x1b$B|\x1b(B|+|&"
        b"|=?utf-8?B?|=?big5?Q?|*0*=utf-8''|boundary=|charset=|name=|filename=\"|\r\n |\r\n\t|From: |Content-Type: "
        b"|multipart/mixed; boundary=edge|multipart/alternative; boundary=|message/rfc822|text/html|text/calendar"
        b"|application/ms-tnef|message/delivery-status|multipart/report|Content-Transfer-Encoding: base64\r\n"
        b"|Content-Transfer-Encoding: quoted-printable\r\n|Content-Disposition: attachment; |Content-ID: <"
        b"|<div>|</div>|<table><tr><td>|<b x=1>|<a href=|<img src=cid:|<img src=http://|<script>|<!--|-->|<style>|&lt;|&#"
        b"|BEGIN:VEVENT\r\n|END:VEVENT\r\n|DTSTART;TZID=|RRULE:FREQ=|Date: |Message-ID: |References: |To: "
        b"|\xe4\xb8|\xa4\xa4|\x82\xa0|99999999999999999999|-1|NaN|%00|%F0%9F"
    ).split(b"|"),
    *(f"charset={name}\r\n".encode() for name in sorted(charsets._KNOWN)),
]


@dataclass
class Target:
    """A parser: samples that it reads, and a function that feeds it and raises if anything is wrong."""

    name: str
    samples: list[bytes] = field(repr=False)
    feed: Callable[[bytes], None]


def mutated(chance: random.Random, samples: list[bytes]) -> bytes:
    """One of the samples with one to eight things changed."""
    data = bytearray(chance.choice(samples))
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((1, 2, 8, 40, 400)))
        chance.choice(_CHANGES)(chance, data, start, end, samples)
    return bytes(data)


def _flip(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    for at in range(start, min(end, start + 8)):
        data[at] = chance.randrange(256)


def _cut(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    del data[start:end]


def _end(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    del data[max(start, len(data) // 2) :]


def _repeat(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    data[start:start] = bytes(data[start:end])[:200] * chance.choice((1, 2, 10, 300))


def _insert(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    data[start:start] = chance.choice(_TOKENS) * chance.choice((1, 1, 1, 2, 50, 2000))


def _replace(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    data[start:end] = chance.choice(_TOKENS)


def _mix(chance: random.Random, data: bytearray, start: int, end: int, samples: list[bytes]) -> None:
    other = chance.choice(samples)
    place = chance.randint(0, len(other))
    data[start:end] = other[place : place + chance.choice((8, 80, 800))]


_CHANGES = (_flip, _cut, _end, _repeat, _insert, _insert, _replace, _mix)


def check_mail(raw: bytes) -> None:
    """Whatever the bytes are, they are read or refused, and what is read can be stored and shown."""
    try:
        read = parse(raw, TAIPEI)
    except Unreadable:
        return
    assert parse(raw, TAIPEI).digest == read.digest
    check_values({name: value for name, value in asdict(read).items() if name != "files"})
    for file in read.files:
        check_values([file.filename, file.content_type, file.content_id, file.taken_from])
        assert file.filename == "" or file.filename.isprintable() or not re.search(r"[\0-\x1f\x7f-\x9f]", file.filename)
    check_html(read.html)


def check_values(value: Any) -> None:
    """The value is what a database and JSON hold."""
    if isinstance(value, str):
        assert value == clean(value)
    elif isinstance(value, dict):
        check_values([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            check_values(each)


def check_html(html: str) -> None:
    """Nothing in it runs, and nothing asks for anything from elsewhere."""
    shown = _Shown()
    shown.feed(html)
    assert shown.tags <= markup._TAGS
    assert shown.attributes <= {"dir", "lang", "href", "rel", "src", "alt", "width", "height", "start", "type"} | {
        "colspan",
        "rowspan",
        "align",
    }
    assert all(link.lower().startswith(("http://", "https://", "mailto:", "tel:")) for link in shown.links)
    assert all(source.startswith("cid:") for source in shown.sources)


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(given)
        self.links += [given["href"] or ""] if "href" in given else []
        self.sources += [given.get("src") or ""] if tag == "img" else []


def check_packed(data: bytes) -> None:
    found = tnef.read(data)
    check_values([found.text, found.html, [[file.filename, file.content_type] for file in found.files]])
    assert sum(len(file.content) for file in found.files) <= len(data)


def check_calendar(data: bytes) -> None:
    check_values(json.loads(json.dumps(calendars.facts(charsets.decode(data), TAIPEI))))


def check_markup(data: bytes) -> None:
    html = markup.sanitise(charsets.decode(data))
    check_html(html)
    check_values([html, markup.to_text(html)])


def check_form(body: bytes) -> None:
    """The parameters of a webhook of Twilio's, through everything that reads them."""
    given = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    check_values(asdict(twilio.incoming(given, PROFILE)))
    single = {clean(name): clean(values[0]) for name, values in given.items()}
    status.report(single)
    voice.told(single)


def check_post(body: bytes) -> None:
    """A post of SendGrid's, as its view takes it: whatever mail it makes, that can be read."""
    request = Request.from_values(
        method="POST", data=body, content_type=f"multipart/form-data; boundary={posting.EDGE}"
    )
    request.takes_bytes, request.max_form_memory_size = True, len(body)
    parts = request.files
    if not sendgrid.is_mail(parts):
        return
    assert all(address.isprintable() for address in sendgrid.recipients(parts))
    file = BytesIO()
    sendgrid.write_mail(parts, file)
    check_mail(file.getvalue())


def _mails() -> list[bytes]:
    return [path.read_bytes() for path in sorted((SAMPLES / "email").glob("*.eml"))]


def _packed() -> bytes:
    return base64.b64decode(
        (SAMPLES / "email" / "18_winmail_dat.eml").read_bytes().partition(b"base64\r\n\r\n")[2].partition(b"\r\n--")[0]
    )


def _forms() -> list[bytes]:
    cases = [json.loads(path.read_text()) for path in sorted((SAMPLES / "twilio").glob("*.json"))]
    return [urlencode(case["params"], doseq=True).encode() for case in cases]


_CALENDAR = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Here\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    b"TZOFFSETFROM:+0800\r\nTZOFFSETTO:+0800\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    b"BEGIN:VEVENT\r\nDTSTART;TZID=Here:20261204T193000\r\nDTEND;TZID=Asia/Taipei:20261204T210000\r\nDURATION:PT1H\r\n"
    b"RRULE:FREQ=DAILY;COUNT=3\r\nLOCATION;LANGUAGE=en:Hall\\, 2\r\nURL:https://a.example/\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_MARKUP = (
    b"<html><head><title>T</title><style>p{color:red}</style></head><body onload=x><h1>Head</h1><p>One <b class=x>bold</b> "
    b"<a href='https://ok.example/'>here</a><ul><li>a<ol start=3><li>b</ul><blockquote>q<pre>x\n y</pre></blockquote>"
    b"<table><tr><td>A<td><img src=cid:a alt='a>b'><img src='http://t.example/x.gif'><svg onload=1><script>1</script></svg>"
    b"<form action=x><input name=q></form><a href='javascript:1'>j</a>&amp;&lt;b&gt;&eacute;&#0;&#xd800;"
)


def targets() -> list[Target]:
    """Every parser of what strangers send."""
    return [
        Target("mail", _mails(), check_mail),
        Target("winmail", [_packed()], check_packed),
        Target("calendar", [_CALENDAR], check_calendar),
        Target("markup", [_MARKUP], check_markup),
        Target("twilio", _forms(), check_form),
        Target("sendgrid", [posting.body_of(case) for case in posting.CASES.values()], check_post),
    ]


@dataclass(frozen=True)
class Fault:
    """A sample that something went wrong with."""

    target: str
    sample: bytes = field(repr=False)
    what: str


def run(seed: int, names: tuple[str, ...] = ()) -> Iterator[Fault | None]:
    """Feed the parsers with one changed sample after the other, without end; yield what went wrong each time."""
    chance = random.Random(seed)
    chosen = [target for target in targets() if target.name in names or not names]
    weighted = [target for target in chosen for _ in range(4 if target.name == "mail" else 1)]
    while True:
        target = chance.choice(weighted)
        yield _try(target, mutated(chance, target.samples))


def _try(target: Target, sample: bytes) -> Fault | None:
    began = time.process_time()
    try:
        target.feed(sample)
    except Exception as error:
        return Fault(target.name, sample, f"{type(error).__name__}: {error}")
    seconds = time.process_time() - began
    return Fault(target.name, sample, f"took {seconds:.0f} seconds") if seconds > SLOW_SECONDS else None
