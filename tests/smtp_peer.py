"""A mail server as the worker meets it: a real one (aiosmtpd) with a memory, which can be told to misbehave.

with SmtpPeer() as peer:
    environ["INBOX_SMTP_URL"] = peer.url
    peer.next("drop-after")          # takes the mail, then breaks the connection before it says so
    ...
    assert [mail["Subject"] for mail in peer.mails] == ["Re: The bridge"]
"""

import asyncio
import ssl
import threading
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FAULTS = {
    "sender": "the sender of the next mail is answered with `words`",
    "recipient": "its recipient is",
    "refuse": "the mail itself is, at its end",
    "drop-before": "the connection breaks before the mail has come, and nothing was taken",
    "drop-after": "the connection breaks after the mail was taken, before that is said",
    "drop-lost": "the connection breaks at the same moment, but nothing was taken",
}


class SmtpPeer:
    """Keeps what it took: `contents` as it came over the wire, `envelopes` as (sender, recipient), `mails` as read.

    With a `password` whoever writes must sign in with it. `down` and `up` happen on the same port. `options` are
    aiosmtpd's, such as `tls_context`.
    """

    def __init__(self, host: str = "127.0.0.1", password: str = "", **options: Any) -> None:
        self.host, self.port, self._password = host, 0, password
        self.contents: list[bytes] = []
        self.envelopes: list[tuple[str, str]] = []
        self.connections = 0
        self.signed_in: list[tuple[str, bool]] = []
        self._faults: deque[tuple[str, str]] = deque()
        signs_in = {"authenticator": self._sign_in, "auth_required": True, "auth_require_tls": False}
        self._options = {**(signs_in if password else {}), **options}
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "SmtpPeer":
        self._thread.start()
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        who = f"newsroom:{self._password}@" if self._password else ""
        return f"smtp://{who}{self.host}:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [read(content) for content in self.contents]

    def next(self, fault: str, words: str = "") -> None:
        """Let something go wrong with the next mail that nothing else was announced for."""
        assert fault in FAULTS
        self._faults.append((fault, words))

    def up(self) -> None:
        """Listen, after `down` too."""
        coming = self._loop.create_server(lambda: _Connection(self, self._options), self.host, self.port)
        self._server = asyncio.run_coroutine_threadsafe(coming, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Refuse connections."""

        async def close() -> None:
            if self._server:
                self._server.close()
                self._server = None

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()

    def fault(self, *names: str) -> tuple[str, str] | None:
        """The fault that is due now, if it is one of these."""
        return self._faults.popleft() if self._faults and self._faults[0][0] in names else None

    def _sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password.decode() == self._password
        self.signed_in.append((data.login.decode(), good))
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self.fault("sender"):
            return fault[1]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self.fault("recipient"):
            return fault[1]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault, words = self.fault("refuse", "drop-after", "drop-lost") or ("", "")
        if fault == "refuse":
            return words
        if fault != "drop-lost":
            self.contents.append(envelope.original_content or b"")
            self.envelopes.append((envelope.mail_from or "", envelope.rcpt_tos[0]))
        if fault:
            assert server.transport
            server.transport.abort()
        return "250 2.0.0 Taken"


class _Connection(SMTP):
    """One connection, which breaks at DATA where it is told to."""

    def __init__(self, peer: SmtpPeer, options: dict[str, Any]) -> None:
        super().__init__(peer, loop=peer._loop, hostname="mail.example.org", ident="peer", **options)
        self._peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer.connections += 1
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        if self._peer.fault("drop-before"):
            assert self.transport
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


def read(content: bytes) -> EmailMessage:
    """A mail as another mail program reads it."""
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def said(mail: EmailMessage, kind: str = "plain") -> str:
    """Its text, or with "html" what a mail program shows instead."""
    part = mail.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""


def secure(certificate: str, key: str) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
