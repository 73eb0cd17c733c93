"""Addresses of mail servers, as the operator writes them in the settings."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_IMAP_PORTS = {"imap": 143, "imaps": 993}
_SMTP_PORTS = {"smtp": 25, "smtps": 465}
_IMAP_EXAMPLE = "write it like imaps://user:password@host/INBOX, with %40 for an @ in the user's name"
_SMTP_EXAMPLE = "write it like smtp://user:password@host:587 or smtps://user:password@host"


@dataclass(frozen=True)
class ImapServer:
    """One folder of one account, and the newsroom's address whose mail arrives there ("" if only one has any)."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    folder: str
    address: str


@dataclass(frozen=True)
class SmtpServer:
    """A server that takes our mail. `tls`: from the first byte; else it begins when the server offers it."""

    host: str
    port: int
    tls: bool
    user: str
    password: str


def parse_imap(text: str) -> tuple[ImapServer, ...]:
    """Read `imaps://user:password@host/folder?address=news@example.org`, several with white space between.

    The address is by default the user's name, where that is one. Raises ValueError with words for the operator.
    """
    return tuple(_imap(url) for url in text.split())


def _imap(url: str) -> ImapServer:
    parts = _split(url, _IMAP_PORTS, _IMAP_EXAMPLE)
    if not parts.username or parts.password is None:
        raise ValueError(_IMAP_EXAMPLE)
    user = unquote(parts.username)
    address = parse_qs(parts.query).get("address", [user if "@" in user else ""])[0]
    return ImapServer(
        host=parts.hostname or "",
        port=parts.port or _IMAP_PORTS[parts.scheme],
        tls=parts.scheme == "imaps",
        user=user,
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        address=address.lower(),
    )


def parse_smtp(url: str) -> SmtpServer:
    """Read `smtp://user:password@host:587`; without a user none signs in. Raises ValueError with words for people."""
    parts = _split(url, _SMTP_PORTS, _SMTP_EXAMPLE)
    return SmtpServer(
        host=parts.hostname or "",
        port=parts.port or _SMTP_PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _split(url: str, ports: dict[str, int], example: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ports and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError(example)
    return parts
