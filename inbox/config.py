"""Settings from the environment and the newsroom's profile from a TOML file.

Both are read once, purely, and complain by name: a wrong value raises `ConfigError` with one line.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from inbox import kinds
from inbox.complaints import one_line
from inbox.errors import ConfigError
from inbox.theme import parse_colour

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _limits(text: str) -> str:
    try:
        allowed = all(limit.amount and limit.multiples for limit in parse_many(text))
    except ValueError:
        raise ValueError(f'"{text}" is not a limit; write it like "30 per 10 minutes"') from None
    if not allowed:
        raise ValueError(f'"{text}" would let nobody in; write it like "30 per 10 minutes"')
    return text


def _database_url(url: str) -> str:
    """Name the driver, so that every SQLAlchemy 2 chooses psycopg 3."""
    scheme, _, rest = url.partition("://")
    named = f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url
    try:
        parsed = make_url(named)
        driver = parsed.drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("name a file, as in sqlite:////srv/inbox/inbox.db; a database in memory keeps nothing")
    if driver not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name")
    return named


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f'"{url}" is not an address; write it like https://inbox.example.org')
    if parts.query or parts.fragment:
        raise ValueError("write it without ? and #")
    if "@" in parts.netloc:
        raise ValueError("write it without a user and a password")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("write it without spaces")
    return url.rstrip("/")


def _redis_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix") or parts.port == 0:
        raise ValueError("write it like redis://host:6379/0")
    return url


def _clamd_url(url: str) -> str:
    parts = urlsplit(url)
    if not (parts.scheme == "tcp" and parts.hostname and parts.port) and not (parts.scheme == "unix" and parts.path):
        raise ValueError("write it like tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl")
    return url


def _hosts(text: str) -> str:
    for host in filter(None, (part.strip() for part in text.split(","))):
        if not _HOST.fullmatch(host):
            raise ValueError(f'"{host}" is not a host; write them like media.example.org,127.0.0.1:8081')
    return text


_HOST = re.compile(r"(\*\.)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")

Limits = Annotated[str, AfterValidator(_limits)]


class Settings(BaseModel):
    """What the operator sets in the environment; `docs/settings.md` explains each."""

    model_config = ConfigDict(frozen=True, populate_by_name=False)

    data_dir: Path = Field(Path("data"), alias="INBOX_DATA_DIR")
    config_file: Path | None = Field(None, alias="INBOX_CONFIG")
    database_url: Annotated[str, AfterValidator(_database_url)] = Field("", alias="INBOX_DATABASE_URL")
    redis_url: Annotated[str | None, AfterValidator(lambda url: url and _redis_url(url))] = Field(
        None, alias="INBOX_REDIS_URL"
    )
    storage_url: str = Field("", alias="INBOX_STORAGE_URL")
    public_url: Annotated[str, AfterValidator(_public_url)] = Field("http://127.0.0.1:8000", alias="INBOX_PUBLIC_URL")
    secret_key: SecretStr | None = Field(None, alias="INBOX_SECRET_KEY")
    trusted_proxies: int = Field(0, ge=0, le=10, alias="INBOX_TRUSTED_PROXIES")
    require_mfa: bool | None = Field(None, alias="INBOX_REQUIRE_MFA")
    max_upload_mb: int = Field(500, ge=1, le=100_000, alias="INBOX_MAX_UPLOAD_MB")
    min_fill_seconds: float = Field(2.0, ge=0, le=60, alias="INBOX_MIN_FILL_SECONDS")
    public_post_limit: Limits = Field("30 per 10 minutes", alias="INBOX_PUBLIC_POST_LIMIT")
    sign_in_limit: Limits = Field("10 per 10 minutes", alias="INBOX_SIGN_IN_LIMIT")
    twilio_account_sid: str = Field("", pattern=r"^(AC[0-9a-fA-F]{32})?$", alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN")
    twilio_auth_token_previous: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN_PREVIOUS")
    twilio_shared_key: SecretStr | None = Field(None, alias="TWILIO_SHARED_KEY")
    twilio_api_key: str = Field("", pattern=r"^(SK[0-9a-fA-F]{32})?$", alias="TWILIO_API_KEY")
    twilio_api_secret: SecretStr | None = Field(None, alias="TWILIO_API_SECRET")
    twilio_api_base: Annotated[str, AfterValidator(lambda url: url and _public_url(url))] = Field(
        "", alias="INBOX_TWILIO_API_BASE"
    )
    twilio_media_hosts: Annotated[str, AfterValidator(_hosts)] = Field("", alias="INBOX_TWILIO_MEDIA_HOSTS")
    clamd_url: Annotated[str, AfterValidator(lambda url: url and _clamd_url(url))] = Field("", alias="INBOX_CLAMD_URL")

    reconcile_minutes: int = Field(15, ge=0, le=1440, alias="INBOX_RECONCILE_MINUTES")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        data_dir = Path(values.get("INBOX_DATA_DIR") or "data").absolute()
        return {
            **values,
            "INBOX_DATA_DIR": data_dir,
            "INBOX_DATABASE_URL": values.get("INBOX_DATABASE_URL") or f"sqlite:///{data_dir / 'inbox.db'}",
            "INBOX_STORAGE_URL": values.get("INBOX_STORAGE_URL") or str(data_dir / "files"),
        }

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.public_url).hostname in LOOPBACK

    @property
    def mfa_required(self) -> bool:
        return not self.is_loopback if self.require_mfa is None else self.require_mfa

    @property
    def rehearses(self) -> bool:
        """Whether this is a trial on one machine: without an account nothing can leave it."""
        return self.is_loopback and not self.twilio_account_sid

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024

    @property
    def webhook_tokens(self) -> tuple[str, ...]:
        """The auth tokens that may sign a webhook, the present one first."""
        return tuple(s.get_secret_value() for s in (self.twilio_auth_token, self.twilio_auth_token_previous) if s)


SECRETS = (
    "INBOX_SECRET_KEY",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_PREVIOUS",
    "TWILIO_SHARED_KEY",
    "TWILIO_API_SECRET",
    "INBOX_DATABASE_URL",
    "INBOX_REDIS_URL",
)
"""Settings that may also be given as NAME_FILE, the path of a file that holds the value."""


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
    """One of the newsroom's e-mail addresses."""

    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    label: str
    about: str = ""
    default_kind: KindName = "message"


