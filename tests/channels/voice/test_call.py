"""What a call leaves at the desk's side: one submission, whatever is told of it and in which order."""

from itertools import permutations

import pytest
from calling import CALLER, NUMBER, PATH, Call, stored, tell
from conftest import ACCOUNT, Clock
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from said import answers
from signing import post, text_message
from sqlalchemy import delete, text

from inbox import models
from inbox.models import Channel, FileState, Status, Submission
from inbox.runtime import Runtime
from inbox.services import search

PROFILE = f"""
languages = ["en"]
kinds = ["story_tip", "press_release", "advertising", "message"]
[[numbers]]
number = "{NUMBER}"
label = "News desk"
channels = ["voice"]
default_kind = "reader_reply"
[[numbers]]
number = "+886970840314"
label = "Advertising"
channels = ["voice"]
default_kind = "advertising"
"""
STEPS = ("ring", "choose", "action", "recording", "transcription", "ended")


@pytest.fixture(autouse=True)
def profile(environ: dict[str, str], tmp_path) -> None:
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    environ["INBOX_CONFIG"] = str(path)


def step(call: Call, name: str) -> tuple[str, dict]:
    return call.choose("1") if name == "choose" else getattr(call, name)()


def forget(runtime: Runtime) -> None:
    """Take every trace of calls away, so that the next order of events begins with an empty inbox."""
    with runtime.database.writing() as session:
        for model in (models.Job, models.Call, models.Attachment, models.Message, models.AuditEntry, Submission):
            session.execute(delete(model))
        session.execute(delete(models.ContactPoint))
        session.execute(delete(models.Contact))
        session.execute(text("DELETE FROM submission_search"))


def check_voicemail(runtime: Runtime) -> None:
    """The whole call, however it was told."""
    (submission,) = stored(runtime)
    (message,) = submission.messages
    assert (submission.channel, submission.kind, submission.message_count) == (Channel.VOICE, "story_tip", 1)
    assert (submission.subject, submission.sender) == ("Voicemail, 0:42", CALLER)
    assert submission.preview == message.text == "Please call me about the rents."
    assert (message.account, message.external_id, message.recipient) == (ACCOUNT, Call().recording_sid, NUMBER)
    assert message.extra["transcript"] is True
    assert [(point.channel, point.address) for point in submission.contact.points] == [(Channel.VOICE, CALLER)]
    assert submission.thread_key == f"voice:{CALLER}"
    (file,) = message.attachments
    assert (file.state, file.content_type, file.source_url) == (FileState.PENDING, "audio/mpeg", f"{Call().url}.mp3")
    assert file.filename == "Voicemail 2026-11-20 14.31.mp3"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_order_of_events_ends_in_the_same_voicemail(client: FlaskClient, runtime: Runtime) -> None:
    for order in permutations(STEPS):
        tell(client, *(step(Call(), name) for name in order))
        check_voicemail(runtime)
        forget(runtime)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(STEPS * 2), again=st.lists(st.sampled_from(STEPS), max_size=6))
def test_repetitions_in_any_order_change_nothing(
    client: FlaskClient, runtime: Runtime, order: list[str], again: list[str]
) -> None:
    forget(runtime)
    tell(client, *(step(Call(), name) for name in [*order, *again]))
    check_voicemail(runtime)


@pytest.mark.parametrize("words", ["rents", "Voicemail", "900000021", "886900"])
@pytest.mark.parametrize("order", [STEPS, STEPS[::-1], STEPS[3:] + STEPS[:3]])
def test_a_call_is_found_by_its_words_and_its_number(
    client: FlaskClient, runtime: Runtime, cast: dict, words: str, order: tuple[str, ...]
) -> None:
    tell(client, *(step(Call(), name) for name in order))
    with runtime.database.reading() as session:
        found = search.find_page(session, cast["alice"], search.Filters(words=words))
        assert len(found.submissions) == 1


def test_the_key_chooses_the_kind_and_silence_leaves_that_of_the_number(client: FlaskClient, runtime: Runtime) -> None:
    for number, digits in enumerate(("2", "", "9", "*", "12", "０"), 1):
        call = Call(number, caller=f"+88690000003{number}")
        tell(client, call.ring(), call.choose(digits))
    assert [submission.kind for submission in stored(runtime)] == ["press_release", *["reader_reply"] * 5]


