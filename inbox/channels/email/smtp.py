"""Handing a mail to an SMTP server (RFC 5321): one connection for each, and a clear word on what became of it."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage

from inbox.config import LOOPBACK
from inbox.mail_servers import SmtpServer
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import SMTP_IN_CLEAR, SMTP_NOT_SECURE, SMTP_SIGN_IN, SMTP_UNREACHABLE, Unclear

STEP_SECONDS, ANSWER_SECONDS = 20.0, 60.0
"""For each command, and for the answer to the whole mail, which servers look through before they take it."""
CHUNK_BYTES = 64 * 1024
KEEP_ON = timedelta(days=5)  # RFC 5321, section 4.5.4.1
BYE, GO_ON = 421, 354
_ASKS_FOR_SIGN_IN = frozenset({530, 534, 535, 538})  # RFC 4954, section 6
_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 2034
_LINE_ENDS, _DOTS = re.compile(rb"\r\n|\r|\n"), re.compile(rb"^\.", re.MULTILINE)


class Smtp:
    """A mail server. `own_name` is how we greet it.

    TLS begins where the server offers it, with its certificate verified; a server on this machine needs none.
    """

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self._server, self._own_name = server, own_name
        self._is_here = server.host in LOOPBACK

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Give the server one mail for one address.

        Raises `jobs.NotNow` (trying later may work) or `jobs.Refused` (code: RFC 3463's where the server tells it) if
        it surely has not taken it; Unclear if the connection broke between the end of the mail and the answer.
        """
        content = _as_data(mail)
        with self.signed_in() as connection:
            try:
                begin(connection, sender, recipient, len(content))
                for start in range(0, len(content), CHUNK_BYTES):
                    connection.send(content[start : start + CHUNK_BYTES])
            except (smtplib.SMTPException, OSError):
                raise not_now(SMTP_UNREACHABLE) from None
            _end(connection)

    @property
    def place(self) -> str:
        """Where it is, for the operator."""
        return f"{self._server.host}:{self._server.port}"

    def refused_senders(self, addresses: Sequence[str]) -> list[str]:
        """Those of our addresses that the server takes no mail from; none is sent. Raises `jobs.NotNow`."""
        refused = []
        with self.signed_in() as connection:
            try:
                for address in addresses:
                    if _refuses(connection.mail(address)):
                        refused.append(address)
                    connection.rset()
            except (smtplib.SMTPException, OSError):
                raise not_now(SMTP_UNREACHABLE) from None
        return refused

    @contextmanager
    def signed_in(self) -> Iterator[smtplib.SMTP]:
        """A connection over which mails can be given. Raises `jobs.NotNow`."""
        try:
            connection = self._connect()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise not_now(_trouble(error)) from None
        try:
            self._prepare(connection)
            yield connection
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.putcmd("quit")
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        place = (self._server.host, self._server.port, self._own_name)
        if self._server.tls:
            return smtplib.SMTP_SSL(*place, timeout=STEP_SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(*place, timeout=STEP_SECONDS)

    def _prepare(self, connection: smtplib.SMTP) -> None:
        try:
            connection.ehlo_or_helo_if_needed()
            secure = self._server.tls or self._secured(connection)
            if not self._server.user:
                return
            if not secure and not self._is_here:
                raise not_now(SMTP_IN_CLEAR)
            connection.login(self._server.user, self._server.password)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise not_now(_trouble(error)) from None

    def _secured(self, connection: smtplib.SMTP) -> bool:
        """Begin TLS if it is offered. A server on this machine seldom has a certificate that bears its address."""
        if self._is_here or not connection.has_extn("starttls"):
            return False
        try:
            connection.starttls(context=ssl.create_default_context())
        except smtplib.SMTPResponseException:
            raise not_now(SMTP_NOT_SECURE) from None
        connection.ehlo_or_helo_if_needed()
        return True


def _refuses(answer: tuple[int, bytes]) -> bool:
    try:
        _check(*answer)
    except Refused:
        return True
    return False


def not_now(code: str) -> NotNow:
    """The mail has surely not been taken; it is tried for days, as mail servers do."""
    return NotNow(code, within=KEEP_ON)


def _trouble(error: Exception) -> str:
    """Why there is no connection to give mails over."""
    if isinstance(error, ssl.SSLError):
        return SMTP_NOT_SECURE
    waits = isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 500
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError | smtplib.SMTPHeloError) or waits:
        return SMTP_UNREACHABLE
    if isinstance(error, smtplib.SMTPException | ValueError):  # no way to sign in that both know, or refused
        return SMTP_SIGN_IN
    return SMTP_UNREACHABLE


def begin(connection: smtplib.SMTP, sender: str, recipient: str, size: int) -> None:
    """Say who writes to whom, up to where the mail itself may follow. Raises `jobs.NotNow`, `jobs.Refused`."""
    options = [f"size={size}"] if connection.has_extn("size") else []
    _check(*connection.mail(sender, options))
    _check(*connection.rcpt(recipient))
    _check(*connection.docmd("DATA"), wanted=GO_ON)


def _check(code: int, words: bytes, wanted: int = 250) -> None:
    if code == wanted or (wanted == 250 and code in (251, 252)):
        return
    told = _ENHANCED.match(words)
    name = told[1].decode() if told else f"smtp-{code}"
    if code in _ASKS_FOR_SIGN_IN:
        raise not_now(SMTP_SIGN_IN)
    if 500 <= code < 600:
        raise Refused(name)
    raise not_now(name if 400 <= code < 500 and code != BYE else SMTP_UNREACHABLE)


def _end(connection: smtplib.SMTP) -> None:
    """End the mail and wait for the answer; from here on nobody knows without one."""
    try:
        assert connection.sock
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.send(b".\r\n")
        code, words = connection.getreply()
    except (smtplib.SMTPException, OSError):
        raise Unclear from None
    if 200 <= code < 300:  # its first digit decides (RFC 5321, section 4.3.2)
        return
    if code < 400:
        raise Unclear
    _check(code, words)


def _as_data(mail: EmailMessage) -> bytes:
    """The mail as DATA carries it: lines end in CRLF, and one that begins with a dot gets another (section 4.5.2)."""
    lines = _LINE_ENDS.sub(b"\r\n", mail.as_bytes())
    whole = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return _DOTS.sub(b"..", whole)
