"""Is this installation all right? Each answer is one line for the operator: what is, and how to mend it."""

import shutil
import socket
import stat
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.parse import urlsplit

from PIL import Image
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from inbox import budgets, migrations
from inbox.antivirus import Clamd
from inbox.channels.email import imap_check, smtp_check
from inbox.channels.twilio import content, send
from inbox.channels.twilio import examine as twilio
from inbox.cleaning import clean
from inbox.errors import NotCleaned, StorageError
from inbox.runtime import Runtime
from inbox.services import accounts, jobs, newsletter

LEAST_FREE_BYTES = 1024**3


class Level(Enum):
    """`NOTE` is worth knowing; `WRONG` has to be mended."""

    OK = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    level: Level
    subject: str
    words: str


def examine(runtime: Runtime) -> Iterator[Finding]:
    """Look at everything, one thing after the other. Nothing that somebody sent is touched."""
    yield Finding(Level.OK, "settings", "can be read")
    yield _data_folder(runtime)
    yield _free_space(runtime)
    yield _secret_key(runtime)
    database = _database(runtime)
    yield database
    if database.level is Level.OK:
        yield _staff(runtime)
    yield _storage(runtime)
    yield _clean_copies(runtime)
    yield _scanner(runtime)
    yield _media_hosts(runtime)
    yield _redis(runtime)
    yield _public_address(runtime)
    yield _proxies(runtime)
    yield _second_factor(runtime)
    yield _profile(runtime)
    yield from _newsletter(runtime)
    yield _twilio(runtime)
    yield from map(_told, twilio.account(runtime))
    yield from _templates(runtime)
    yield _mail_server(runtime)
    yield from _mailboxes(runtime)
    if database.level is Level.OK:
        yield _worker(runtime)


def examine_webhook(runtime: Runtime) -> Finding:
    """Send a signed request that changes nothing to the public address, and say what came back."""
    return _told(twilio.webhook(runtime))


_LEVELS = {True: Level.OK, None: Level.NOTE, False: Level.WRONG}


def _told(finding: twilio.Finding) -> Finding:
    return Finding(_LEVELS[finding.good], finding.subject, finding.words)


def _mail_server(runtime: Runtime) -> Finding:
    good, words = smtp_check.check(runtime)
    return Finding(_LEVELS[good], "mail server", words)


def _mailboxes(runtime: Runtime) -> Iterator[Finding]:
    for good, words in imap_check.check(runtime):
        yield Finding(_LEVELS[good], "mailbox", words)


def _worker(runtime: Runtime) -> Finding:
    with runtime.database.reading() as session:
        since = jobs.standstill(session, now=runtime.clock())
    if since:
        words = f"nothing is being sent: work has been due since {since:%Y-%m-%d %H:%M} UTC, and nobody does it; "
        return Finding(Level.WRONG, "worker", words + "start `inbox serve`, or `inbox worker` beside another server")
    return Finding(Level.OK, "worker", "no due work is left lying")


def _data_folder(runtime: Runtime) -> Finding:
    folder = runtime.settings.data_dir
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"inbox")
    except OSError as error:
        return Finding(
            Level.WRONG,
            "data folder",
            f"INBOX_DATA_DIR: cannot write to {folder}: {error.strerror}; give its owner the right to",
        )
    return Finding(Level.OK, "data folder", str(folder))


def _free_space(runtime: Runtime) -> Finding:
    free = shutil.disk_usage(runtime.settings.data_dir).free
    needed = max(LEAST_FREE_BYTES, 2 * runtime.settings.max_upload_bytes)
    words = f"{free // 1024**2:,} MB free"
    if free < needed:
        words = f"INBOX_DATA_DIR: only {words}; make room for {needed // 1024**2:,} MB, or lower INBOX_MAX_UPLOAD_MB"
        return Finding(Level.WRONG, "disk", words)
    return Finding(Level.OK, "disk", words)


def _secret_key(runtime: Runtime) -> Finding:
    if runtime.settings.secret_key:
        return Finding(Level.OK, "secret key", "set by INBOX_SECRET_KEY")
    path = runtime.settings.data_dir / "secret_key"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding(Level.WRONG, "secret key", f"INBOX_SECRET_KEY: others can read {path}; run chmod 600 on it")
    return Finding(Level.OK, "secret key", "in the data folder, readable by its owner only")


