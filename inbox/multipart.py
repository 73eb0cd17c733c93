"""Reading a form that came in, so that one thing wrong with it does not take the rest along.

Werkzeug drops a whole form when the name of one file is not UTF-8 or when the end is missing. A reader who wrote
for an hour gets it back here: names are read as well as they can be, what arrived before the damage is kept, and
the request says what happened (`Request.damage`), so that the page can.
"""

from collections.abc import Iterator
from enum import Enum
from io import BytesIO
from typing import IO, Any, cast
from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

MOST_FILES = 400
MOST_PARTS = 2000
_ENCODINGS = ("utf-8", "big5hkscs", "latin-1")  # browsers send UTF-8; the last one reads everything


class Damage(Enum):
    """What kept a form from being read whole."""

    UNREADABLE = "unreadable"
    TOO_MANY_FILES = "too many files"


class TooMuchText(RequestEntityTooLarge):
    """The answers alone are larger than we take."""


class TooManyParts(RequestEntityTooLarge):
    """Files or answers without end."""


class _FormParser(FormDataParser):
    request: "Request"

    def parse(self, stream: IO[bytes], mimetype: str, *args: Any, **options: Any) -> Any:
        if mimetype not in ("multipart/form-data", "application/x-www-form-urlencoded"):
            self.request.damage = Damage.UNREADABLE
        return super().parse(stream, mimetype, *args, **options)

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        form, files = MultiDict[str, str](), MultiDict[str, FileStorage]()
        try:
            parser = Parser(self, options.get("boundary", ""))
            for part, value in parser.parts(stream, content_length):
                if isinstance(part, File) or self.request.takes_bytes:
                    filename = getattr(part, "filename", None)
                    files.add(part.name, FileStorage(value, filename, part.name, headers=part.headers))
                else:
                    form.add(part.name, value.read().decode(parser.get_part_charset(part.headers), "replace"))
        except ValueError:  # what Werkzeug's decoder raises; the end may be missing
            self.request.damage = Damage.UNREADABLE
        return stream, form, files

    def _parse_urlencoded(self, stream: IO[bytes], *others: Any) -> Any:
        text = stream.read().decode("utf-8", "replace")
        return stream, MultiDict(parse_qsl(text, keep_blank_values=True, errors="replace")), MultiDict()


class Parser(MultiPartParser):
    """Cuts a body into its parts, within limits."""

    def __init__(self, form: _FormParser, boundary: str) -> None:
        super().__init__(form.stream_factory, form.max_form_memory_size)
        if not boundary:
            raise ValueError("no boundary")
        self._request = form.request
        self._decoder = _Decoder(boundary.encode(), form.max_form_memory_size)
        self._text_bytes = self._files = self._parts = 0

    def parts(self, stream: IO[bytes], length: int | None) -> Iterator[tuple[Field | File, IO[bytes]]]:
        """Yield each part that is whole with what it holds, beyond the 400th file without. Raises ValueError."""
        part: Field | File
        for event in self._events(stream):
            if isinstance(event, Field | File):
                part, holds = event, self._room_for(event, length)
            elif isinstance(event, Data):
                self._write(part, holds, event.data)
                if not event.more_data and holds:
                    holds.seek(0)
                    yield part, holds

    def _events(self, stream: IO[bytes]) -> Iterator[Any]:
        more = True
        while more:
            data = stream.read(self.buffer_size)
            more = bool(data)
            self._decoder.receive_data(data or None)
            while not isinstance(event := self._decoder.next_event(), Epilogue | NeedData):
                yield event

    def _room_for(self, part: Field | File, length: int | None) -> IO[bytes] | None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise TooManyParts
        if isinstance(part, Field):
            return BytesIO()
        self._files += 1
        if self._files <= MOST_FILES or self._request.takes_bytes:
            return self.start_file_streaming(part, length)
        self._request.damage = Damage.TOO_MANY_FILES
        return None

    def _write(self, part: Field | File, holds: IO[bytes] | None, data: bytes) -> None:
        if isinstance(part, Field):
            self._text_bytes += len(data)
            if self._text_bytes > (self.max_form_memory_size or 0):
                raise TooMuchText
        if holds:
            holds.write(data)


class _Decoder(MultipartDecoder):
    def _parse_headers(self, data: bytes | bytearray) -> Any:
        return super()._parse_headers(_as_utf8(bytes(data)))


def _as_utf8(data: bytes) -> bytes:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    return data


class Request(flask.Request):
    """A request whose form is read by `Parser`.

    `takes_files` is for the view to say, and `takes_bytes`: then every field is among `files`, as the bytes that came,
    and there may be as many files as parts.
    """

    damage: Damage | None = None
    takes_files = False
    takes_bytes = False
    form_data_parser_class = _FormParser

    def make_form_data_parser(self) -> FormDataParser:
        parser = cast(_FormParser, super().make_form_data_parser())
        parser.request = self
        return parser
