"""Undoing a join: a message goes into a submission of its own, as if it had never been in the other one."""

import pytest
from posted import NEWS, TIPS, answer, arrive, keep, letter, mails, of, submissions, with_mailboxes
from sqlalchemy import select

from inbox.errors import MoveNotAllowed
from inbox.models import Attachment, AuditEntry, Message, Role, Status, Submission, User
from inbox.runtime import Runtime
from inbox.services import search, splitting
from inbox.services.search import Filters

EDITOR = User(name="Alice", role=Role.EDITOR)


@pytest.fixture
def newsroom(runtime: Runtime) -> Runtime:
    return with_mailboxes(runtime)


def split(runtime: Runtime, number: int) -> Submission:
    with runtime.database.writing() as session:
        message = session.get_one(Message, number)
        return splitting.split(session, message, actor=EDITOR, now=runtime.clock())


def texts(runtime: Runtime, number: int) -> list[str]:
    with runtime.database.reading() as session:
        return [message.text for message in session.scalars(of(number))]


def found(runtime: Runtime, words: str) -> list[int]:
    with runtime.database.reading() as session:
        return [item.id for item in search.find_page(session, EDITOR, Filters(words=words)).submissions]


def test_a_mail_leaves_with_its_files_and_lists_show_both_as_they_are(newsroom: Runtime):
    asked = letter("About the lighthouse")
    first = arrive(newsroom, asked)
    before = submissions(newsroom)[0]
    newsroom.clock.advance(hours=1)
    file = keep(newsroom, b"plan", "harbour.txt", "text/plain")
    joined = letter("Quite another thing", subject="The harbour", sender="ben@reader.example", sender_name="Ben",
                    in_reply_to=asked.mail_id)  # fmt: skip
    second = arrive(newsroom, joined, files=(file,))
    newsroom.clock.advance(hours=1)
    new = split(newsroom, second.message_id)
    old = submissions(newsroom)[0]
    assert texts(newsroom, old.id) == ["About the lighthouse"]
    assert texts(newsroom, new.id) == ["Quite another thing"]
    assert (old.message_count, old.preview, old.active_at) == (1, before.preview, before.active_at)
    assert old.version > before.version
    assert (new.subject, new.preview, new.sender, new.status) == (
        "The harbour",
        "Quite another thing",
        "Ben",
        Status.NEW,
    )
    assert (new.message_count, new.kind) == (1, old.kind)
    assert new.contact_id != old.contact_id
    assert found(newsroom, "lighthouse") == [old.id]
    assert (
        found(newsroom, "quite") == found(newsroom, "harbour.txt") == found(newsroom, "ben@reader.example") == [new.id]
    )
    assert mails(newsroom)[1].joined_by == ""
    with newsroom.database.reading() as session:
        assert session.scalars(select(Attachment)).one().message_id == second.message_id
    assert first.submission_id == old.id


def test_both_histories_say_where_the_other_part_is(newsroom: Runtime):
    asked = letter()
    arrive(newsroom, asked)
    new = split(newsroom, arrive(newsroom, letter(in_reply_to=asked.mail_id)).message_id)
    old = submissions(newsroom)[0]
    with newsroom.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.verb.startswith("submission:split"))).all()
    told = {entry.submission_id: (entry.actor, entry.facts) for entry in entries}
    assert told[old.id] == ("Alice", {"to": new.reference, "messages": 1})
    assert told[new.id] == ("Alice", {"was": old.reference})


def test_what_answers_it_goes_with_it_and_so_does_what_answers_later(newsroom: Runtime):
    asked = letter("One")
    first = arrive(newsroom, asked)
    wrong = letter("Two", in_reply_to=asked.mail_id)
    joined = arrive(newsroom, wrong)
    ours = answer(newsroom, first)  # it answers the first mail, and stays
    arrive(newsroom, letter("Three", in_reply_to=wrong.mail_id))
    arrive(newsroom, letter("Four", in_reply_to=ours))
    new = split(newsroom, joined.message_id)
    old = submissions(newsroom)[0]
    assert texts(newsroom, new.id) == ["Two", "Three"]
    assert texts(newsroom, old.id) == ["One", "When could we call?", "Four"]
    assert arrive(newsroom, letter("Five", in_reply_to=wrong.mail_id)).submission_id == new.id
    assert arrive(newsroom, letter("Six", in_reply_to=ours)).submission_id == old.id
    assert old.preview == "Four"


def test_a_copy_goes_with_its_mail_and_never_alone(newsroom: Runtime):
    asked = letter("One")
    arrive(newsroom, asked)
    wrong = letter("Two", in_reply_to=asked.mail_id)
    joined, copy = arrive(newsroom, wrong, NEWS), arrive(newsroom, wrong, TIPS)
    with pytest.raises(MoveNotAllowed):
        split(newsroom, copy.message_id)
    new = split(newsroom, joined.message_id)
    assert texts(newsroom, new.id) == ["Two", "Two"]
    assert new.message_count == 1
    assert submissions(newsroom)[0].message_count == 1


def test_what_a_submission_began_with_and_what_we_said_stay(newsroom: Runtime):
    first = arrive(newsroom, letter())
    answer(newsroom, first)
    with newsroom.database.reading() as session:
        numbers = session.scalars(select(Message.id)).all()
    for number in numbers:
        with pytest.raises(MoveNotAllowed):
            split(newsroom, number)
    assert len(submissions(newsroom)) == 1