def _database(runtime: Runtime) -> Finding:
    try:
        with runtime.database.engine.connect() as connection:
            trouble = _sqlite(connection) if runtime.database.is_sqlite else _postgresql(connection)
        current, newer = migrations.is_current(runtime.database.engine), migrations.is_newer(runtime.database.engine)
    except SQLAlchemyError as error:
        return Finding(Level.WRONG, "database", f"INBOX_DATABASE_URL: does not answer: {_first_line(error)}")
    if trouble:
        return Finding(Level.WRONG, "database", f"INBOX_DATABASE_URL: {trouble}")
    if newer:
        return Finding(Level.WRONG, "database", f"INBOX_DATABASE_URL: {migrations.NEWER}")
    if not current:
        return Finding(
            Level.WRONG, "database", "INBOX_DATABASE_URL: its tables are not those of this version; run `inbox upgrade`"
        )
    name = "SQLite, write-ahead log, every commit synced" if runtime.database.is_sqlite else "PostgreSQL"
    return Finding(Level.OK, "database", f"{name}; tables up to date")


def _first_line(error: SQLAlchemyError) -> str:
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)


def _sqlite(connection: Connection) -> str:
    mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    synced = connection.execute(text("PRAGMA synchronous")).scalar_one()
    if mode != "wal":
        return f"SQLite runs in {mode} mode, not with a write-ahead log; keep the file on a local disk"
    return "" if synced >= 2 else "SQLite does not sync each commit; a power cut could lose what was accepted"


def _postgresql(connection: Connection) -> str:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        return f"the database keeps text as {encoding}; make one with ENCODING 'UTF8'"
    if connection.execute(text("SHOW synchronous_commit")).scalar_one() == "off":
        return "synchronous_commit is off; a power cut could lose what was accepted"
    return ""


def _staff(runtime: Runtime) -> Finding:
    with runtime.database.reading() as session:
        if accounts.has_staff(session):
            return Finding(Level.OK, "staff", "there is an account")
    return Finding(
        Level.NOTE, "staff", "nobody can sign in yet; open the link that `inbox serve` prints, or use `inbox staff add`"
    )


def _storage(runtime: Runtime) -> Finding:
    try:
        stored = runtime.storage.keep(BytesIO(b"inbox"))
        whole = runtime.storage.read(stored.key) == b"inbox"
        runtime.storage.delete([stored.key])
    except (StorageError, FileNotFoundError) as error:
        return Finding(Level.WRONG, "files", f"INBOX_STORAGE_URL: {error}; check the address and the rights there")
    if not whole:
        return Finding(Level.WRONG, "files", "INBOX_STORAGE_URL: a file came back changed; use another place")
    return Finding(Level.OK, "files", "can be written, read and deleted")


def _clean_copies(runtime: Runtime) -> Finding:
    """Make a clean copy of a picture and of a recording, as the worker would."""
    try:
        with TemporaryDirectory(dir=runtime.settings.data_dir) as name:
            for place, kind in _samples(Path(name)):
                clean(place, kind, place.with_suffix(".copy"), place.with_suffix(".preview"))
    except (NotCleaned, RuntimeError, OSError) as error:
        words = f"none can be made on this machine ({error}); files wait until that is mended. Install the inbox anew"
        return Finding(Level.WRONG, "clean copies", words)
    return Finding(Level.OK, "clean copies", "can be made of pictures and recordings, in a process shut off")


def _samples(folder: Path) -> Iterator[tuple[Path, str]]:
    Image.new("RGB", (8, 8)).save(folder / "sample.png")
    yield folder / "sample.png", "image/png"
    with wave.open(str(folder / "sample.wav"), "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", ""))
        recording.writeframes(bytes(1600))
    yield folder / "sample.wav", "audio/wav"


def _scanner(runtime: Runtime) -> Finding:
    url = runtime.settings.clamd_url
    if not url:
        words = "files are not scanned for viruses; run ClamAV and set INBOX_CLAMD_URL, such as tcp://127.0.0.1:3310"
        return Finding(Level.NOTE, "virus scanner", words)
    try:
        answers = Clamd(url).ping()
    except OSError:
        answers = False
    if not answers:
        words = "INBOX_CLAMD_URL: clamd does not answer there, so files are held back; start it, or correct the address"
        return Finding(Level.WRONG, "virus scanner", words)
    return Finding(Level.OK, "virus scanner", "answers")


def _media_hosts(runtime: Runtime) -> Finding:
    named = [entry.strip() for entry in runtime.settings.twilio_media_hosts.split(",") if entry.strip()]
    if not named:
        return Finding(Level.OK, "media", "fetched from Twilio's own hosts")
    lost = [entry for entry in named if not entry.startswith("*.") and not _resolves(entry)]
    if lost:
        words = f"INBOX_TWILIO_MEDIA_HOSTS: there is no host {', '.join(lost)}; correct it, or unset this"
        return Finding(Level.WRONG, "media", words)
    return Finding(Level.NOTE, "media", f"fetched from {', '.join(named)} alone (INBOX_TWILIO_MEDIA_HOSTS)")


