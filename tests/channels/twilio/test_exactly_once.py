"""However often and at once a message comes, it is one message; however many come at once, none is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from said import answers, received
from signing import post, sample, samples, text_message
from sqlalchemy import func, select

from inbox.models import Contact, Message, Submission
from inbox.runtime import Runtime

NAMES = list(samples("message"))
TIMES = 50


def send_all(app: Flask, requests: list[dict[str, str]]) -> list[int]:
    """Post all of them from eight clients at once; return the statuses."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda fields: post(app.test_client(), fields).status_code, requests))


def count(runtime: Runtime, model: type) -> int:
    """How many there are; of messages, those from outside."""
    rows = received() if model is Message else select(model)
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


@pytest.mark.parametrize("name", NAMES)
def test_fifty_copies_at_once_are_one_message(app: Flask, runtime: Runtime, name: str) -> None:
    statuses = send_all(app, [sample(name)["params"]] * TIMES)

    assert set(statuses) == {200}
    assert count(runtime, Message) == 1
    assert count(runtime, Submission) == 1


def test_twenty_first_messages_of_one_sender_are_one_submission(app: Flask, runtime: Runtime) -> None:
    requests = [text_message(f"Part {number}", f"SM{number:032x}") for number in range(20)]

    statuses = send_all(app, requests)

    assert set(statuses) == {200}
    with runtime.database.reading() as session:
        (submission,) = session.scalars(select(Submission)).all()
        assert {message.text for message in session.scalars(received())} == {f"Part {number}" for number in range(20)}
        assert submission.message_count == 20
    assert len(answers(runtime)) == 1
    assert count(runtime, Contact) == 1


def test_first_messages_and_their_copies_may_come_mixed(app: Flask, runtime: Runtime) -> None:
    requests = [text_message(f"Part {number}", f"SM{number:032x}") for number in range(10)] * 5

    assert set(send_all(app, requests)) == {200}
    assert (count(runtime, Message), count(runtime, Submission), count(runtime, Contact)) == (10, 1, 1)


def test_a_copy_that_comes_late_changes_nothing(app: Flask, runtime: Runtime) -> None:
    first = text_message()
    post(app.test_client(), first)
    post(app.test_client(), text_message("Another one", "SM" + "2" * 32))

    late = post(app.test_client(), first)

    assert late.status_code == 200
    assert len(answers(runtime)) == 1
    assert count(runtime, Message) == 2
