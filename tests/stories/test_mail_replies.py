"""Answering mail: what another mail program gets, and what becomes of it when the mail server is not well."""

from dataclasses import replace

import pytest
from desk_work import send
from mail_room import LING, NEWS, PRESS, PROFILE, MailRoom
from smtp_peer import SmtpPeer, read, said

from inbox.errors import ReplyRefused, StorageError
from inbox.models import Channel, Contact, ContactPoint, DeliveryState, JobState, Message
from inbox.services import mail_tokens, outbox, ways
from inbox.services.contacts import Facts
from inbox.services.mail import Bounce
from inbox.storage import Storage

MB = 1024 * 1024


@pytest.fixture
def peer():
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ, tmp_path, peer):
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    return {**environ, "INBOX_CONFIG": str(path), "INBOX_SMTP_URL": peer.url}


@pytest.fixture
def room(runtime, cast, clock, peer):
    return MailRoom(runtime, cast["alice"], clock, peer)


def test_a_reply_is_part_of_the_conversation_in_another_mail_program(room, peer):
    room.gets(mail_id="<first@example.org>")
    newest = {"mail_id": "<third@example.org>", "references": ("<first@example.org>", "<second@example.org>")}
    number = room.gets("And the ferry too.", subject="RE: Re: The ferry", in_reply_to="<second@example.org>", **newest)
    room.replies("Thank you, Ling.\n\nWhere are you <now>?\nSee https://example.org/map")
    room.waits(seconds=11)
    [mail] = peer.mails
    assert mail["In-Reply-To"] == "<third@example.org>"
    assert mail["References"].split() == ["<first@example.org>", "<second@example.org>", "<third@example.org>"]
    assert mail["Subject"] == "Re: The ferry"
    assert (mail["From"], mail["To"]) == (f"DCO Global News <{NEWS}>", LING)
    assert peer.envelopes == [(NEWS, LING)]
    assert mail["Auto-Submitted"] is None
    assert mail["Date"].datetime == room.clock()
    assert said(mail).startswith("Thank you, Ling.\n\nWhere are you <now>?\n")
    page = said(mail, "html")
    assert "Where are you &lt;now&gt;?<br>" in page
    assert '<a href="https://example.org/map"' in page
    sent = room.message(number + 1)
    assert (sent.account, sent.external_id) == ("smtp", mail["Message-ID"])
    assert sent.mail.mail_id == mail["Message-ID"]
    assert mail_tokens.submission_of(mail["Message-ID"], room.runtime.derive) == room.submission().id


def test_an_answer_to_our_mail_comes_back_to_its_submission(room, peer):
    room.gets(to=PRESS)
    first = room.submission().id
    room.replies()
    room.waits(seconds=11)
    [mail] = peer.mails
    assert mail_tokens.in_address(mail["Reply-To"], room.runtime.derive) == first
    assert mail["Reply-To"].startswith("press+")
    room.gets("Something else", subject="Else")
    number = room.gets("Here I am", subject="Re: The bridge", in_reply_to=mail["Message-ID"], sender="she@example.org")
    assert room.message(number).submission_id == first


def test_without_tokens_an_answer_goes_to_the_mailbox_itself(room, peer):
    room.gets()
    room.replies()
    room.waits(seconds=11)
    assert peer.mails[0]["Reply-To"] is None


def test_a_report_or_a_vacation_notice_is_not_what_is_answered(room, peer):
    room.gets(mail_id="<asked@example.org>")
    room.replies()
    room.waits(seconds=11)
    ours = peer.mails[0]["Message-ID"]
    room.gets("I am away", subject="Automatic reply: The bridge", in_reply_to=ours, automatic=True)
    room.replies("Are you there?", key="key-2")
    room.waits(seconds=11)
    mail = peer.mails[1]
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: The bridge", "<asked@example.org>")


def test_chinese_is_right_in_every_header(room, peer):
    room.gets(
        "大橋封閉了",
        subject="回覆：大橋封閉與漁會聲明，請貴報於明日中午以前協助刊登並通知各地讀者，謝謝",
        sender_name="林, 小姐",
    )
    room.replies("謝謝您，林小姐。")
    room.waits(seconds=11)
    content = peer.contents[0]
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 78
    mail = read(content)
    assert mail["Subject"] == "Re: 大橋封閉與漁會聲明，請貴報於明日中午以前協助刊登並通知各地讀者，謝謝"
    assert said(mail).startswith("謝謝您，林小姐。")
    assert 'lang="zh-Hant"' in said(mail, "html")


