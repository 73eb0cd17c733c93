"""The answer that nobody writes: once for what a person sent us, and to nobody else."""

import pytest
from mail_room import LING, NEWS, PRESS, PROFILE, MailRoom
from said import answers
from smtp_peer import SmtpPeer, said

from inbox.models import ContactPoint, Status
from inbox.services.mail import Bounce


@pytest.fixture
def peer():
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def profile():
    return PROFILE


@pytest.fixture
def environ(environ, tmp_path, peer, profile):
    path = tmp_path / "inbox.toml"
    path.write_text(profile)
    return {**environ, "INBOX_CONFIG": str(path), "INBOX_SMTP_URL": peer.url}


@pytest.fixture
def room(runtime, cast, clock, peer):
    return MailRoom(runtime, cast["alice"], clock, peer)


def test_the_sender_is_told_once_and_machines_are_told_that_nobody_wrote_it(room, peer):
    number = room.gets(mail_id="<asked@example.org>", to=PRESS, reply_to="elsewhere@example.org")
    for _ in range(3):
        room.acknowledges(number)
    [mail] = peer.mails
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-replied", "<asked@example.org>")
    assert (mail["Subject"], mail["To"]) == ("Re: The bridge", LING)
    assert mail["Reply-To"].startswith("press+")
    assert room.submission().reference in said(mail)
    assert "has arrived" in said(mail)


def test_it_is_in_the_language_of_the_mail(room, peer):
    room.acknowledges(room.gets("大橋封閉了，請問貴報是否知道原因？", subject="大橋"))
    assert "我們已收到您的訊息" in said(peer.mails[0])


def test_only_the_mail_that_opened_the_submission_is_acknowledged(room):
    room.acknowledges(room.gets(mail_id="<one@example.org>"))
    room.acknowledges(room.gets("More", in_reply_to="<one@example.org>"))
    assert len(answers(room.runtime)) == 1


@pytest.mark.parametrize(
    "mail",
    [
        {"automatic": True},
        {"bulk": True},
        {"bounce": Bounce("x@example.org", "5.1.1", "")},
        {"sender": PRESS},
        {"sender": "press+abc@dcoglobalnews.example"},
        {"sender": "no-reply@example.org"},
        {"sender": "MAILER-DAEMON@example.org"},
        {"sender": "bounces+123@example.org"},
        {"sender": "not an address"},
        {"to": "elsewhere@example.org"},
    ],
)
def test_machines_and_we_ourselves_are_not_answered(room, peer, mail):
    room.acknowledges(room.gets(**mail))
    assert peer.contents == []


def test_the_same_mail_in_a_second_mailbox_is_not_answered_again(room, peer):
    same = {"mail_id": "<both@example.org>"}
    room.acknowledges(room.gets(to=NEWS, **same))
    room.acknowledges(room.gets(to=PRESS, **same))
    assert len(peer.contents) == 1


def test_suspected_spam_is_not_answered(room, peer):
    number = room.gets()
    with room.runtime.database.writing() as session:
        session.merge(room.submission()).status = Status.SPAM
    room.acknowledges(number)
    assert peer.contents == []


def test_who_wants_no_messages_gets_none(room, peer):
    number = room.gets()
    with room.runtime.database.writing() as session:
        session.query(ContactPoint).one().opted_out_at = room.clock()
    room.acknowledges(number)
    assert peer.contents == []


def test_who_was_answered_by_a_person_already_is_not_told(room, peer):
    number = room.gets()
    room.replies()
    room.acknowledges(number)
    assert answers(room.runtime) == ["Thank you"]


def test_one_address_gets_at_most_three_a_day(room, peer):
    for number in range(5):
        room.acknowledges(room.gets(f"Text {number}"))
    assert len(peer.contents) == 3
    room.acknowledges(room.gets("Me too", sender="other@example.org"))
    assert len(peer.contents) == 4
    room.waits(hours=25)
    room.acknowledges(room.gets("The next day"))
    assert len(peer.contents) == 5


@pytest.mark.parametrize("other", ["ling@ｅxample.org", "ling@exam\u00adple.org", "ling@example。org"])
def test_another_way_to_write_an_address_is_no_other_address(room, peer, other):
    for number in range(5):
        room.acknowledges(room.gets(f"Text {number}", sender=other if number % 2 else LING))
    assert len(peer.contents) == 3


def test_an_old_mail_is_taken_in_without_a_word(room, peer, clock):
    number = room.gets(sent_at=clock())
    room.waits(days=3)
    room.acknowledges(number)
    assert peer.contents == []


@pytest.mark.parametrize(
    "profile", [PROFILE.replace('label = "News desk"', 'label = "News desk"\nacknowledge = false')]
)
def test_a_mailbox_may_keep_silent(room, peer, profile):
    room.acknowledges(room.gets(to=NEWS))
    assert peer.contents == []
    room.acknowledges(room.gets("To the other", to=PRESS))
    assert len(peer.contents) == 1
