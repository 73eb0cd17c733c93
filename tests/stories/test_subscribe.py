"""Subscribing to the newsletter by e-mail: against a real mail server, with readers who keep no cookies."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from reader import Reader, page_of
from smtp_peer import SmtpPeer, said
from sqlalchemy import event, select, update
from subscribing import ADDRESS, PROFILE, Press

from inbox import create_app, worker
from inbox.bootstrap import bootstrap
from inbox.errors import ConfigError
from inbox.models import Consent, Job, JobKind, Letter, Subscriber
from inbox.services import subscribers


@pytest.fixture
def post():
    with SmtpPeer() as post:
        yield post


@pytest.fixture
def environ(environ, post, tmp_path: Path):
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    return {**environ, "INBOX_CONFIG": str(profile), "INBOX_SMTP_URL": post.url}


@pytest.fixture
def press(app, runtime, clock, post) -> Press:
    return Press(app, runtime, clock, post)


def test_nobody_gets_the_newsletter_who_has_not_pressed_the_button_of_the_mail(press: Press) -> None:
    page = press.ask(" Ling@Example.org ")
    assert "Look into your mailbox" in page.text
    assert press.states() == {ADDRESS: "pending"}
    assert press.mails[0]["To"] == ADDRESS
    link = press.link("/subscribe/confirm/")
    assert press.reader.client.head(link).status_code == 200
    assert "Yes, subscribe me" in press.reader.open(link).text
    assert press.states() == {ADDRESS: "pending"}, "a program that looks through mail follows links"
    assert press.presses(link) == 303
    assert press.states() == {ADDRESS: "confirmed"}
    assert press.audit() == [("sender", "subscriber:confirm", {"subscriber": 1})]


def test_what_was_agreed_to_is_kept_word_for_word(press: Press, clock) -> None:
    shown = press.form()
    asked_at = clock.now
    press.subscribes(language="zh-Hant")
    consent = press.consents()[0]
    assert consent.text in shown.text
    assert "DCO Weekly" in consent.text
    assert "DCO Global News" in consent.text
    assert (consent.text_language, consent.language, consent.way) == ("en", "zh-Hant", "form")
    assert (consent.asked_at, consent.confirmed_at, len(consent.digest)) == (asked_at, asked_at, 64)
    assert press.mails[0]["Subject"] == "請確認訂閱：DCO Weekly"
    assert consent.text in said(press.mails[0])


def test_words_that_changed_since_the_page_was_opened_are_shown_before_they_count(press: Press, environ, clock) -> None:
    page = press.form()
    profile = Path(environ["INBOX_CONFIG"])
    profile.write_text(PROFILE.replace("[newsletter]", '[newsletter]\nconsent = "Yes, 100% of it."'), encoding="utf-8")
    app = create_app(bootstrap(environ, clock))
    press.reader.client = app.test_client()
    again = press.reader.send(page, email=ADDRESS, consent="yes")
    assert again.status == 422
    assert "Yes, 100% of it." in again.text
    assert press.consents() == []


def test_an_answer_says_nothing_of_what_is_known_of_an_address(press: Press, clock) -> None:
    """Neither in words nor by the work that the page does: each runs the same statements."""
    press.subscribes("confirmed@example.org")
    press.subscribes("left@example.org")
    press.presses(press.link("/unsubscribe/"))
    press.ask("pending@example.org")
    clock.advance(days=2)
    seen = []
    for address in ("new", "pending", "confirmed", "left"):
        seen.append(_watched(press, f"{address}@example.org"))
    seen.append(_watched(press, "somebody@no-such-domain.invalid"))
    for _ in range(4):
        seen.append(_watched(press, "too.often@example.org"))
        press.worker.run_due()
    assert all(each == seen[0] for each in seen)


def _watched(press: Press, address: str) -> tuple[int, str, str, list[str]]:
    statements: list[str] = []
    page = press.form()
    engine = press.runtime.database.engine

    def note(connection, cursor, statement, *more) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        response = press.reader.post(page, email=address, consent="yes")
        shown = press.reader.open(response.location)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return response.status_code, response.location, shown.html, statements


def test_who_is_subscribed_already_is_told_so_by_mail_alone(press: Press) -> None:
    press.subscribes()
    press.waits(hours=1)
    press.ask()
    assert press.mails[-1]["Subject"] == "You are subscribed already: DCO Weekly"
    assert "/subscribe/confirm/" not in said(press.mails[-1])
    assert press.states() == {ADDRESS: "confirmed"}


def test_a_stranger_cannot_change_the_language_of_a_subscription(press: Press, runtime) -> None:
    press.subscribes()
    press.waits(hours=1)
    press.ask(language="zh-Hant")
    with runtime.database.reading() as session:
        assert session.scalars(select(Subscriber.language)).one() == "en"


def test_an_address_gets_few_mails_however_often_it_is_typed(press: Press) -> None:
    for _ in range(3):
        press.ask()
    assert len(press.mails) == 1
    for _ in range(10):
        press.waits(minutes=11)
        press.ask()
    assert len(press.mails) == 3
    press.waits(days=1)
    press.ask()
    assert len(press.mails) == 4


def test_another_way_to_write_a_domain_brings_no_further_mail(press: Press) -> None:
    for address in (ADDRESS, "ling@ｅxample.org", "ling@exaｍple.org", "ling@exam\u00adple.org", "ling@example。org"):
        press.ask(address)
    assert [mail["To"] for mail in press.mails] == [ADDRESS]


def test_every_link_of_before_the_confirmation_is_void_after_it(press: Press) -> None:
    press.ask()
    press.waits(minutes=11)
    press.ask()
    first, second = (press.link("/subscribe/confirm/", mail) for mail in press.mails)
    assert press.presses(first) == 303
    assert press.presses(second) == press.presses(first) == 410


def test_a_guessed_or_old_token_does_nothing(press: Press) -> None:
    press.ask()
    link = press.link("/subscribe/confirm/")
    for wrong in (link[:-1], f"{link}x", "/subscribe/confirm/guess", link.lower()):
        assert press.presses(wrong) == 410, wrong
        assert press.reader.open(wrong).status == 410, wrong
    press.clock.advance(days=7)
    assert press.presses(link) == 410
    assert press.states() == {ADDRESS: "pending"}


def test_a_used_token_does_not_bring_back_who_has_left(press: Press) -> None:
    press.subscribes()
    confirm, leave = press.link("/subscribe/confirm/"), press.link("/unsubscribe/")
    assert press.presses(leave) == 200
    assert press.presses(confirm) == 410
    assert press.states() == {ADDRESS: "unsubscribed"}


def test_one_click_of_a_mail_program_unsubscribes_without_a_cookie(press: Press) -> None:
    press.subscribes()
    mail = press.mails[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    opened = press.app.test_client().get(path)
    assert opened.status_code == 200
    assert b"csrf_token" not in opened.data
    assert "Set-Cookie" not in opened.headers
    assert press.states() == {ADDRESS: "confirmed"}, "a GET changes nothing"
    for _ in range(2):  # mail programs try again
        assert press.presses(path, **{"List-Unsubscribe": "One-Click"}) == 200, "and it is no redirect"
    assert press.states() == {ADDRESS: "unsubscribed"}
    assert [verb for _, verb, _ in press.audit()] == ["subscriber:confirm", "subscriber:leave"]
    assert press.consents()[0].withdrawn_at is not None


def test_one_click_works_as_a_mail_program_sends_it_in_parts(press: Press) -> None:
    press.subscribes()
    client, path = press.app.test_client(), press.link("/unsubscribe/")
    parts = {"List-Unsubscribe": "One-Click"}
    assert client.post(path, data=parts, content_type="multipart/form-data").status_code == 200
    assert press.states() == {ADDRESS: "unsubscribed"}


def test_the_link_that_unsubscribes_lasts(press: Press) -> None:
    press.subscribes()
    leave = press.link("/unsubscribe/")
    press.waits(days=400)
    assert press.presses(leave) == 200
    assert press.states() == {ADDRESS: "unsubscribed"}


def test_a_guessed_link_unsubscribes_nobody(press: Press) -> None:
    press.subscribes()
    leave = press.link("/unsubscribe/")
    seed = leave.rpartition("/")[2].partition(".")[0]
    for wrong in (
        f"/unsubscribe/{seed}",
        f"/unsubscribe/{seed}.{'A' * 24}",
        f"{leave}x",
        "/unsubscribe/1",
        "/unsubscribe/é.é",
    ):
        assert press.presses(wrong) == 410, wrong
    assert press.states() == {ADDRESS: "confirmed"}


def test_who_left_can_come_back_only_by_a_new_confirmation(press: Press) -> None:
    press.subscribes()
    press.presses(press.link("/unsubscribe/"))
    press.waits(hours=1)
    press.ask()
    assert press.states() == {ADDRESS: "unsubscribed"}
    assert press.presses(press.link("/subscribe/confirm/")) == 303
    assert press.states() == {ADDRESS: "confirmed"}
    assert [bool(consent.withdrawn_at) for consent in press.consents()] == [True, False]


def test_who_never_asked_can_say_no_by_the_link_of_the_mail(press: Press) -> None:
    press.ask()
    confirm, leave = press.link("/subscribe/confirm/"), press.link("/unsubscribe/")
    assert press.presses(leave) == 200
    assert press.presses(confirm) == 410


def test_what_nobody_confirmed_is_forgotten_after_a_week(press: Press, runtime) -> None:
    press.subscribes("stays@example.org")
    press.ask("goes@example.org")
    press.worker.promise_regular()
    press.waits(days=8)
    press.worker.promise_regular()
    press.worker.run_due()
    assert press.states() == {"stays@example.org": "confirmed"}
    assert [consent.address for consent in press.consents()] == ["stays@example.org"]
    with runtime.database.reading() as session:
        assert session.scalars(select(Letter)).all() == []


def test_of_a_token_only_its_hash_is_left_an_hour_after_its_mail_has_left(press: Press, runtime) -> None:
    press.ask()
    token = press.link("/subscribe/confirm/").rpartition("/")[2]
    assert len(token) * 6 >= 128
    press.worker.promise_regular()
    press.waits(hours=2)
    press.worker.promise_regular()
    press.worker.run_due()
    with runtime.database.reading() as session:
        letter, consent = session.scalars(select(Letter)).one(), session.scalars(select(Consent)).one()
        for row in (letter, consent):
            assert all(token not in str(getattr(row, column.key)) for column in row.__table__.columns)
        assert "/unsubscribe/" not in f"{letter.text}{letter.html}{letter.headers}"
    assert press.presses(f"/subscribe/confirm/{token}") == 303


def test_a_mail_that_nobody_takes_troubles_no_staff(press: Press, post, runtime) -> None:
    post.next("recipient", "550 5.1.1 no such mailbox")
    press.ask("nobody@example.org")
    with runtime.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.LETTER)).one()
        assert (job.state.value, job.attention_at) == ("failed", None)


def test_twenty_at_once_are_one_subscriber_and_one_mail(press: Press, app, runtime) -> None:
    pages = [(reader, reader.open("/subscribe")) for reader in (Reader(app.test_client()) for _ in range(20))]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda each: each[0].post(each[1], email=ADDRESS, consent="yes"), pages))
    assert {answer.status_code for answer in answers} == {303}
    hands = [worker.make(runtime) for _ in range(4)]
    threads = [threading.Thread(target=hand.run_due) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    press.waits(minutes=1)
    assert press.states() == {ADDRESS: "pending"}
    assert len(press.mails) == len(press.consents()) == 1


def test_two_presses_of_the_button_at_once_subscribe_once(press: Press, app) -> None:
    press.ask()
    link = press.link("/subscribe/confirm/")
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(lambda client: client.post(link).status_code, [app.test_client(), app.test_client()]))
    assert codes == [303, 410]
    assert [verb for _, verb, _ in press.audit()] == ["subscriber:confirm"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "This is still empty"),
        ("ling@example", "looks cut short"),
        ("a..b@example.org", "Mail cannot go to this address"),
        ("ling@example.org\r\nBcc: all@example.org", "looks cut short"),
        ("a" * 260 + "@example.org", "254 fit here"),
    ],
)
def test_an_address_that_is_none_is_shown_again(press: Press, typed: str, words: str) -> None:
    page = press.ask(typed)
    assert page.status == 422
    assert words in page.text
    assert page.wrong == {"email"}
    assert press.consents() == []


def test_without_a_yes_nothing_is_kept(press: Press) -> None:
    page = press.ask(consent=None)
    assert (page.status, page.wrong, page.answers["email"]) == (422, {"consent"}, ADDRESS)
    assert press.consents() == []


def test_a_form_that_a_machine_filled_in_is_asked_for_once_more(press: Press) -> None:
    page = press.ask(homepage="https://spam.example")
    assert page.status == 422
    assert "Press the button once more" in page.text
    assert press.consents() == []
    assert press.reader.send(page).status == 200
    assert len(press.consents()) == 1


def test_a_form_without_its_cookie_is_shown_again(press: Press, client: FlaskClient) -> None:
    page = press.form()
    answer = page_of(client.post("/subscribe", data={**page.answers, "email": ADDRESS, "consent": "yes"}))
    assert (answer.status, answer.answers["email"]) == (422, ADDRESS)
    assert press.consents() == []


def test_an_address_of_the_network_can_post_only_so_often(environ, clock) -> None:
    app = create_app(bootstrap({**environ, "INBOX_PUBLIC_POST_LIMIT": "2 per 10 minutes"}, clock))
    reader = Reader(app.test_client())
    codes = [reader.post(reader.open("/subscribe"), email=ADDRESS, consent="yes") for _ in range(3)]
    assert [answer.status_code for answer in codes] == [303, 303, 429]
    assert ADDRESS in codes[-1].text
    assert codes[-1].headers["Retry-After"]


def test_the_front_page_and_the_privacy_page_tell_of_it(press: Press) -> None:
    assert "/subscribe" in press.reader.open("/").links
    assert "If you subscribe" in press.reader.open("/privacy").text


def test_without_a_newsletter_there_is_no_such_page(environ, clock, press: Press) -> None:
    press.subscribes()
    leave = press.link("/unsubscribe/")
    Path(environ["INBOX_CONFIG"]).write_text('[[mailboxes]]\naddress = "news@dco.example"\nlabel = "E-mail"\n')
    client = create_app(bootstrap(environ, clock)).test_client()
    for path in ("/subscribe", "/subscribe/sent", "/subscribe/confirm/x", "/subscribe/confirmed"):
        assert client.get(path).status_code == 404, path
    assert client.post("/subscribe").status_code == 404
    assert "/subscribe" not in Reader(client).open("/").links
    assert client.post(leave).status_code == 200, "who wants to leave can always do so"
    assert press.states() == {ADDRESS: "unsubscribed"}


def test_without_a_mail_server_only_whatsapp_is_offered(environ, clock) -> None:
    environ = {**environ, "INBOX_SMTP_URL": "", "INBOX_PUBLIC_URL": "https://inbox.example.org"}
    client = create_app(bootstrap(environ, clock)).test_client()
    page = Reader(client).open("/subscribe")
    assert "https://wa.me/886963563485?text=NEWS" in page.links
    assert "email" not in page.answers
    assert client.post("/subscribe").status_code == 404


@pytest.mark.parametrize("word", ["start", "訂閱", "STOP", "Press release", "0", "7", "yes", "。"])
def test_a_keyword_that_means_something_else_stops_the_start(environ, word: str) -> None:
    Path(environ["INBOX_CONFIG"]).write_text(f'[newsletter]\nname = "Weekly"\nkeyword = "{word}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="newsletter"):
        bootstrap(environ)


def test_a_consent_that_was_never_answered_confirms_nothing(press: Press, runtime) -> None:
    press.ask()
    link = press.link("/subscribe/confirm/")
    with runtime.database.writing() as session:
        session.execute(update(Consent).values(answered_at=press.clock() - subscribers.CONFIRM_WITHIN - timedelta(1)))
    assert press.presses(link) == 410
