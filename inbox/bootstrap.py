"""The only file that picks concrete classes."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from inbox.config import Settings, load_settings
from inbox.db import Database
from inbox.errors import ConfigError
from inbox.profile import Profile, load_profile
from inbox.runtime import Runtime
from inbox.services import newsletter_chat
from inbox.storage import Storage


def now() -> datetime:
    return datetime.now(UTC)


def bootstrap(environ: Mapping[str, str] | None = None, clock: Callable[[], datetime] = now) -> Runtime:
    """Build the runtime from environment variables. Raises ConfigError with one line for the operator."""
    settings = load_settings(os.environ if environ is None else environ)
    profile = load_profile(_profile_path(settings))
    _check_keywords(profile)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"INBOX_DATA_DIR: cannot make {settings.data_dir}: {error.strerror}") from None
    try:
        storage = Storage(settings.storage_url)
    except Exception as error:
        raise ConfigError(f"INBOX_STORAGE_URL: cannot use it: {error}") from None
    return Runtime(settings, profile, Database(settings.database_url), storage, _secret_key(settings), clock)


def _check_keywords(profile: Profile) -> None:
    """A word that means something else already would never ask for the newsletter."""
    for word in profile.newsletter.keywords if profile.newsletter else ():
        if newsletter_chat.is_taken(word, profile.kinds):
            raise ConfigError(f'INBOX_CONFIG: newsletter: the keyword "{word}" means something else already')


def _profile_path(settings: Settings) -> Path | None:
    if settings.config_file:
        return settings.config_file
    default = Path("inbox.toml")
    return default if default.is_file() else None


def _secret_key(settings: Settings) -> str:
    """The configured key, or one made once and kept in the data folder, readable by its owner only."""
    if settings.secret_key:
        key = settings.secret_key.get_secret_value()
        if len(key) < 16:
            raise ConfigError("INBOX_SECRET_KEY: too short; use at least 16 characters that nobody can guess")
        return key
    path = settings.data_dir / "secret_key"
    try:
        if not path.exists():
            _make_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"INBOX_DATA_DIR: cannot keep {path}: {error.strerror}") from None


def _make_once(path: Path, text: str) -> None:
    """Write a private file whole or not at all; of two processes at once the first one's stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
