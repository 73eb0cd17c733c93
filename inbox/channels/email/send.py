"""Sending mail: replies, as a `Provider`, and letters. Without a server it is refused, or rehearsed on one machine."""

import secrets
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from inbox import rendering
from inbox.channels.email.compose import Sender, compose
from inbox.channels.email.smtp import Smtp
from inbox.models import Letter
from inbox.runtime import Runtime
from inbox.services import health
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import (
    SMTP_PROBLEMS,
    SMTP_UNCLEAR,
    SMTP_UNREACHABLE,
    SMTP_UNSET,
    MailHead,
    Outgoing,
    Sent,
    Unclear,
)
from inbox.text import language_of

ACCOUNT, REHEARSAL = "smtp", "rehearsal"
REHEARSED_IN = "rehearsed-mail"


class Server(Protocol):
    """Takes mails, each for one address."""

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Raises `jobs.NotNow` or `jobs.Refused` if it surely has not taken the mail, else Unclear."""


class NoServer:
    """The `Server` where none is set up."""

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        raise Refused(SMTP_UNSET)


class Rehearsal:
    """The `Server` for trying things out: each mail becomes a file that a mail program opens, and nothing leaves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{mail['Date'].datetime:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.eml"
        path.touch(mode=0o600)
        path.write_bytes(mail.as_bytes())


class Watched:
    """A `Server` of which is written down how it is doing."""

    def __init__(self, runtime: Runtime, server: Server) -> None:
        self._runtime, self._server = runtime, server

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        problem = ""
        try:
            self._server.hand_over(mail, sender, recipient)
        except NotNow as error:
            problem = error.code if error.code in SMTP_PROBLEMS else ""
            raise
        except Unclear:
            problem = SMTP_UNREACHABLE
            raise
        finally:
            self._note(problem)

    def _note(self, problem: str) -> None:
        """Whatever happens here, what became of the mail is known and goes on."""
        now = self._runtime.clock()
        with suppress(SQLAlchemyError), self._runtime.database.writing() as session:
            if problem:
                health.failed(session, ACCOUNT, problem, now=now)
            else:
                health.succeeded(session, ACCOUNT, now=now)


class Mailer:
    """Puts mails together and gives them to a server. What it sent goes by `account` and the mail's Message-ID."""

    def __init__(self, runtime: Runtime, server: Server, account: str) -> None:
        self._runtime, self._server, self._account = runtime, server, account

    def send(self, outgoing: Outgoing) -> Sent:
        assert outgoing.mail
        head, values = outgoing.mail, {"text": outgoing.text, "newsroom": self._runtime.profile.name}
        language = language_of(outgoing.text)
        mail = compose(
            head,
            sender=self._sender(outgoing.sender),
            recipient=outgoing.recipient,
            text=rendering.message("reply", "email", language, **values),
            html=rendering.html("reply", "email", language, **values, lang=language),
            files=outgoing.files,
            at=self._runtime.clock(),
        )
        self._server.hand_over(mail, outgoing.sender, mail["To"].addresses[0].addr_spec)
        return Sent(self._account, head.mail_id)

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        """A mail server cannot be asked what it has taken."""
        raise Refused(SMTP_UNCLEAR)

    def post(self, letter: Letter) -> None:
        sender = self._sender(house_address(self._runtime))
        mail = compose(
            MailHead(letter.subject, letter.mail_id, headers=letter.headers),
            sender=sender,
            recipient=letter.recipient,
            text=letter.text,
            html=letter.html,
            at=self._runtime.clock(),
        )
        self._server.hand_over(mail, sender.address, mail["To"].addresses[0].addr_spec)

    def _sender(self, address: str) -> Sender:
        return Sender(self._runtime.profile.name, address)


def mailer(runtime: Runtime) -> Mailer:
    """The mailer that the settings describe: without a server it refuses, or rehearses on a loopback address."""
    if server := server_of(runtime):
        return Mailer(runtime, Watched(runtime, server), ACCOUNT)
    if runtime.settings.rehearses_mail:
        return Mailer(runtime, Rehearsal(runtime.settings.data_dir / REHEARSED_IN), REHEARSAL)
    return Mailer(runtime, NoServer(), ACCOUNT)


def server_of(runtime: Runtime) -> Smtp | None:
    """The mail server of the settings, if they name one."""
    server = runtime.settings.smtp_server
    return Smtp(server, _host(runtime)) if server else None


def house_address(runtime: Runtime) -> str:
    """Whom a letter is from: the newsroom's first mailbox."""
    mailboxes = runtime.profile.mailboxes
    return mailboxes[0].address if mailboxes else f"newsroom@{_host(runtime)}"


def _host(runtime: Runtime) -> str:
    """The name of this machine for other servers."""
    return "localhost" if runtime.settings.is_loopback else urlsplit(runtime.settings.public_url).hostname or ""