def _resolves(entry: str) -> bool:
    try:
        socket.getaddrinfo(urlsplit(f"//{entry}").hostname, None)
    except (OSError, ValueError):
        return False
    return True


def _redis(runtime: Runtime) -> Finding:
    url = runtime.settings.redis_url
    if not url:
        return Finding(Level.OK, "redis", "not used; budgets are counted in each process (INBOX_REDIS_URL shares them)")
    if why := budgets.trouble(url):
        words = f"INBOX_REDIS_URL: does not answer ({why}), so each process counts budgets for itself"
        return Finding(Level.WRONG, "redis", f"{words}; start it, or unset this")
    return Finding(Level.OK, "redis", "answers")


def _public_address(runtime: Runtime) -> Finding:
    settings = runtime.settings
    if settings.is_loopback:
        words = f"{settings.public_url} can be reached from this machine only; set INBOX_PUBLIC_URL for a real site"
        return Finding(Level.NOTE, "public address", words)
    if not settings.public_url.startswith("https://"):
        return Finding(
            Level.WRONG,
            "public address",
            f"INBOX_PUBLIC_URL: {settings.public_url} is not encrypted; put a proxy with a certificate in front, write https://",
        )
    return Finding(Level.OK, "public address", settings.public_url)


def _proxies(runtime: Runtime) -> Finding:
    count = runtime.settings.trusted_proxies
    if count == 0 and runtime.settings.public_url.startswith("https://"):
        return Finding(
            Level.NOTE,
            "proxies",
            "INBOX_TRUSTED_PROXIES is 0, so behind a proxy all readers share one budget; set it to how many there are",
        )
    return Finding(Level.OK, "proxies", f"{count} trusted")


def _second_factor(runtime: Runtime) -> Finding:
    if runtime.settings.mfa_required:
        return Finding(Level.OK, "second factor", "asked for at sign-in")
    if runtime.settings.is_loopback:
        return Finding(Level.OK, "second factor", "not asked for, as the address is this machine's own")
    return Finding(Level.NOTE, "second factor", "INBOX_REQUIRE_MFA is off: a stolen password is enough to get in")


def _profile(runtime: Runtime) -> Finding:
    numbers, mailboxes = runtime.profile.numbers, runtime.profile.mailboxes
    if not numbers and not mailboxes:
        words = "lists no numbers or mailboxes; copy examples/dco-global-news.toml to inbox.toml and make it yours"
        return Finding(Level.NOTE, "profile", words)
    spoken = [f"{number.spoken} ({', '.join(number.channels)})" for number in numbers]
    return Finding(
        Level.OK, "profile", f"{runtime.profile.name}: {'; '.join([*spoken, *(m.address for m in mailboxes)])}"
    )


def _newsletter(runtime: Runtime) -> Iterator[Finding]:
    if runtime.profile.newsletter is None:
        return
    if newsletter.by_mail(runtime):
        yield Finding(Level.OK, "newsletter", f"readers subscribe at {runtime.settings.public_url}/subscribe")
        return
    words = "nobody can subscribe by e-mail; set INBOX_SMTP_URL, and list a mailbox in the profile"
    yield Finding(Level.NOTE, "newsletter", words)


def _twilio(runtime: Runtime) -> Finding:
    if runtime.settings.twilio_auth_token or runtime.settings.twilio_shared_key:
        return Finding(
            Level.OK,
            "twilio",
            f"webhooks are signed; point them at {runtime.settings.public_url}/hooks/twilio/messages",
        )
    words = "TWILIO_AUTH_TOKEN is not set, so the webhook is closed"
    if any({"whatsapp", "sms"} & set(number.channels) for number in runtime.profile.numbers):
        return Finding(
            Level.WRONG, "twilio", f"{words}, but the profile offers WhatsApp or SMS; copy it from Twilio's console"
        )
    return Finding(Level.NOTE, "twilio", f"{words}; no number of the profile needs it")


def _templates(runtime: Runtime) -> Iterator[Finding]:
    templates = runtime.profile.templates
    api = send.make_client(runtime.settings)
    if templates and api is None:
        words = "cannot be checked, as no Twilio account is set up; set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        yield Finding(Level.NOTE, "templates", words)
        return
    for template in templates:
        trouble = content.trouble(api, template) if api else ""
        level = Level.WRONG if trouble else Level.OK
        yield Finding(level, f"template {template.name}", trouble or "is approved, with the variables of the profile")
