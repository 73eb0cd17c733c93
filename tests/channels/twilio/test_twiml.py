"""What the sender is answered, and when nothing is said."""

from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from signing import post, text_message
from sqlalchemy import select

from inbox.models import Submission
from inbox.runtime import Runtime

SMS = {"From": "+886900000002", "To": "+886963563485"}


def said(client: FlaskClient, text: str = "The bridge is closed", number: int = 1, **fields: str) -> list[str]:
    """Send a message and return the texts of the answer."""
    answer = post(client, text_message(text, f"SM{number:032x}", **fields))
    assert answer.mimetype == "text/xml"
    return [message.text or "" for message in ElementTree.fromstring(answer.text)]


def test_the_first_message_is_acknowledged_with_its_reference(client: FlaskClient, runtime: Runtime) -> None:
    (answer,) = said(client)

    with runtime.database.reading() as session:
        assert session.scalars(select(Submission.reference)).one() in answer


def test_what_follows_is_not_acknowledged(client: FlaskClient) -> None:
    said(client, number=1)

    assert said(client, "And there is smoke", number=2) == []


def test_the_answer_to_taiwan_holds_no_link(client: FlaskClient) -> None:
    (answer,) = said(client, **SMS)

    assert "http" not in answer
    assert "www" not in answer
    assert "wa.me" not in answer


@pytest.mark.parametrize("word", ["STOP", " stop ", "停止", "Unsubscribe", "HELP", "START"])
def test_keywords_are_not_acknowledged(client: FlaskClient, word: str) -> None:
    assert said(client, word) == []


def test_who_opted_out_hears_nothing_until_they_opt_in(client: FlaskClient, runtime: Runtime) -> None:
    said(client, "STOP", 1)
    with runtime.database.writing() as session:
        session.scalars(select(Submission)).one().thread_key = None
    assert said(client, "A new story", 2) == []

    said(client, "START", 3)
    with runtime.database.writing() as session:
        for submission in session.scalars(select(Submission)):
            submission.thread_key = None
    assert len(said(client, "Another story", 4)) == 1


@pytest.mark.parametrize("sender", ["12345", "CityPower"])
def test_senders_that_cannot_be_answered_are_not(client: FlaskClient, sender: str) -> None:
    assert said(client, From=sender) == []


def test_suspected_spam_is_not_acknowledged(client: FlaskClient) -> None:
    assert said(client, '<a href="https://watches.example">cheap</a>') == []
