"""Budgets hold with Redis, without it, and while it is away."""

import shutil
from pathlib import Path

import pytest
import redis
from channels.webform.conftest import ANSWERS
from faults import killing
from limits import parse
from reader import Reader
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from signing import post, text_message

from inbox import create_app
from inbox.bootstrap import bootstrap
from inbox.budgets import Budgets

NOBODY_THERE = "redis://127.0.0.1:1/0"
ONCE = parse("1 per minute")


class Hands:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(environ):
    runtime = bootstrap(environ | {"INBOX_REDIS_URL": NOBODY_THERE, "INBOX_PUBLIC_POST_LIMIT": "2 per 10 minutes"})
    yield create_app(runtime).test_client()
    runtime.database.engine.dispose()


def test_a_form_is_taken_in_while_redis_is_away_and_the_budget_still_holds(client):
    reader = Reader(client)
    for _ in range(2):
        assert reader.send(reader.open("/send/message"), **ANSWERS["message"]).status == 200
    third = reader.send(reader.open("/send/message"), **ANSWERS["message"])
    assert third.status == 429
    assert third.answers["body"] == ANSWERS["message"]["body"]


def test_a_badly_signed_webhook_is_refused_while_redis_is_away(client):
    answers = [post(client, text_message(), signature="wrong").status_code for _ in range(3)]
    assert answers == [403, 403, 429]


def test_a_socket_of_the_machine_is_an_address_too():
    assert Budgets("unix:///there/is/no/redis.sock").hit(ONCE, "a") is None


def test_it_is_said_once_a_minute_that_redis_is_away(capsys):
    hands = Hands()
    budgets = Budgets(NOBODY_THERE, hands)
    for _ in range(40):
        budgets.hit(ONCE, "a")
        hands.now += 2
    assert capsys.readouterr().out.count("redis is away") == 2


def test_redis_counts_again_as_soon_as_it_is_back(tmp_path: Path):
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    with killing.redis(server, tmp_path) as url:
        redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.05), 200)).ping()  # it starts at this moment
        others, hands = Budgets(url), Hands()
        assert others.hit(ONCE, "a") is None
        budgets = Budgets(url, hands)
        budgets._leave_alone(redis.ConnectionError())
        assert budgets.hit(ONCE, "a") is None
        hands.now += 10
        assert budgets.hit(ONCE, "a") is not None