class Guide(ProfilePart):
    """What readers are asked on WhatsApp before staff read."""

    enabled: bool = True
    minutes: int = Field(15, ge=1, le=1440)
    content_sid: str = Field("", pattern=r"^(HX[0-9a-fA-F]{32})?$")
    content_sid_zh: str = Field("", pattern=r"^(HX[0-9a-fA-F]{32})?$")


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
    leave_url: str = Field("https://www.cwa.gov.tw/", pattern=r"^https?://")
    invitations: dict[KindName, str] = Field(default_factory=dict)
    guide: Guide = Guide()
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

    def template(self, name: str) -> Template | None:
        """The approved message with this name, or None."""
        return next((template for template in self.templates if template.name == name), None)


def _with_secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    values = dict(environ)
    for name in SECRETS:
        path = environ.get(f"{name}_FILE")
        if not path:
            continue
        try:
            values[name] = Path(path).read_text().strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE: cannot read {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{name}_FILE: {path} does not hold text") from None
    return values


def names() -> set[str]:
    """The names that a setting may have in the environment."""
    return {str(field.alias) for field in Settings.model_fields.values()} | {f"{name}_FILE" for name in SECRETS}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty one is not set, as where a compose file names all.

    Raises ConfigError naming the first wrong one.
    """
    values = _with_secret_files(environ)
    aliases = {field.alias for field in Settings.model_fields.values()}
    try:
        return Settings.model_validate({name: value for name, value in values.items() if name in aliases and value})
    except ValidationError as error:
        raise ConfigError(one_line(error, Settings)) from None


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
