"""How the answer to each widget is read.

A field keeps what was typed, so that nothing is lost when something must be put right. Its `data` is
what that was read as, and its errors say in words what could not be read and how to write it.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import wtforms
from babel.dates import get_timezone_location
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from wtforms import ValidationError
from wtforms.utils import unset_value

from inbox import kinds
from inbox.edge import current_runtime
from inbox.kinds import Widget
from inbox.text import clean, first_line

QUOTE_LENGTH = 60
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
LARGEST_AMOUNT = 10**12
ZONES = (
    "Asia/Taipei", "Asia/Tokyo", "Asia/Seoul", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Manila",
    "Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta", "Asia/Kolkata", "Asia/Dubai", "Asia/Jerusalem",
    "Africa/Nairobi", "Africa/Johannesburg", "Europe/Kyiv", "Europe/Berlin", "Europe/Paris",
    "Europe/London", "UTC", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
"""The zones that are offered beside the newsroom's own; any other known one is understood too."""
CURRENCIES = ("TWD", "USD", "EUR", "GBP", "JPY", "HKD", "CNY", "SGD", "AUD", "CAD")

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_DATE = re.compile(r"(\d{1,9})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_TIME = re.compile(r"(\d{1,2})[:：.](\d{2})(?:[:：]\d{2}(?:\.\d+)?)?")
_AMOUNT = re.compile(r"[A-Za-z]{0,3}\s?[$€£¥]?\s?(\d[\d\s,.'’]*)\s?(?:[$€£¥元]|[A-Za-z]{3})?")
_CENTS = re.compile(r"[.,]\d{1,2}$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")


known_zones = cache(available_timezones)


class Answer(wtforms.Field):  # type: ignore[misc]
    """The answer to one question of a kind.

    `parts` are the endings of its input names: a moment is asked with `starts_at_date` and two more.
    `typed` maps each ending to what was typed. `wrong` are the endings that an error is about.
    """

    parts: ClassVar[tuple[str, ...]] = ("",)
    chosen_parts: ClassVar[frozenset[str]] = frozenset()  # lists that always have a choice, so are not to blame

    def __init__(self, ask: kinds.Field, **options: Any) -> None:
        super().__init__(label=ask.label, **options)
        self.ask = ask
        self.errors: list[str] = []
        self.wrong: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.data = None
        self.typed = {
            part: self.suggested(part) if formdata is None else self.received(formdata, part) for part in self.parts
        }

    def suggested(self, part: str) -> str:
        """What stands in the empty form."""
        return self.ask.default

    def received(self, formdata: Any, part: str) -> str:
        return clean(formdata.get(f"{self.name}{part}", "")).replace("\r\n", "\n")

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Read what was typed; a question that was not asked has no answer, whatever was typed."""
        self.errors, self.data = [], None
        if not self.is_asked(form):
            return True
        try:
            self.data = self.read()
            if self.ask.required and not self.data:
                raise ValidationError(self.missing())
        except ValidationError as problem:
            self.add_error(str(problem))
        return not self.errors

    def is_asked(self, form: Any) -> bool:
        if self.ask.only_if is None:
            return True
        choice, value = self.ask.only_if
        return bool(form[choice].typed[""] == value)

    def may_be_empty(self) -> None:
        """Forgive that nothing was typed, since something else says enough."""
        if not any(text.strip() for text in self.typed.values()):
            self.errors = []

    def add_error(self, words: str) -> None:
        self.errors = [*self.errors, words]
        self.wrong = self.wrong or tuple(part for part in self.parts if part not in self.chosen_parts)

    def wrong_in(self, words: str, *parts: str) -> ValidationError:
        """An error about some of the inputs only."""
        self.wrong = parts
        return ValidationError(words)

    @property
    def target(self) -> str:
        """The id of the first input that an error is about."""
        return f"{self.name}{(self.wrong or self.parts)[0]}"

    def missing(self) -> str:
        return str(_("This is still empty, and we need it."))

    def read(self) -> Any:
        """Return what was typed as a value, None if there is nothing. Raises ValidationError."""
        return self.line() or None

    def line(self, part: str = "") -> str:
        """What was typed, without spaces around it, if it is short enough."""
        text = str(self.typed[part]).strip()
        limit = self.ask.max_length
        if len(text) > limit:
            raise ValidationError(
                _(
                    "This is %(length)d characters long, and %(limit)d fit here. Shorten it.",
                    length=len(text),
                    limit=limit,
                )
            )
        return text


def quote(text: str) -> str:
    return first_line(text, QUOTE_LENGTH)


class Line(Answer):
    def read(self) -> str | None:
        return " ".join(self.line().split()) or None


class Text(Answer):
    def read(self) -> str | None:
        return self.line() or None


class Email(Answer):
    def read(self) -> str | None:
        text = self.line()
        if text and not _EMAIL.fullmatch(text):
            raise ValidationError(
                _("“%(typed)s” looks cut short. Write it in full, like name@example.com.", typed=quote(text))
            )
        return text or None


class Phone(Answer):
    def read(self) -> str | None:
        text = self.line()
        if text and sum(character.isdigit() for character in text) < 5:
            raise ValidationError(
                _("“%(typed)s” looks cut short. Write the whole number, like +886 2 2345 6789.", typed=quote(text))
            )
        return text or None


class Url(Answer):
    def read(self) -> str | None:
        text = self.line()
        if not text:
            return None
        address = text if _SCHEME.match(text) else f"https://{text.removeprefix('//')}"
        if not _is_web_address(address):
            raise ValidationError(
                _(
                    "“%(typed)s” is not a web address we can open. Write it like https://example.com/page.",
                    typed=quote(text),
                )
            )
        return address


def _is_web_address(text: str) -> bool:
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "").strip(".")
    except ValueError:
        return False


class Choice(Answer):
    """One of the options; where none arrives, the default counts."""

    def received(self, formdata: Any, part: str) -> str:
        return super().received(formdata, part) or self.ask.default

    def read(self) -> str | None:
        text = self.line()
        if text and text not in dict(self.ask.options):
            raise ValidationError(_("“%(typed)s” is none of the answers here. Choose one of them.", typed=quote(text)))
        return text or None

    def missing(self) -> str:
        return str(_("Choose one of the answers."))


class Tick(Answer):
    def read(self) -> bool:
        return bool(self.line())

    def missing(self) -> str:
        return str(_("We need your yes to this. Tick the box."))


class Day(Answer):
    def read(self) -> date | None:
        return read_date(self.line())


class Moment(Answer):
    """A date, a time and the zone they are meant in."""

    parts = ("_date", "_time", "_zone")
    chosen_parts = frozenset({"_zone"})

    def suggested(self, part: str) -> str:
        return current_runtime().profile.time_zone if part == "_zone" else ""

    def received(self, formdata: Any, part: str) -> str:
        return super().received(formdata, part) or self.suggested(part)

    @property
    def zones(self) -> list[tuple[str, str]]:
        """The zones to choose from and their names, the newsroom's own first."""
        own, typed = current_runtime().profile.time_zone, self.typed["_zone"]
        names = dict.fromkeys((own, *ZONES, *((typed,) if typed in known_zones() else ())))
        locale = str(get_locale())
        return [(name, _city(name, locale)) for name in names]

    def read(self) -> datetime | None:
        day, clock = self._part("_date", read_date), self._part("_time", read_time)
        zone = self.typed["_zone"].strip()
        if day is None and clock is None:
            return None
        if day is None:
            raise self.wrong_in(_("The date is still empty. Give it as well as the time."), "_date")
        if clock is None:
            raise self.wrong_in(_("The time is still empty. Give it as well as the date."), "_time")
        if zone not in known_zones():
            raise self.wrong_in(
                _("“%(typed)s” is not a time zone we know. Choose one of the list.", typed=quote(zone)), "_zone"
            )
        return datetime.combine(day, clock, ZoneInfo(zone))

    def _part(self, part: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(self.line(part))
        except ValidationError as problem:
            raise self.wrong_in(str(problem), part) from None

    def in_words(self) -> str:
        """The moment as people say it: Monday 30 November 2026, 09:00 in Taipei."""
        return moment_in_words(self.data) if self.data else ""


class MoneyRange(Answer):
    """Two amounts, either of which may stay open, and a currency."""

    parts = ("_low", "_high", "_currency")
    chosen_parts = frozenset({"_currency"})

    def suggested(self, part: str) -> str:
        return current_runtime().profile.currency if part == "_currency" else ""

    def received(self, formdata: Any, part: str) -> str:
        return super().received(formdata, part) or self.suggested(part)

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """The currencies to choose from and what to call them, the newsroom's own first."""
        return [(code, code) for code in dict.fromkeys((current_runtime().profile.currency, *CURRENCIES))]

    def read(self) -> kinds.Money | None:
        low, high = self._amount("_low"), self._amount("_high")
        currency = self.typed["_currency"].strip().upper()
        if low is None and high is None:
            return None
        if currency not in dict(self.currencies):
            raise self.wrong_in(
                _("“%(typed)s” is not a currency of the list. Choose one of them.", typed=quote(currency)), "_currency"
            )
        return kinds.Money(low, high, currency)

    def _amount(self, part: str) -> int | None:
        text = self.line(part)
        if not text:
            return None
        match = _AMOUNT.fullmatch(text) if len(text) < 40 else None
        amount = int(re.sub(r"\D", "", _CENTS.sub("", match[1].strip()))) if match else None
        if amount is None or amount > LARGEST_AMOUNT:
            raise self.wrong_in(
                _("“%(typed)s” is not an amount we can read. Write it in figures, like 50000.", typed=quote(text)), part
            )
        return amount


class Files(Answer):
    """Files; they are looked at in `uploads`. `held` are those that arrived with an earlier try."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None)
        given = formdata.getlist(self.name) if formdata is not None else []
        self.files = [file for file in given if isinstance(file, FileStorage) and file.filename]
        self.held: list[Any] = []

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        return not self.errors

    def missing(self) -> str:
        return str(_("No file has arrived. Choose at least one."))


def read_date(text: str) -> date | None:
    """Return the day written as 2026-11-30, 2026/11/30 or 2026年11月30日; None for nothing."""
    if not text:
        return None
    unreadable = ValidationError(
        _("“%(typed)s” is not a date we can read. Write it like 2026-11-30.", typed=quote(text))
    )
    match = _DATE.fullmatch(text)
    if match is None:
        raise unreadable
    year, month, day = (int(figures) for figures in match.groups())
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValidationError(
            _("The year in “%(typed)s” looks mistyped. Write the date like 2026-11-30.", typed=quote(text))
        )
    try:
        return date(year, month, day)
    except ValueError:
        raise unreadable from None


def read_time(text: str) -> time | None:
    """Return the time written as 09:00; None for nothing."""
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    raise ValidationError(_("“%(typed)s” is not a time we can read. Write it like 09:00.", typed=quote(text)))


def city(zone: str) -> str:
    """A time zone's city as people call it."""
    return _city(zone, str(get_locale()))


@cache  # a form names some thirty, and each is looked up in several tables
def _city(zone: str, locale: str) -> str:
    return "UTC" if zone == "UTC" else str(get_timezone_location(zone, locale=locale, return_city=True))


def moment_in_words(at: datetime) -> str:
    """A moment in its own zone: Monday 30 November 2026, 09:00 in Taipei."""
    zone = str(at.tzinfo)
    words = format_datetime(at.replace(tzinfo=None), "EEEE d MMMM y, HH:mm", rebase=False)
    return str(_("%(moment)s in %(city)s", moment=words, city=city(zone)))


FIELD_OF: dict[Widget, type[Answer]] = {
    Widget.LINE: Line,
    Widget.TEXT: Text,
    Widget.EMAIL: Email,
    Widget.PHONE: Phone,
    Widget.URL: Url,
    Widget.CHOICE: Choice,
    Widget.TICK: Tick,
    Widget.DATE: Day,
    Widget.MOMENT: Moment,
    Widget.MONEY: MoneyRange,
    Widget.FILES: Files,
}