def test_the_first_key_pressed_in_a_submission_decides_its_kind(client: FlaskClient, runtime: Runtime) -> None:
    """Who hangs up at the machine, calls again and presses the key for a tip must not land with advertising."""
    missed, tip, third = (Call(number, to="+886970840314") for number in (1, 2, 3))
    tell(client, missed.ring(), missed.ended())
    assert stored(runtime)[0].kind == "advertising"
    tell(client, tip.ring(), tip.choose("1"), third.ring(), third.choose("3"), missed.ended())
    (submission,) = stored(runtime)
    assert (submission.kind, submission.message_count) == ("story_tip", 3)
    assert [entry.verb for entry in submission.history] == ["submission:receive", "submission:kind"]


@pytest.mark.parametrize("status", ["completed", "no-answer", "busy", "canceled", "failed"])
def test_who_leaves_no_message_leaves_a_missed_call(client: FlaskClient, runtime: Runtime, status: str) -> None:
    tell(client, Call().ring())
    assert stored(runtime)[0].subject == "Call, no message yet"
    tell(client, Call().ended(status))
    (submission,) = stored(runtime)
    assert (submission.subject, submission.preview) == ("Missed call", "Missed call")
    assert submission.messages[0].external_id == Call().sid
    assert submission.messages[0].attachments == []


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_silence_and_a_failed_recording_are_a_missed_call_until_a_recording_comes(
    client: FlaskClient, runtime: Runtime, status: str
) -> None:
    tell(client, Call().ring(), Call().choose(), Call().recording(status, "-1"))
    assert stored(runtime)[0].subject == "Missed call"
    assert stored(runtime)[0].messages[0].attachments == []
    tell(client, Call().recording(), Call().recording(status, "-1"))
    assert stored(runtime)[0].subject == "Voicemail, 0:42"
    assert len(stored(runtime)[0].messages[0].attachments) == 1


def test_the_recording_is_not_fetched_before_it_is_ready(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call().ring(), Call().choose(), Call().action())
    assert stored(runtime)[0].messages[0].attachments == []


def test_a_recording_of_an_unknown_call_is_kept_and_gets_its_caller_later(
    client: FlaskClient, runtime: Runtime
) -> None:
    tell(client, Call().recording())
    (submission,) = stored(runtime)
    assert (submission.subject, submission.kind) == ("Voicemail, 0:42", "message")
    assert (submission.sender, submission.contact, submission.thread_key) == ("", None, None)
    tell(client, Call().ended())
    (submission,) = stored(runtime)
    assert (submission.sender, submission.kind) == (CALLER, "reader_reply")


def test_a_late_name_leaves_two_open_submissions_of_one_caller_apart(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call(1).recording(), Call(2).ring(), Call(1).ended(), Call(3).ring())
    first, second = stored(runtime)
    assert first.contact_id == second.contact_id
    assert (first.message_count, second.message_count) == (1, 2)


def test_a_failed_transcription_leaves_the_recording(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call().ring(), Call().recording(), Call().transcription(""))
    (message,) = stored(runtime)[0].messages
    assert (message.text, message.extra["transcription"], len(message.attachments)) == ("", "failed", 1)
    assert "transcript" not in message.extra


def test_calls_of_one_number_join_while_it_is_open(client: FlaskClient, runtime: Runtime) -> None:
    for number in (1, 2, 3):
        tell(client, Call(number).ring(), Call(number).ended("no-answer"))
    tell(client, Call(4).ring(), Call(4).recording())
    (submission,) = stored(runtime)
    assert (submission.message_count, submission.subject, submission.preview) == (4, "Missed call", "Voicemail, 0:42")


def test_a_word_about_an_older_call_leaves_the_line_of_the_newest(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call(1).ring(), Call(1).recording(), Call(2).ring(), Call(2).ended(), Call(1).transcription())
    assert stored(runtime)[0].preview == "Missed call"


def test_a_voicemail_opens_again_what_was_closed_as_a_missed_call(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call().ring())
    with runtime.database.writing() as session:
        submission = session.get_one(Submission, stored(runtime)[0].id)
        submission.status, submission.thread_key = Status.CLOSED, None
    tell(client, Call().ended())
    assert stored(runtime)[0].status is Status.CLOSED
    tell(client, Call().recording())
    assert stored(runtime)[0].status is Status.OPEN


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "Anonymous", "Restricted", "+266696687", "266696687", "+7378742833", "Unavailable"]
)
def test_a_withheld_number_is_nobodys(client: FlaskClient, runtime: Runtime, caller: str) -> None:
    for number in (1, 2):
        call = Call(number, caller)
        tell(client, call.ring(), call.choose("1"), call.recording(), call.ended())
    first, second = stored(runtime)
    assert first.contact is second.contact is None
    assert (first.sender, first.kind, first.thread_key) == ("", "story_tip", None)


