"""Reaching a mail server: the line, its encryption, signing in, and what goes wrong with these."""

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from inbox.errors import InboxError
from inbox.mail_servers import ImapServer
from inbox.services import mailboxes

SILENCE_SECONDS = 60.0
_TEMPORARY = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")  # RFC 5530: this is not about the password


class Trouble(InboxError):
    """The mail server does not do what we ask; `code` is one of `services.mailboxes`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def connected(server: ImapServer) -> Iterator[BaseMailBox]:
    """Sign in; the line is closed after the block. Raises Trouble.

    A certificate must be good. Without TLS from the first byte it is begun by STARTTLS, and a password goes out in
    clear to this machine alone.
    """
    with told("unreachable", tls="tls"):
        box = _connect(server)
    try:
        if not server.tls:
            _secure(box)
        _sign_in(box, server)
        yield box
    finally:
        with suppress(OSError):
            box.client.shutdown()


def _connect(server: ImapServer) -> BaseMailBox:
    if server.tls:
        return MailBox(server.host, server.port, SILENCE_SECONDS, ssl_context=ssl.create_default_context())
    return MailBoxUnencrypted(server.host, server.port, SILENCE_SECONDS)


def _secure(box: BaseMailBox) -> None:
    offered = box.client.capabilities
    with told("lost", tls="tls"):
        if _is_this_machine(box.client.sock) and "LOGINDISABLED" not in offered:
            return
        if "STARTTLS" not in offered:
            raise Trouble("clear")
        box.client.starttls(ssl.create_default_context())


def _is_this_machine(connection: socket.socket) -> bool:
    return ip_address(connection.getpeername()[0].partition("%")[0]).is_loopback


def _sign_in(box: BaseMailBox, server: ImapServer) -> None:
    login = box.login if (server.user + server.password).isascii() else box.login_utf8
    try:
        with told("lost", refused=None):
            login(server.user, server.password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        raise Trouble("busy" if any(code in str(error) for code in _TEMPORARY) else mailboxes.SIGN_IN) from None


@contextmanager
def told(broken: str, *, tls: str = "lost", refused: str | None = "server") -> Iterator[None]:
    """Turn what goes wrong between us and the server into Trouble; what it refuses too, unless that is None."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise Trouble("certificate") from None
    except ssl.SSLError:
        raise Trouble(tls) from None
    except (socket.gaierror, UnicodeError):
        raise Trouble("host") from None
    except imaplib.IMAP4.readonly:
        raise Trouble("read-only") from None
    except (OSError, imaplib.IMAP4.abort):
        raise Trouble(broken) from None
    except (imaplib.IMAP4.error, ImapToolsError):
        if refused is None:
            raise
        raise Trouble(refused) from None
