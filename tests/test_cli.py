"""The `inbox` command, as an operator types it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inbox import logs
from inbox.bootstrap import bootstrap
from inbox.cli import main
from inbox.models import Role
from inbox.services import accounts

PASSWORD = "nine green umbrellas in the rain"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("staff", "list")` is the command with an inbox of its own; `stdin` and settings by name."""
    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr(logs, "configure", lambda: None)  # for the life of a process, and this one runs other tests

    def run(*words: str, stdin: str | None = None, **settings: str) -> Result:
        environ = {"INBOX_DATA_DIR": str(folder), **settings}
        result = CliRunner().invoke(main, words, input=stdin, env=environ)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


def complaint(result: Result) -> str:
    """The one line of a command that failed."""
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


# Settings


@pytest.mark.parametrize("command", [["serve"], ["upgrade"], ["doctor"], ["demo"], ["export"], ["staff", "list"]])
def test_a_wrong_setting_stops_every_command_with_one_line(run: Run, command: list[str]):
    assert "INBOX_TRUSTED_PROXIES" in complaint(run(*command, INBOX_TRUSTED_PROXIES="several"))


@pytest.mark.parametrize("command", [["serve"], ["upgrade"], ["demo"], ["export"], ["staff", "list"]])
@pytest.mark.parametrize("url", ["postgresql://u:hunter22@127.0.0.1:1/x", "sqlite:////there/is/no/folder/x.db"])
def test_a_database_that_does_not_answer_is_one_line_too(run: Run, command: list[str], url: str):
    line = complaint(run(*command, INBOX_DATABASE_URL=url))

    assert "INBOX_DATABASE_URL" in line
    assert "hunter22" not in line


def test_tables_of_a_later_version_are_one_line(run: Run, folder: Path):
    run("upgrade")
    with bootstrap({"INBOX_DATA_DIR": str(folder)}).database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert "later version" in complaint(run("upgrade"))
    assert "later version" in complaint(run("export"))


def test_upgrade_makes_the_tables_and_may_be_repeated(run: Run):
    assert "WRONG" in run("doctor").stdout

    assert run("upgrade").exit_code == 0
    assert "up to date" in run("upgrade").stdout

    doctor = run("doctor")
    assert doctor.exit_code == 0
    assert "WRONG" not in doctor.stdout


def test_the_doctor_ends_with_1_when_something_is_wrong(run: Run):
    run("upgrade")

    result = run("doctor", INBOX_PUBLIC_URL="http://inbox.example")

    assert result.exit_code == 1
    assert "INBOX_PUBLIC_URL" in result.stdout


# Staff


def test_an_account_with_a_password_from_standard_input_can_sign_in(run: Run, folder: Path):
    result = run("staff", "add", "Ada@Newsroom.example", "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")

    assert result.exit_code == 0
    assert "http" not in result.stdout
    with bootstrap({"INBOX_DATA_DIR": str(folder)}).database.reading() as session:
        user = accounts.find(session, "ada@newsroom.example")
        assert user is not None
        assert user.password is not None
        assert PASSWORD not in user.password
        assert (user.name, user.role) == ("Ada", Role.ADMIN)


def test_an_account_without_a_password_gets_a_link(run: Run):
    result = run("staff", "add", "mei-ling.chen@newsroom.example", "--role", "editor")

    assert "http://127.0.0.1:8000/desk/set-up/" in result.stdout
    assert "Mei Ling Chen" in run("staff", "list").stdout


def test_a_name_may_be_given(run: Run):
    run("staff", "add", "ling@newsroom.example", "--role", "ads", "--name", "林怡君")

    assert re.search(r"ling@newsroom\.example\s+ads\s+no password yet\s+林怡君", run("staff", "list").stdout)


@pytest.mark.parametrize("email", ["", "nobody", "a b@c.example", "x" * 300 + "@newsroom.example"])
def test_an_address_that_is_none_is_refused(run: Run, email: str):
    complaint(run("staff", "add", email, "--role", "editor", "--name", "X"))

    assert run("staff", "list").stdout == ""


