"""What staff do with a submission, seen from the service: races, versions, traces."""

import threading

import pytest
from desk_work import reload, send
from sqlalchemy import select

from inbox.errors import AlreadyClaimed, MoveNotAllowed, NotAllowed, StaleSubmission
from inbox.models import Channel, Label, Priority, Status, Submission, User
from inbox.services import triage
from inbox.services.contacts import Sender


def in_parallel(count, act):
    """Run `act(number)` in so many threads that begin together; return what each gave or raised."""
    results, begin = [None] * count, threading.Barrier(count)

    def run(number):
        begin.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def people(runtime):
    users = [
        User(
            email=f"{n}@x.example", name=f"Editor {n}", role="editor", fs_uniquifier=f"u{n}", created_at=runtime.clock()
        )
        for n in range(20)
    ]
    with runtime.database.writing() as session:
        session.add_all(users)
    return users


def test_of_twenty_claims_at_once_one_wins_and_the_others_are_told_who(runtime, people):
    submission = send(runtime)

    def claim(number):
        with runtime.database.writing() as session:
            item = session.get_one(Submission, submission.id)
            triage.claim(session, item, actor=people[number], now=runtime.clock())

    results = in_parallel(20, claim)
    after = reload(runtime, submission)
    assert results.count(None) == 1
    losers = [result for result in results if result is not None]
    assert all(isinstance(result, AlreadyClaimed) and result.holder == after.assignee.name for result in losers)
    assert after.assignee.name == f"Editor {results.index(None)}"
    assert [entry.verb for entry in after.history].count("submission:claim") == 1


def test_of_twenty_moves_of_one_version_one_is_applied(runtime, people):
    submission = send(runtime)

    def move(number):
        to = Status.ACCEPTED if number % 2 else Status.DECLINED
        with runtime.database.writing() as session:
            item = session.get_one(Submission, submission.id)
            triage.move(session, item, to, actor=people[number], seen=1, now=runtime.clock())

    results = in_parallel(20, move)
    assert results.count(None) == 1
    assert all(result is None or isinstance(result, StaleSubmission) for result in results)
    after = reload(runtime, submission)
    assert after.version == 2
    assert len(after.history) == 2


def test_claiming_what_one_has_is_no_error_and_no_second_trace(runtime, cast):
    submission = send(runtime)
    for _ in range(2):
        with runtime.database.writing() as session:
            triage.claim(session, session.get_one(Submission, submission.id), actor=cast["alice"], now=runtime.clock())
    assert [entry.verb for entry in reload(runtime, submission).history] == ["submission:receive", "submission:claim"]


def test_a_refused_act_leaves_nothing_behind(runtime, cast):
    submission = send(runtime, kind="story_tip")
    refused = [
        (
            StaleSubmission,
            lambda s, i: triage.move(s, i, Status.OPEN, actor=cast["alice"], seen=7, now=runtime.clock()),
        ),
        (MoveNotAllowed, lambda s, i: triage.move(s, i, Status.NEW, actor=cast["alice"], seen=1, now=runtime.clock())),
        (
            NotAllowed,
            lambda s, i: triage.assign(s, i, cast["carol"], actor=cast["alice"], seen=1, now=runtime.clock()),
        ),
        (
            StaleSubmission,
            lambda s, i: triage.prioritise(s, i, Priority.HIGH, actor=cast["alice"], seen=0, now=runtime.clock()),
        ),
    ]
    for error, act in refused:
        with pytest.raises(error), runtime.database.writing() as session:
            act(session, session.get_one(Submission, submission.id))
    after = reload(runtime, submission)
    assert (after.version, after.status, after.priority, len(after.history)) == (1, Status.NEW, Priority.NORMAL, 1)


