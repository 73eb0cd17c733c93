"""The self-test of the webhook says what came back from the public address, and changes nothing there."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Clock
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from inbox import create_app
from inbox.bootstrap import bootstrap
from inbox.channels.twilio import examine
from inbox.cli import main
from inbox.db import Base
from inbox.runtime import Runtime


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One kind of database will do: nothing of this reaches it."""
    (tmp_path / "inbox.db").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'inbox.db'}"


@contextmanager
def serving(environ: dict[str, str], clock: Clock, **settings: str) -> Iterator[tuple[str, Runtime]]:
    """An inbox on a port of this machine, whose public address is that, or another one that is given."""
    server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    runtime = bootstrap({**environ, "INBOX_PUBLIC_URL": url, **settings}, clock)
    server.app = create_app(runtime)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url, runtime
    server.shutdown()
    thread.join(5)
    server.server_close()
    runtime.database.engine.dispose()


@contextmanager
def answering(status: int, context: ssl.SSLContext | None = None, **headers: str) -> Iterator[str]:
    """Something that answers every POST like this."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(environ: dict[str, str], clock: Clock) -> Callable[..., examine.Finding]:
    """What the self-test says with these settings."""

    def ask(url: str, **settings: str) -> examine.Finding:
        runtime = bootstrap({**environ, "INBOX_PUBLIC_URL": url, **settings}, clock)
        finding = examine.webhook(runtime)
        runtime.database.engine.dispose()
        return finding

    return ask


def rows(runtime: Runtime) -> dict[str, int]:
    with runtime.database.reading() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_good_webhook_is_reached_and_stays_as_it_was_however_often(environ, clock, ask) -> None:
    with serving(environ, clock) as (url, runtime):
        before = rows(runtime)
        for _ in range(3):
            finding = ask(url)
            assert finding.good, finding.words
        assert rows(runtime) == before
    assert "accepts our signature" in finding.words
    assert "this machine only" in finding.words


def test_another_token_or_address_at_the_server_is_told(environ, clock, ask) -> None:
    with serving(environ, clock) as (url, _):
        finding = ask(url, TWILIO_AUTH_TOKEN="another token")
        assert not finding.good
        assert "TWILIO_AUTH_TOKEN" in finding.words
    with serving(environ, clock, INBOX_PUBLIC_URL="https://inbox.example.org") as (url, _):
        finding = ask(url)
        assert not finding.good
        assert "INBOX_PUBLIC_URL" in finding.words


def test_without_a_token_nothing_is_sent(ask) -> None:
    finding = ask("https://inbox.example.org", TWILIO_AUTH_TOKEN="")
    assert not finding.good
    assert "closed" in finding.words


def test_an_address_where_nobody_answers_is_told(ask) -> None:
    finding = ask("http://127.0.0.1:1")
    assert not finding.good
    assert "nobody answers" in finding.words


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (
            301,
            {"Location": "https://inbox.example.org/hooks/twilio/status?x=1"},
            "redirect to https://inbox.example.org/hooks/twilio/status;",
        ),
        (302, {}, "redirect to nowhere"),
        (404, {}, "something else than the inbox"),
        (200, {}, "something else than the inbox"),
        (502, {}, "fault of the inbox or of the proxy"),
        (429, {}, "wait ten minutes"),
    ],
)
def test_other_answers_are_told_in_words(ask, status: int, headers: dict[str, str], said: str) -> None:
    with answering(status, **headers) as url:
        finding = ask(url)
    assert not finding.good
    assert said in finding.words


def test_a_certificate_of_ones_own_is_told(ask, tmp_path: Path) -> None:
    with answering(204, self_signed(tmp_path)) as url:
        finding = ask(url)
    assert not finding.good
    assert "certificate" in finding.words


def self_signed(folder: Path) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "inbox")])
    today = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(today).not_valid_after(today + datetime.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_the_command_ends_with_1_when_the_webhook_cannot_be_used(environ, clock) -> None:
    with serving(environ, clock) as (url, _):
        good = CliRunner().invoke(main, ["doctor", "--webhook"], env={**environ, "INBOX_PUBLIC_URL": url})
    assert good.exit_code == 0, good.stdout
    assert "ok    webhook" in good.stdout

    bad = CliRunner().invoke(main, ["doctor", "--webhook"], env={**environ, "INBOX_PUBLIC_URL": url})
    assert bad.exit_code == 1
    assert "WRONG" in bad.stdout
