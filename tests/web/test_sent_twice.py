"""A note or a question that a browser sends twice is there once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_work import address, hidden, press, reload, send, token

TEXT = "Which bridge do you mean?"


@pytest.fixture
def submission(runtime):
    return send(runtime, receipt_hash="a" * 64)


def written(runtime, submission, act):
    after = reload(runtime, submission)
    return [note.text for note in after.notes] if act == "notes" else [message.text for message in after.messages[1:]]


@pytest.mark.parametrize("act", ["notes", "messages"])
def test_a_double_click_writes_once(runtime, submission, signed_in, act):
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    answers = [press(alice, submission, act, page, key=hidden(page, "key"), text=TEXT) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert answers[0].location == answers[1].location
    assert written(runtime, submission, act) == [TEXT]


@pytest.mark.parametrize("act", ["notes", "messages"])
def test_two_at_the_same_moment_write_once(runtime, submission, signed_in, act):
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    fields = {"csrf_token": token(page), "key": hidden(page, "key"), "text": TEXT}
    cookie = alice.get_cookie("inbox").value

    def click(_):
        client = alice.application.test_client()
        client.set_cookie("inbox", cookie)
        return client.post(address(submission, act), data=fields).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(click, range(4))) == {303}
    assert written(runtime, submission, act) == [TEXT]


@pytest.mark.parametrize("act", ["notes", "messages"])
def test_other_words_from_the_same_page_are_not_lost(runtime, submission, signed_in, act):
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    for text in (TEXT, "And when?"):
        press(alice, submission, act, page, key=hidden(page, "key"), text=text)
    assert written(runtime, submission, act) == [TEXT, "And when?"]


@pytest.mark.parametrize("act", ["notes", "messages"])
def test_the_same_words_from_another_page_are_written_again(runtime, submission, signed_in, act):
    alice = signed_in("alice")
    for _ in range(2):
        page = alice.get(address(submission)).text
        press(alice, submission, act, page, key=hidden(page, "key"), text=TEXT)
    assert written(runtime, submission, act) == [TEXT, TEXT]


def test_a_note_that_was_refused_keeps_its_key(submission, signed_in):
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    again = press(alice, submission, "notes", page, key=hidden(page, "key"), text=" ")
    assert hidden(again.text, "key") == hidden(page, "key")
