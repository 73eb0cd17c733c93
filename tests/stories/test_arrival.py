"""What follows the arrival of a message, whatever comes before the worker looks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from conftest import Clock
from desk_work import address, press, token
from flask.testing import FlaskClient
from said import answers, follow_arrivals, received
from signing import post, text_message
from sqlalchemy import select

from inbox import demo, worker
from inbox.handlers.arrival import FollowArrival
from inbox.models import Channel, Guide, GuideStage, Job, JobKind, JobState, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import answers as answering
from inbox.services import intake, replies, ways
from inbox.services.contacts import Facts
from inbox.services.intake import Incoming
from inbox.services.jobs import Lease
from inbox.services.replies import Wanted
from inbox.worker import Worker

_numbers = count(1)


@pytest.fixture
def write(client: FlaskClient) -> Callable[..., None]:
    """A reader writes, and no worker has looked yet."""

    def write(text: str = "The bridge is closed", **fields: str) -> None:
        assert post(client, text_message(text, f"SM{next(_numbers):032x}", **fields)).status_code == 200

    return write


def submission(runtime: Runtime) -> Submission:
    with runtime.database.reading() as session:
        return session.scalars(select(Submission)).one()


def stages(runtime: Runtime) -> list[GuideStage]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Guide.stage)))


def arrivals(runtime: Runtime) -> list[Job]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Job).where(Job.kind == JobKind.ARRIVAL).order_by(Job.id)))


def test_who_writes_twice_before_the_worker_looks_is_welcomed_once_and_then_guided(write, runtime: Runtime) -> None:
    write("The bridge is closed")
    write("And there is smoke")

    (welcome,) = answers(runtime)

    assert submission(runtime).reference in welcome
    assert "What is it?" in welcome
    write("1")
    assert len(answers(runtime)) == 2
    assert submission(runtime).kind == "story_tip"


def test_many_messages_that_several_workers_follow_at_once_are_one_welcome(write, runtime: Runtime) -> None:
    for number in range(8):
        write(f"Message {number}")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: follow_arrivals(runtime), range(4)))

    assert len(answers(runtime)) == 1
    assert [job.state for job in arrivals(runtime)] == [JobState.DONE] * 8


def test_what_is_followed_again_changes_nothing(write, runtime: Runtime) -> None:
    write()
    said = answers(runtime)
    with runtime.database.reading() as session:
        number = session.scalars(received()).one().id

    FollowArrival(runtime).do(Lease(1, JobKind.ARRIVAL, number, 2))

    assert answers(runtime) == said
    assert stages(runtime) == [GuideStage.CHOOSING]


@pytest.mark.parametrize("act", ["claim", "status"])
def test_where_staff_were_quicker_the_sender_is_told_and_the_guide_does_not_begin(
    write, runtime: Runtime, signed_in, act: str
) -> None:
    write()
    fields = {"status": {"status": "accepted"}}.get(act, {})
    assert press(signed_in("alice"), submission(runtime), act, **fields).status_code == 303

    (acknowledgement,) = answers(runtime)

    assert submission(runtime).reference in acknowledgement
    assert "What is it?" not in acknowledgement
    assert stages(runtime) == []


def test_where_a_person_has_answered_nothing_is_added(write, runtime: Runtime, cast: dict[str, User]) -> None:
    write()
    with runtime.database.writing() as session:
        here = session.scalars(select(Submission)).one()
        known = {"actor": cast["alice"], "key": "k", "seen": ways.newest(session, here), "now": runtime.clock()}
        known |= {"profile": runtime.profile, "derive": runtime.derive}
        replies.reply(session, here, Wanted("I am on my way"), **known)

    assert answers(runtime) == ["I am on my way"]
    assert stages(runtime) == []


def test_who_stops_before_the_worker_looks_hears_nothing(write, runtime: Runtime) -> None:
    write()
    write("STOP")

    assert answers(runtime) == []
    write("1")
    assert answers(runtime) == []


def test_a_word_that_twilio_took_for_one_of_its_own_is_not_answered(write, runtime: Runtime) -> None:
    write("arrêt", OptOutType="HELP")
    assert answers(runtime) == []

    write("The bridge is closed")
    assert len(answers(runtime)) == 1


def test_suspected_spam_that_is_none_is_acknowledged_when_the_sender_writes_again(
    write, runtime: Runtime, signed_in
) -> None:
    write('<a href="https://watches.example">cheap</a>')
    assert answers(runtime) == []
    press(signed_in("alice"), submission(runtime), "status", status="new")

    write("It was a quotation")

    (acknowledgement,) = answers(runtime)
    assert "What is it?" not in acknowledgement


def test_what_arrives_by_any_channel_is_followed(runtime: Runtime) -> None:
    form = Incoming(Channel.WEB, "web", "one", "The bridge is closed", facts=Facts("Ling", "ling@mail.example"))
    with runtime.database.writing() as session:
        intake.receive(session, form, region="TW", now=runtime.clock())
    assert [job.state for job in arrivals(runtime)] == [JobState.WAITING]

    worker.make(runtime).run_due()

    assert [job.state for job in arrivals(runtime)] == [JobState.DONE]
    assert answers(runtime) == []


def test_nobody_made_up_is_answered(runtime: Runtime) -> None:
    demo.fill(runtime)
    assert arrivals(runtime) == []


def test_a_welcome_that_fails_is_shown_at_the_desk_and_can_be_tried_again(
    write, runtime: Runtime, signed_in, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given, **more) -> None:
        raise ValueError

    hands: Worker = worker.make(runtime)
    monkeypatch.setattr(answering, "welcome", breaks)
    write()
    for _ in range(12):
        clock.advance(minutes=1)
        hands.run_due()
    alice = signed_in("alice")
    page = alice.get("/desk/attention").text
    assert "What follows a new message could not be done" in page
    assert address(submission(runtime)) in page
    monkeypatch.undo()

    (job,) = arrivals(runtime)
    again = alice.post(f"/desk/attention/{job.id}/again", data={"csrf_token": token(page)})
    hands.run_due()

    assert again.status_code == 303
    assert len(answers(runtime)) == 1
    assert "Nothing needs attention" in alice.get("/desk/attention").text


def test_the_message_and_the_promise_of_what_follows_are_saved_together(
    write, runtime: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given, **more) -> None:
        raise ValueError

    monkeypatch.setattr(intake.jobs, "add", breaks)
    assert post(client, text_message()).status_code >= 500
    with runtime.database.reading() as session:
        assert session.scalars(select(Message)).all() == []
