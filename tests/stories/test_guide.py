"""The WhatsApp guide, as readers meet it: over signed webhooks, with the worker and the peer."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_work import address, press
from flask import Flask
from said import answers, received
from signing import post, text_message
from sqlalchemy import select
from twilio_peer import TwilioPeer

from inbox import create_app, worker
from inbox.bootstrap import bootstrap
from inbox.models import AuditEntry, DeliveryState, Guide, GuideStage, Job, JobState, Message, Status, Submission, User
from inbox.runtime import Runtime
from inbox.services import replies, triage
from inbox.services.replies import Wanted

MENU = """What is it? Answer with a number:
1 Story tip
2 Press release
3 Photos or videos
4 Event
5 Reply to a story
6 Advertising
7 Something else
0 Just send it"""
PHOTO = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/1", "MediaContentType0": "image/jpeg"}


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer) -> dict[str, str]:
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url}


class Reader:
    """Somebody on WhatsApp, who takes a minute to write and reads what the peer was given to send."""

    def __init__(self, app: Flask, runtime: Runtime, clock, peer: TwilioPeer) -> None:
        self.app, self.runtime, self.clock, self.peer = app, runtime, clock, peer
        self.client, self.worker = app.test_client(), worker.make(runtime)
        self.seconds = 60.0
        self._said = 1000

    def writes(self, text: str = "", **fields: str) -> list[str]:
        """Write, and return what comes back."""
        self.clock.advance(seconds=self.seconds)
        self._said += 1
        assert post(self.client, text_message(text, f"SM{self._said:032x}", **fields)).status_code == 200
        return self.waits()

    def waits(self, **duration: float) -> list[str]:
        self.clock.advance(**duration)
        self.peer.messages.clear()
        self.worker.run_due()
        return [message.get("Body", "") for message in self.peer.messages]

    def submission(self) -> Submission:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Submission).order_by(Submission.id.desc())).first()

    def stage(self) -> GuideStage:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Guide.stage).order_by(Guide.id.desc())).first()

    def words(self) -> list[str]:
        with self.runtime.database.reading() as session:
            return [message.text for message in session.scalars(received().order_by(Message.id))]

    def trace(self) -> list[tuple[str, dict]]:
        with self.runtime.database.reading() as session:
            entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(e.actor, e.facts) for e in entries if e.verb == "submission:guide"]


@pytest.fixture
def reader(app: Flask, runtime: Runtime, clock, peer: TwilioPeer) -> Reader:
    return Reader(app, runtime, clock, peer)


def with_profile(environ, tmp_path, clock, peer, toml: str) -> Reader:
    (tmp_path / "inbox.toml").write_text(toml, encoding="utf-8")
    runtime = bootstrap({**environ, "INBOX_CONFIG": str(tmp_path / "inbox.toml")}, clock)
    return Reader(create_app(runtime), runtime, clock, peer)


# The stories


def test_a_press_release_with_an_embargo(reader: Reader) -> None:
    [first] = reader.writes("The harbour bridge opens again on 1 December")
    reference = reader.submission().reference
    assert reference in first
    assert first.endswith(MENU)

    [question] = reader.writes("2")
    assert question.startswith("Which organisation is the press release from?")
    assert question.endswith("(0: just send it)")

    [question] = reader.writes("Harbour Authority")
    assert question.startswith("Is there an embargo? Write until when (Taipei time), such as 2026-12-01 09:00")

    [thanks] = reader.writes("2026-12-01 06:00")
    assert thanks.startswith("Thank you.")
    assert reference in thanks

    submission = reader.submission()
    assert (submission.kind, submission.reference) == ("press_release", reference)
    assert submission.embargo_until.isoformat() == "2026-12-01T06:00:00+08:00"
    assert submission.details["own_words"] == {"organisation": "Harbour Authority"}
    assert reader.words()[1:] == ["2", "Harbour Authority", "2026-12-01 06:00"]
    assert reader.trace() == [
        ("sender", {"step": "kind", "was": "message", "to": "press_release"}),
        ("sender", {"step": "finished"}),
    ]
    assert reader.writes("One more thing") == []


def test_a_press_release_in_chinese(reader: Reader, signed_in) -> None:
    [first] = reader.writes("本會將於下週二舉行記者會")
    assert "謝謝您" in first
    assert "2 新聞稿" in first
    assert first.endswith("0 直接送出")
    [question] = reader.writes("２")
    assert question == "請問是哪個單位的新聞稿？\n（0：直接送出）"
    [question] = reader.writes("TSMC")
    assert "禁發時間" in question, "the name of a company is no change of language"
    [thanks] = reader.writes("下週二早上九點以後")
    assert thanks.startswith("謝謝您")

    submission = reader.submission()
    assert submission.details == {"own_words": {"organisation": "TSMC", "embargo": "下週二早上九點以後"}}
    assert submission.embargo_until is None, "no time is made up"
    page = signed_in("alice").get(address(submission)).text
    assert "Perhaps under embargo" in page
    assert "In their own words" in page
    assert page.count("下週二早上九點以後") >= 3


@pytest.mark.parametrize("answer", ["no", "No embargo.", "沒有", "無"])
def test_no_embargo_is_a_fact(reader: Reader, answer: str) -> None:
    for text in ("press release", "Harbour Authority", answer):
        reader.writes(text)
    assert reader.submission().details["embargo"] == "none"


def test_an_advertisement_shows_in_the_facts_of_the_desk(reader: Reader, signed_in) -> None:
    reader.writes("We would like a banner on your front page")
    said = [
        reader.writes(text)[0] for text in ("advertising", "Lin Tea", "Spring tea, all of March", "about NT$ 60,000")
    ]
    assert [text.partition("\n")[0] for text in said[:3]] == [
        "Which company is it for?",
        "What do you want to promote, and when?",
        "What is your budget, roughly?",
    ]
    assert reader.submission().kind == "advertising"
    page = signed_in("carol").get(address(reader.submission())).text
    for answer in ("Lin Tea", "Spring tea, all of March", "about NT$ 60,000"):
        assert page.count(answer) == 2, "once among the facts, once as it was written"


def test_an_event(reader: Reader) -> None:
    reader.writes("Our choir sings for everybody")
    for text in ("4", "2026/12/24 19:30", "Main station, hall 2", "Taipei Choir"):
        reader.writes(text)
    assert reader.submission().details == {
        "starts_at": {"at": "2026-12-24T19:30:00+08:00", "zone": "Asia/Taipei"},
        "venue": "Main station, hall 2",
        "own_words": {"organiser": "Taipei Choir"},
    }


@pytest.mark.parametrize("way_out", ["just send it", "Just send it!", "0", "直接送出"])
@pytest.mark.parametrize("before", [[], ["1"], ["1", "Behind the harbour"]])
def test_there_is_a_way_out_at_every_step(reader: Reader, before: list[str], way_out: str) -> None:
    reader.writes("I saw something at the harbour")
    for text in before:
        reader.writes(text)
    [thanks] = reader.writes(way_out)
    assert reader.submission().reference in thanks
    assert reader.stage() is GuideStage.LEFT
    assert reader.submission().kind == ("story_tip" if before else "message")
    assert reader.writes("And there were two of them") == []


def test_a_number_that_is_not_there_is_asked_for_once_more_and_then_let_be(reader: Reader) -> None:
    reader.writes("Something happened")
    assert reader.writes("9") == ["Please answer with a number from 1 to 7, or with 0 to just send it."]
    [thanks] = reader.writes("well, it is complicated")
    assert thanks.startswith("Thank you.")
    assert reader.submission().kind == "message"
    assert reader.writes("2") == []


def test_photos_in_the_middle_are_more_material_and_no_wrong_answer(reader: Reader) -> None:
    [first] = reader.writes("", **PHOTO)
    assert first.endswith(MENU), "a photo alone asks too"
    assert reader.writes("", **PHOTO) == []
    assert reader.writes("at the bridge", **PHOTO) == []
    [question] = reader.writes("3")
    assert question.startswith("Where was it?")
    assert reader.writes("", **PHOTO) == []
    [question] = reader.writes("Harbour bridge")
    assert question.startswith("When was it?")
    assert reader.submission().details == {"where": "Harbour bridge"}


def test_a_place_that_is_sent_as_a_pin_is_an_answer(reader: Reader) -> None:
    reader.writes("photos")
    reader.writes("", Latitude="25.047800", Longitude="121.517000", Label="Taipei Main Station")
    assert reader.submission().details == {"where": "Location: Taipei Main Station"}


@pytest.mark.parametrize(
    "text", ["Press release", "press_release", "新聞稿", "PRESS RELEASE\n\nThe harbour bridge opens again."]
)
def test_who_says_at_once_what_it_is_is_asked_the_first_question_with_the_reference(reader: Reader, text: str) -> None:
    [first] = reader.writes(text)
    assert reader.submission().kind == "press_release"
    assert reader.submission().reference in first
    assert "organisation" in first or "單位" in first
    assert MENU not in first


def test_a_button_that_names_a_kind_says_it_and_keeps_the_language(reader: Reader) -> None:
    reader.writes("大橋今天封閉了，到處都是煙")
    [question] = reader.writes("Event", ButtonText="Event", ButtonPayload="event")
    assert question.startswith("請問什麼時候開始")
    assert reader.writes("Event", ButtonText="Event", ButtonPayload="event") == [], "tapped twice"
    [question] = reader.writes("It begins tomorrow in the evening")
    assert question.startswith("Where does it take place?"), "now they write English"


def test_the_menu_is_a_content_template_where_there_is_one(environ, tmp_path, clock, peer: TwilioPeer) -> None:
    sid = f"HX{'a' * 32}"
    peer.contents[sid] = {"variables": {"1": "newsroom", "2": "reference"}, "status": "approved"}
    reader = with_profile(environ, tmp_path, clock, peer, f'name = "The Harbour"\n[guide]\ncontent_sid = "{sid}"')
    reader.writes("The bridge is closed")
    [sent] = peer.messages
    assert sent["ContentSid"] == sid
    reference = reader.submission().reference
    assert sent["ContentVariables"] == f'{{"1": "The Harbour", "2": "{reference}"}}'
    assert "Body" not in sent
    [question] = reader.writes("Event", ListId="event", ListTitle="Event")
    assert question.startswith("When does it start")
    [desk, _] = answers(reader.runtime)
    assert desk.endswith(MENU), "the desk shows the words"


# Silence


def test_the_guide_is_silent_once_a_person_replied(reader: Reader, cast: dict[str, User]) -> None:
    reader.writes("The bridge is closed")
    reader.writes("1")
    with reader.runtime.database.writing() as session:
        submission = session.scalars(select(Submission)).one()
        newest = session.scalars(received().order_by(Message.id.desc())).first()
        known = {"actor": cast["alice"], "key": "k", "seen": newest.id, "now": reader.clock()}
        replies.reply(
            session,
            submission,
            Wanted("I am on my way"),
            profile=reader.runtime.profile,
            derive=reader.runtime.derive,
            **known,
        )
    assert reader.stage() is GuideStage.TAKEN_OVER
    assert reader.waits(seconds=11) == ["I am on my way"]
    assert reader.writes("At the harbour, today") == []
    assert "where_when" not in str(reader.submission().details)


def test_what_the_guide_has_not_sent_yet_stays_unsent_when_a_person_steps_in(reader: Reader, cast) -> None:
    reader.writes("The bridge is closed")
    reader.clock.advance(minutes=1)
    post(reader.client, text_message("1", "SM" + "9" * 32))  # the worker is away
    with reader.runtime.database.writing() as session:
        triage.claim(session, session.scalars(select(Submission)).one(), actor=cast["alice"], now=reader.clock())
    assert reader.waits(seconds=1) == []
    with reader.runtime.database.reading() as session:
        states = session.scalars(select(Message.delivery_state).where(Message.client_key.is_not(None)))
        assert list(states) == [DeliveryState.SENT, DeliveryState.CANCELLED]
        assert session.scalars(select(Job).where(Job.state == JobState.FAILED)).all() == []


@pytest.mark.parametrize("act", ["claim", "assign", "status", "take-over"])
def test_staff_take_over_from_the_desk(reader: Reader, signed_in, cast, act: str) -> None:
    reader.writes("The bridge is closed")
    alice, submission = signed_in("alice"), reader.submission()
    assert "The guide is asking what this is about" in alice.get(address(submission)).text
    reader.writes("6")
    page = alice.get(address(submission)).text
    assert "The guide is asking (1 of 3)" in page
    assert page.count("Automatic") == 2

    fields = {"assign": {"assignee": cast["alice"].id}, "status": {"status": "declined"}}.get(act, {})
    assert press(alice, submission, act, page, **fields).status_code == 303

    page = alice.get(address(submission)).text
    assert "The guide is asking" not in page
    assert reader.stage() is GuideStage.TAKEN_OVER
    if act != "status":  # decided: what comes next opens another one
        assert reader.writes("Lin Tea") == []
    if act == "take-over":
        assert re.search(r"<b>You</b> took over from the guide", page)


def test_taking_over_needs_the_right_and_a_form_of_ours(reader: Reader, signed_in, app) -> None:
    reader.writes("The bridge is closed")
    submission = reader.submission()
    victor = signed_in("victor")
    assert "Take over" not in victor.get(address(submission)).text
    assert victor.post(address(submission, "take-over")).status_code == 400, "no token"
    page = victor.get(address(submission)).text
    alice = signed_in("alice")
    token = re.search(r'name="csrf_token" value="([^"]+)"', alice.get(address(submission)).text)[1]
    assert alice.post(address(submission, "take-over"), data={"csrf_token": "wrong"}).status_code == 400
    with victor.session_transaction() as theirs, alice.session_transaction() as hers:
        theirs["csrf_token"] = hers["csrf_token"]
    assert victor.post(address(submission, "take-over"), data={"csrf_token": token}).status_code == 403
    assert page
    assert reader.stage() is GuideStage.CHOOSING


def test_a_time_out_hands_over_silently(reader: Reader) -> None:
    reader.writes("The bridge is closed")
    assert reader.waits(minutes=14) == []
    assert reader.stage() is GuideStage.CHOOSING
    reader.seconds = 30
    reader.writes("1")  # at the last moment, and the time begins anew
    assert reader.waits(minutes=14) == []
    assert reader.stage() is GuideStage.ASKING
    assert reader.waits(minutes=1) == []
    assert reader.stage() is GuideStage.TIMED_OUT
    assert reader.trace()[-1] == ("system", {"step": "timed_out"})
    assert reader.writes("At the harbour") == []
    assert reader.words()[-1] == "At the harbour"


def test_an_answer_that_comes_too_late_is_stored_only_even_if_no_worker_ran(reader: Reader, clock) -> None:
    reader.writes("The bridge is closed")
    clock.advance(hours=3)
    post(reader.client, text_message("1", "SM" + "9" * 32))
    assert reader.waits() == []
    assert reader.submission().kind == "message"
    assert reader.stage() is GuideStage.TIMED_OUT


@pytest.mark.parametrize("word", ["STOP", "取消"])
def test_who_wants_no_messages_gets_none(reader: Reader, word: str) -> None:
    reader.writes("The bridge is closed")
    assert reader.writes(word) == []
    assert reader.stage() is GuideStage.STOPPED
    assert reader.writes("1") == []
    assert reader.writes("START") == []
    assert reader.writes("1") == []
    assert reader.words() == ["The bridge is closed", word, "1", "START", "1"]


def test_yes_is_an_answer_though_it_also_lets_messages_begin(reader: Reader) -> None:
    reader.writes("tip")
    reader.writes("At the harbour, today")
    reader.writes("I was there")
    [thanks] = reader.writes("Yes")
    assert thanks.startswith("Thank you.")
    assert reader.submission().details["own_words"]["contact"] == "Yes"


def test_suspected_spam_is_not_guided(reader: Reader) -> None:
    assert reader.writes('<a href="https://watches.example">cheap</a>') == []
    assert reader.writes("1") == []
    assert reader.submission().status is Status.SPAM


@pytest.mark.parametrize("prefix", ["", "rcs:"])
def test_sms_and_rcs_get_the_plain_acknowledgement(reader: Reader, prefix: str) -> None:
    [first] = reader.writes("press release", From=f"{prefix}+886900000001", To=f"{prefix}+886963563485")
    assert "Reference:" in first
    assert "0" not in first.partition("Reference:")[0]
    assert reader.writes("2", From=f"{prefix}+886900000001", To=f"{prefix}+886963563485") == []


def test_it_can_be_switched_off(environ, tmp_path, clock, peer: TwilioPeer) -> None:
    reader = with_profile(environ, tmp_path, clock, peer, "[guide]\nenabled = false")
    [first] = reader.writes("The bridge is closed")
    assert "Reference:" in first
    assert "\n" not in first
    assert reader.writes("2") == []


def test_only_the_kinds_of_the_newsroom_are_offered(environ, tmp_path, clock, peer: TwilioPeer) -> None:
    reader = with_profile(environ, tmp_path, clock, peer, 'kinds = ["event", "story_tip"]')
    [first] = reader.writes("press release")
    assert first.endswith("1 Event\n2 Story tip\n0 Just send it")
    assert reader.writes("3") == ["Please answer with a number from 1 to 2, or with 0 to just send it."]
    [question] = reader.writes("2")
    assert question.startswith("Where was it, and when?")


def test_a_number_for_one_kind_asks_no_menu(environ, tmp_path, clock, peer: TwilioPeer) -> None:
    number = '[[numbers]]\nnumber = "+886963563485"\nlabel = "Sales"\ndefault_kind = "advertising"'
    reader = with_profile(environ, tmp_path, clock, peer, number)
    [first] = reader.writes("We want a banner")
    assert "Which company is it for?" in first


# Everything twice, and at once


def test_a_repeated_webhook_makes_no_second_step(reader: Reader) -> None:
    reader.writes("The bridge is closed")
    fields = text_message("2", "SM" + "9" * 32)
    reader.clock.advance(minutes=1)
    for _ in range(3):
        post(reader.client, fields)
    assert len(reader.waits()) == 1
    reader.writes("Harbour Authority")
    assert post(reader.client, fields).status_code == 200
    assert reader.waits() == []
    assert reader.words() == ["The bridge is closed", "2", "Harbour Authority"]


def test_twenty_first_messages_at_once_give_one_menu(reader: Reader) -> None:
    def say(number: int) -> int:
        message = text_message(f"Part {number} of what I saw", f"SM{number:032x}")
        return post(reader.app.test_client(), message).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(say, range(20))) == {200}
    assert len(reader.words()) == 20
    [menu] = reader.waits()
    assert menu.endswith(MENU)
    assert reader.stage() is GuideStage.CHOOSING
    [question] = reader.writes("1")
    assert question.startswith("Where was it, and when?")


def test_the_same_answer_twenty_times_at_once_is_one_step_for_each(reader: Reader) -> None:
    reader.writes("The bridge is closed")
    reader.clock.advance(minutes=1)

    def say(number: int) -> int:
        return post(reader.app.test_client(), text_message("2", f"SM{number + 100:032x}")).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(say, range(20))) == {200}
    assert len(reader.words()) == 21
    sent = reader.waits()
    assert len(sent) == len(set(sent)) == 3, "two questions and thanks, each once"
    assert reader.stage() is GuideStage.FINISHED
