"""Letters against a real mail server: each leaves once, or it is said why not."""

from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from smtp_peer import SmtpPeer, said
from sqlalchemy import select

from inbox import worker
from inbox.models import ChannelHealth, Job, JobKind, JobState, Letter, LetterState
from inbox.services import letters


@pytest.fixture
def peer():
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ, peer):
    return {**environ, "INBOX_SMTP_URL": peer.url}


class Office:
    """Somebody who writes letters, and a worker that runs when it is told to."""

    def __init__(self, runtime, clock) -> None:
        self.runtime, self.clock, self.worker = runtime, clock, worker.make(runtime)

    def writes(self, key: str = "one", **values) -> None:
        values = {"recipient": "reader@example.org", "subject": "Hello", "text": "Good morning", **values}
        with self.runtime.database.writing() as session:
            letters.write(session, key=key, domain="news.example", due_at=self.clock(), now=self.clock(), **values)
        self.worker.run_due()

    def waits(self, **duration) -> None:
        self.clock.advance(**duration)
        self.worker.run_due()

    def state(self, key: str = "one") -> tuple[LetterState, str]:
        with self.runtime.database.reading() as session:
            letter = session.scalars(select(Letter).where(Letter.key == key)).one()
            return letter.state, letter.error

    def job(self) -> Job:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Job).where(Job.kind == JobKind.LETTER)).one()

    def health(self) -> str:
        with self.runtime.database.reading() as session:
            return session.scalars(select(ChannelHealth.problem).where(ChannelHealth.name == "smtp")).one()


@pytest.fixture
def office(runtime, clock):
    return Office(runtime, clock)