def test_the_newsrooms_name_may_have_any_letters(peer, cast, clock, runtime):
    name = '島嶼新聞 "DCO", 台北'
    profile = runtime.profile.model_copy(update={"name": name})
    room = MailRoom(replace(runtime, profile=profile), cast["alice"], clock, peer)
    room.gets()
    room.replies()
    room.waits(seconds=11)
    [address] = peer.mails[0]["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, NEWS)


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"])
def test_no_line_break_of_a_stranger_becomes_a_header(room, peer, breaks):
    attack = f"Hello{breaks}Bcc: other@example.org{breaks}{breaks}Intruder"
    references = (f"<a@example.org>{breaks}Bcc: c@example.org",)
    room.gets(
        subject=attack, sender_name=attack, mail_id=f"<x@example.org>{breaks}Bcc: b@example.org", references=references
    )
    room.replies()
    room.waits(seconds=11)
    [mail] = peer.mails
    assert mail["Bcc"] is None
    assert "Intruder" not in said(mail)
    assert mail["Subject"].startswith("Re: Hello Bcc: other@example.org")
    assert peer.envelopes == [(NEWS, LING)]


def test_who_writes_in_a_senders_name_does_not_get_the_answers_to_them(room, peer):
    first = room.gets()
    room.gets("Hello", subject="Another", reply_to="thief@example.net")
    with room.runtime.database.reading() as session:
        item = session.get_one(Message, first).submission
        found = ways.find_ways(session, item, room.runtime.profile, now=room.clock())
    assert [way.address for way in found] == [LING]


def test_a_bounce_in_somebodys_name_does_not_stop_the_letters_to_them(room, peer):
    room.gets()
    number = room.replies()
    room.gets("Failed", automatic=True, bounce=Bounce("x@example.org", "5.1.1", ""))
    room.waits(seconds=11)
    assert room.message(number).delivery is DeliveryState.SENT


def test_a_very_long_subject_is_answered_in_lines_that_servers_take(room, peer):
    room.gets(subject="x" * 20_000)
    room.replies()
    room.waits(seconds=11)
    [content] = peer.contents
    assert max(map(len, content.splitlines())) <= 998


def test_a_reply_address_that_is_none_is_not_written_to(room, peer):
    room.gets(reply_to="x@example.org\r\nRCPT TO:<z@example.org>")
    assert [way.address for way in room.ways()] == [LING]


def test_the_answer_goes_where_they_ask_for_it(room, peer):
    room.gets(reply_to="desk@agency.example")
    assert [(way.address, way.ours) for way in room.ways()] == [("desk@agency.example", NEWS)]
    room.replies()
    room.waits(seconds=11)
    assert peer.envelopes == [(NEWS, "desk@agency.example")]


def test_a_long_text_is_no_trouble(room, peer):
    room.gets()
    room.replies("A long story. " * 1000)
    room.waits(seconds=11)
    assert said(peer.mails[0]).count("A long story.") == 1000


# Files


def test_files_go_with_it_as_their_clean_copies(room, peer):
    room.gets()
    room.attaches("新聞稿.pdf", "application/pdf", b"%PDF with secrets", b"%PDF clean")
    room.attaches("list.csv", "text/csv", b"a,b\r\n1,2\r\n")
    room.attaches("talk.eml", "message/rfc822", b"Subject: x\r\n\r\nHello")
    room.replies()
    room.waits(seconds=11)
    files = list(peer.mails[0].iter_attachments())
    assert [file.get_filename() for file in files] == ["新聞稿.pdf", "list.csv", "talk.eml"]
    assert [file.get_payload(decode=True) for file in files] == [
        b"%PDF clean",
        b"a,b\r\n1,2\r\n",
        b"Subject: x\r\n\r\nHello",
    ]
    assert [file.get_content_type() for file in files] == ["application/pdf", "text/csv", "application/octet-stream"]


def test_files_that_are_too_large_are_refused_before_anything_is_promised(room):
    room.gets()
    room.attaches("a.jpg", "image/jpeg", bytes(10 * MB))
    room.attaches("b.jpg", "image/jpeg", bytes(9 * MB))
    with pytest.raises(ReplyRefused, match="Together the files are larger"):
        room.replies()


def test_a_file_that_cannot_be_read_now_holds_the_mail_back(room, peer, monkeypatch):
    room.gets()
    room.attaches("a.pdf", "application/pdf", b"%PDF")
    number = room.replies()

    def is_away(storage, key):
        raise StorageError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "read", is_away)
        room.waits(seconds=11)
    assert room.message(number).delivery is DeliveryState.QUEUED
    room.waits(minutes=1)
    assert len(peer.contents) == 1


# A server that is not well


def test_a_server_that_is_down_for_a_day_gets_every_message_exactly_once(room, peer):
    peer.down()
    numbers = []
    for hour in range(30):
        room.gets(f"Text {hour}", subject=f"Subject {hour}", sender=f"reader{hour}@example.org")
        numbers.append(room.replies(f"Answer {hour}", key=f"key-{hour}"))
        room.waits(hours=1)
    assert {room.message(number).delivery for number in numbers} == {DeliveryState.QUEUED}
    peer.up()
    for _ in range(4):
        room.waits(hours=1)
    assert sorted(mail["Subject"] for mail in peer.mails) == sorted(f"Re: Subject {hour}" for hour in range(30))
    assert {room.message(number).delivery for number in numbers} == {DeliveryState.SENT}


