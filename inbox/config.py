"""Settings from the environment, read once: a wrong value raises `ConfigError` with one line that names it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from inbox.complaints import one_line
from inbox.errors import ConfigError
from inbox.mail_servers import ImapServer, SmtpServer, parse_imap, parse_smtp

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


def _checked(parse: Callable[[str], object]) -> Callable[[SecretStr | None], SecretStr | None]:
    """Make sure that an address can be read, without showing it: it holds a password."""

    def check(secret: SecretStr | None) -> SecretStr | None:
        if secret:
            parse(secret.get_secret_value())
        return secret

    return check


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
    imap_url: Annotated[SecretStr | None, AfterValidator(_checked(parse_imap))] = Field(None, alias="INBOX_IMAP_URL")
    smtp_url: Annotated[SecretStr | None, AfterValidator(_checked(parse_smtp))] = Field(None, alias="INBOX_SMTP_URL")
    sendgrid_secret: SecretStr | None = Field(None, min_length=16, alias="INBOX_SENDGRID_SECRET")
    max_mail_mb: int = Field(30, ge=1, le=1000, alias="INBOX_MAX_MAIL_MB")
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
    def rehearses_mail(self) -> bool:
        """The same for mail: without a server it is only put into a folder."""
        return self.is_loopback and not self.smtp_url

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024

    @property
    def max_mail_bytes(self) -> int:
        return self.max_mail_mb * 1024 * 1024

    @property
    def imap_servers(self) -> tuple[ImapServer, ...]:
        """The folders that mail is fetched from."""
        return parse_imap(self.imap_url.get_secret_value()) if self.imap_url else ()

    @property
    def smtp_server(self) -> SmtpServer | None:
        """Where our mail goes, or None: then none can be sent."""
        return parse_smtp(self.smtp_url.get_secret_value()) if self.smtp_url else None

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
    "INBOX_IMAP_URL",
    "INBOX_SMTP_URL",
    "INBOX_SENDGRID_SECRET",
)
"""Settings that may also be given as NAME_FILE, the path of a file that holds the value."""


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
