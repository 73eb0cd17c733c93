"""Writing a mail at the desk: what the composer says about it, and what it promises."""

import pytest
from desk_work import address, hidden, send, token
from mail_room import LING, NEWS, PRESS, PROFILE
from sqlalchemy import select

from inbox.models import Channel, DeliveryState, Job, JobState, Letter, LetterState, Message
from inbox.services import letters
from inbox.services.contacts import Facts, Sender


@pytest.fixture
def environ(environ, tmp_path):
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    return {**environ, "INBOX_CONFIG": str(path), "INBOX_SMTP_URL": "smtp://127.0.0.1:10025"}


@pytest.fixture
def talk(runtime):
    sender = Sender(Channel.EMAIL, LING, "Ling")
    extra = {"subject": "The bridge"}
    return send(runtime, "It is closed.", channel=Channel.EMAIL, sender=sender, recipient=NEWS, extra=extra)


@pytest.fixture
def desk(signed_in):
    return signed_in("alice")


def test_a_mail_is_answered_where_it_was_sent_without_counting_letters(desk, talk, runtime):
    page = desk.get(address(talk)).text
    assert f"E-mail to {LING}, from News desk" in page
    assert f"({NEWS})" in page
    assert 'id="letters"' not in page
    fields = {name: hidden(page, name) for name in ("key", "newest", "way")}
    text = "A long answer. " * 500
    answer = desk.post(address(talk, "reply"), data={"csrf_token": token(page), "text": text, **fields})
    assert answer.status_code == 303
    with runtime.database.reading() as session:
        sent = session.scalars(select(Message).where(Message.author_id.is_not(None))).one()
        assert (sent.channel, sent.recipient, sent.delivery) == (Channel.EMAIL, LING, DeliveryState.QUEUED)
        assert sent.mail.mail_id.endswith("@dcoglobalnews.example>")


def test_the_address_from_a_form_is_offered_beside_the_status_page_and_said_to_be_not_proved(desk, runtime):
    facts = Facts(name="Ling", email=LING)
    talk = send(runtime, "A new pier opens.", kind="press_release", facts=facts, receipt_hash="a" * 64)
    assert "Write by E-mail instead" in desk.get(address(talk)).text
    page = desk.get(f"{address(talk)}?way=email:{LING}").text
    assert "nothing shows yet that it is theirs" in page
    assert f"({PRESS})" in page


@pytest.fixture
def page_without_server(environ, request):
    """`page(public_url, submission)` is what Alice sees of a submission in an inbox that has no mail server."""
    environ.pop("INBOX_SMTP_URL")

    def page(public_url: str, **values) -> str:
        environ["INBOX_PUBLIC_URL"] = public_url
        app, cast = request.getfixturevalue("app"), request.getfixturevalue("cast")
        talk = send(request.getfixturevalue("runtime"), "It is closed.", **values)
        client = app.test_client()
        with client.session_transaction(base_url=public_url) as cookie:
            cookie |= {"_user_id": cast["alice"].fs_uniquifier, "_fresh": True, "fs_cc": "set", "fs_paa": 4_000_000_000}
        return client.get(address(talk), base_url=public_url).text

    return page


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        ("http://127.0.0.1:8000", "is only kept on this machine"),
        ("https://inbox.example.org", "No mail server is set up"),
    ],
)
def test_without_a_mail_server_the_composer_says_so(page_without_server, public_url, words):
    mail = {"channel": Channel.EMAIL, "sender": Sender(Channel.EMAIL, LING, "Ling"), "recipient": NEWS}
    assert words in page_without_server(public_url, **mail)


def test_without_a_mail_server_a_forms_address_is_not_offered(page_without_server):
    form = {"facts": Facts(name="Ling", email=LING), "receipt_hash": "a" * 64}
    page = page_without_server("https://inbox.example.org", **form)
    assert "Ask the sender" in page
    assert "Write by E-mail" not in page


def give_up(runtime, state: LetterState, error: str) -> None:
    """A letter of which this became."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        given = {"recipient": LING, "subject": "Hello", "text": "Hello", "due_at": now, "now": now}
        letters.write(session, key="one", domain="news.example", **given)
    with runtime.database.writing() as session:
        letter, job = session.scalars(select(Letter)).one(), session.scalars(select(Job)).one()
        letter.state = LetterState.SENDING if state is LetterState.UNKNOWN else letter.state
        letters.give_up(session, letter.id, error)
        assert letter.state is state
        job.state, job.error, job.attention_at = JobState.FAILED, error, now


@pytest.mark.parametrize(
    ("state", "error", "title", "button"),
    [
        (LetterState.FAILED, "5.1.1", "A letter could not be sent", "Try again"),
        (LetterState.UNKNOWN, "smtp-unclear", "A letter may have been sent", "Send it a second time"),
    ],
)
def test_a_notice_that_was_not_sent_needs_attention_and_can_be_sent_again(desk, runtime, state, error, title, button):
    give_up(runtime, state, error)
    page = desk.get("/desk/attention").text
    assert title in page
    assert button in page
    with runtime.database.reading() as session:
        number = session.scalars(select(Job.id)).one()
    assert desk.post(f"/desk/attention/{number}/again", data={"csrf_token": token(page)}).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(Letter)).one().state is LetterState.WAITING
        assert session.scalars(select(Job)).one().state is JobState.WAITING


def test_what_may_have_been_sent_is_not_among_all_that_is_tried_again(desk, runtime):
    give_up(runtime, LetterState.UNKNOWN, "smtp-unclear")
    page = desk.get("/desk/attention").text
    desk.post("/desk/attention/again", data={"csrf_token": token(page), "kind": "letter"})
    with runtime.database.reading() as session:
        assert session.scalars(select(Letter)).one().state is LetterState.UNKNOWN