def test_a_letter_arrives_as_it_was_written(office, peer):
    unsubscribe = f"<https://inbox.example.org/unsubscribe/{'x' * 120}>"
    headers = {"List-Unsubscribe": unsubscribe, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    office.writes(subject="早安", text="Good morning\n.\nand on", html="<p>Good morning</p>", headers=headers)
    mail = peer.mails[0]
    assert (mail["Subject"], mail["To"]) == ("早安", "reader@example.org")
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (unsubscribe, "List-Unsubscribe=One-Click")
    assert unsubscribe.encode() in peer.contents[0], "a link is sent as it is, not encoded"
    assert said(mail).strip().splitlines() == ["Good morning", ".", "and on"]
    assert said(mail, "html").strip() == "<p>Good morning</p>"
    assert mail["Message-ID"].endswith("@news.example>")
    assert office.state() == (LetterState.SENT, "")
    assert office.health() == ""


def test_a_letter_waits_while_the_server_is_down_and_then_arrives_once(office, peer):
    peer.down()
    office.writes()
    assert office.state() == (LetterState.WAITING, "")
    assert office.health() == "smtp-unreachable"
    for _ in range(30):
        office.waits(hours=1)
    assert office.job().state is JobState.WAITING, "a mail is tried for days"
    peer.up()
    for _ in range(3):
        office.waits(hours=2)
    assert len(peer.contents) == 1
    assert office.state() == (LetterState.SENT, "")
    assert office.health() == ""


def test_after_five_days_it_is_given_up(office, peer):
    peer.down()
    office.writes()
    for _ in range(11):
        office.waits(hours=12)
    assert office.state() == (LetterState.FAILED, "smtp-unreachable")


@pytest.mark.parametrize("fault", ["drop-after", "drop-lost"])
def test_what_may_have_been_sent_is_not_sent_again(office, peer, fault):
    peer.next(fault)
    office.writes()
    for _ in range(5):
        office.waits(hours=2)
    assert peer.connections == 1
    assert office.state() == (LetterState.UNKNOWN, "smtp-unclear")
    assert office.job().attention_at is not None


def test_a_person_may_send_it_again_and_it_is_the_same_mail(office, peer, clock):
    peer.next("drop-after")
    office.writes()
    with office.runtime.database.writing() as session:
        job = session.get_one(Job, office.job().id)
        letters.send_again(session, session.get_one(Letter, job.subject_id), job, now=clock())
    office.waits(seconds=1)
    assert len({mail["Message-ID"] for mail in peer.mails}) == 1
    assert office.state() == (LetterState.SENT, "")


def test_a_letter_that_a_dead_worker_had_begun_is_not_sent_again(office, peer, clock):
    with office.runtime.database.writing() as session:
        letters.write(
            session,
            key="one",
            domain="news.example",
            recipient="reader@example.org",
            subject="Hello",
            text="Good morning",
            due_at=clock(),
            now=clock(),
        )
    lease = office.worker.take()
    with office.runtime.database.writing() as session:
        letters.begin(session, lease.subject_id)
    office.waits(minutes=2)
    assert peer.contents == []
    assert office.state() == (LetterState.UNKNOWN, "smtp-unclear")


@pytest.mark.parametrize("fault", ["drop-before", "sender", "recipient", "refuse"])
def test_what_was_surely_not_taken_is_tried_again(office, peer, fault):
    peer.next(fault, "451 4.7.1 Come back later")
    office.writes()
    assert office.state() == (LetterState.WAITING, "")
    office.waits(minutes=5)
    assert len(peer.contents) == 1


@pytest.mark.parametrize("fault", ["sender", "recipient", "refuse"])
@pytest.mark.parametrize(("words", "code"), [("550 5.1.1 No such mailbox", "5.1.1"), ("554 No", "smtp-554")])
def test_a_refusal_is_kept_with_its_code(office, peer, fault, words, code):
    peer.next(fault, words)
    office.writes()
    office.waits(hours=2)
    assert peer.connections == 1
    assert office.state() == (LetterState.FAILED, code)


@pytest.mark.parametrize("address", ["a@b@c", "no address", "x@y\r\nRCPT TO:<z@example.org>", "ünal@example.org", "@"])
def test_what_is_no_address_is_not_written_to(office, peer, address):
    office.writes(recipient=address)
    assert office.state() == (LetterState.FAILED, "smtp-address")
    assert peer.connections == 0


def test_nothing_that_is_written_adds_a_header(office, peer):
    office.writes(
        subject="Hello\r\nBcc: other@example.org\r\n\r\nIntruder", headers={"X-Note": "a\r\nBcc: b@example.org"}
    )
    mail = peer.mails[0]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: other@example.org Intruder"
    assert peer.envelopes[0][1] == "reader@example.org"
    assert said(mail).strip() == "Good morning"


@pytest.mark.parametrize(
    "subject",
    [
        "é =?utf-8?q?a=0D=0ABcc:_other@example.org?=",
        "=?utf-8?b?w6kNCkJjYzogYkBleGFtcGxlLm9yZw0KDQpJbnRydWRlcg==?=",
        "=?utf-7?q?+AA0ACg-Bcc:_other@example.org?= é",
    ],
)
def test_what_looks_like_an_encoded_word_is_sent_as_it_was_written(office, peer, subject):
    office.writes(subject=subject, headers={"X-Note": subject})
    mail = peer.mails[0]
    assert mail["Bcc"] is None
    assert said(mail).strip() == "Good morning"
    raw = message_from_bytes(peer.contents[0])
    for name in ("Subject", "X-Note"):
        assert str(make_header(decode_header(raw[name]))) == subject


def test_an_address_in_encoded_words_is_not_written_to(office, peer):
    office.writes(recipient="=?utf-8?q?=C3=A9?=@example.org")
    assert office.state() == (LetterState.FAILED, "smtp-address")


def test_a_letter_goes_out_when_it_is_due(office, peer, clock):
    with office.runtime.database.writing() as session:
        for _ in range(2):
            letters.write(
                session,
                key="digest",
                domain="news.example",
                recipient="alice@newsroom.example",
                subject="Your day",
                text="Nothing new",
                due_at=clock() + timedelta(hours=3),
                now=clock(),
            )
    office.waits(hours=2)
    assert peer.contents == []
    office.waits(hours=2)
    assert len(peer.contents) == 1


@pytest.mark.parametrize(("answer", "state"), [("200 Fine", LetterState.SENT), ("354 Go on", LetterState.UNKNOWN)])
def test_an_odd_answer_to_a_whole_mail_never_sends_it_twice(office, peer, answer, state):
    peer.next("refuse", answer)
    office.writes()
    office.waits(days=2)
    assert office.state()[0] is state
    assert peer.connections == 1
