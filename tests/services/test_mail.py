"""What a mail becomes: one message, in the submission that it answers, whatever mailbox it comes to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from posted import NEWS, TIPS, answer, arrive, keep, letter, mails, of, submissions, with_mailboxes
from sqlalchemy import func, select

from inbox.models import (
    Attachment,
    AuditEntry,
    Channel,
    ContactPoint,
    DeliveryState,
    Direction,
    Job,
    JobKind,
    Letter,
    Message,
    Role,
    Status,
    Submission,
    User,
)
from inbox.runtime import Runtime
from inbox.services import mail_tokens, search, spam, triage
from inbox.services.mail import Bounce
from inbox.services.search import Filters

EDITOR = User(name="Alice", role=Role.EDITOR)


@pytest.fixture
def newsroom(runtime: Runtime) -> Runtime:
    return with_mailboxes(runtime)


def decide(runtime: Runtime, number: int) -> None:
    with runtime.database.writing() as session:
        item = session.get_one(Submission, number)
        triage.move(session, item, Status.CLOSED, actor=EDITOR, seen=item.version, now=runtime.clock())


def found(runtime: Runtime, words: str) -> list[int]:
    with runtime.database.reading() as session:
        return [item.id for item in search.find_page(session, EDITOR, Filters(words=words)).submissions]


def messages(runtime: Runtime) -> list[Message]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


# What it becomes


def test_a_mail_opens_a_submission_of_its_mailboxs_kind(newsroom: Runtime):
    arrival = arrive(newsroom, letter("First line.\nSecond line.", subject="The bridge"), TIPS)
    item = submissions(newsroom)[0]
    assert arrival.opened
    assert (item.kind, item.channel, item.status) == ("story_tip", Channel.EMAIL, Status.NEW)
    assert (item.subject, item.sender) == ("The bridge", "Lin Ya-ting")
    message = messages(newsroom)[0]
    assert (message.account, message.recipient) == (TIPS, TIPS)
    assert message.external_id == mails(newsroom)[0].mail_id
    assert message.extra["to"] == [NEWS]
    assert found(newsroom, "second")
    assert found(newsroom, "lin@reader.example")


def test_two_mails_of_one_sender_are_two_submissions_of_one_contact(newsroom: Runtime):
    arrive(newsroom, letter("The bridge is closed."))
    arrive(newsroom, letter("The school is open."))
    first, second = submissions(newsroom)
    assert first.contact_id == second.contact_id
    assert (first.thread_key, second.thread_key) == (None, None)


def test_a_calendar_file_makes_it_an_event_with_its_facts(newsroom: Runtime):
    starts = {"at": "2026-12-01T19:00:00+08:00", "zone": "Asia/Taipei"}
    arrive(newsroom, letter(kind="event", details={"starts_at": starts, "venue": "Hall 2"}))
    item = submissions(newsroom)[0]
    assert (item.kind, item.details) == ("event", {"starts_at": starts, "venue": "Hall 2"})
    assert item.reference.startswith("EV-")


@pytest.mark.parametrize("sender", ["", "undisclosed", "a b@c.example", "x" * 400 + "@a.example", "n\0l@a.example"])
def test_a_sender_without_a_usable_address_is_stored_too(newsroom: Runtime, sender: str):
    arrival = arrive(newsroom, letter(sender=sender, sender_name="Old Scanner"))
    assert submissions(newsroom)[0].sender == "Old Scanner"
    with newsroom.database.reading() as session:
        assert session.get_one(Message, arrival.message_id).contact_point_id is None


def test_an_address_is_one_contact_however_it_is_written(newsroom: Runtime):
    arrive(newsroom, letter(sender="Lin@Reader.example"))
    arrive(newsroom, letter(sender="lin@reader.example"))
    with newsroom.database.reading() as session:
        assert session.scalars(select(ContactPoint.address)).all() == ["lin@reader.example"]


def test_a_reply_address_and_what_kind_of_mail_it_is_are_kept_for_those_who_answer(newsroom: Runtime):
    arrive(newsroom, letter(reply_to="desk@reader.example", bulk=True, references=("<a@x>", "<b@x>")))
    arrive(newsroom, letter(reply_to="LIN@reader.example"))
    first, second = messages(newsroom)
    assert first.extra["reply_to"] == "desk@reader.example"
    assert first.extra["references"] == ["<a@x>", "<b@x>"]
    assert first.extra["bulk"] is True
    assert "reply_to" not in second.extra
    assert mails(newsroom)[0].traits == {"bulk": True}


def test_text_that_no_database_holds_is_taken_in_as_far_as_it_can_be(newsroom: Runtime):
    odd = "a\0b\ud800c"
    arrive(newsroom, letter(odd, subject=odd, html=odd, sender_name=odd, verdicts={"spf": odd}, defects=(odd,)))
    clean = "a\ufffdb\ufffdc"
    assert messages(newsroom)[0].text == clean
    assert submissions(newsroom)[0].subject == clean
    assert mails(newsroom)[0].verdicts == {"spf": clean}
    assert mails(newsroom)[0].traits == {"defects": [clean]}


def test_files_come_with_it_in_their_order_and_get_their_clean_copies(newsroom: Runtime):
    files = (
        keep(newsroom, b"one", "a.txt", "text/plain"),
        keep(newsroom, b"two", "", "image/png", "pic@mail"),
        keep(newsroom, b"three", "winmail.dat", "application/ms-tnef"),
    )
    arrive(newsroom, letter(), files=files)
    with newsroom.database.reading() as session:
        rows = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        cleaned = session.scalars(select(Job.subject_id).where(Job.kind == JobKind.CLEAN)).all()
    assert [row.filename for row in rows] == ["a.txt", "", "winmail.dat"]
    assert [row.sha256 for row in rows] == [file.stored.sha256 for file in files]
    assert sorted(cleaned) == [row.id for row in rows]
    assert mails(newsroom)[0].traits == {"cids": {"pic@mail": rows[1].id}}
    assert found(newsroom, "winmail")


def test_a_mail_without_words_says_in_lists_what_is_in_it(newsroom: Runtime):
    arrive(newsroom, letter("", subject=""))
    assert submissions(newsroom)[0].subject == "Message without text"


def test_when_it_was_sent_is_told_only_where_it_was_long_on_its_way(newsroom: Runtime):
    now = newsroom.clock()
    for ago in (timedelta(minutes=5), timedelta(days=10), timedelta(days=-3)):
        arrive(newsroom, letter(sent_at=now - ago))
    assert [message.at for message in messages(newsroom)] == [now, now - timedelta(days=10), now]
    assert all(item.received_at == item.active_at == now for item in submissions(newsroom))


# Spam


def test_a_mass_mailing_is_suspected_only_for_what_it_says(newsroom: Runtime):
    arrive(newsroom, letter("We place guest posts on 1,000 sites.", bulk=True))
    arrive(newsroom, letter("The festival opens on Friday.", bulk=True))
    arrive(newsroom, letter("Somebody offered me guest posts about you."))
    assert [item.status for item in submissions(newsroom)] == [Status.SPAM, Status.NEW, Status.NEW]
    assert submissions(newsroom)[0].spam_reasons == [spam.LINK_TRADE]


def test_a_mass_mailing_that_answers_us_is_no_spam(newsroom: Runtime):
    first = arrive(newsroom, letter())
    arrive(newsroom, letter("About your guest posts:", bulk=True, in_reply_to=answer(newsroom, first)))
    assert [item.status for item in submissions(newsroom)] == [Status.NEW]


# Exactly once


def test_the_same_mail_again_changes_nothing(newsroom: Runtime):
    read = letter()
    first, again = arrive(newsroom, read), arrive(newsroom, read)
    assert again.repeated
    assert again.message_id == first.message_id
    assert len(messages(newsroom)) == 1


def test_the_same_mail_at_another_mailbox_is_a_linked_arrival_of_the_same_submission(newsroom: Runtime):
    read = letter()
    first = arrive(newsroom, read)
    before = submissions(newsroom)[0]
    file = keep(newsroom, b"one", "a.txt", "text/plain")
    newsroom.clock.advance(hours=1)
    copy = arrive(newsroom, read, TIPS, files=(file,))
    assert not copy.repeated
    assert [row.joined_by for row in mails(newsroom)] == ["", "copy"]
    assert mails(newsroom)[1].copy_of_id == first.message_id
    after = submissions(newsroom)[0]
    assert (after.message_count, after.active_at, after.preview) == (1, before.active_at, before.preview)
    assert [message.account for message in messages(newsroom)] == [NEWS, TIPS]
    with newsroom.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    assert arrive(newsroom, read, TIPS).repeated
    assert arrive(newsroom, read, "third@newsroom.example").submission_id == first.submission_id
    assert mails(newsroom)[2].copy_of_id == first.message_id


def test_a_mail_without_a_message_id_is_known_by_its_content(newsroom: Runtime):
    read = letter(mail_id="")
    first = arrive(newsroom, read)
    assert arrive(newsroom, read).repeated
    assert arrive(newsroom, read, TIPS).submission_id == first.submission_id
    assert messages(newsroom)[0].external_id == f"<{read.digest}@made.invalid>"


def test_a_message_id_that_is_used_again_is_another_mail(newsroom: Runtime):
    first = letter("Guest posts")
    second = replace(letter("The bench figures are wrong"), mail_id=first.mail_id)
    arrive(newsroom, first)
    arrive(newsroom, second)
    assert arrive(newsroom, second).repeated
    assert arrive(newsroom, first).repeated
    assert len(submissions(newsroom)) == 2
    assert messages(newsroom)[1].external_id == f"{first.mail_id}#{second.digest[:12]}"
    assert [row.traits for row in mails(newsroom)] == [{}, {"reused_id": True}]


def test_a_very_long_message_id_is_kept_by_its_hash_and_can_be_answered(newsroom: Runtime):
    long = f"<{'x' * 500}@reader.example>"
    first = arrive(newsroom, letter(mail_id=long))
    assert len(messages(newsroom)[0].external_id) < 200
    assert arrive(newsroom, letter(in_reply_to=long)).submission_id == first.submission_id


# Threading


def test_an_answer_to_a_stored_mail_joins_it_whatever_its_subject(newsroom: Runtime):
    asked = letter("A question")
    first = arrive(newsroom, asked)
    joined = arrive(newsroom, letter("More words", subject="Something else", references=(asked.mail_id, "<no@x>")))
    item = submissions(newsroom)[0]
    assert joined.submission_id == first.submission_id
    assert mails(newsroom)[1].joined_by == "reply"
    assert (item.message_count, item.preview) == (2, "More words")
    assert found(newsroom, "something else") == [item.id]


def test_of_several_mails_that_it_names_the_newest_counts(newsroom: Runtime):
    older, newer = letter("Older"), letter("Newer")
    arrive(newsroom, older)
    wanted = arrive(newsroom, newer).submission_id
    assert arrive(newsroom, letter(references=(older.mail_id, newer.mail_id))).submission_id == wanted
    assert arrive(newsroom, letter(in_reply_to=newer.mail_id, references=(older.mail_id,))).submission_id == wanted


def test_an_answer_to_a_mail_of_ours_joins_by_its_token(newsroom: Runtime):
    first = arrive(newsroom, letter())
    joined = arrive(newsroom, letter(in_reply_to=answer(newsroom, first)))
    assert joined.submission_id == first.submission_id
    assert mails(newsroom)[-1].joined_by == "token"


def test_the_token_in_an_address_of_ours_is_enough(newsroom: Runtime):
    first = arrive(newsroom, letter())
    token = mail_tokens.token(first.submission_id, newsroom.derive)
    by_copy = letter(recipients=("x@y.example", f"news+{token}@newsroom.example"))
    by_server = letter(delivered_to=(f"news+{token}@newsroom.example",))
    assert arrive(newsroom, by_copy).submission_id == first.submission_id
    assert arrive(newsroom, by_server).submission_id == first.submission_id
    assert [row.joined_by for row in mails(newsroom)] == ["", "token", "token"]


def test_a_message_id_of_ours_that_is_here_no_more_still_names_its_submission(newsroom: Runtime):
    first = arrive(newsroom, letter())
    lost = mail_tokens.message_id(first.submission_id, "lost", "newsroom.example", newsroom.derive)
    assert arrive(newsroom, letter(references=(lost,))).submission_id == first.submission_id


def test_neither_a_subject_nor_a_foreign_token_joins_anything(newsroom: Runtime):
    first = arrive(newsroom, letter())
    foreign = mail_tokens.token(first.submission_id, lambda purpose, text: b"\1" * 32)
    nobodys = mail_tokens.token(9999, newsroom.derive)
    arrive(newsroom, letter(subject="Re: The bridge", in_reply_to="<unknown@newsroom.example>"))
    arrive(newsroom, letter(recipients=(f"news+{foreign}@newsroom.example",)))
    arrive(newsroom, letter(recipients=(f"news+{nobodys}@newsroom.example",)))
    assert len(submissions(newsroom)) == 4


def test_what_is_closed_is_opened_by_an_answer_but_not_by_one_that_nobody_wrote(newsroom: Runtime):
    asked = letter()
    first = arrive(newsroom, asked)
    decide(newsroom, first.submission_id)
    newsroom.clock.advance(hours=1)
    arrive(newsroom, letter("I am away", automatic=True, in_reply_to=asked.mail_id))
    closed = submissions(newsroom)[0]
    assert closed.status is Status.CLOSED
    assert closed.message_count == 2
    assert (closed.preview, closed.active_at) == ("The bridge is closed.", closed.received_at)
    arrive(newsroom, letter("Good news", in_reply_to=asked.mail_id))
    opened = submissions(newsroom)[0]
    assert (opened.status, opened.preview) == (Status.OPEN, "Good news")


def test_who_answers_is_known_by_their_own_address(newsroom: Runtime):
    asked = letter()
    arrive(newsroom, asked)
    arrive(newsroom, letter(sender="ben@reader.example", sender_name="Ben", in_reply_to=asked.mail_id))
    with newsroom.database.reading() as session:
        named = select(ContactPoint.address).join(Message, Message.contact_point_id == ContactPoint.id)
        assert session.scalars(named.order_by(Message.id)).all() == ["lin@reader.example", "ben@reader.example"]
    assert submissions(newsroom)[0].sender == "Lin Ya-ting"


# Bounces, machines and loops


def bounce(about: str, *, final: bool = True, **values):
    report = Bounce("lin@reader.example", "5.1.1" if final else "4.4.1", about, final=final)
    return letter("User unknown", sender="mailer-daemon@mx.example", automatic=True, bounce=report, **values)


def test_a_bounce_says_of_our_mail_that_it_did_not_arrive_and_asks_for_nothing(newsroom: Runtime):
    first = arrive(newsroom, letter())
    mail_id = answer(newsroom, first)
    decide(newsroom, first.submission_id)
    arrival = arrive(newsroom, bounce(mail_id))
    ours = next(message for message in messages(newsroom) if message.direction is Direction.OUT)
    assert (ours.delivery, ours.error_code) == (DeliveryState.FAILED, "5.1.1")
    item = submissions(newsroom)[0]
    assert arrival.submission_id == item.id
    assert item.status is Status.CLOSED
    with newsroom.database.reading() as session:
        assert session.scalars(select(Job).where(Job.kind == JobKind.SEND)).one().attention_at
    report = messages(newsroom)[-1]
    assert report.extra["bounce"]["status"] == "5.1.1"
    assert mails(newsroom)[-1].traits == {"automatic": True, "bounce": True}


def test_a_delay_is_no_failure(newsroom: Runtime):
    arrive(newsroom, bounce(answer(newsroom, arrive(newsroom, letter())), final=False))
    ours = next(message for message in messages(newsroom) if message.direction is Direction.OUT)
    assert ours.delivery is DeliveryState.SENT


def test_a_bounce_of_nothing_of_ours_is_a_message(newsroom: Runtime):
    read = letter()
    arrive(newsroom, read)
    arrival = arrive(newsroom, bounce("<desk-ack-14@newsroom.example>"))
    arrive(newsroom, bounce(read.mail_id))  # what came in cannot bounce
    assert arrival.opened
    assert submissions(newsroom)[1].kind == "message"


@pytest.mark.parametrize(("key", "status"), [("subscribe:1", Status.CLOSED), ("notice:1:1", Status.NEW)])
def test_a_bounce_of_a_letter_that_anybody_could_ask_for_is_kept_and_closed(newsroom: Runtime, key, status):
    made = {"recipient": "nobody@reader.example", "subject": "", "text": "", "created_at": newsroom.clock()}
    with newsroom.database.writing() as session:
        session.add(Letter(key=key, mail_id="<letter@newsroom.example>", **made))
    assert arrive(newsroom, bounce("<letter@newsroom.example>")).opened
    assert submissions(newsroom)[0].status is status


@pytest.mark.parametrize("what", [{"automatic": True}, {"bulk": True}])
def test_no_machine_and_no_list_is_acknowledged(newsroom: Runtime, what: dict[str, bool]):
    arrival = arrive(newsroom, letter(**what))
    assert arrival.opened


def test_a_mail_of_ours_that_comes_back_is_nothing_new(newsroom: Runtime):
    first = arrive(newsroom, letter())
    ours = answer(newsroom, first)
    with newsroom.database.writing() as session:
        letter_id = "<a-notice@newsroom.example>"
        made = {"recipient": "alice@newsroom.example", "subject": "New", "text": "New", "created_at": newsroom.clock()}
        session.add(Letter(key="notice:1", mail_id=letter_id, **made))
    for mail_id in (ours, letter_id):
        assert arrive(newsroom, letter(mail_id=mail_id, sender=NEWS)) is None
    assert len(messages(newsroom)) == 2


def test_who_takes_a_message_id_of_ours_is_heard_all_the_same(newsroom: Runtime):
    ours = answer(newsroom, arrive(newsroom, letter()))
    assert arrive(newsroom, letter("I only answer", mail_id=ours)).opened
    assert mails(newsroom)[-1].traits == {"reused_id": True}


def test_who_takes_a_message_id_of_ours_does_not_get_the_answers_to_it(newsroom: Runtime):
    first = arrive(newsroom, letter())
    ours = answer(newsroom, first)
    arrive(newsroom, letter("A stranger", mail_id=ours, sender="stranger@reader.example"))
    assert arrive(newsroom, letter("Thank you", in_reply_to=ours)).submission_id == first.submission_id


def test_nothing_personal_is_in_the_history(newsroom: Runtime):
    first = arrive(newsroom, letter())
    arrive(newsroom, bounce(answer(newsroom, first)))
    with newsroom.database.reading() as session:
        facts = str(session.scalars(select(AuditEntry.facts)).all())
    assert "@" not in facts


def test_all_messages_of_a_submission_are_in_their_order(newsroom: Runtime):
    asked = letter("One")
    first = arrive(newsroom, asked)
    arrive(newsroom, letter("Two", in_reply_to=asked.mail_id))
    with newsroom.database.reading() as session:
        assert [message.text for message in session.scalars(of(first.submission_id))] == ["One", "Two"]
