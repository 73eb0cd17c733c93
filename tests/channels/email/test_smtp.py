"""The wire: encryption, signing in, and where there is no server."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
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
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(NOT_LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, folder = serialization.Encoding.PEM, tmp_path_factory.mktemp("tls")
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths = folder / "certificate.pem", folder / "key.pem"
    for path, content in zip(paths, (made.public_bytes(pem), secret), strict=True):
        path.write_bytes(content)
    return tuple(map(str, paths))


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
