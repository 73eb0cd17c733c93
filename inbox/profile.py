"""The newsroom's profile: what its readers see, from a TOML file that is read once.

A wrong value raises `ConfigError` with one line that names file and key.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from inbox import kinds
from inbox.complaints import one_line
from inbox.errors import ConfigError
from inbox.theme import parse_colour


class ProfilePart(BaseModel):
    """A table of the profile; a name that does not belong there is an error, not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _kind(name: str) -> str:
    if name not in kinds.BY_NAME:
        raise ValueError(f'"{name}" is not a kind; choose from {", ".join(kinds.BY_NAME)}')
    return name


KindName = Annotated[str, AfterValidator(_kind)]


class Number(ProfilePart):
    """One of the newsroom's numbers, in E.164."""

    number: str
    label: str
    about: str = ""
    channels: tuple[str, ...] = ("whatsapp",)
    default_kind: KindName = "message"
    transcribe: bool = False
    messaging_service: str = Field("", pattern=r"^(MG[0-9a-fA-F]{32})?$")

    @field_validator("number")
    @classmethod
    def _e164(cls, value: str) -> str:
        try:
            parsed = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException:
            raise ValueError(f'"{value}" is not a number in the form +886963563485') from None
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

    @field_validator("channels")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(value) - {"whatsapp", "sms", "voice"}:
            raise ValueError(f"{', '.join(sorted(unknown))}: choose from whatsapp, sms, voice")
        return value

    @property
    def spoken(self) -> str:
        """The number with spaces, as people read it."""
        parsed = phonenumbers.parse(self.number, None)
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


class Mailbox(ProfilePart):
    """One of the newsroom's e-mail addresses. Its lower-case form is the account of the messages that come there.

    after_reading:    what happens on the server to a mail that is safe with us: nothing, or it is marked as seen, or
                      moved to the folder `move_to`
    reply_tokens:     replies to us go to news+TOKEN@..., for servers that deliver such addresses to news@...
    """

    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=64)
    label: str
    about: str = ""
    default_kind: KindName = "message"
    acknowledge: bool = True
    after_reading: Literal["leave", "seen", "move"] = "leave"
    move_to: str = ""
    reply_tokens: bool = False

    @field_validator("address")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @model_validator(mode="after")
    def _has_a_folder(self) -> "Mailbox":
        if (self.after_reading == "move") != bool(self.move_to):
            raise ValueError('move_to: name a folder together with after_reading = "move", and only then')
        return self


class Guide(ProfilePart):
    """What readers are asked on WhatsApp before staff read."""

    enabled: bool = True
    minutes: int = Field(15, ge=1, le=1440)
    content_sid: str = Field("", pattern=r"^(HX[0-9a-fA-F]{32})?$")
    content_sid_zh: str = Field("", pattern=r"^(HX[0-9a-fA-F]{32})?$")


LANGUAGES = {"en": "English", "zh-Hant": "正體中文"}
"""Those that we have words in, by their own names."""


class Newsletter(ProfilePart):
    """What readers can subscribe to.

    languages:           those it comes in; of several, readers choose one
    consent, consent_zh: what they agree to, in English and in Chinese, in place of our words
    keyword, keyword_zh: what asks for it on WhatsApp, sent alone; "" for none
    """

    name: str = Field(min_length=1, max_length=100)
    about: str = ""
    languages: tuple[Literal["en", "zh-Hant"], ...] = Field(("en",), min_length=1)
    consent: str = Field("", max_length=1000)
    consent_zh: str = Field("", max_length=1000)
    keyword: str = Field("NEWS", max_length=50)
    keyword_zh: str = Field("訂閱電子報", max_length=50)

    @property
    def keywords(self) -> dict[str, str]:
        """The words that ask for it, and the language that each is in."""
        return {word: language for word, language in ((self.keyword, "en"), (self.keyword_zh, "zh-Hant")) if word}


_BLANK = re.compile(r"\{\{(\d+)\}\}")


class Template(ProfilePart):
    """A message that WhatsApp has approved, for the time when free text is over.

    `text` is what was approved, with {{1}}, {{2}} ... where the values go; `variables` names them in that order.
    """

    name: str = Field(pattern=r"^[a-z0-9_-]{1,60}$")
    label: str
    content_sid: str = Field(pattern=r"^HX[0-9a-fA-F]{32}$")
    language: str = "en"
    text: str
    variables: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _all_named(self) -> "Template":
        if {int(number) for number in _BLANK.findall(self.text)} != set(range(1, len(self.variables) + 1)):
            raise ValueError(
                f'"{self.name}": name one variable for each blank of its text, {{{{1}}}}, {{{{2}}}} and so on'
            )
        return self

    def filled(self, values: Mapping[str, str]) -> str:
        """The text as its reader gets it; a blank without a value stays as it is."""
        return _BLANK.sub(lambda blank: values.get(blank[1]) or blank[0], self.text)


