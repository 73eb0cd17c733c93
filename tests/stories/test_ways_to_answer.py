"""Answering after a day, another way, later, with files, and never to whom it may not go."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from newsroom import Newsroom
from twilio_peer import TwilioPeer

from inbox.errors import AlreadySent, ReplyRefused, TooLate
from inbox.models import Channel, DeliveryState, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import drafts, media, outbox, provider, ways

DESK, SECOND, TEXTS = "+886963563485", "+886970840314", "+12025550199"
READER = "+886900000001"
HX = "HX0123456789abcdef0123456789abcdef"
MG = "MG0123456789abcdef0123456789abcdef"
PROFILE = f"""
name = "DCO Global News"
[[numbers]]
number = "{DESK}"
label = "News desk"
channels = ["whatsapp"]
[[numbers]]
number = "{SECOND}"
label = "Second line"
channels = ["whatsapp"]
[[numbers]]
number = "{TEXTS}"
label = "Texts"
channels = ["sms"]
messaging_service = "{MG}"
default_kind = "story_tip"
[[templates]]
name = "follow_up"
label = "Follow up"
content_sid = "{HX}"
text = "Hello {{{{1}}}}, about {{{{2}}}}: may we call you?"
variables = ["name", "subject"]
[[quiet_hours]]
sms_to = ["+886"]
from = "21:00"
to = "09:00"
"""
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\xd5\x8e\xa5R\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        peer.contents[HX] = {"variables": {"1": "name", "2": "subject"}, "status": "approved"}
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url, "INBOX_CONFIG": str(path)}


@pytest.fixture
def desk(app: Flask, runtime: Runtime, cast: dict[str, User], clock) -> Newsroom:
    """A newsroom at two in the afternoon, to which nobody has written yet."""
    return Newsroom(app, runtime, cast["alice"], clock)


@pytest.fixture
def newsroom(desk: Newsroom, peer: TwilioPeer) -> Newsroom:
    desk.hears(From=f"whatsapp:{READER}", To=f"whatsapp:{DESK}")
    desk.waits()
    peer.forget()  # the acknowledgement
    return desk


def template(newsroom: Newsroom):
    return newsroom.runtime.profile.template("follow_up")


def found(newsroom: Newsroom) -> list[ways.Way]:
    with newsroom.runtime.database.reading() as session:
        submission = session.get_one(Submission, newsroom.submission().id)
        return ways.find_ways(session, submission, newsroom.runtime.profile, now=newsroom.clock())


VALUES = {"name": "Ling", "subject": "the bridge"}


# Templates


def test_after_a_day_an_approved_template_goes_with_its_values_and_without_a_body(newsroom, peer) -> None:
    newsroom.waits(hours=24, seconds=1)
    with pytest.raises(ReplyRefused, match="approved template"):
        newsroom.replies(key="text")
    newsroom.replies(key="template", template=template(newsroom), values=VALUES)
    newsroom.waits(seconds=11)

    (sent,) = peer.messages
    assert (sent["ContentSid"], sent["ContentVariables"]) == (HX, '{"1": "Ling", "2": "the bridge"}')
    assert "Body" not in sent
    assert newsroom.reply().text == "Hello Ling, about the bridge: may we call you?"
    assert newsroom.reply().delivery is DeliveryState.SENT


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "Ling"}, "Fill in"),
        ({"name": " ", "subject": "x"}, "Fill in"),
        ({"name": "x" * 1601, "subject": "x"}, "1,600"),
        ({"name": "x" * 1000, "subject": "x"}, "1,024"),
    ],
)
def test_a_template_that_is_not_filled_well_is_refused_with_words(newsroom, peer, values, words) -> None:
    with pytest.raises(ReplyRefused, match=words):
        newsroom.replies(template=template(newsroom), values=values)


def test_a_template_that_may_have_been_sent_is_found_again_whatever_twilio_made_of_it(newsroom, peer) -> None:
    newsroom.waits(hours=25)
    peer.next("drop-after")
    newsroom.replies(template=template(newsroom), values=VALUES)
    newsroom.waits(seconds=11)
    newsroom.waits(minutes=1)
    assert newsroom.reply().external_id == peer.messages[0]["sid"]
    assert len(peer.messages) == 1


# Other ways


def test_who_wrote_on_whatsapp_can_be_reached_by_sms_at_the_same_number(newsroom, peer) -> None:
    whatsapp, sms = found(newsroom)
    assert (whatsapp.channel, whatsapp.label) == (Channel.WHATSAPP, "News desk")
    assert (sms.channel, sms.address, sms.ours, sms.label) == (Channel.SMS, READER, TEXTS, "Texts")

    newsroom.waits(hours=25)
    newsroom.replies("May we call you?", way=sms.key)
    newsroom.waits(seconds=11)

    (sent,) = peer.messages
    assert (sent["From"], sent["To"], sent["Body"]) == (TEXTS, READER, "May we call you?")
    assert [way.point_id is not None for way in found(newsroom)] == [True, True]


@pytest.mark.parametrize("word", ["STOP", "取消訂閱"])
def test_who_asked_for_no_more_messages_gets_none_on_any_way(newsroom, peer, word) -> None:
    sms = found(newsroom)[1]
    scheduled = newsroom.replies(key="later", at=newsroom.clock() + timedelta(hours=1))
    failed = newsroom.replies(key="failed")
    peer.next("refuse", code="30003")
    newsroom.waits(seconds=11)
    peer.forget()

    newsroom.hears(word, From=f"whatsapp:{READER}", To=f"whatsapp:{DESK}")
    newsroom.waits(hours=2)
    newsroom.does(outbox.send_again, failed)
    newsroom.waits(seconds=11)

    assert peer.messages == []
    with newsroom.runtime.database.reading() as session:
        codes = {session.get_one(Message, number).error_code for number in (scheduled, failed)}
    assert codes == {"opted-out"}
    for how in ({}, {"way": sms.key}, {"template": template(newsroom), "values": VALUES}):
        with pytest.raises(ReplyRefused, match="no more messages"):
            newsroom.replies(key="another", **how)


def test_who_stopped_on_whatsapp_and_then_writes_an_sms_is_answered_there(newsroom, peer) -> None:
    newsroom.hears("STOP", From=f"whatsapp:{READER}", To=f"whatsapp:{DESK}")
    newsroom.waits(minutes=1)
    newsroom.hears("Hello again", From=READER, To=TEXTS)
    newsroom.replies("Good to hear from you")
    newsroom.waits(seconds=11)
    assert [message["Body"][:4] for message in peer.messages if message["To"] == READER] == ["Than", "Good"]


@pytest.mark.parametrize(
    ("code", "words"), [("21610", "no more messages"), ("63014", "blocked this number on WhatsApp")]
)
def test_what_twilio_says_of_an_address_is_remembered(newsroom, peer, code, words) -> None:
    peer.next("refuse", code=code)
    newsroom.replies()
    newsroom.waits(seconds=11)
    assert words in found(newsroom)[0].problem
    with pytest.raises(ReplyRefused, match=words):
        newsroom.replies(key="another")


def test_a_block_that_is_reported_later_counts_too_and_ends_when_they_write_again(newsroom, peer) -> None:
    newsroom.replies()
    newsroom.waits(seconds=11)
    newsroom.is_told(peer.messages[0]["sid"], "failed", ErrorCode="63014")
    assert found(newsroom)[0].problem
    newsroom.hears("It is me again", From=f"whatsapp:{READER}", To=f"whatsapp:{DESK}")
    assert found(newsroom)[0].problem == ""


# Numbers


def test_each_of_our_numbers_answers_what_was_written_to_it(desk, peer) -> None:
    desk.hears("To the second line", From="whatsapp:+886900000002", To=f"whatsapp:{SECOND}")
    desk.replies()
    desk.waits(seconds=11)
    assert {message["From"] for message in peer.messages} == {f"whatsapp:{SECOND}"}
    assert found(desk)[0].label == "Second line"


def test_a_messaging_service_answers_where_the_number_is_not_in_the_profile(desk, peer) -> None:
    desk.hears("To a pool", From="+447700900001", To="+12025550111", MessagingServiceSid=MG)
    assert desk.submission().kind == "story_tip"
    desk.replies()
    desk.waits(seconds=11)
    assert {message.get("MessagingServiceSid") for message in peer.messages} == {MG}
    assert found(desk)[0].label == "Texts"


def test_a_known_number_answers_itself_though_it_is_in_a_messaging_service(desk, peer) -> None:
    desk.hears("To the number", From="+447700900001", To=TEXTS, MessagingServiceSid=MG)
    desk.replies()
    desk.waits(seconds=11)
    assert {message.get("From") for message in peer.messages} == {TEXTS}


# Later, and quiet hours


def test_a_reply_that_is_to_wait_leaves_at_its_time(newsroom, peer) -> None:
    at = newsroom.clock() + timedelta(hours=20)
    newsroom.replies(at=at)
    newsroom.waits(hours=19, minutes=59)
    assert peer.messages == []
    newsroom.waits(minutes=1)
    assert newsroom.reply().delivery is DeliveryState.SENT


def test_a_waiting_reply_is_still_tried_for_a_day_from_its_time_on(newsroom, peer) -> None:
    sms = found(newsroom)[1]
    newsroom.replies("Monday then", way=sms.key, at=newsroom.clock() + timedelta(days=6))
    peer.next("busy", Retry_After="60")
    newsroom.waits(days=6)
    assert newsroom.reply().delivery is DeliveryState.QUEUED
    newsroom.waits(seconds=61)
    assert newsroom.reply().delivery is DeliveryState.SENT


@pytest.mark.parametrize(
    ("wait", "words"),
    [(timedelta(0), "has passed"), (timedelta(days=8), "seven days"), (timedelta(hours=24), "until .* only")],
)
def test_a_time_that_cannot_be_kept_is_refused(newsroom, wait, words) -> None:
    with pytest.raises(ReplyRefused) as refused:
        newsroom.replies(at=newsroom.clock() + wait)
    assert re.search(words, refused.value.message)


def test_a_template_may_wait_beyond_the_24_hours(newsroom, peer) -> None:
    newsroom.replies(template=template(newsroom), values=VALUES, at=newsroom.clock() + timedelta(days=3))
    newsroom.waits(days=3)
    assert len(peer.messages) == 1


def test_an_sms_waits_for_the_end_of_the_quiet_hours_and_the_acknowledgement_too(desk, peer) -> None:
    desk.clock.advance(hours=8)  # 22:00 in Taipei
    desk.hears("Hello", From=READER, To=TEXTS)
    number = desk.replies()
    assert desk.job(number).due_at - desk.clock() == timedelta(hours=11)

    desk.waits(minutes=5)
    desk.waits(hours=10)
    assert peer.requests == []
    assert desk.job(number - 1).error == "quiet-hours"
    desk.waits(hours=1)
    assert len(peer.messages) == 2


def test_what_was_due_before_the_quiet_hours_waits_when_the_worker_comes_late(desk, peer) -> None:
    desk.hears("Hello", From=READER, To=TEXTS)
    desk.replies()
    desk.waits(hours=9)  # the worker was down until 23:00
    assert peer.requests == []
    desk.waits(hours=10)
    assert len(peer.messages) == 2


def test_whatsapp_and_other_countries_have_no_quiet_hours(newsroom, peer) -> None:
    newsroom.clock.advance(hours=8)
    newsroom.replies()
    newsroom.waits(seconds=11)
    assert len(peer.messages) == 1


# The same again


def test_another_text_under_the_same_key_is_never_lost_in_silence(newsroom) -> None:
    newsroom.replies("First")
    with pytest.raises(AlreadySent, match="further message"):
        newsroom.replies("Second")


def test_a_placeholder_that_is_still_open_stops_the_reply(newsroom) -> None:
    with pytest.raises(ReplyRefused, match="still a gap"):
        newsroom.replies("Dear {name}, thank you")
    newsroom.replies("In code we write {x}")


# What nobody could find out


def doubt(newsroom: Newsroom, peer: TwilioPeer) -> int:
    """A reply of which Twilio cannot be asked for a whole day."""
    peer.next("drop-after")
    number = newsroom.replies()
    newsroom.waits(seconds=11)
    peer.broken = True
    for _ in range(30):
        newsroom.waits(hours=1)
    peer.broken = False
    return number


def test_a_doubt_that_nobody_cleared_waits_for_a_person(newsroom, peer) -> None:
    number = doubt(newsroom, peer)
    assert newsroom.reply().delivery is DeliveryState.UNKNOWN
    newsroom.does(outbox.say_arrived, number)
    assert newsroom.reply().delivery is DeliveryState.DELIVERED
    with pytest.raises(TooLate):
        newsroom.does(outbox.say_arrived, number)


def test_a_person_may_send_it_again_and_that_is_written_down(newsroom, peer) -> None:
    number = doubt(newsroom, peer)
    newsroom.hears("Are you there?", From=f"whatsapp:{READER}", To=f"whatsapp:{DESK}")
    newsroom.does(outbox.send_again, number)
    newsroom.waits(seconds=1)
    assert [message["Body"] for message in peer.messages].count("Thank you") == 2
    with newsroom.runtime.database.reading() as session:
        submission = session.get_one(Submission, newsroom.submission().id)
        assert ("submission:send_again", {"was": "unknown"}) in [(e.verb, e.facts) for e in submission.history]


def test_a_doubt_that_may_still_be_cleared_is_not_for_a_person(newsroom, peer) -> None:
    peer.next("drop-after")
    number = newsroom.replies()
    newsroom.waits(seconds=11)
    for act in (outbox.send_again, outbox.say_arrived):
        with pytest.raises(TooLate):
            newsroom.does(act, number)


# Files


def attach(newsroom: Newsroom, name: str = "plan.png", content: bytes = PNG, size: int | None = None) -> None:
    stored = newsroom.runtime.storage.keep(BytesIO(content))
    content_type = media.inspect(BytesIO(content), name)
    with newsroom.runtime.database.writing() as session:
        key = drafts.files_key(session.get_one(Submission, newsroom.submission().id), newsroom.alice)
        row = media.hold(
            session, stored, filename=name, content_type=content_type, form_token=key, now=newsroom.clock()
        )
        row.size_bytes = size or row.size_bytes


def test_a_file_is_fetched_from_an_address_that_nobody_can_guess(newsroom, peer, app) -> None:
    attach(newsroom)
    newsroom.replies("Here is the plan")
    newsroom.waits(seconds=11)

    (sent,) = peer.messages
    (address,) = sent["MediaUrl"]
    assert address.startswith("http://127.0.0.1:8000/outgoing/")
    path, twilio = urlsplit(address).path, app.test_client()
    answer = twilio.get(path)
    assert (answer.content_type, answer.status_code) == ("image/png", 200)
    assert twilio.head(path).headers["Content-Length"] == str(len(answer.data))
    assert answer.data.startswith(PNG[:8])
    assert answer.data != PNG, "what leaves is the clean copy"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert sent["Body"] == "Here is the plan"


def test_the_address_of_a_file_ends_and_cannot_be_made_up(newsroom, peer, app) -> None:
    attach(newsroom)
    newsroom.replies()
    newsroom.waits(seconds=11)
    path, twilio = urlsplit(peer.messages[0]["MediaUrl"][0]).path, app.test_client()
    number, ends, seal = path.split("/")[2].split(".")
    forged = [f"{int(number) + 1}.{ends}.{seal}", f"{number}.{int(ends) + 9}.{seal}", f"{number}.{ends}.", "x", "9.9.ü"]
    assert {twilio.get(f"/outgoing/{token}/plan.png").status_code for token in forged} == {404}
    newsroom.clock.advance(hours=24)
    assert twilio.get(path).status_code == 200
    newsroom.clock.advance(hours=25)
    assert twilio.get(path).status_code == 404


def test_the_address_of_a_file_is_not_logged(newsroom, peer, app, capsys) -> None:
    attach(newsroom)
    newsroom.replies()
    newsroom.waits(seconds=11)
    path = urlsplit(peer.messages[0]["MediaUrl"][0]).path
    capsys.readouterr()
    app.test_client().get(path)
    logged = "".join(capsys.readouterr())
    assert "/outgoing/<token>/<filename>" in logged
    assert path.split("/")[2] not in logged


@pytest.mark.parametrize(
    ("name", "content", "size", "text", "words"),
    [
        ("a.png", PNG, 5 * 1024**2 + 1, "", "5 MB"),
        ("a.pdf", b"%PDF-1.4\n%%EOF\n", 16 * 1024**2 + 1, "", "16 MB"),
        ("a.pdf", b"%PDF-1.4\n%%EOF\n", None, "beside it", "shows no text"),
        ("a.txt", b"plain words", None, "", "cannot be sent on"),
        ("a.png", PNG, None, "x" * 1025, "1,024"),
    ],
)
def test_what_whatsapp_does_not_take_is_refused_with_words(newsroom, name, content, size, text, words) -> None:
    attach(newsroom, name, content, size)
    with pytest.raises(ReplyRefused) as refused:
        newsroom.replies(text)
    assert words in refused.value.message % refused.value.values


def test_whatsapp_carries_one_file_a_message(newsroom) -> None:
    attach(newsroom, "a.png")
    attach(newsroom, "b.png")
    with pytest.raises(ReplyRefused, match="one file"):
        newsroom.replies()


def test_an_sms_to_taiwan_carries_no_file(desk) -> None:
    desk.hears("Hello", From=READER, To=TEXTS)
    attach(desk)
    with pytest.raises(ReplyRefused, match="Taiwan carries no file"):
        desk.replies()


def test_an_mms_may_carry_several(desk, peer) -> None:
    desk.hears("Hello", From="+12025550101", To=TEXTS)
    desk.waits()
    attach(desk, "a.png")
    attach(desk, "b.png")
    desk.replies("")
    desk.waits(seconds=11)
    assert len(peer.messages[-1]["MediaUrl"]) == 2
    assert "Body" not in peer.messages[-1]


def test_what_is_taken_back_is_a_draft_again_with_its_files(newsroom, peer) -> None:
    attach(newsroom)
    number = newsroom.replies("The plan")

    def undo(session, message, *, actor, now):
        outbox.take_back(session, message, actor=actor, now=now)
        drafts.bring_back(session, message, actor=actor, now=now)

    newsroom.does(undo, number)
    with newsroom.runtime.database.reading() as session:
        submission = session.get_one(Submission, newsroom.submission().id)
        draft = drafts.find(session, submission, newsroom.alice)
        assert draft is not None
        assert draft.text == "The plan"
    newsroom.replies("The plan, mended", key="key-2")
    newsroom.waits(seconds=11)
    assert len(peer.messages[0]["MediaUrl"]) == 1


def test_every_code_that_is_expected_has_words_of_its_own() -> None:
    codes = ["63016", "63014", "21610", "21608", "21614", *(str(30003 + n) for n in range(6)), "20429"]
    words = [provider.explain(code) for code in codes]
    assert provider.explain("?") not in words
    assert len(set(words)) == len(codes) - 1, "a landline is a landline, whoever says so"


@pytest.mark.parametrize(
    "link",
    ["reurl.cc/abc", "youtu.be/x1", "lin.ee/abc", "bbc.co.uk/news", "example.xyz", "192.168.1.1/x", "line://ti/p/x",
     "ＷＷＷ．a．com", "dco。tw", "h\u200bttps://a.zz"],
)  # fmt: skip
def test_a_link_in_any_dress_is_one(link: str) -> None:
    assert ways.holds_link(Channel.SMS, "+886900000001", f"See {link} now")
    assert not ways.holds_link(Channel.WHATSAPP, "+886900000001", link)


@pytest.mark.parametrize(
    "text", ["At 3.15 p.m. we call.", "It is closed.We come.", "謝謝。我們會來。", "10:30, hall 2/3", "e.g. now"]
)
def test_what_only_looks_like_a_link_is_none(text: str) -> None:
    assert not ways.holds_link(Channel.SMS, "+886900000001", text)
