"""Signing out and closing end it on the server: a copy of the cookie is worth nothing afterwards."""

import pytest
from channels.webform.conftest import ANSWERS, code_on
from reader import Reader
from signing_in import give_password, is_in, post, sign_in

from inbox.models import User


def copy_of(app, client):
    other = app.test_client()
    other.set_cookie("inbox", client.get_cookie("inbox").value)
    return other


@pytest.fixture
def alice(app, runtime, cast):
    """`alice()` is one more browser that Alice signed in with."""
    give_password(runtime, cast["alice"])

    def enter():
        client = app.test_client()
        sign_in(client, cast["alice"].email)
        assert is_in(client)
        return client

    return enter


def test_a_copied_cookie_ends_with_the_session(app, alice):
    client = alice()
    copied = copy_of(app, client)
    assert is_in(copied)
    post(client, "/desk/sign-out", page="/desk/account")
    assert not is_in(copied)


def test_other_devices_stay_signed_in(alice):
    desk, phone = alice(), alice()
    post(desk, "/desk/sign-out", page="/desk/account")
    assert is_in(phone)
    post(phone, "/desk/sign-out", page="/desk/account")
    assert is_in(alice())


def test_what_is_too_old_anyway_is_not_remembered(app, alice, clock, runtime, cast):
    post(alice(), "/desk/sign-out", page="/desk/account")
    clock.advance(hours=13)
    post(alice(), "/desk/sign-out", page="/desk/account")
    with runtime.database.reading() as session:
        assert len(session.get_one(User, cast["alice"].id).ended_sessions) == 1


def opened(reader, code):
    return reader.send(reader.open("/status"), code=code)


def test_a_copied_cookie_opens_no_submission_that_was_closed(app, client):
    reader = Reader(client)
    code = code_on(reader.send(reader.open("/send/story-tip"), **ANSWERS["story-tip"]))
    page = opened(reader, code)
    copied = Reader(copy_of(app, client))
    assert ANSWERS["story-tip"]["body"] in copied.open("/status").text
    client.post("/status/close", data={"csrf_token": page.answers["csrf_token"]})
    assert ANSWERS["story-tip"]["body"] not in copied.open("/status").text
    assert ANSWERS["story-tip"]["body"] in opened(reader, code).text
    assert ANSWERS["story-tip"]["body"] not in copied.open("/status").text
