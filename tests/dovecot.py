"""A real mail server: Dovecot (Debian's dovecot-imapd), started by the tests on loopback ports of its own.

Any user may sign in with the password; each has folders of their own. It runs as whoever runs the tests.
"""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PASSWORD = "a-password-for-tests"

_CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
{users}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = {ssl}
{certificate}
{more}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

# Root has the users that the package made; anybody else can start processes as himself alone.
_OWN_USERS = "default_internal_user = {0}\ndefault_login_user = {0}\ndefault_internal_group = {1}"


class Dovecot:
    """A running server. `port` is for imap, `tls_port` for imaps where a certificate was given (PEM files)."""

    def __init__(
        self, folder: Path, *, certificate: Path | None = None, key: Path | None = None, more: str = ""
    ) -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port() if certificate else 0
        folder.mkdir()
        whose = pwd.getpwnam("dovecot") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.uid, self.gid = whose.pw_uid, whose.pw_gid  # mails are never root's
        config = folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                users="" if os.getuid() == 0 else _OWN_USERS.format(whose.pw_name, grp.getgrgid(whose.pw_gid).gr_name),
                uid=self.uid,
                gid=self.gid,
                port=self.port,
                tls_port=self.tls_port,
                password=PASSWORD,
                ssl="yes" if certificate else "no",
                certificate=f"ssl_cert = <{certificate}\nssl_key = <{key}" if certificate else "",
                more=more,
            )
        )
        self._config = str(config)
        for name in ("mail", "home"):
            (folder / name).mkdir()
            os.chown(folder / name, self.uid, self.gid)

    def __enter__(self) -> "Dovecot":
        self._process = subprocess.Popen([str(PROGRAM), "-F", "-c", self._config], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"dovecot does not start: {self._said()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError(f"dovecot does not answer: {self._said()}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def url(
        self, user: str, *, folder: str = "INBOX", port: int = 0, password: str = PASSWORD, scheme: str = "imap"
    ) -> str:
        """The folder of a user, as the settings name it."""
        quoted = user.replace("@", "%40"), password.replace(" ", "%20")
        return f"{scheme}://{quoted[0]}:{quoted[1]}@127.0.0.1:{port or self.port}/{folder}"

    def doveadm(self, *arguments: str) -> str:
        """What the server's own tool says."""
        command = [str(shutil.which("doveadm")), "-c", self._config, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def _said(self) -> str:
        log = self.folder / "log"
        return log.read_text()[-500:] if log.exists() else ""


class Account:
    """Another mail program of the same user, for what people do meanwhile."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self.server, self.user = server, user
        self._open()

    def _open(self) -> None:
        self._client = imaplib.IMAP4("127.0.0.1", self.server.port)
        self._client.login(self.user, PASSWORD)
        self._client.select()

    def append(self, *mails: bytes, folder: str = "INBOX") -> None:
        for mail in mails:
            _done(self._client.append(folder, None, None, mail))

    def fill(self, mails: Iterable[Iterable[bytes]]) -> None:
        """Lay mails, in pieces, into the INBOX past the server: they get their UIDs, in this order, when it looks."""
        place = self.server.folder / "mail" / self.user / "new"
        for number, pieces in enumerate(mails):
            path = place / f"{1_700_000_000 + number}.M{number}.tests"
            with path.open("wb") as file:
                file.writelines(pieces)
            os.chown(path, self.server.uid, self.server.gid)
        self._client.noop()

    def create(self, folder: str) -> None:
        _done(self._client.create(folder))

    def flag(self, uids: str, flag: str) -> None:
        self._client.noop()
        _done(self._client.uid("STORE", uids, "+FLAGS", flag))

    def move(self, uids: str, folder: str) -> None:
        self._client.noop()
        _done(self._client.uid("MOVE", uids, folder))

    def expunge(self) -> None:
        _done(self._client.expunge())

    def withhold(self, number: int) -> None:
        """Let the server be unable to read one of the mails in the INBOX; it breaks the connection then."""
        self._paths()[number - 1].chmod(0)

    def give_back(self) -> None:
        """Let the server read everything again."""
        for path in self._paths():
            path.chmod(0o600)

    def _paths(self) -> list[Path]:
        place = self.server.folder / "mail" / self.user
        return sorted(path for name in ("cur", "new") for path in (place / name).iterdir())

    def uids(self, folder: str = "INBOX", criteria: str = "ALL") -> list[int]:
        self._client.select(folder, readonly=folder != "INBOX")
        found = _done(self._client.uid("SEARCH", criteria))[0]
        self._client.select()
        return [int(uid) for uid in (found or b"").split()]

    def new_uid_validity(self) -> None:
        """Let the INBOX have other UIDs, as after a restored backup."""
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "4000000000", "INBOX")
        self.close()
        self._open()

    def close(self) -> None:
        self._client.shutdown()


class Proxy:
    """A line to a server that may break: each connection does after `cut_after` bytes from the server, if that is set."""

    def __init__(self, port: int) -> None:
        self._target, self.cut_after = port, 0
        self.connections, self.sent = 0, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            threading.Thread(target=self._carry_back, args=(server, client), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self.sent += data
                server.sendall(data)
        _hang_up(client, server)

    def _carry_back(self, server: socket.socket, client: socket.socket) -> None:
        told = 0
        with suppress(OSError):
            while data := server.recv(4096):
                told += len(data)
                if self.cut_after and told > self.cut_after:
                    break
                client.sendall(data)
        _hang_up(client, server)


def _hang_up(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


def mail(number: int = 0, *, subject: str = "", text: str = "", sender: str = "reader@example.org") -> bytes:
    """A small mail with a Message-ID of its own."""
    message = EmailMessage()
    message["From"], message["To"] = sender, "news@example.org"
    message["Subject"] = subject or f"Mail {number}"
    message["Message-ID"] = f"<{number}.{subject.replace(' ', '-')}@example.org>"
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
    message.set_content(text or f"The text of mail {number}.\n")
    return message.as_bytes().replace(b"\n", b"\r\n")


def free_port() -> int:
    """A loopback port above 10000 that nobody uses."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port > 10_000:
            return port


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for what is to come; only a test that fails waits long."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come")
        time.sleep(0.01)


def _done(answer: tuple[str, list]) -> list:
    assert answer[0] == "OK", answer
    return answer[1]