class QuietHours(ProfilePart):
    """A time of day, in the newsroom's zone, at which no SMS goes to numbers that begin like these."""

    sms_to: tuple[str, ...]
    begins: time = Field(alias="from")
    ends: time = Field(alias="to")

    @field_validator("sms_to")
    @classmethod
    def _are_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [prefix for prefix in value if not re.fullmatch(r"\+\d*", prefix)]:
            raise ValueError(f'"{wrong[0]}" is not how a number begins; write it like +886, or + for all')
        return value

    @model_validator(mode="after")
    def _end(self) -> "QuietHours":
        if self.begins.tzinfo or self.ends.tzinfo:
            raise ValueError("from and to are in the newsroom's zone; write them like 21:00")
        if self.begins == self.ends:
            raise ValueError("from and to are the same time, so they would never end")
        return self


class Link(ProfilePart):
    """A page of the newsroom elsewhere."""

    label: str
    url: str = Field(pattern=r"^https?://")


LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


class Profile(ProfilePart):
    """The newsroom: what its readers see. `examples/` holds a complete one."""

    name: str = "The newsroom"
    tagline: str = ""
    about: str = ""
    colour: str = ""
    logo: Path | None = None
    time_zone: str = "Asia/Taipei"
    country: str = Field("TW", pattern=r"^[A-Z]{2}$")
    currency: str = Field("TWD", pattern=r"^[A-Z]{3}$")
    languages: tuple[str, ...] = ("en",)
    kinds: tuple[KindName, ...] = tuple(kinds.BY_NAME)
    answer_within: str = ""
    delete_media_at_provider: bool = False
    notices_show_subject: bool = False
    leave_url: str = Field("https://www.cwa.gov.tw/", pattern=r"^https?://")
    invitations: dict[KindName, str] = Field(default_factory=dict)
    guide: Guide = Guide()
    newsletter: Newsletter | None = None
    numbers: tuple[Number, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    templates: tuple[Template, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    social: tuple[Link, ...] = ()

    @field_validator("colour")
    @classmethod
    def _is_colour(cls, value: str) -> str:
        if value:
            parse_colour(value)
        return value

    @field_validator("logo")
    @classmethod
    def _is_picture(cls, value: Path | None) -> Path | None:
        if value and value.suffix.lower() not in LOGO_TYPES:
            raise ValueError(f'"{value}" is no picture for a logo; use an SVG or PNG file')
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f'"{value}" is not a time zone; write it like Asia/Taipei')
        return value

    @field_validator("templates")
    @classmethod
    def _told_apart(cls, value: tuple[Template, ...]) -> tuple[Template, ...]:
        names = [template.name for template in value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f'two templates have the name "{min(twice)}"')
        return value

    def number(self, e164: str) -> Number | None:
        """The newsroom's number with this E.164 form, or None."""
        return next((number for number in self.numbers if number.number == e164), None)

    def number_of(self, address: str, service: str = "") -> Number | None:
        """The newsroom's number with this address or, failing that, in this Messaging Service; or None."""
        in_service = (number for number in self.numbers if service and number.messaging_service == service)
        return self.number(address) or next(in_service, None)

    def mailbox(self, address: str) -> Mailbox | None:
        """The newsroom's mailbox with this address, or None."""
        return next((mailbox for mailbox in self.mailboxes if mailbox.address == address.lower()), None)

    def mailbox_of(self, addresses: Iterable[str]) -> Mailbox | None:
        """The mailbox that the first of these addresses leads to which leads to any: news+anything@... is news@..."""
        for address in addresses:
            local, _, domain = address.partition("@")
            if mailbox := self.mailbox(address) or self.mailbox(f"{local.partition('+')[0]}@{domain}"):
                return mailbox
        return None

    def template(self, name: str) -> Template | None:
        """The approved message with this name, or None."""
        return next((template for template in self.templates if template.name == name), None)


def load_profile(path: Path | None) -> Profile:
    """Read the newsroom's profile; without a file, the defaults. Raises ConfigError naming file and key."""
    if path is None:
        return Profile()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"INBOX_CONFIG: cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"INBOX_CONFIG: {path} is not TOML: {error}") from None
    try:
        return _with_logo(Profile.model_validate(values), path)
    except ValidationError as error:
        raise ConfigError(one_line(error, Profile, f"INBOX_CONFIG: {path.name}: ")) from None


def _with_logo(profile: Profile, path: Path) -> Profile:
    """The profile with its logo's path made absolute; a relative one starts at the profile's folder."""
    if profile.logo is None:
        return profile
    logo = (path.parent / profile.logo).absolute()
    if not logo.is_file():
        raise ConfigError(f"INBOX_CONFIG: {path.name}: logo: there is no file {logo}")
    return profile.model_copy(update={"logo": logo})
