"""What the sender is answered by the newsroom itself, and when nothing is said."""

import pytest
from flask.testing import FlaskClient
from said import answers
from signing import post, text_message
from sqlalchemy import select

from inbox.models import Submission
from inbox.runtime import Runtime

SMS = {"From": "+886900000002", "To": "+886963563485"}


@pytest.fixture
def say(client: FlaskClient, runtime: Runtime):
    """Send a message, and return what the sender is answered."""

    def say(text: str = "The bridge is closed", number: int = 1, **fields: str) -> list[str]:
        before = len(answers(runtime))
        answer = post(client, text_message(text, f"SM{number:032x}", **fields))
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
        assert "<Message" not in answer.text, "one door speaks: the outbox"
        return answers(runtime)[before:]

    return say


def decide(runtime: Runtime) -> None:
    """Let what comes next open a new submission."""
    with runtime.database.writing() as session:
        for submission in session.scalars(select(Submission)):
            submission.thread_key = None


def test_the_first_message_is_acknowledged_with_its_reference(say, runtime: Runtime) -> None:
    (answer,) = say()

    with runtime.database.reading() as session:
        assert session.scalars(select(Submission.reference)).one() in answer


def test_the_acknowledgement_speaks_the_language_of_the_message(say) -> None:
    (answer,) = say("大橋今天封閉了")

    assert "謝謝您" in answer


def test_what_follows_is_not_acknowledged(say) -> None:
    say(number=1)

    assert say("And there is smoke", number=2) == []


def test_the_answer_to_taiwan_holds_no_link(say) -> None:
    (answer,) = say(**SMS)

    assert "http" not in answer
    assert "www" not in answer
    assert "wa.me" not in answer


@pytest.mark.parametrize("word", ["STOP", " stop ", "停止", "Unsubscribe", "HELP", "START"])
def test_keywords_are_not_acknowledged(say, word: str) -> None:
    assert say(word) == []


@pytest.mark.parametrize("words", [["START"], ["yes"], ["HELP"], ["HELP", "START"], ["STOP", "START"]])
def test_the_first_message_that_says_something_is_acknowledged_once(say, runtime: Runtime, words: list[str]) -> None:
    for number, word in enumerate(words):
        assert say(word, number) == []

    (answer,) = say("The bridge is closed", 10)
    assert say("And there is smoke", 11) == []
    with runtime.database.reading() as session:
        assert session.scalars(select(Submission.reference)).one() in answer


def test_after_stop_nothing_is_acknowledged(say) -> None:
    say("STOP", 1)

    assert say("The bridge is closed", 2) == []


def test_who_opted_out_hears_nothing_until_they_opt_in(say, runtime: Runtime) -> None:
    say("STOP", 1)
    decide(runtime)
    assert say("A new story", 2) == []

    say("START", 3)
    decide(runtime)
    assert len(say("Another story", 4)) == 1


@pytest.mark.parametrize("sender", ["12345", "CityPower"])
def test_senders_that_cannot_be_answered_are_not(say, sender: str) -> None:
    assert say(From=sender) == []


def test_suspected_spam_is_not_acknowledged(say) -> None:
    assert say('<a href="https://watches.example">cheap</a>') == []