def test_a_decision_ends_the_thread_and_opening_it_again_takes_the_decision_back(runtime, cast):
    submission = send(runtime, channel=Channel.SMS, sender=Sender(Channel.SMS, "+886900000001"))
    with runtime.database.writing() as session:
        item = session.get_one(Submission, submission.id)
        triage.move(session, item, Status.ACCEPTED, actor=cast["alice"], seen=1, now=runtime.clock())
        assert item.decided_at == runtime.clock()
        assert item.thread_key is None
        triage.move(session, item, Status.OPEN, actor=cast["alice"], seen=2, now=runtime.clock())
        assert item.decided_at is None


ALICE_WRITES_FROM = Sender(Channel.WHATSAPP, "+886900000001")


def write(runtime, text="More of the same"):
    return send(runtime, text, channel=Channel.WHATSAPP, sender=ALICE_WRITES_FROM)


def move(runtime, submission, to, actor):
    with runtime.database.writing() as session:
        item = session.get_one(Submission, submission.id)
        triage.move(session, item, to, actor=actor, seen=item.version, now=runtime.clock())


def test_what_is_opened_again_takes_the_conversation_up_again(runtime, cast):
    first = write(runtime)
    move(runtime, first, Status.ACCEPTED, cast["alice"])
    move(runtime, first, Status.OPEN, cast["alice"])
    assert write(runtime).id == first.id
    assert len(reload(runtime, first).messages) == 2


def test_a_conversation_begun_meanwhile_keeps_what_the_sender_writes(runtime, cast):
    first = write(runtime)
    move(runtime, first, Status.CLOSED, cast["alice"])
    second = write(runtime)
    move(runtime, first, Status.OPEN, cast["alice"])
    assert write(runtime).id == second.id
    move(runtime, second, Status.CLOSED, cast["alice"])
    assert write(runtime).id not in (first.id, second.id)


def test_opening_again_while_a_message_arrives_fails_neither(runtime, cast):
    first = write(runtime)
    for _ in range(10):
        move(runtime, first, Status.CLOSED, cast["alice"])
        acts = [lambda: move(runtime, first, Status.OPEN, cast["alice"]), lambda: write(runtime)]
        results = in_parallel(2, lambda number, acts=acts: acts[number]())
        assert not any(isinstance(result, Exception) for result in results), results
        joined = write(runtime)
        assert joined.id == results[1].id or joined.id == first.id
        if joined.id != first.id:
            move(runtime, joined, Status.CLOSED, cast["alice"])


def test_not_spam_forgets_the_reasons(runtime, cast):
    submission = send(runtime, suspicions=("Too fast.",))
    with runtime.database.writing() as session:
        item = session.get_one(Submission, submission.id)
        triage.move(session, item, Status.NEW, actor=cast["alice"], seen=1, now=runtime.clock())
    assert reload(runtime, submission).spam_reasons == []


def test_a_label_is_one_label_however_it_is_written(runtime, cast):
    submission = send(runtime)
    with runtime.database.writing() as session:
        item = session.get_one(Submission, submission.id)
        for name in ("Culture", " culture ", "CULTURE", "", "   "):
            triage.label(session, item, name, actor=cast["alice"], now=runtime.clock())
    after = reload(runtime, submission)
    assert [label.name for label in after.labels] == ["Culture"]
    assert after.version == 2
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Label)).all()) == 1


def test_twenty_labels_at_once_all_stay(runtime, people):
    submission = send(runtime)

    def label(number):
        with runtime.database.writing() as session:
            item = session.get_one(Submission, submission.id)
            triage.label(session, item, f"Label {number}", actor=people[number], now=runtime.clock())

    assert in_parallel(20, label) == [None] * 20
    assert len(reload(runtime, submission).labels) == 20


def test_the_same_new_label_from_twenty_people_at_once_is_one_label(runtime, people):
    submissions = [send(runtime) for _ in range(20)]

    def label(number):
        with runtime.database.writing() as session:
            item = session.get_one(Submission, submissions[number].id)
            triage.label(session, item, "Breaking", actor=people[number], now=runtime.clock())

    assert in_parallel(20, label) == [None] * 20
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Label)).all()) == 1