@pytest.mark.parametrize("fault", ["drop-after", "drop-lost"])
def test_what_may_have_been_sent_waits_for_a_person(room, peer, fault):
    room.gets()
    number = room.replies()
    peer.next(fault)
    for _ in range(30):
        room.waits(hours=1)
    assert peer.connections == 1
    assert room.message(number).delivery is DeliveryState.UNKNOWN
    assert (room.job(number).state, room.job(number).error) == (JobState.FAILED, "smtp-unclear")
    assert room.job(number).attention_at is not None


def test_a_person_says_that_it_arrived(room, peer):
    room.gets()
    number = room.replies()
    peer.next("drop-after")
    room.waits(minutes=1)
    room.waits(minutes=1)
    room.does(outbox.say_arrived, number)
    room.waits(hours=1)
    assert room.message(number).delivery is DeliveryState.DELIVERED
    assert len(peer.contents) == 1


def test_a_person_sends_it_a_second_time_and_it_is_the_same_mail(room, peer):
    room.gets()
    number = room.replies()
    peer.next("drop-after")
    room.waits(minutes=1)
    room.waits(minutes=1)
    room.does(outbox.send_again, number)
    room.waits(seconds=1)
    assert len({mail["Message-ID"] for mail in peer.mails}) == 1
    assert len(peer.contents) == 2
    assert room.message(number).delivery is DeliveryState.SENT


def test_what_a_dead_worker_had_begun_is_not_sent_again(room, peer):
    room.gets()
    number = room.replies()
    room.clock.advance(seconds=11)
    lease = room.worker.take()
    with room.runtime.database.writing() as session:
        outbox.begin(session, lease.subject_id, room.runtime.profile, now=room.clock())
    room.waits(minutes=2)
    assert peer.contents == []
    assert room.message(number).delivery is DeliveryState.UNKNOWN


@pytest.mark.parametrize("fault", ["drop-before", "sender", "recipient", "refuse"])
def test_what_was_surely_not_taken_goes_out_later(room, peer, fault):
    room.gets()
    number = room.replies()
    peer.next(fault, "450 4.2.0 Greylisted")
    room.waits(seconds=11)
    assert room.message(number).delivery is DeliveryState.QUEUED
    room.waits(minutes=6)
    assert len(peer.contents) == 1


@pytest.mark.parametrize("fault", ["sender", "recipient", "refuse"])
def test_a_refusal_is_told_with_its_code(room, peer, fault):
    room.gets()
    number = room.replies()
    peer.next(fault, "550 5.7.1 Not from you")
    room.waits(seconds=11)
    refused = room.message(number)
    assert (refused.delivery, refused.error_code) == (DeliveryState.FAILED, "5.7.1")
    room.does(outbox.send_again, number)
    room.waits(seconds=1)
    assert len(peer.contents) == 1


def test_a_bounce_says_that_it_did_not_arrive(room, peer):
    room.gets()
    number = room.replies()
    room.waits(seconds=11)
    bounce = Bounce(LING, "5.1.1", peer.mails[0]["Message-ID"])
    room.gets("No such user", subject="Undelivered", sender="mailer-daemon@mx.example", bounce=bounce)
    bounced = room.message(number)
    assert (bounced.delivery, bounced.error_code) == (DeliveryState.FAILED, "5.1.1")


# Forms


def test_the_address_that_a_form_gave_can_be_written_to(room, peer):
    facts = Facts(name="Harbour Office", email="Press@Harbour.example")
    send(room.runtime, "We open a new pier.", subject="A new pier", facts=facts, kind="press_release")
    [way] = room.ways()
    assert (way.channel, way.address, way.ours) == (Channel.EMAIL, "press@harbour.example", PRESS)
    assert not way.is_proved
    room.replies("When?")
    room.waits(seconds=11)
    [mail] = peer.mails
    assert (mail["Subject"], mail["In-Reply-To"], mail["References"]) == ("A new pier", None, None)
    assert mail["To"] == "press@harbour.example"
    room.gets("In May.", sender="press@harbour.example", in_reply_to=mail["Message-ID"], to=PRESS)
    assert [each.is_proved for each in room.ways()] == [True]


def test_whoever_typed_an_address_into_a_form_gets_no_hold_of_its_owner(room):
    send(room.runtime, "I am the mayor.", facts=Facts(name="The Mayor", email=LING))
    item = room.submission()
    room.replies("Hello")
    with room.runtime.database.reading() as session:
        point = session.query(ContactPoint).filter_by(address=LING).one()
        assert point.contact_id != item.contact_id
        assert session.get_one(Contact, point.contact_id).name == ""


def test_an_address_that_wants_no_mail_gets_none_through_a_form_either(room, runtime):
    room.gets()
    with runtime.database.writing() as session:
        session.query(ContactPoint).filter_by(address=LING).one().opted_out_at = room.clock()
    send(runtime, "Write to me.", facts=Facts(name="Ling", email=LING))
    [way] = room.ways()
    assert "no more messages" in way.problem


def test_a_machine_cannot_be_answered(room):
    room.gets(sender="mailer-daemon@mx.example", bounce=Bounce("x@example.org", "5.1.1", ""))
    [way] = room.ways()
    assert "A machine writes" in way.problem
