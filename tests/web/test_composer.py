"""Writing a reply: what is kept, put in, attached and chosen, without JavaScript as with it."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from desk_work import address, hidden, send, token
from sqlalchemy import select

from inbox.models import Channel, DeliveryState, Direction, Message, ReplyDraft
from inbox.services import outbox
from inbox.services.contacts import Sender

READER = Sender(Channel.WHATSAPP, "+886900000001", "Ling")
DESK, TEXTS = "+886963563485", "+12025550199"
HX = "HX0123456789abcdef0123456789abcdef"
PROFILE = f"""
name = "DCO Global News"
[[numbers]]
number = "{DESK}"
label = "News desk"
channels = ["whatsapp"]
[[numbers]]
number = "{TEXTS}"
label = "Texts"
channels = ["sms"]
[[templates]]
name = "follow_up"
label = "Follow up"
content_sid = "{HX}"
text = "Hello {{{{1}}}}, about {{{{2}}}}: may we call you?"
variables = ["name", "subject"]
[[quiet_hours]]
sms_to = ["+886"]
from = "13:00"
to = "15:30"
"""
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\xd5\x8e\xa5R\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    return {**environ, "INBOX_CONFIG": str(path)}


@pytest.fixture
def talk(runtime):
    return send(runtime, "The bridge is closed", channel=Channel.WHATSAPP, sender=READER, recipient=DESK)


@pytest.fixture
def desk(talk, signed_in):
    """Alice, before the submission."""
    return Desk(signed_in("alice"), talk)


class Desk:
    def __init__(self, client, talk) -> None:
        self.client, self.talk = client, talk

    def page(self, query: str = "") -> str:
        return self.client.get(address(self.talk) + query).text

    def press(self, act: str, page: str | None = None, **fields):
        page = page or self.page()
        names = [name for name in ("key", "newest", "way", "template") if f'name="{name}"' in page]
        values = {"csrf_token": token(page), **{name: hidden(page, name) for name in names}}
        return self.client.post(address(self.talk, act), data=values | fields, content_type="multipart/form-data")

    def after(self, act: str, page: str | None = None, **fields) -> str:
        """Press, and follow to the page that comes after."""
        response = self.press(act, page, **fields)
        assert response.status_code == 303, response.text
        return self.client.get(response.location.partition("#")[0]).text


def written(page: str) -> str | None:
    found = re.search(r'<textarea id="reply-text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return found[1] if found else None


def composer_of(page: str) -> str:
    return page.partition('id="composer"')[2]


def replies(runtime) -> list[Message]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == Direction.OUT).order_by(Message.id)))


# What is shown


def test_the_composer_names_channel_address_and_number_of_ours(desk) -> None:
    page = desk.page()
    assert "WhatsApp to +886900000001, from News desk" in page
    assert "0 of 1,600" in page


def test_a_trial_is_called_one(environ, request) -> None:
    environ |= {"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}
    assert "nothing leaves this machine" in request.getfixturevalue("desk").page()


def test_with_an_account_nothing_is_said_of_a_trial(desk) -> None:
    assert "nothing leaves this machine" not in desk.page()


def test_the_sms_to_their_number_says_its_parts_and_its_quiet_hours(desk) -> None:
    page = desk.after("reply/draft", text="謝" * 71, use="sms:+886900000001")
    assert "SMS to +886900000001, from Texts" in page
    assert "71 characters, 2 parts of 67" in page
    assert re.search(r"Quiet hours: an SMS to this number leaves on.*15:30", page)
    assert written(page) == "謝" * 71


def test_another_way_is_used_for_the_reply(desk, runtime) -> None:
    page = desk.page("?way=sms:%2B886900000001")
    shown = desk.after("reply", page, text="May we call you?")
    [reply] = replies(runtime)
    assert (reply.channel, reply.recipient, reply.extra["from"]) == (Channel.SMS, READER.address, TEXTS)
    assert "Waits until" in shown


# Drafts


def test_a_draft_is_there_on_every_device_of_its_writer_and_nobody_elses(desk, signed_in, runtime) -> None:
    saved = desk.press("reply/draft", text="Thank you, but", auto="1")
    assert "Draft saved" in saved.text
    assert "<html" not in saved.text
    assert written(Desk(signed_in("alice"), desk.talk).page()) == "Thank you, but"
    assert written(Desk(signed_in("bob"), desk.talk).page()) == ""


def test_others_see_that_somebody_writes_until_they_have_stopped(desk, signed_in, clock) -> None:
    bob = Desk(signed_in("bob"), desk.talk)
    bob.press("reply/draft", text="I answer")
    assert "Bob Chen is writing a reply" in desk.page()
    assert "is writing" not in bob.page()
    clock.advance(minutes=6)
    assert "is writing" not in desk.page()


def test_a_draft_is_gone_once_it_is_sent_and_no_late_save_brings_it_back(desk, runtime) -> None:
    page = desk.page()
    desk.press("reply/draft", page, text="Thank you")
    desk.press("reply", page, text="Thank you")
    desk.press("reply/draft", page, text="Thank you", auto="1")
    assert written(desk.page()) == ""
    with runtime.database.reading() as session:
        assert session.scalars(select(ReplyDraft)).all() == []


def test_an_emptied_draft_is_no_draft(desk, runtime) -> None:
    desk.press("reply/draft", text="Thank you")
    desk.press("reply/draft", text="  ")
    with runtime.database.reading() as session:
        assert session.scalars(select(ReplyDraft)).all() == []


def test_undo_gives_the_text_back(desk, runtime) -> None:
    page = desk.after("reply", text="Thank you\nfor it")
    assert "Sending in 10 s" in page
    [reply] = replies(runtime)
    page = desk.after(f"messages/{reply.id}/take-back", page, keep="1")
    assert written(page) == "Thank you\nfor it"
    assert "Taken back" in page


def test_markup_in_a_draft_stays_text(desk) -> None:
    page = desk.after("reply/draft", text="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in page


# Saved replies


@pytest.fixture
def saved(signed_in):
    ada = signed_in("ada")
    page = ada.get("/desk/canned-replies").text
    fields = {"csrf_token": token(page), "name": "Thanks", "text": "Dear {name}, {reference}. {editor}, {newsroom}"}
    assert ada.post("/desk/canned-replies", data=fields).status_code == 303


def test_a_saved_reply_is_put_in_with_what_is_known(desk, saved) -> None:
    page = desk.page()
    number = re.search(r'name="insert" value="(\d+)"', page)[1]
    page = desk.after("reply/draft", page, text="First this.", insert=number)
    assert written(page) == f"First this.\n\nDear Ling, {desk.talk.reference}. Alice Lin, DCO Global News"


def test_what_is_not_known_stays_a_gap_that_cannot_be_sent(runtime, signed_in, saved) -> None:
    nameless = Sender(Channel.WHATSAPP, "+886900000002")
    desk = Desk(signed_in("alice"), send(runtime, channel=Channel.WHATSAPP, sender=nameless, recipient=DESK))
    page = desk.page()
    page = desk.after("reply/draft", page, text="", insert=re.search(r'name="insert" value="(\d+)"', page)[1])
    assert "Dear {name}" in written(page)
    refused = desk.press("reply", page, text=written(page))
    assert refused.status_code == 422
    assert "There is still a gap: {name}" in refused.text
    assert replies(runtime) == []


# Templates


def test_after_a_day_the_text_box_is_gone_and_what_still_works_is_offered(desk, clock, runtime) -> None:
    desk.press("reply/draft", text="Half a sentence")
    clock.advance(hours=24)
    page = desk.page()
    assert written(page) is None
    assert "Half a sentence" in page
    assert "Follow up" in page
    assert 'value="sms:+886900000001"' in page

    page = desk.after("reply/draft", page, pick="follow_up")
    assert "Hello Ling, about [subject]: may we call you?" in page
    shown = desk.press("reply/preview", page, **{"value-1": "Ms Ling", "value-2": "the bridge"}).text
    assert "Hello Ms Ling, about the bridge: may we call you?" in shown
    desk.after("reply", shown, **{"value-1": "Ms Ling", "value-2": "the bridge"})
    [reply] = replies(runtime)
    assert reply.extra["content_sid"] == HX
    assert reply.extra["content_variables"] == {"1": "Ms Ling", "2": "the bridge"}


def test_a_text_that_comes_too_late_is_kept_and_may_go_another_way(desk, clock, runtime) -> None:
    clock.advance(hours=23, minutes=59, seconds=59)
    page = desk.page()
    clock.advance(seconds=2)
    refused = desk.press("reply", page, text="Just too late")
    assert refused.status_code == 422
    assert "More than 24 hours have passed" in refused.text
    assert "Just too late" in refused.text
    page = desk.after("reply/draft", refused.text, text="Just too late", use="sms:+886900000001")
    assert written(page) == "Just too late"
    assert replies(runtime) == []


def test_one_second_before_the_end_free_text_goes(desk, clock, runtime) -> None:
    clock.advance(hours=23, minutes=59, seconds=59)
    assert desk.press("reply", text="Just in time").status_code == 303


def test_an_unfilled_template_is_given_back_with_words(desk, clock, runtime) -> None:
    clock.advance(hours=25)
    page = desk.page("?template=follow_up")
    refused = desk.press("reply", page, **{"value-1": "Ms Ling", "value-2": ""})
    assert refused.status_code == 422
    assert "Fill in “subject”" in refused.text
    assert 'value="Ms Ling"' in refused.text
    assert replies(runtime) == []


# Files


def test_files_are_held_with_the_draft_and_go_with_the_reply(desk, runtime) -> None:
    page = desk.after("reply/files", text="See this", files=(BytesIO(PNG), "plan.png"))
    assert "plan.png" in page
    assert written(page) == "See this"
    desk.press("reply", page, text="See this")
    with runtime.database.reading() as session:
        [reply] = session.scalars(select(Message).where(Message.direction == Direction.OUT))
        assert [file.filename for file in reply.attachments] == ["plan.png"]


def test_a_file_that_comes_with_the_reply_is_taken_and_twice_it_is_one(desk, runtime) -> None:
    page = desk.page()
    for _ in range(2):
        assert desk.press("reply", page, text="See this", files=(BytesIO(PNG), "plan.png")).status_code == 303
    with runtime.database.reading() as session:
        [reply] = session.scalars(select(Message).where(Message.direction == Direction.OUT))
        assert len(reply.attachments) == 1
    assert "plan.png" not in composer_of(desk.page()), "or it would go along with the next reply"
    assert len(list((runtime.settings.data_dir / "files" / "originals").glob("*/*"))) == 1


def test_a_file_of_a_refused_reply_is_kept_with_it(desk, runtime) -> None:
    refused = desk.press("reply", text="x" * 1601, files=(BytesIO(PNG), "plan.png"))
    assert refused.status_code == 422
    assert "plan.png" in composer_of(refused.text)


def test_a_file_can_be_taken_out_again(desk) -> None:
    page = desk.after("reply/files", text="", files=(BytesIO(PNG), "plan.png"))
    number = re.search(r'name="file" value="(\d+)"', page)[1]
    page = desk.after("reply/files/remove", page, text="Typed", file=number)
    assert "plan.png" not in page
    assert written(page) == "Typed"


def test_a_page_that_calls_itself_a_picture_is_refused_and_the_text_kept(desk, runtime) -> None:
    fake = (BytesIO(b"<!doctype html><script>alert(1)</script>"), "photo.jpg")
    refused = desk.press("reply", text="See this", files=fake)
    assert refused.status_code == 422
    assert "photo.jpg" in refused.text
    assert written(refused.text) == "See this"
    assert replies(runtime) == []


def test_a_file_larger_than_a_form_usually_is_can_be_sent(desk, runtime) -> None:
    picture = BytesIO(PNG + b"\0" * (2 * 1024 * 1024))
    assert desk.press("reply", text="", files=(picture, "large.png")).status_code == 303


# Later


def test_a_reply_waits_for_its_time_and_can_be_changed(desk, runtime, clock) -> None:
    page = desk.after("reply", text="Tomorrow", later="1", send_at="2026-11-25T09:00")
    assert re.search(r"Waits until.*Wed 25 Nov, 09:00", page)
    [reply] = replies(runtime)
    with runtime.database.reading() as session:
        assert outbox.pending(session, [reply])[reply.id].due_at - clock() == timedelta(hours=19)
    page = desk.after(f"messages/{reply.id}/take-back", page, keep="1")
    assert written(page) == "Tomorrow"


def test_a_time_that_was_only_typed_does_not_delay_a_reply_that_is_sent(desk) -> None:
    assert "Sending in 10 s" in desk.after("reply", text="Now", send_at="2026-11-25T09:00")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("", "Choose a day and a time"),
        ("soon", "Choose a day and a time"),
        ("2026-11-24T13:59", "has passed"),
        ("2026-11-25T14:00", "takes free text until Wed 25 Nov, 14:00 only"),
        ("2026-12-24T14:00", "at most seven days"),
    ],
)
def test_a_time_that_cannot_be_is_said_so(desk, runtime, time, words) -> None:
    refused = desk.press("reply", text="Later", later="1", send_at=time)
    assert refused.status_code == 422
    assert words in refused.text
    assert written(refused.text) == "Later"
    assert replies(runtime) == []


# The same page again


def test_the_page_gone_back_to_and_changed_is_a_further_message_not_a_lost_one(desk, runtime) -> None:
    page = desk.page()
    desk.press("reply", page, text="First")
    again = desk.press("reply", page, text="Second")
    assert again.status_code == 409
    assert written(again.text) == "Second"
    desk.after("reply", again.text, text="Second")
    assert [reply.text for reply in replies(runtime)] == ["First", "Second"]


# How far it has come


def state(runtime, number: int, state: DeliveryState, code: str = "") -> None:
    with runtime.database.writing() as session:
        message = session.get_one(Message, number)
        message.delivery_state, message.error_code = state, code


def test_a_page_that_stays_open_learns_how_far_it_has_come_and_stops_asking(desk, runtime) -> None:
    desk.press("reply", text="Thank you")
    [reply] = replies(runtime)
    progress = address(desk.talk, f"messages/{reply.id}/progress")
    assert "hx-get" in desk.client.get(progress).text
    assert "hx-get" not in desk.client.get(progress + "?asked=60").text
    state(runtime, reply.id, DeliveryState.READ)
    read = desk.client.get(progress).text
    assert "Read" in read
    assert "hx-get" not in read


@pytest.mark.parametrize(("code", "again"), [("30003", True), ("63016", False), ("opted-out", False)])
def test_what_was_not_sent_says_why_and_what_to_do(desk, runtime, code, again) -> None:
    desk.press("reply", text="Thank you")
    [reply] = replies(runtime)
    state(runtime, reply.id, DeliveryState.FAILED, code)
    page = desk.page()
    assert "Not sent" in page
    assert ("/send-again" in page) is again
    page = desk.after(f"messages/{reply.id}/rewrite", page)
    assert written(page) == "Thank you"


def test_progress_of_a_tip_is_not_for_advertising_staff(desk, runtime, signed_in) -> None:
    desk.press("reply", text="Thank you")
    [reply] = replies(runtime)
    assert signed_in("carol").get(address(desk.talk, f"messages/{reply.id}/progress")).status_code == 404


@pytest.mark.parametrize("act", ["reply", "reply/draft", "reply/files", "reply/files/remove", "reply/preview"])
@pytest.mark.parametrize(("who", "status"), [("victor", 403), ("carol", 404)])
def test_only_who_may_answer_may_begin_to(desk, runtime, signed_in, act, who, status) -> None:
    page, other = desk.page(), signed_in(who)
    fields = {"csrf_token": token(other.get("/desk/account").text), "key": hidden(page, "key"), "text": "x"}
    assert other.post(address(desk.talk, act), data=fields).status_code == status
    with runtime.database.reading() as session:
        assert session.scalars(select(ReplyDraft)).all() == []