@pytest.mark.parametrize("password", ["", "short", "ada@newsroom.example"])
def test_a_password_too_easy_is_refused(run: Run, password: str):
    complaint(run("staff", "add", "ada@newsroom.example", "--role", "admin", "--password-stdin", stdin=password + "\n"))

    assert run("staff", "list").stdout == ""


def test_nobody_is_added_twice_and_no_role_is_invented(run: Run):
    run("staff", "add", "ada@newsroom.example", "--role", "admin")

    assert "already" in complaint(run("staff", "add", "ADA@newsroom.example", "--role", "editor"))
    assert run("staff", "add", "bob@newsroom.example", "--role", "king").exit_code == 2


def test_disable_shuts_somebody_out_but_never_the_last_administrator(run: Run):
    run("staff", "add", "ada@newsroom.example", "--role", "admin")
    run("staff", "add", "bob@newsroom.example", "--role", "editor")

    assert run("staff", "disable", "bob@newsroom.example").exit_code == 0
    assert "administrator" in complaint(run("staff", "disable", "ada@newsroom.example"))
    assert re.search(r"bob@newsroom\.example\s+editor\s+disabled", run("staff", "list").stdout)


def test_reset_takes_the_password_and_gives_a_link(run: Run):
    run("staff", "add", "ada@newsroom.example", "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")

    result = run("staff", "reset", "ada@newsroom.example")

    assert "/desk/set-up/" in result.stdout
    assert "no password yet" in run("staff", "list").stdout


@pytest.mark.parametrize("words", [["disable"], ["enable"], ["reset"], ["role", "editor"]])
def test_somebody_unknown_cannot_be_changed(run: Run, words: list[str]):
    verb, *more = words
    assert "no account" in complaint(run("staff", verb, "nobody@newsroom.example", *more))


def test_a_disabled_account_finds_its_way_back(run: Run):
    run("staff", "add", "ada@newsroom.example", "--role", "admin")
    run("staff", "add", "bob@newsroom.example", "--role", "editor", "--password-stdin", stdin=PASSWORD + "\n")
    run("staff", "disable", "bob@newsroom.example")

    assert "inbox staff enable bob@newsroom.example" in run("staff", "reset", "bob@newsroom.example").stdout
    assert run("staff", "enable", "bob@newsroom.example").exit_code == 0
    assert re.search(r"bob@newsroom\.example\s+editor\s+no password yet", run("staff", "list").stdout)


def test_a_role_can_be_changed_but_one_administrator_stays(run: Run):
    run("staff", "add", "ada@newsroom.example", "--role", "admin")
    run("staff", "add", "bob@newsroom.example", "--role", "editor")

    assert "bob@newsroom.example is ads now." in run("staff", "role", "bob@newsroom.example", "ads").stdout
    assert "administrator" in complaint(run("staff", "role", "ada@newsroom.example", "editor"))
    assert run("staff", "role", "bob@newsroom.example", "king").exit_code == 2


# Demo and export


def test_the_demo_fills_an_empty_inbox_once_and_can_be_exported(run: Run):
    assert run("demo").exit_code == 0
    assert "not empty" in complaint(run("demo"))

    lines = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert len(lines) > 200
    assert run("export", "--since", "2100-01-01").stdout == ""
    assert len(run("export", "--since", "2000-01-01T00:00:00+00:00").stdout.splitlines()) == len(lines)
    assert run("export", "--format", "csv").stdout.startswith("\ufeffreference,kind,")


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "", "2026-11-01T99:00", "0001-01-01"])
def test_a_time_that_is_none_is_refused(run: Run, since: str):
    assert "--since" in complaint(run("export", "--since", since))


# Simulate


def test_simulate_without_an_inbox_that_runs_says_so(run: Run):
    line = complaint(run("simulate", "whatsapp", "hello", INBOX_PUBLIC_URL="http://127.0.0.1:1"))

    assert "set INBOX_PUBLIC_URL" in line
    assert "inbox serve" in line


