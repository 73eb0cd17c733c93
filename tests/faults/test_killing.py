"""A short run of `script/faults`: what is accepted survives kill -9, and no reply is sent twice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import killing
from twilio_peer import TwilioPeer

KILLS = 6


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


def test_killing_a_single_server_loses_and_doubles_nothing(tmp_path: Path, peer: TwilioPeer) -> None:
    environ = {"INBOX_DATA_DIR": str(tmp_path / "data"), "INBOX_DATABASE_URL": f"sqlite:///{tmp_path / 'inbox.db'}"}
    check(killing.run(environ, KILLS, seed=1, peer=peer))


def test_killing_one_of_several_machines_loses_and_doubles_nothing(
    postgresql_database: str, tmp_path: Path, peer: TwilioPeer
) -> None:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    with killing.redis(server, tmp_path) as redis_url:
        environ = {
            "INBOX_DATA_DIR": str(tmp_path / "data"),
            "INBOX_DATABASE_URL": postgresql_database,
            "INBOX_REDIS_URL": redis_url,
        }
        check(killing.run(environ, KILLS, seed=2, workers=2, peer=peer))


def check(outcome: killing.Outcome) -> None:
    assert outcome.faults == []
    assert outcome.messages > 0
    assert outcome.forms > 0
    assert outcome.replies > 0