def test_a_caller_without_a_number_has_an_address_that_cannot_be_called(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call(caller="sip:reader@example.org").ring())
    (point,) = stored(runtime)[0].contact.points
    assert (point.address, point.can_reply) == ("sip:reader@example.org", False)


def test_nothing_is_texted_to_a_caller(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, *(step(Call(), name) for name in STEPS))
    assert answers(runtime) == []


def test_an_opt_out_of_messages_is_none_of_calls(client: FlaskClient, runtime: Runtime) -> None:
    post(client, text_message("STOP", From=CALLER, To=NUMBER))
    tell(client, Call().ring(), Call().recording(), Call().transcription("Stop"))
    message, call = stored(runtime)
    assert (message.channel, call.channel, call.subject) == (Channel.SMS, Channel.VOICE, "Voicemail, 0:42")
    assert call.contact.points[0].opted_out_at is None


def test_our_own_calls_are_no_submissions(client: FlaskClient, runtime: Runtime) -> None:
    path, fields = Call().ended()
    tell(client, (path, {**fields, "Direction": "outbound-api"}))
    assert stored(runtime) == []


@pytest.mark.parametrize("at", ["", "soon", "Fri, 99 Nov 2026 06:31:07 +0000", "Fri, 31 Dec 9999 23:59:59 -2300"])
def test_a_recording_without_a_good_time_has_that_of_its_call(
    client: FlaskClient, runtime: Runtime, clock: Clock, at: str
) -> None:
    path, fields = Call().recording()
    tell(client, (path, {**fields, "RecordingStartTime": at}))
    assert stored(runtime)[0].messages[0].attachments[0].filename == "Voicemail 2026-11-24 14.00.mp3"


def test_a_fault_of_ours_is_answered_so_that_twilio_comes_again(app: Flask, runtime: Runtime) -> None:
    with runtime.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE submission_search RENAME TO gone"))
    path, fields = Call().ring()
    assert post(app.test_client(), fields, path=path).status_code == 503
    with runtime.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO submission_search"))
    tell(app.test_client(), (path, fields))
    assert len(stored(runtime)) == 1


NAMES = ("AccountSid", "CallSid", "CallStatus", "From", "To", "Direction", "Digits", "RecordingSid", "RecordingUrl",
         "RecordingStatus", "RecordingDuration", "RecordingStartTime", "CallDuration", "ErrorCode",
         "TranscriptionStatus", "TranscriptionText")  # fmt: skip
WORDS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["", "CA1", "CA" + "1" * 32, "RE1", "ringing", "completed", "absent", "-1", "99999999", "+886", "x" * 5000]
    ),
)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/choice", f"{PATH}/recording", f"{PATH}/transcription"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(st.sampled_from(NAMES), WORDS))
def test_rubbish_is_answered_in_order(client: FlaskClient, runtime: Runtime, path: str, fields: dict[str, str]) -> None:
    answer = post(client, {"CallSid": "CA1", **fields, "AccountSid": ACCOUNT}, path=path)
    assert answer.status_code == 200


def test_a_message_with_the_id_of_a_call_is_not_changed_by_it(client: FlaskClient, runtime: Runtime) -> None:
    post(client, text_message("A text", sid=Call().sid))
    tell(client, *(step(Call(), name) for name in STEPS))
    texts = [message for message in stored(runtime)[0].messages if message.direction == "in"]
    assert [(message.text, message.external_id) for message in texts] == [("A text", Call().sid)]


def test_two_calls_that_name_the_same_recording_are_both_kept(client: FlaskClient, runtime: Runtime) -> None:
    tell(client, Call(1).ring(), Call(1).recording())
    second = Call(2)
    second.recording_sid = Call(1).recording_sid
    tell(client, second.ring(), second.recording())
    (submission,) = stored(runtime)
    assert [message.external_id for message in submission.messages] == [Call(1).recording_sid, second.sid]