def test_simulate_knows_two_channels_only(run: Run):
    assert run("simulate", "pigeon", "hello").exit_code == 2


def test_simulate_without_a_token_for_a_public_address_names_the_setting(run: Run):
    assert "TWILIO_AUTH_TOKEN" in complaint(run("simulate", "sms", "hello", INBOX_PUBLIC_URL="https://inbox.example"))


# Serve


class Running:
    """`inbox serve` in a process of its own, on a free port."""

    def __init__(self, folder: Path, *words: str, stderr: int = subprocess.DEVNULL, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {**os.environ, "INBOX_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1", **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inbox.cli", "serve", "--port", str(self.port), *words],
            env=self.environ,
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        self.greeting = self._read_greeting()

    def _read_greeting(self) -> str:
        """What it prints; the last line says that it listens."""
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("Stop with"):
                return said
        raise AssertionError(f"it ended with {self.process.wait()}: {said}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def serve(*words: str) -> Running:
        started.append(Running(folder, *words))
        return started[-1]

    yield serve
    for running in started:
        running.process.kill()
        running.process.wait()


def get(url: str) -> tuple[int, dict[str, str], str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_greets_answers_and_stops_cleanly(serve: Callable[..., Running], number: int):
    running = serve()

    assert f"{running.url}/\n" in running.greeting
    assert f"{running.url}/desk/\n" in running.greeting
    assert f"{running.url}/desk/set-up/" in running.greeting
    status, headers, body = get(f"{running.url}/healthz")
    assert (status, body) == (200, "ok\n")
    assert "Server" not in headers
    assert get(f"{running.url}/readyz")[0] == 200
    assert running.stop(number) == 0


def test_a_request_that_is_under_way_is_finished_before_the_end(serve: Callable[..., Running]):
    running = serve()
    with socket.create_connection(("127.0.0.1", running.port)) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        get(f"{running.url}/healthz")  # by now the first half of the other one has been read
        running.process.send_signal(signal.SIGTERM)
        while _takes_connections(running.port):
            pass
        slow.sendall(b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: slow.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 200")
    assert running.process.wait(timeout=60) == 0


def _takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_the_set_up_link_is_not_printed_once_there_is_an_account(run: Run, serve: Callable[..., Running]):
    run("staff", "add", "ada@newsroom.example", "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")

    assert "set-up" not in serve().greeting


def test_with_the_demo_a_newcomer_sees_a_simulated_message_arrive(run: Run, serve: Callable[..., Running]):
    running = serve("--demo")
    assert "set-up" in running.greeting

    said = run("simulate", "whatsapp", "The bridge on Road 21 is closed", INBOX_PUBLIC_URL=running.url)

    assert said.exit_code == 0
    last = json.loads(run("export").stdout.splitlines()[-1])
    assert (last["channel"], last["body"]) == ("whatsapp", "The bridge on Road 21 is closed")
    (answer,) = (message["text"] for message in last["messages"] if message["direction"] == "out")
    assert last["reference"] in answer


def test_simulate_from_another_folder_says_that_it_must_be_the_same(
    run: Run, serve: Callable[..., Running], folder: Path
):
    elsewhere = str(folder.parent / "elsewhere")
    line = complaint(run("simulate", "whatsapp", "hello", INBOX_PUBLIC_URL=serve().url, INBOX_DATA_DIR=elsewhere))

    assert "same folder" in line
    assert "INBOX_DATA_DIR" in line


def test_a_port_in_use_is_one_line(run: Run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        line = complaint(run("serve", "--port", str(taken.getsockname()[1])))

    assert "--port" in line


@pytest.mark.parametrize("host", ["no such host.example", "999.1.1.1", "\u2603"])
def test_a_host_that_is_none_is_one_line(run: Run, host: str):
    complaint(run("serve", "--host", host, INBOX_PUBLIC_URL="http://127.0.0.1:8000"))
