"""One open folder of a real mail server."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from dovecot import PASSWORD, Account, Dovecot, Proxy, mail

from inbox.channels.email import connection, mailbox
from inbox.channels.email.connection import Trouble
from inbox.channels.email.mailbox import Absent, Folder, Stopped, opened
from inbox.mail_servers import ImapServer, parse_imap


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def server(account: Account) -> ImapServer:
    return parse_imap(account.server.url(account.user))[0]


@pytest.fixture
def folder(server: ImapServer, stopping: threading.Event) -> Iterator[Folder]:
    with opened(server, writable=True, stopping=stopping) as folder:
        yield folder


def read(folder: Folder, uids: list[int], place: Path, **how: bool) -> dict[int, bytes | Absent]:
    found = folder.read(uids, place, **how)
    return {uid: each if isinstance(each, Absent) else each.read() for uid, each in found}


def trouble(server: ImapServer, **how: bool) -> str:
    with pytest.raises(Trouble) as caught, opened(server, **{"writable": False, **how}, stopping=threading.Event()):
        pass
    return caught.value.code


@pytest.mark.parametrize("singly", [False, True])
def test_mails_are_read_as_they_are_small_and_large_and_stay_unread(folder, account, tmp_path, singly):
    large = mail(2, text="all work and no play\n" * 150_000)
    mails = [mail(1), large, mail(3), mail(4, text='{12}\r\n)\r\n"')]
    account.append(*mails)

    assert read(folder, folder.beyond(0), tmp_path, singly=singly) == dict(enumerate(mails, 1))
    assert account.uids(criteria="UNSEEN") == [1, 2, 3, 4]
    assert folder.beyond(2) == [3, 4]
    assert folder.beyond(4) == []
    assert list(tmp_path.iterdir()) == []


def test_what_others_delete_between_the_list_and_the_reading_is_gone(folder, account, tmp_path):
    account.append(mail(1), mail(2), mail(3), mail(4, text="x" * 3_000_000))
    listed = folder.beyond(0)
    account.create("Elsewhere")
    account.move("2,4", "Elsewhere")

    assert read(folder, listed, tmp_path) == {1: mail(1), 2: Absent.GONE, 3: mail(3), 4: Absent.GONE}


def test_a_mail_that_the_server_does_not_give_is_told_from_one_that_is_gone(stopping, tmp_path):
    refused = {b"FETCH": (b"", b"NO [SERVERBUG] cannot convert it"), b"SEARCH": (b"* SEARCH 1\r\n", b"OK done")}
    with Scripted(refused) as peer, opened(peer.server, writable=False, stopping=stopping) as folder:
        assert read(folder, [1, 2], tmp_path) == {1: Absent.WITHHELD, 2: Absent.GONE}


def test_what_a_server_gives_before_it_says_no_counts(stopping):
    """Of several mails some may be gone (RFC 5530, EXPUNGEISSUED)."""
    told = b"* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n"
    refused = {b"FETCH": (told, b"NO [EXPUNGEISSUED] gone")}
    with Scripted(refused) as peer, opened(peer.server, writable=False, stopping=stopping) as folder:
        assert folder._fetch([1, 2]) == {1: b"a"}


@pytest.mark.parametrize(
    ("said", "content"),
    [(b"NIL", b""), (b'""', b""), (rb'"a \"short\" one"', b'a "short" one'), (b"{3}\r\na\r\n", b"a\r\n")],
)
def test_a_mail_may_be_empty_or_quoted_and_its_number_may_come_after_it(stopping, tmp_path, said, content):
    told = b"* 1 FETCH (FLAGS ())\r\n* 1 FETCH (BODY[] " + said + b" UID 7)\r\n* 2 FETCH (UID 8 BODY[] {1}\r\nb)\r\n"
    with (
        Scripted({b"FETCH": (told, b"OK done")}) as peer,
        opened(peer.server, writable=False, stopping=stopping) as folder,
    ):
        assert folder._fetch([7, 8]) == {7: content, 8: b"b"}


def test_a_server_that_knows_no_pieces_gives_a_mail_once(stopping, tmp_path, monkeypatch):
    monkeypatch.setattr(mailbox, "CHUNK_BYTES", 5)
    told = b"* 1 FETCH (UID 1 BODY[] {12}\r\nhello, world)\r\n"
    with (
        Scripted({b"FETCH": (told, b"OK done")}) as peer,
        opened(peer.server, writable=False, stopping=stopping) as folder,
    ):
        assert read(folder, [1], tmp_path, singly=True) == {1: b"hello, world"}


def test_marking_and_moving_leave_alone_what_others_have_marked_as_deleted(folder, account):
    account.append(*map(mail, range(1, 6)))
    account.create('"Done &- gone/&ANw-ber"')
    account.flag("1,4", r"(\Deleted)")
    folder.beyond(0)

    folder.mark_seen(2, 3)
    folder.move(1, 3, "Done & gone/Über")

    assert account.uids(criteria="SEEN") == []
    assert account.uids() == [1, 4, 5]
    assert account.uids('"Done &- gone/&ANw-ber"', "SEEN") == [1, 2]


def test_without_move_a_mail_is_copied_and_it_alone_expunged(folder, account, monkeypatch):
    account.append(*map(mail, range(1, 4)))
    account.create("Done")
    account.flag("3", r"(\Deleted)")
    monkeypatch.setattr(folder, "_capabilities", frozenset({"UIDPLUS"}))

    assert folder.beyond(0) == [1, 2, 3]
    folder.move(1, 1, "Done")

    assert account.uids() == [2, 3]
    assert account.uids("Done") == [1]

    monkeypatch.setattr(folder, "_capabilities", frozenset())
    with pytest.raises(Trouble, match="after-reading"):
        folder.move(2, 2, "Done")
    assert account.uids() == [2, 3]


def test_a_folder_to_move_to_that_is_not_there_is_said(folder, account):
    account.append(mail())
    assert folder.beyond(0) == [1]
    assert not folder.has("Done")
    with pytest.raises(Trouble, match="after-reading"):
        folder.move(1, 1, "Done")
    account.create("Done")
    assert folder.has("Done")


def test_a_folder_opened_for_reading_cannot_be_changed(server, account, stopping):
    account.append(mail())
    with opened(server, writable=False, stopping=stopping) as folder:
        assert folder.beyond(0) == [1]
        with suppress(Trouble):  # Dovecot says yes and does nothing
            folder.mark_seen(1, 1)
    assert account.uids(criteria="UNSEEN") == [1]


def test_the_server_says_when_something_comes(folder, account):
    assert folder.can_idle
    assert folder.beyond(0) == []
    waiting = threading.Thread(target=folder.wait, daemon=True)
    waiting.start()

    account.append(mail())

    waiting.join(30)  # the wait alone would take minutes
    assert not waiting.is_alive()
    assert folder.beyond(0) == [1]


def test_what_was_said_along_with_another_answer_is_not_waited_for(folder, account, monkeypatch):
    monkeypatch.setattr(folder, "_idle", lambda: pytest.fail("nobody will say it again"))
    folder.beyond(0)
    account.append(mail())
    folder.mark_seen(1, 1)

    folder.wait()


def test_what_comes_in_one_piece_with_the_go_ahead_is_heard():
    """A server may say that something came in the very packet that answers IDLE: no look at the socket shows it."""
    with Scripted({b"IDLE": (b"+ idling\r\n* 1 EXISTS\r\n", b"")}) as peer:
        stopping = threading.Event()
        with opened(peer.server, writable=False, stopping=stopping) as folder:
            waiting = threading.Thread(target=folder.wait, daemon=True)
            waiting.start()
            waiting.join(30)
            assert not waiting.is_alive()


def test_without_idle_it_looks_every_minute(folder, account, stopping, monkeypatch):
    monkeypatch.setattr(folder, "_capabilities", frozenset())
    monkeypatch.setattr(mailbox, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(folder, "_idle", lambda: pytest.fail("the server does not know it"))
    folder.beyond(0)
    account.append(mail())

    folder.wait()

    assert folder.beyond(0) == [1]


def test_a_wait_ends_when_it_is_time_to_stop_and_nothing_more_is_asked(folder, stopping):
    waiting = threading.Thread(target=folder.wait, daemon=True)
    waiting.start()
    stopping.set()
    waiting.join(30)
    assert not waiting.is_alive()
    with pytest.raises(Stopped):
        folder.beyond(0)


def test_a_line_that_breaks_while_waiting_is_noticed(account, stopping):
    with Proxy(account.server.port) as proxy:
        server = parse_imap(account.server.url(account.user, port=proxy.port))[0]
        with opened(server, writable=False, stopping=stopping) as folder:
            folder.beyond(0)
            proxy.cut_after = 1
            account.append(mail())
            with pytest.raises(Trouble, match="lost"):
                folder.wait()


# What is wrong, in a word


def test_a_wrong_password_is_told_from_a_server_that_is_not_there(server):
    assert trouble(replace(server, password="wrong")) == "sign-in"
    assert trouble(replace(server, password="falsch ü")) == "sign-in"
    assert trouble(replace(server, port=1)) == "unreachable"
    assert trouble(replace(server, host="no-such-host.invalid")) == "host"
    assert trouble(replace(server, tls=True)) == "tls"
    assert trouble(replace(server, folder="Nowhere")) == "folder"


def test_a_refusal_for_now_is_not_taken_for_a_wrong_password():
    with Scripted({b"LOGIN": (b"", b"NO [UNAVAILABLE] Temporary authentication failure.")}) as peer:
        assert trouble(peer.server) == "busy"


def test_no_password_goes_out_in_clear_but_to_this_machine(account, monkeypatch):
    with Proxy(account.server.port) as proxy:
        server = parse_imap(account.server.url(account.user, port=proxy.port))[0]
        monkeypatch.setattr(connection, "_is_this_machine", lambda _: False)

        assert trouble(server) == "clear"
        assert PASSWORD.encode() not in proxy.sent

        monkeypatch.undo()
        with opened(server, writable=False, stopping=threading.Event()):
            assert PASSWORD.encode() in proxy.sent


def test_only_the_connection_s_other_end_says_whether_it_is_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_connection(here.getsockname()) as line:
        assert connection._is_this_machine(line)


@pytest.fixture(scope="module")
def certificate(workspace: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    paths = workspace / "mail.pem", workspace / "mail.key"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "3650"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-out",
        str(paths[0]),
        "-keyout",
        str(paths[1]),
    ]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return paths


@pytest.fixture(scope="module")
def tls_server(mail_server: Dovecot, workspace: Path, certificate: tuple[Path, Path]) -> Iterator[Dovecot]:
    with Dovecot(workspace / "dovecot-tls", certificate=certificate[0], key=certificate[1]) as server:
        yield server


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_a_certificate_must_be_good(tls_server, certificate, monkeypatch, scheme):
    monkeypatch.setattr(connection, "_is_this_machine", lambda _: False)
    with Proxy(tls_server.tls_port if scheme == "imaps" else tls_server.port) as proxy:
        server = parse_imap(tls_server.url("news@example.org", scheme=scheme, port=proxy.port))[0]
        assert trouble(server) == "certificate"

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        with opened(server, writable=False, stopping=threading.Event()) as folder:
            assert folder.beyond(0) == []
            waiting = threading.Thread(target=folder.wait, daemon=True)
            waiting.start()
            account = Account(tls_server, "news@example.org")
            account.append(mail())
            waiting.join(30)
            assert not waiting.is_alive()
            account.flag("1", r"(\Deleted)")
            account.expunge()
            account.close()
        assert trouble(replace(server, host="localhost")) == "certificate"  # it is made for another name
        assert PASSWORD.encode() not in proxy.sent


class Scripted:
    """A server that accepts one connection and answers as told, for what Dovecot does not do.

    An answer is what is said untagged, and how the command ends.
    """

    def __init__(self, answers: dict[bytes, tuple[bytes, bytes]]) -> None:
        self._answers = {
            b"CAPABILITY": (b"* CAPABILITY IMAP4rev1 IDLE\r\n", b"OK done"),
            b"EXAMINE": (b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 1] .\r\n", b"OK done"),
            **answers,
        }
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.server = parse_imap(f"imap://user:password@127.0.0.1:{port}/INBOX")[0]

    def __enter__(self) -> "Scripted":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        line, _ = self._listener.accept()
        with line, line.makefile("rb") as said:
            line.sendall(b"* OK hello\r\n")
            tag = b""
            for words in said:
                if words.strip() == b"DONE":
                    line.sendall(tag + b" OK done\r\n")
                    continue
                tag, command, *rest = words.split()
                told, ends = self._answers.get(rest[0] if command == b"UID" else command, (b"", b"OK done"))
                line.sendall(told + (tag + b" " + ends + b"\r\n" if ends else b""))
