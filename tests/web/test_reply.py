"""Answering on the channel that the sender used, from the page of a submission."""

import re

import pytest
from desk_work import address, hidden, reload, send, token
from sqlalchemy import select

from inbox.models import Channel, Direction, Message, Submission
from inbox.services import intake
from inbox.services.contacts import Sender
from inbox.services.intake import Incoming

READER = Sender(Channel.WHATSAPP, "+886900000001", "Ling")
OURS = "+886963563485"


@pytest.fixture
def talk(runtime) -> Submission:
    """A submission by WhatsApp."""
    return send(runtime, "The bridge is closed", channel=Channel.WHATSAPP, sender=READER, recipient=OURS)


def answer(client, submission, text="Thank you", page=None, **fields):
    page = page or client.get(address(submission)).text
    values = {"csrf_token": token(page), "key": hidden(page, "key"), "newest": hidden(page, "newest"), "text": text}
    return client.post(address(submission, "reply"), data=values | fields)


def replies(runtime) -> list[Message]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == Direction.OUT)))


def test_the_composer_says_where_a_reply_goes_and_how_long_it_may(talk, signed_in, clock):
    page = signed_in("alice").get(address(talk)).text
    assert "WhatsApp to +886900000001" in page
    assert "Free text until" in page
    assert 'id="reply-text"' in page
    clock.advance(hours=24)
    page = signed_in("alice").get(address(talk)).text
    assert "The 24 hours for free text on WhatsApp ended" in page
    assert 'id="reply-text"' not in page


def test_a_reply_stands_in_the_conversation_and_can_be_taken_back(runtime, talk, signed_in):
    alice = signed_in("alice")
    response = answer(alice, talk, "Thank you, we call")
    assert response.status_code == 303
    page = alice.get(address(talk)).text
    assert "Thank you, we call" in page
    assert "Sending in 10 s" in page
    [reply] = replies(runtime)
    assert (reply.recipient, reply.channel, reply.author_id is not None) == (READER.address, Channel.WHATSAPP, True)

    taken = alice.post(address(talk, f"messages/{reply.id}/take-back"), data={"csrf_token": token(page)})

    assert taken.status_code == 303
    page = alice.get(address(talk)).text
    assert "Taken back" in page
    assert "Sending in" not in page
    history = [entry.verb for entry in reload(runtime, talk).history]
    assert history[-2:] == ["submission:reply", "submission:take_back"]


def test_the_same_page_sent_twice_is_one_reply(runtime, talk, signed_in):
    alice = signed_in("alice")
    page = alice.get(address(talk)).text
    assert [answer(alice, talk, page=page).status_code for _ in range(2)] == [303, 303]
    assert len(replies(runtime)) == 1


def test_a_reply_is_held_when_the_sender_wrote_again_and_nothing_typed_is_lost(runtime, talk, signed_in, clock):
    alice = signed_in("alice")
    page = alice.get(address(talk)).text
    with runtime.database.writing() as session:
        more = Incoming(Channel.WHATSAPP, "web", "second", "It is open again", sender=READER, recipient=OURS)
        intake.receive(session, more, region="TW", now=clock())

    held = answer(alice, talk, "We send somebody", page=page)

    assert held.status_code == 409
    assert "They wrote again while you were writing" in held.text
    assert "It is open again" in held.text
    assert re.search(r"<textarea[^>]*>\nWe send somebody</textarea>", held.text)
    assert replies(runtime) == []
    assert answer(alice, talk, "We send somebody", page=held.text).status_code == 303


@pytest.mark.parametrize("text", ["", "   ", "x" * 1601])
def test_what_cannot_be_sent_is_given_back_with_words(runtime, talk, signed_in, text):
    refused = answer(signed_in("alice"), talk, text)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert replies(runtime) == []


def test_rubbish_in_the_hidden_fields_never_sends(runtime, talk, signed_in):
    assert answer(signed_in("alice"), talk, key="x").status_code == 422
    assert answer(signed_in("alice"), talk, newest="-1").status_code == 409
    assert replies(runtime) == []


def test_a_viewer_neither_sees_the_composer_nor_can_answer(runtime, talk, signed_in):
    page = signed_in("alice").get(address(talk)).text
    victor = signed_in("victor")
    assert 'name="newest"' not in victor.get(address(talk)).text
    fields = {"csrf_token": token(victor.get("/desk/account").text)}
    assert answer(victor, talk, page=page, **fields).status_code == 403
    assert replies(runtime) == []


def test_advertising_staff_cannot_answer_a_tip(runtime, talk, signed_in):
    page = signed_in("alice").get(address(talk)).text
    carol = signed_in("carol")
    fields = {"csrf_token": token(carol.get("/desk/account").text)}
    assert answer(carol, talk, page=page, **fields).status_code == 404
    assert replies(runtime) == []


@pytest.mark.parametrize("act", ["take-back", "send-again"])
@pytest.mark.parametrize(("who", "status"), [("victor", 403), ("carol", 404)])
def test_only_who_may_answer_may_take_back_or_send_again(runtime, talk, signed_in, act, who, status):
    answer(signed_in("alice"), talk)
    [reply] = replies(runtime)
    other = signed_in(who)
    csrf = token(other.get("/desk/account").text)
    path = address(talk, f"messages/{reply.id}/{act}")
    assert other.post(path, data={"csrf_token": csrf}).status_code == status
    assert replies(runtime)[0].delivery_state == "queued"


def test_a_reply_of_another_submission_is_not_found(runtime, talk, signed_in):
    other = send(runtime, channel=Channel.SMS, sender=Sender(Channel.SMS, "+12025550101"), recipient=OURS)
    alice = signed_in("alice")
    answer(alice, talk)
    [reply] = replies(runtime)
    page = alice.get(address(other)).text
    stray = alice.post(address(other, f"messages/{reply.id}/take-back"), data={"csrf_token": token(page)})
    assert stray.status_code == 404


def test_who_has_no_number_that_can_be_answered_is_said_so(runtime, signed_in):
    short = Sender(Channel.SMS, "12345", can_reply=False)
    it = send(runtime, channel=Channel.SMS, sender=short, recipient=OURS)
    assert "not a number that can be written to" in signed_in("alice").get(address(it)).text
