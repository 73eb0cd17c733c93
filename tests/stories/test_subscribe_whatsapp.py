"""Subscribing to the newsletter by WhatsApp: over signed webhooks, with the worker and the peer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from desk_work import reload
from said import received
from signing import post, text_message
from sqlalchemy import select
from subscribing import PROFILE
from twilio_peer import TwilioPeer

from inbox import worker
from inbox.channels.twilio import parse
from inbox.models import Consent, ContactPoint, Message, Status, Submission, Subscriber
from inbox.services import recovery

NUMBER = "+886900000001"


@pytest.fixture
def peer():
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ, peer, tmp_path: Path):
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url, "INBOX_CONFIG": str(profile)}


class Reader:
    """Somebody on WhatsApp, who takes a minute to write."""

    def __init__(self, app, runtime, clock, peer) -> None:
        self.app, self.runtime, self.clock, self.peer = app, runtime, clock, peer
        self.client, self.worker, self._said = app.test_client(), worker.make(runtime), 2000

    def writes(self, text: str, **fields: str) -> list[str]:
        """Write, and return what comes back."""
        self.clock.advance(minutes=1)
        self.peer.messages.clear()
        self.sends(text, **fields)
        self.worker.run_due()
        return [message["Body"] for message in self.peer.messages]

    def sends(self, text: str, **fields: str) -> None:
        self._said += 1
        answer = post(self.client, text_message(text, f"SM{self._said:032x}", **fields))
        assert answer.status_code == 200

    def state(self) -> str:
        with self.runtime.database.reading() as session:
            return next((found.state.value for found in session.scalars(select(Subscriber))), "")

    def submissions(self) -> list[Submission]:
        with self.runtime.database.reading() as session:
            return [reload(self.runtime, each) for each in session.scalars(select(Submission).order_by(Submission.id))]

    def words(self) -> list[str]:
        with self.runtime.database.reading() as session:
            return [message.text for message in session.scalars(received().order_by(Message.id))]

    def consents(self) -> list[Consent]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Consent).order_by(Consent.id)))


@pytest.fixture
def reader(app, runtime, clock, peer) -> Reader:
    return Reader(app, runtime, clock, peer)


def test_a_keyword_asks_back_and_a_word_confirms(reader: Reader) -> None:
    asked = reader.writes("News!")
    assert len(asked) == 1
    assert "“DCO Weekly”" in asked[0]
    assert "Answer YES" in asked[0]
    assert reader.state() == "pending"
    assert reader.writes("Yes") == ["You are subscribed to “DCO Weekly”. Send STOP to end it."]
    assert reader.state() == "confirmed"
    consent = reader.consents()[0]
    assert consent.text == asked[0], "what was shown is kept as it was sent"
    assert (consent.way, consent.text_language, consent.address) == ("whatsapp", "en", NUMBER)
    assert consent.confirmed_at == consent.asked_at + timedelta(minutes=1)


def test_it_speaks_chinese_to_who_asks_in_chinese(reader: Reader) -> None:
    asked = reader.writes("訂閱電子報")
    assert "「DCO Weekly」" in asked[0]
    assert reader.writes("確認") == ["您已訂閱「DCO Weekly」。要退訂，請傳「退訂」。"]
    with reader.runtime.database.reading() as session:
        assert session.scalars(select(Subscriber.language)).one() == "zh-Hant"
    reader.writes("退訂")
    assert reader.state() == "unsubscribed"


def test_nobody_of_the_staff_has_to_read_it_and_nothing_is_lost(reader: Reader) -> None:
    reader.writes("NEWS")
    reader.writes("YES")
    assert [submission.status for submission in reader.submissions()] == [Status.CLOSED, Status.CLOSED]
    assert reader.words() == ["NEWS", "YES"]
    history = [[entry.verb for entry in submission.history] for submission in reader.submissions()]
    assert history == [["submission:receive", "submission:newsletter"]] * 2
    told = reader.writes("The bridge is closed")
    assert "has your message" in told[0], "a real message is welcomed as ever"
    assert reader.submissions()[-1].status is Status.NEW


def test_the_same_webhook_again_changes_nothing(reader: Reader) -> None:
    fields = text_message("NEWS", "SM" + "7" * 32)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: post(client, fields), [reader.app.test_client() for _ in range(8)]))
    assert {answer.status_code for answer in answers} == {200}
    reader.worker.run_due()
    assert post(reader.client, fields).status_code == 200
    reader.worker.run_due()
    assert len(reader.peer.messages) == len(reader.consents()) == len(reader.words()) == 1


def test_twenty_keywords_at_once_are_one_subscriber(reader: Reader) -> None:
    fields = [text_message("NEWS", f"SM{number:032x}") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: post(reader.app.test_client(), each), fields))
    assert {answer.status_code for answer in answers} == {200}
    with reader.runtime.database.reading() as session:
        assert len(session.scalars(select(Subscriber)).all()) == 1
    assert len(reader.words()) == 20
    assert {submission.status for submission in reader.submissions()} == {Status.CLOSED}


def test_stop_ends_it_and_the_keyword_begins_anew(reader: Reader) -> None:
    reader.writes("NEWS")
    reader.writes("YES")
    assert reader.writes("STOP") == []
    assert reader.state() == "unsubscribed"
    assert len(reader.writes("NEWS")) == 1
    assert reader.state() == "unsubscribed"
    reader.writes("YES")
    assert reader.state() == "confirmed"


def test_stop_by_sms_from_the_same_number_ends_it_too(reader: Reader) -> None:
    reader.writes("NEWS")
    reader.writes("YES")
    reader.writes("STOP", From=NUMBER, To="+886963563485")
    assert reader.state() == "unsubscribed"


def test_a_stop_that_was_said_before_the_subscription_does_not_end_it(reader: Reader, runtime, clock) -> None:
    said_at = clock()
    reader.writes("NEWS")
    reader.writes("YES")
    late = parse.incoming({k: [v] for k, v in text_message("STOP", "SM" + "9" * 32).items()}, runtime.profile)
    with runtime.database.writing() as session:
        recovery.take_in(session, late, said_at, profile=runtime.profile, now=clock())
    assert reader.state() == "confirmed"


def test_who_is_subscribed_is_told_so(reader: Reader) -> None:
    reader.writes("NEWS")
    reader.writes("YES")
    assert reader.writes("NEWS") == ["You are subscribed to “DCO Weekly” already. Send STOP to end it."]
    assert reader.state() == "confirmed"
    assert len(reader.consents()) == 1


def test_a_yes_to_something_else_subscribes_nobody(reader: Reader) -> None:
    reader.writes("YES")
    assert reader.state() == ""
    reader.writes("NEWS")
    menu = reader.writes("There is a fire at the harbour")
    assert "1 Story tip" in menu[0]
    reader.writes("YES")
    assert reader.state() == "pending", "the last thing they were asked is what the fire is about"


def test_a_yes_after_a_week_is_too_late(reader: Reader) -> None:
    reader.writes("NEWS")
    reader.clock.advance(days=7)
    reader.writes("YES")
    assert reader.state() == "pending"


def test_in_a_conversation_the_guide_does_not_take_the_keyword_for_an_answer(reader: Reader) -> None:
    reader.writes("There is a fire at the harbour")
    asked = reader.writes("NEWS")
    assert len(asked) == 1
    assert "“DCO Weekly”" in asked[0]
    assert reader.writes("YES") == ["You are subscribed to “DCO Weekly”. Send STOP to end it."]
    assert [submission.status for submission in reader.submissions()] == [Status.NEW]
    assert "where" in reader.writes("1")[0].lower(), "the guide goes on where it was"


def test_a_tip_that_came_just_before_the_keyword_is_still_welcomed(reader: Reader) -> None:
    reader.sends("There is a fire at the harbour")
    reader.sends("NEWS")
    reader.worker.run_due()
    said = [message["Body"] for message in reader.peer.messages]
    assert len(said) == 2
    assert any("has your message" in text for text in said)


@pytest.mark.parametrize("text", ["NEWS from the harbour", "No NEWS", "訂閱", "newsletter"])
def test_a_message_that_holds_more_or_other_words_is_for_the_staff(reader: Reader, text: str) -> None:
    reader.writes(text)
    assert reader.state() == ""
    assert reader.submissions()[0].status is Status.NEW


def test_a_keyword_under_a_photo_or_by_sms_is_for_the_staff(reader: Reader) -> None:
    photo = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/1", "MediaContentType0": "image/jpeg"}
    reader.sends("NEWS", **photo)
    reader.sends("NEWS", From="+886900000002", To="+886963563485")
    assert reader.state() == ""
    assert {submission.status for submission in reader.submissions()} == {Status.NEW}


def test_the_words_that_stop_and_start_messages_do_so_as_before(reader: Reader, runtime) -> None:
    def opted_out() -> bool:
        with runtime.database.reading() as session:
            return session.scalars(select(ContactPoint.opted_out_at)).one() is not None

    reader.writes("STOP")
    assert opted_out()
    reader.writes("訂閱")
    assert not opted_out()
    assert reader.state() == ""
