"""The wire: encryption, signing in, and where there is no server."""

import subprocess

import pytest
from mail_room import PROFILE, MailRoom
from smtp_peer import SmtpPeer, read, secure

from inbox.channels.email.compose import Sender, compose
from inbox.channels.email.smtp import Smtp
from inbox.mail_servers import parse_smtp
from inbox.models import DeliveryState
from inbox.services.jobs import NotNow
from inbox.services.provider import MailHead

NOT_LOOPBACK = "127.0.0.2"  # this machine too, but not by a name that says so


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.2, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    paths = str(folder / "certificate.pem"), str(folder / "key.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30000", "-subj", "/CN=peer"]
    subprocess.run(
        [*made, "-addext", f"subjectAltName=IP:{NOT_LOOPBACK}", "-out", paths[0], "-keyout", paths[1]],
        check=True,
        capture_output=True,
    )
    return paths


@pytest.fixture
def trusted(certificate, monkeypatch):
    """This machine trusts that certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    return certificate


@pytest.fixture
def mail(clock):
    head = MailHead("Hello", "<1@example.org>")
    return compose(head, sender=Sender("News", "news@example.org"), recipient="a@example.org", text="Hi", at=clock())


def hand_over(url: str, mail) -> None:
    Smtp(parse_smtp(url), "inbox.example.org").hand_over(mail, "news@example.org", "a@example.org")


def test_encryption_begins_where_it_is_offered_and_then_the_password_follows(trusted, mail):
    options = {"tls_context": secure(*trusted), "require_starttls": True, "auth_require_tls": True}
    with SmtpPeer(NOT_LOOPBACK, password="right", **options) as peer:
        hand_over(peer.url, mail)
        assert len(peer.contents) == 1
        assert peer.signed_in == [("newsroom", True)]


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(certificate, mail):
    with SmtpPeer(NOT_LOOPBACK, password="right", tls_context=secure(*certificate)) as peer:
        with pytest.raises(NotNow, match="smtp-not-secure"):
            hand_over(peer.url, mail)
        assert (peer.contents, peer.signed_in) == ([], [])


def test_a_password_is_never_sent_in_clear(mail):
    with SmtpPeer(NOT_LOOPBACK, password="right") as peer:
        with pytest.raises(NotNow, match="smtp-in-clear"):
            hand_over(peer.url, mail)
        assert (peer.contents, peer.signed_in) == ([], [])


def test_on_the_same_machine_it_may_be(mail):
    with SmtpPeer(password="right") as peer:
        hand_over(peer.url, mail)
        assert len(peer.contents) == 1


@pytest.mark.parametrize("password", ["wrong", "fälsch"])
def test_a_wrong_password_can_be_mended_so_the_mail_waits(mail, password):
    with SmtpPeer(password="right") as peer:
        with pytest.raises(NotNow, match="smtp-sign-in"):
            hand_over(peer.url.replace("right", password), mail)
        assert peer.contents == []


def test_a_password_where_none_is_asked_for_is_said_to_be_wrong(mail):
    with SmtpPeer() as peer:
        with pytest.raises(NotNow, match="smtp-sign-in"):
            hand_over(peer.url.replace("//", "//newsroom:right@"), mail)
        assert peer.contents == []


def test_a_missing_password_too(mail):
    with SmtpPeer(password="right") as peer:
        with pytest.raises(NotNow, match="smtp-sign-in"):
            hand_over(f"smtp://127.0.0.1:{peer.port}", mail)
        assert peer.contents == []


def test_lines_that_begin_with_a_dot_arrive_as_they_are(clock):
    head = MailHead("Hello", "<1@example.org>")
    text = ".\n..two\n.end\n\n."
    mail = compose(head, sender=Sender("N", "news@example.org"), recipient="a@example.org", text=text, at=clock())
    with SmtpPeer() as peer:
        hand_over(peer.url, mail)
        assert read(peer.contents[0]).get_content().splitlines() == text.split("\n")


@pytest.fixture
def profile(environ, tmp_path):
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    environ["INBOX_CONFIG"] = str(path)


def test_without_a_server_it_is_rehearsed_on_one_machine(profile, environ, request):
    runtime = request.getfixturevalue("runtime")
    room = MailRoom(runtime, request.getfixturevalue("cast")["alice"], request.getfixturevalue("clock"), None)
    room.gets()
    number = room.replies()
    room.waits(seconds=11)
    assert room.message(number).delivery is DeliveryState.SENT
    assert room.message(number).account == "rehearsal"
    [kept] = (runtime.settings.data_dir / "rehearsed-mail").iterdir()
    assert read(kept.read_bytes())["Subject"] == "Re: The bridge"
    assert kept.stat().st_mode & 0o077 == 0


def test_without_a_server_a_public_inbox_says_so(profile, environ, request):
    environ["INBOX_PUBLIC_URL"] = "https://inbox.example.org"
    room = MailRoom(
        request.getfixturevalue("runtime"),
        request.getfixturevalue("cast")["alice"],
        request.getfixturevalue("clock"),
        None,
    )
    room.gets()
    number = room.replies()
    room.waits(seconds=11)
    failed = room.message(number)
    assert (failed.delivery, failed.error_code) == (DeliveryState.FAILED, "smtp-unset")
