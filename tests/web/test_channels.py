"""The channels page: does each way in and out work, when did it last, and what waits."""

import pytest
from conftest import Clock
from desk_work import counted_statements, send

from inbox.models import Channel, Submission, User
from inbox.runtime import Runtime
from inbox.services import health, mailboxes, outbox
from inbox.services.contacts import Sender
from inbox.services.outbox import Recipient

PAGE = "/desk/channels"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {
        **environ,
        "INBOX_IMAP_URL": "imaps://news%40paper.example:secret-word@mail.example/INBOX",
        "INBOX_SMTP_URL": "smtps://news:secret-word@mail.example",
    }


def reader_writes(runtime: Runtime, clock: Clock) -> Submission:
    sender = Sender(Channel.WHATSAPP, "+886900000001", "Ling")
    return send(runtime, "Hello", channel=Channel.WHATSAPP, sender=sender, recipient="+886963563485")


def test_what_was_never_used_is_said_to_be_so(signed_in):
    page = signed_in("victor").get(PAGE).text
    assert "Web forms" in page and "news@paper.example" in page and "mail.example" in page
    assert page.count("Not used yet") == 4
    assert "secret-word" not in page


def test_a_way_that_works_says_since_when_and_what_came(signed_in, runtime, clock):
    with runtime.database.writing() as session:
        health.succeeded(session, "imap:news@paper.example", now=clock())
    reader_writes(runtime, clock)
    page = signed_in("alice").get(PAGE).text
    assert page.count("Works") == 2
    assert "last reached" in page and "last arrival" in page


def test_a_refused_login_is_told_in_words_until_it_works_again(signed_in, runtime, clock, client):
    with runtime.database.writing() as session:
        health.failed(session, "imap:news@paper.example", mailboxes.SIGN_IN, now=clock())
    clock.advance(hours=2)
    with runtime.database.writing() as session:
        health.failed(session, "imap:news@paper.example", mailboxes.SIGN_IN, now=clock())
    page = signed_in("alice").get(PAGE).text
    assert "The mail server does not accept the user name or the password." in page
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert "imap: fails since 2026-11-24 06:00 UTC" in ready.text
    assert "news@paper.example" not in ready.text

    with runtime.database.writing() as session:
        health.succeeded(session, "imap:news@paper.example", now=clock())
    assert "does not accept" not in signed_in("alice").get(PAGE).text
    assert client.get("/readyz").text == "ok\n"


def test_an_unknown_problem_still_says_what_to_do(signed_in, runtime, clock):
    with runtime.database.writing() as session:
        health.failed(session, "smtp", "something new", now=clock())
    page = signed_in("alice").get(PAGE).text
    assert "Does not work" in page and "something new" not in page


def test_what_waits_to_leave_is_told_with_its_age(signed_in, runtime, clock, cast: dict[str, User]):
    submission = reader_writes(runtime, clock)
    page = signed_in("alice").get(PAGE).text
    assert "waits to leave" not in page
    with runtime.database.writing() as session:
        point = session.merge(submission).messages[0].contact_point_id
        to = Recipient(submission.id, point, Channel.WHATSAPP, "+886900000001", "+886963563485")
        outbox.enqueue(session, to, "Thank you", key="k", due_at=clock(), now=clock(), author_id=cast["alice"].id)
    clock.advance(minutes=5)
    assert "waits to leave" in signed_in("alice").get(PAGE).text


def test_the_page_costs_the_same_however_much_came(signed_in, runtime, clock):
    alice = signed_in("alice")
    alice.get(PAGE)
    with counted_statements(runtime) as few:
        alice.get(PAGE)
    for number in range(5):
        send(runtime, f"Text {number}", kind="story_tip")
    with counted_statements(runtime) as many:
        alice.get(PAGE)
    assert len(few) == len(many)
