"""Messages whose webhook never came are fetched from Twilio, once, whatever else happens."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import ACCOUNT, Clock
from desk_work import token
from flask import Flask
from said import answers, received
from signing import post, text_message
from sqlalchemy import select
from twilio_peer import TwilioPeer

from inbox import worker
from inbox.channels.twilio import archive
from inbox.handlers import reconcile
from inbox.models import Attachment, Contact, ContactPoint, Job, JobKind, JobState, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import recovery, ways
from inbox.worker import Worker

OURS, OTHER = "+886963563485", "+886970840314"
READER = "whatsapp:+886900000001"
PROFILE = f"""
[[numbers]]
number = "{OURS}"
label = "News"
channels = ["whatsapp", "sms"]

[[numbers]]
number = "{OTHER}"
label = "Advertising"
default_kind = "advertising"
"""


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer, tmp_path: Path) -> dict[str, str]:
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE)
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url, "INBOX_CONFIG": str(profile)}


@pytest.fixture
def hands(runtime: Runtime) -> Worker:
    return worker.make(runtime)


@pytest.fixture
def look(hands: Worker, clock: Clock) -> Callable[..., None]:
    """Let a quarter of an hour pass, or as long as is said, and the worker look for what was lost."""

    def look(**duration: float) -> None:
        clock.advance(**(duration or {"minutes": 15}))
        hands.promise_regular()
        hands.run_due()

    look(minutes=0)
    return look


@pytest.fixture
def hears(peer: TwilioPeer, clock: Clock) -> Callable[..., str]:
    """A reader writes, and no webhook comes."""

    def hears(text: str, sender: str = READER, to: str = f"whatsapp:{OURS}", **more) -> str:
        return peer.hears(text, clock.now, sender, to, **more)

    return hears


def texts(runtime: Runtime) -> list[str]:
    with runtime.database.reading() as session:
        return [message.text for message in session.scalars(received().order_by(Message.id))]


def only(runtime: Runtime) -> Message:
    with runtime.database.reading() as session:
        message = session.scalars(received()).one()
        _ = message.raw, message.submission, message.attachments
        return message


def test_a_message_that_never_arrived_is_taken_in_with_all_that_is_known(runtime, look, hears, clock) -> None:
    sid, at = hears("The bridge is closed", media=["image/jpeg", "video/mp4"]), clock.now

    look()
    look()

    message = only(runtime)
    assert (message.account, message.external_id, message.at) == (ACCOUNT, sid, at)
    assert (message.text, message.recipient) == ("The bridge is closed", OURS)
    assert message.extra["recovered"] is True
    assert [file.content_type for file in message.attachments] == ["image/jpeg", "video/mp4"]
    assert all(f"/Messages/{sid}/Media/ME" in file.source_url for file in message.attachments)
    assert not any(file.source_url.endswith(".json") for file in message.attachments)
    assert message.submission.active_at == clock.now - timedelta(minutes=15), "it arrived when it was fetched"


def test_every_number_is_asked_for_by_sms_and_by_whatsapp(runtime, look, hears) -> None:
    hears("By SMS", sender="+886900000002", to=OURS)
    hears("To the other number", to=f"whatsapp:{OTHER}")
    hears("To somebody else's number", to="whatsapp:+12025550100")
    look()
    assert sorted(texts(runtime)) == ["By SMS", "To the other number"]
    with runtime.database.reading() as session:
        kinds = dict(session.execute(select(Submission.channel, Submission.kind)).all())
    assert kinds == {"sms": "message", "whatsapp": "advertising"}


def test_what_came_by_itself_is_not_taken_in_again(runtime, client, look, hears, peer) -> None:
    sid = hears("The bridge is closed")
    assert post(client, text_message("The bridge is closed", sid)).status_code == 200
    look()
    assert texts(runtime) == ["The bridge is closed"]
    assert "recovered" not in only(runtime).extra
    assert not any("Media" in request for request in peer.requests)


def test_a_webhook_that_comes_after_all_adds_what_only_it_tells(runtime, client, look, hears, peer) -> None:
    sid = hears("", media=["image/jpeg"])
    look()
    [known] = only(runtime).attachments
    fields = {
        "NumMedia": "2",
        "MediaUrl0": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/{known.source_url[-34:]}",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.twilio.com/Media/ME2",
        "MediaContentType1": "image/png",
        "ProfileName": "Lin Mei",
        "Forwarded": "true",
    }

    for _ in range(3):
        assert post(client, text_message("", sid, **fields)).status_code == 200

    message = only(runtime)
    assert message.raw["ProfileName"] == message.sender_name == "Lin Mei"
    assert message.extra["forwarded"] is True
    assert message.extra["recovered"] is True
    assert [file.content_type for file in message.attachments] == ["image/jpeg", "image/png"]


def test_a_webhook_at_the_same_moment_makes_one_message(runtime, app: Flask, look, hears, clock, hands) -> None:
    sids = [hears(f"Message {number}", f"whatsapp:+8869000001{number:02}") for number in range(12)]
    clock.advance(minutes=15)
    hands.promise_regular()
    begin = threading.Barrier(3)

    def webhooks(order: int) -> set[int]:
        begin.wait()
        numbers = list(range(12))[::order]
        return {
            post(
                app.test_client(),
                text_message(f"Message {n}", sids[n], From=f"whatsapp:+8869000001{n:02}", ProfileName="Lin"),
            ).status_code
            for n in numbers
        }

    def worker_looks() -> set[int]:
        begin.wait()
        hands.run_due()
        return set()

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(webhooks, 1), pool.submit(webhooks, -1), pool.submit(worker_looks)]
        assert {status for each in done for status in each.result()} == {200}
    assert sorted(texts(runtime)) == sorted(f"Message {number}" for number in range(12))
    with runtime.database.reading() as session:
        assert all(message.raw["ProfileName"] == "Lin" for message in session.scalars(received()))
        assert len(session.scalars(select(Contact)).all()) == 12
        job = session.scalars(select(Job).where(Job.kind == JobKind.RECONCILE)).one()
        assert job.state is JobState.DONE


def test_ten_days_without_webhooks_are_caught_up_in_order(
    runtime, environ, clock, look, peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "MOST_AT_ONCE", 120)
    monkeypatch.setattr(archive, "PAGE_SIZE", 50)
    began = clock.now
    for number in range(500):
        at = began + timedelta(minutes=28.8 * number)
        peer.hears(f"Message {number}", at, f"whatsapp:+8869000{number % 40:05}", f"whatsapp:{OURS}")

    look(days=10, hours=1)

    found = texts(runtime)
    assert found == [f"Message {number}" for number in range(500)]
    assert any("Page=1" in request for request in peer.requests), "it was read in pages"
    with runtime.database.reading() as session:
        assert len(session.scalars(select(ContactPoint)).all()) == 40
        assert recovery.complete_until(session, ACCOUNT, now=began) == clock.now - recovery.SETTLED
    assert len(answers(runtime)) <= 2, "nobody is told days later that their message has arrived"


def test_a_look_that_is_broken_off_goes_on_where_it_ended(runtime, clock, look, peer, hands) -> None:
    peer.down = True
    peer.hears("Early", clock.now, READER, f"whatsapp:{OURS}")
    look()
    look(hours=5)
    assert texts(runtime) == []
    peer.down = False
    peer.hears("Late", clock.now - timedelta(minutes=5), READER, f"whatsapp:{OURS}")

    look(hours=2)

    assert texts(runtime) == ["Early", "Late"]


def test_a_message_that_cannot_be_stored_holds_up_no_other_and_is_tried_again(
    runtime, look, hears, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears("Good 1")
    bad = hears("Bad", "whatsapp:+886900000003")
    hears("Good 2")
    take_in = recovery.take_in

    def breaks(session, incoming, *others, **more) -> None:
        if incoming.external_id == bad:
            raise ValueError
        take_in(session, incoming, *others, **more)

    monkeypatch.setattr(recovery, "take_in", breaks)
    look(hours=2)
    assert texts(runtime) == ["Good 1", "Good 2"]
    monkeypatch.undo()

    look(hours=3)

    assert texts(runtime) == ["Good 1", "Good 2", "Bad"]


def test_the_sender_is_told_only_while_it_makes_sense(runtime, look, hears, clock, peer) -> None:
    hears("Just now", "whatsapp:+886900000001")
    look()
    assert len(answers(runtime)) == 1

    hears("Long ago", "whatsapp:+886900000002")
    look(hours=2)

    assert len(answers(runtime)) == 1
    assert len(texts(runtime)) == 2


def test_the_newest_minutes_are_left_to_the_webhooks(runtime, look, hears, clock, hands) -> None:
    clock.advance(minutes=14)
    hears("On its way")
    look(minutes=1)
    assert texts(runtime) == []
    look()
    assert texts(runtime) == ["On its way"]


def test_the_day_for_free_text_counts_from_the_newest_word_not_from_the_one_found_last(
    runtime, client, look, hears, clock
) -> None:
    hears("Early")
    clock.advance(minutes=30)
    assert post(client, text_message("Late")).status_code == 200
    late = clock.now
    look()
    with runtime.database.reading() as session:
        submission = session.scalars(select(Submission)).one()
        way, *_ = ways.find_ways(session, submission, runtime.profile, now=clock.now)
    assert texts(runtime) == ["Late", "Early"]
    assert way.free_until == late + timedelta(hours=24)


def test_an_old_start_does_not_undo_a_newer_stop(runtime, client, look, hears, clock) -> None:
    hears("START")
    clock.advance(minutes=5)
    assert post(client, text_message("STOP")).status_code == 200
    look()
    with runtime.database.reading() as session:
        assert session.scalars(select(ContactPoint)).one().opted_out_at is not None


def test_it_is_asked_every_quarter_of_an_hour_by_one_worker(runtime, look, peer, hands, clock) -> None:
    peer.requests.clear()
    others = [worker.make(runtime) for _ in range(2)]
    clock.advance(minutes=14)
    for each in (hands, *others):
        each.promise_regular()
        each.run_due()
    assert peer.requests == []

    clock.advance(minutes=1)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: (each.promise_regular(), each.run_due()), (hands, *others)))

    assert len(peer.requests) == 4, "once for each number and channel"


@pytest.mark.parametrize("settings", [{"INBOX_RECONCILE_MINUTES": "0"}, {"TWILIO_ACCOUNT_SID": ""}])
def test_it_can_be_turned_off_and_needs_an_account(environ, settings, request, peer) -> None:
    environ.update(settings)
    request.getfixturevalue("look")()
    assert peer.requests == []


def test_an_account_that_refuses_us_is_shown_at_the_desk_until_it_answers(
    environ, request, clock, peer, cast: dict[str, User], signed_in
) -> None:
    peer.down = True
    look = request.getfixturevalue("look")
    look()
    look()
    page = signed_in("alice").get("/desk/attention").text
    assert "Lost messages could not be looked for" in page
    assert "Lost messages" not in signed_in("carol").get("/desk/attention").text
    peer.down = False
    look(hours=2)
    assert "Nothing needs attention" in signed_in("alice").get("/desk/attention").text


def test_files_that_twilio_has_deleted_do_not_hold_the_message_up(runtime, look, hears, peer) -> None:
    sid = hears("Look", media=["image/jpeg"])
    peer.media[sid] = []
    look()
    assert texts(runtime) == ["Look"]
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []


def test_a_worker_looks_by_itself_when_it_starts(runtime) -> None:
    looked = threading.Event()

    class Look:
        def do(self, lease) -> None:
            looked.set()

        def give_up(self, session, lease, code) -> None:
            raise AssertionError

    background = Worker(runtime, {JobKind.RECONCILE: Look()}, {JobKind.RECONCILE: timedelta(minutes=15)})
    background.start()
    try:
        assert looked.wait(30)
    finally:
        background.stop()


def test_an_administrator_can_have_it_looked_for_at_once(runtime, look, hears, hands, clock, signed_in) -> None:
    hears("The bridge is closed")
    clock.advance(minutes=3)
    ada = signed_in("ada")
    page = ada.get("/desk/attention/webhooks").text
    assert "Fetch what was missed" in page

    answer = ada.post("/desk/attention/webhooks/fetch", data={"csrf_token": token(page)})
    hands.run_due()

    assert answer.status_code == 303
    assert texts(runtime) == ["The bridge is closed"]
