"""Staff answer on WhatsApp and SMS: each reply reaches the reader once or not at all, and the desk knows which."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from newsroom import STATUS, Newsroom
from sqlalchemy import select
from twilio_peer import TwilioPeer

from inbox import worker
from inbox.bootstrap import bootstrap
from inbox.channels.twilio import send
from inbox.errors import AlreadySent, NewerMessage, ReplyRefused, TooLate
from inbox.handlers.send import Send
from inbox.models import Channel, DeliveryState, JobKind, Message, StatusReport, User
from inbox.runtime import Runtime
from inbox.services import outbox, provider
from inbox.worker import Worker


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer) -> dict[str, str]:
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url}


@pytest.fixture
def newsroom(app: Flask, runtime: Runtime, cast: dict[str, User], clock, peer: TwilioPeer) -> Newsroom:
    newsroom = Newsroom(app, runtime, cast["alice"], clock)
    newsroom.hears()
    newsroom.waits()
    peer.forget()  # the acknowledgement
    return newsroom


def test_a_reply_goes_out_once_from_the_number_that_was_written_to(newsroom: Newsroom, peer: TwilioPeer) -> None:
    newsroom.replies("Thank you. 謝謝")
    newsroom.waits(seconds=9)
    assert peer.messages == []

    newsroom.waits(seconds=2)
    newsroom.waits(hours=1)

    (sent,) = peer.messages
    assert (sent["From"], sent["To"]) == ("whatsapp:+886963563485", "whatsapp:+886900000001")
    assert sent["Body"] == "Thank you. 謝謝"
    assert sent["StatusCallback"].endswith(STATUS)
    assert newsroom.reply().delivery is DeliveryState.SENT
    assert newsroom.reply().external_id == sent["sid"]


def test_the_same_reply_again_is_one_message(newsroom: Newsroom, peer: TwilioPeer) -> None:
    first = newsroom.replies()
    assert newsroom.replies() == first
    newsroom.waits(seconds=11)
    assert newsroom.replies() == first
    newsroom.waits(minutes=5)
    assert len(peer.messages) == 1


def test_a_reply_can_be_taken_back_until_it_leaves(newsroom: Newsroom, peer: TwilioPeer) -> None:
    number = newsroom.replies()
    newsroom.does(outbox.take_back, number)
    newsroom.waits(minutes=1)
    assert peer.messages == []
    assert newsroom.reply().delivery is DeliveryState.CANCELLED

    with pytest.raises(TooLate):
        newsroom.does(outbox.take_back, number)


@pytest.mark.parametrize("fault", ["drop-after", "fault-after", "hang"])
def test_what_may_have_been_sent_is_looked_up_and_never_sent_again(
    newsroom: Newsroom, peer: TwilioPeer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "ANSWER_SECONDS", 0.3 if fault == "hang" else 20)
    peer.next(fault)
    newsroom.replies()
    newsroom.waits(seconds=11)
    assert newsroom.reply().delivery is DeliveryState.UNKNOWN

    newsroom.waits(minutes=1)

    assert newsroom.reply().delivery is DeliveryState.SENT
    assert newsroom.reply().external_id == peer.messages[0]["sid"]
    assert len(peer.messages) == 1


@pytest.mark.parametrize("fault", ["drop-before", "fault-before"])
def test_what_the_provider_does_not_have_is_not_sent_again_by_itself(
    newsroom: Newsroom, peer: TwilioPeer, fault: str
) -> None:
    peer.next(fault)
    number = newsroom.replies()
    newsroom.waits(seconds=11)
    for _ in range(25):
        newsroom.waits(seconds=40)
    assert peer.messages == []
    assert newsroom.reply().delivery is DeliveryState.FAILED
    assert "does not have it" in provider.explain(newsroom.reply().error_code)

    newsroom.does(outbox.send_again, number)
    newsroom.waits(seconds=1)
    assert len(peer.messages) == 1
    assert newsroom.reply().delivery is DeliveryState.SENT


def test_a_worker_that_died_while_sending_leaves_a_doubt_that_the_next_one_clears(
    newsroom: Newsroom, peer: TwilioPeer
) -> None:
    class Killed(BaseException):
        pass

    class Dying:
        def send(self, outgoing):
            send.provider(newsroom.runtime).send(outgoing)
            raise Killed

    newsroom.replies()
    newsroom.clock.advance(seconds=11)
    with pytest.raises(Killed):
        Worker(newsroom.runtime, {JobKind.SEND: Send(newsroom.runtime, {Channel.WHATSAPP: Dying()})}).run_due()
    assert newsroom.reply().delivery is DeliveryState.SENDING
    newsroom.waits(seconds=30)
    assert newsroom.reply().delivery is DeliveryState.SENDING, "the lease of the dead one still runs"

    newsroom.waits(minutes=2)

    assert newsroom.reply().delivery is DeliveryState.SENT
    assert len(peer.messages) == 1


def test_two_equal_replies_are_two_messages_though_one_was_in_doubt(newsroom: Newsroom, peer: TwilioPeer) -> None:
    newsroom.replies("Thank you", key="a")
    newsroom.waits(seconds=11)
    peer.next("drop-after")
    newsroom.replies("Thank you", key="b")
    newsroom.waits(seconds=11)
    newsroom.waits(minutes=1)

    with newsroom.runtime.database.reading() as session:
        sids = set(session.scalars(select(Message.external_id).where(Message.author_id.is_not(None))))
    assert sids == {message["sid"] for message in peer.messages}
    assert len(sids) == 2


def test_a_busy_provider_is_asked_again_when_it_says(newsroom: Newsroom, peer: TwilioPeer) -> None:
    peer.next("busy", Retry_After="60")
    newsroom.replies()
    newsroom.waits(seconds=11)
    assert newsroom.reply().delivery is DeliveryState.QUEUED
    newsroom.waits(seconds=50)
    assert len(peer.requests) == 1
    newsroom.waits(seconds=11)
    assert newsroom.reply().delivery is DeliveryState.SENT


@pytest.mark.parametrize("code", ["63016", "63014", "21610", "21608", "21614", "30007"])
def test_a_refusal_ends_at_once_with_words(newsroom: Newsroom, peer: TwilioPeer, code: str) -> None:
    peer.next("refuse", code=code)
    newsroom.replies()
    newsroom.waits(seconds=11)
    newsroom.waits(hours=2)
    assert len(peer.requests) == 1
    assert newsroom.reply().delivery is DeliveryState.FAILED
    assert newsroom.reply().error_code == code
    assert provider.explain(code) != provider.explain("99999")


def test_free_text_on_whatsapp_ends_a_day_after_the_last_message(newsroom: Newsroom, peer: TwilioPeer) -> None:
    newsroom.clock.advance(hours=23, minutes=59, seconds=59)
    newsroom.replies(key="in time")
    newsroom.clock.advance(seconds=2)
    with pytest.raises(ReplyRefused, match="24 hours"):
        newsroom.replies(key="too late")

    newsroom.waits(seconds=9)  # promised in time, but it would arrive too late

    assert peer.messages == []
    assert newsroom.reply().error_code == "window"


def test_an_sms_to_taiwan_never_carries_a_link(app, runtime, cast, clock, peer) -> None:
    newsroom = Newsroom(app, runtime, cast["alice"], clock)
    newsroom.hears(From="+886900000001", To="+886963563485")
    for link in ("https://news.example/a", "www.news.example", "wa.me/886963563485", "dco.news"):
        with pytest.raises(ReplyRefused, match="link"):
            newsroom.replies(f"See {link}")
    newsroom.replies("Thank you, at 3.15 p.m. we call.")
    newsroom.waits(seconds=11)
    assert peer.messages[0]["To"] == "+886900000001"


@pytest.mark.parametrize("word", ["STOP", "停止"])
def test_who_asked_for_no_more_messages_gets_none(newsroom: Newsroom, peer: TwilioPeer, word: str) -> None:
    newsroom.replies()
    newsroom.hears(word)
    newsroom.waits(seconds=11)
    assert peer.messages == []
    assert newsroom.reply().error_code == "opted-out"
    with pytest.raises(ReplyRefused, match="no more messages"):
        newsroom.replies(key="another")

    newsroom.hears("START")
    newsroom.replies(key="a third")


def test_a_reply_waits_when_the_reader_has_written_since(newsroom: Newsroom) -> None:
    seen = newsroom.seen()
    newsroom.hears("Forget it, it is open again")
    with pytest.raises(NewerMessage):
        newsroom.replies(seen=seen)


def test_trying_out_on_one_machine_counts_as_sent_and_nothing_leaves_it(environ, request, peer) -> None:
    del environ["TWILIO_ACCOUNT_SID"]
    newsroom = request.getfixturevalue("newsroom")
    newsroom.replies()
    newsroom.waits(seconds=11)
    assert newsroom.reply().delivery is DeliveryState.SENT
    assert peer.requests == []


def test_without_an_account_a_reply_says_what_is_missing(newsroom: Newsroom, environ, clock, peer) -> None:
    newsroom.replies()
    clock.advance(seconds=11)
    published = bootstrap({**environ, "TWILIO_ACCOUNT_SID": "", "INBOX_PUBLIC_URL": "https://inbox.example.org"}, clock)
    worker.make(published).run_due()
    published.database.engine.dispose()
    assert peer.requests == []
    assert "No Twilio account" in provider.explain(newsroom.reply().error_code)


def test_reports_move_a_message_forward_only(newsroom: Newsroom, peer: TwilioPeer) -> None:
    newsroom.replies()
    newsroom.waits(seconds=11)
    sid = peer.messages[0]["sid"]
    states = []
    for status in ("delivered", "sent", "read", "delivered", "failed", "partially_delivered"):
        assert newsroom.is_told(sid, status) == 204
        states.append(newsroom.reply().delivery_state)
    assert states == ["delivered", "delivered", "read", "read", "read", "read"]


def test_a_failure_that_is_reported_later_shows_its_code(newsroom: Newsroom, peer: TwilioPeer) -> None:
    newsroom.replies()
    newsroom.waits(seconds=11)
    newsroom.is_told(peer.messages[0]["sid"], "undelivered", ErrorCode="30003")
    assert newsroom.reply().delivery is DeliveryState.FAILED
    assert newsroom.reply().error_code == "30003"


def test_a_report_that_comes_before_our_own_row_is_applied(newsroom: Newsroom, peer: TwilioPeer) -> None:
    peer.next("drop-after")
    newsroom.replies()
    newsroom.waits(seconds=11)
    sid = peer.messages[0]["sid"]
    assert newsroom.is_told(sid, "delivered") == 204
    assert newsroom.is_told(sid, "delivered") == 204
    newsroom.waits(minutes=1)
    assert newsroom.reply().delivery is DeliveryState.DELIVERED
    with newsroom.runtime.database.reading() as session:
        assert session.scalars(select(StatusReport)).all() == []


def test_a_report_must_be_signed(client: FlaskClient, runtime: Runtime) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert client.post(STATUS, data=fields, headers={"X-Twilio-Signature": "wrong"}).status_code == 403
    with runtime.database.reading() as session:
        assert session.scalars(select(StatusReport)).all() == []


def test_one_reply_is_taken_by_one_worker_only(newsroom: Newsroom, peer: TwilioPeer) -> None:
    for number in range(8):
        newsroom.replies(f"Reply {number}", key=f"k{number}")
    newsroom.clock.advance(seconds=11)
    workers = [worker.make(newsroom.runtime) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(Worker.run_due, workers))
    assert sum(done) == 8
    assert sorted(message["Body"] for message in peer.messages) == [f"Reply {number}" for number in range(8)]


def test_what_is_written_anew_cannot_be_sent_as_it_was_too(newsroom: Newsroom, peer: TwilioPeer, signed_in) -> None:
    peer.next("refuse", code="30007")
    number = newsroom.replies("draft one")
    newsroom.waits(seconds=11)
    newsroom.does(outbox.set_aside, number)

    for act in (outbox.set_aside, outbox.send_again):
        with pytest.raises(TooLate):
            newsroom.does(act, number)
    newsroom.waits(hours=2)
    assert peer.messages == []
    assert newsroom.reply().delivery is DeliveryState.CANCELLED


def test_the_same_key_for_something_else_is_refused_and_nothing_is_dropped(newsroom: Newsroom, clock) -> None:
    newsroom.replies("Thank you")
    for more in ({"at": clock() + timedelta(hours=3)}, {"uploads": frozenset({"0" * 64})}, {"way": "sms:+12025550100"}):
        with pytest.raises(AlreadySent):
            newsroom.replies("Thank you", **more)
    newsroom.does(outbox.take_back, newsroom.reply().id)
    with pytest.raises(AlreadySent):
        newsroom.replies("Thank you")
