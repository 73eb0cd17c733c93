"""Needs attention: every failure in words, for those who may know of it, and trying it again."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import ACCOUNT, Clock
from desk_work import address, counted_statements, send, token
from flask.testing import FlaskClient
from said import answered
from signing import PATH, post, sign, text_message
from sqlalchemy import event, func, insert, select, text
from twilio_peer import TwilioPeer

from inbox import worker
from inbox.channels import refused, twilio_account
from inbox.models import (
    AuditEntry,
    Channel,
    DeliveryState,
    Direction,
    Job,
    JobKind,
    JobState,
    Message,
    RefusedWebhook,
    Submission,
    User,
)
from inbox.rows import insert_values
from inbox.runtime import Runtime
from inbox.services import attention, failures, jobs, refusals, replies
from inbox.services.contacts import Sender
from inbox.services.replies import Wanted
from inbox.worker import Worker

ROOM = "/desk/attention"
OURS = "+886963563485"


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer) -> dict[str, str]:
    return {**environ, "INBOX_TWILIO_API_BASE": peer.url}


@pytest.fixture
def hands(runtime: Runtime) -> Worker:
    return worker.make(runtime)


@pytest.fixture
def answer(runtime: Runtime, hands: Worker, cast: dict[str, User], clock: Clock) -> Callable[..., Submission]:
    """Alice answers a new reader, and the worker does what it can."""

    def answer(number: int = 1, kind: str = "message", **values) -> Submission:
        reader = Sender(Channel.WHATSAPP, f"+8869000{number:05}", "Ling")
        given = {"channel": Channel.WHATSAPP, "sender": reader, "recipient": OURS, "kind": kind, **values}
        submission = send(runtime, f"Text {number}", **given)
        with runtime.database.writing() as session:
            here = session.merge(submission)
            newest = session.scalars(select(func.max(Message.id))).one()
            known = {"actor": cast["alice"], "key": f"k{number}", "seen": newest, "now": clock()}
            replies.reply(session, here, Wanted("Thank you"), profile=runtime.profile, derive=runtime.derive, **known)
        clock.advance(seconds=11)
        hands.run_due()
        return submission

    return answer


def reply(runtime: Runtime, submission: Submission) -> Message:
    with runtime.database.reading() as session:
        return session.scalars(answered().where(Message.submission_id == submission.id)).one()


def job(runtime: Runtime, submission: Submission | None = None, kind: JobKind = JobKind.SEND) -> Job:
    subject = reply(runtime, submission).id if submission else 0
    with runtime.database.reading() as session:
        return session.scalars(select(Job).where(Job.kind == kind, Job.subject_id == subject)).one()


def titles(page: str) -> list[str]:
    return re.findall(r"<h3>([^<]*)</h3>", page)


def push(client: FlaskClient, path: str, page: str | None = None, **fields: str):
    page = page or client.get("/desk/").text
    return client.post(f"{ROOM}/{path}", data={"csrf_token": token(page), **fields})


def fail(runtime: Runtime, number: int, kind: str = "message") -> None:
    """So many answers that could not be sent, quickly."""
    for n in range(number):
        submission = send(runtime, f"Text {n}", kind=kind, subject=f"Subject {n}")
        with runtime.database.writing() as session:
            message_id = insert_values(
                session,
                Message,
                submission_id=submission.id,
                direction=Direction.OUT,
                channel=Channel.WHATSAPP,
                account="desk",
                external_id=f"out:{submission.id}",
                client_key=f"{submission.id}",
                recipient="+886900000001",
                text="Thank you",
                extra={"from": OURS},
                delivery_state=DeliveryState.FAILED,
                error_code="21608",
                at=runtime.clock(),
            )
            at = runtime.clock() - timedelta(minutes=n // 3)
            more = {"state": JobState.FAILED, "error": "21608", "attention_at": at, "tries": 1}
            insert_values(
                session, Job, kind=JobKind.SEND, subject_id=message_id, due_at=at, created_at=at, finished_at=at, **more
            )


# What is shown


def test_an_answer_that_was_refused_is_told_with_who_to_whom_and_what_to_do(answer, peer, signed_in) -> None:
    peer.next("refuse", code="21608")
    answer(subject="The bridge")
    client = signed_in("bob")
    page = client.get(ROOM).text
    assert titles(page) == ["An answer was not sent"]
    assert "The Twilio account is on trial" in page
    assert "Alice Lin" in page
    assert "Ling" in page
    assert "21608" in page
    link = re.search(r'href="([^"]+)"[^>]*>The bridge<', page)[1]
    assert f'id="{link.partition("#")[2]}"' in client.get(link).text
    assert re.search(r'Needs attention</span><span class="nr-count nr-count--bad">1<', client.get("/desk/").text)


def test_an_answer_that_the_operator_could_not_deliver_is_there_too_and_goes_if_it_arrives_after_all(
    answer, peer, signed_in, runtime, client
) -> None:
    answer()
    fields = {"MessageSid": peer.messages[-1]["sid"], "AccountSid": ACCOUNT}

    def report(status: str, **more: str) -> None:
        given = {**fields, "MessageStatus": status, **more}
        signature = sign(given, "http://127.0.0.1:8000/hooks/twilio/status")
        client.post("/hooks/twilio/status", data=given, headers={"X-Twilio-Signature": signature})

    report("undelivered", ErrorCode="30003")
    page = signed_in("alice").get(ROOM).text
    assert titles(page) == ["An answer did not arrive"]
    assert "switched off or without signal" in page

    report("delivered")
    assert "Nothing needs attention" in signed_in("alice").get(ROOM).text


def test_what_is_tried_again_by_itself_is_shown_after_ten_minutes_with_its_next_try(
    answer, peer, signed_in, hands, clock
) -> None:
    for _ in range(20):
        peer.next("busy", Retry_After="120")
    answer()
    alice = signed_in("alice")
    for _ in range(4):
        clock.advance(minutes=2, seconds=1)
        hands.run_due()
    assert titles(alice.get(ROOM).text) == []
    clock.advance(minutes=2, seconds=1)
    hands.run_due()
    page = alice.get(ROOM).text
    assert titles(page) == ["An answer still waits to be sent"]
    assert "next try" in page
    assert "tried 6 times" in page
    assert "Done with it" not in page, "what is still tried cannot be put away"


def test_what_may_have_been_sent_is_shown_when_twilio_cannot_be_asked(answer, peer, signed_in, hands, clock) -> None:
    peer.next("drop-after")
    answer()
    peer.down = True
    for _ in range(30):
        clock.advance(minutes=1)
        hands.run_due()
    page = signed_in("alice").get(ROOM).text
    assert titles(page) == ["This answer may have been sent"]
    assert "it is not sent again" in page
    assert "Ask again" in page


def test_every_kind_of_work_has_its_words() -> None:
    assert set(failures.SORTS) == set(JobKind)


def test_the_sidebar_marks_this_page_alone(signed_in) -> None:
    page = signed_in("ada").get(ROOM).text
    assert re.findall(r'title="([^"]+)" aria-current="page"', page) == ["Needs attention"]


def test_an_empty_list_says_so_in_words(signed_in) -> None:
    page = signed_in("victor").get(ROOM).text
    assert "Nothing needs attention" in page
    assert 'nr-count">0<' in page


# Trying again


def test_one_can_be_tried_again_and_is_sent(answer, peer, signed_in, runtime, hands, clock) -> None:
    peer.next("refuse", code="21608")
    submission = answer()
    alice = signed_in("alice")
    assert push(alice, f"{job(runtime, submission).id}/again").status_code == 303
    assert "Nothing needs attention" in alice.get(ROOM).text
    hands.run_due()
    assert reply(runtime, submission).delivery is DeliveryState.SENT
    assert len(peer.messages) == 1
    assert "sent an answer again" in alice.get(address(submission)).text


def test_a_press_that_comes_twice_or_too_late_changes_nothing(answer, peer, signed_in, runtime, hands) -> None:
    peer.next("refuse", code="21608")
    submission = answer()
    alice, bob = signed_in("alice"), signed_in("bob")
    number = job(runtime, submission).id
    for client in (alice, alice, bob):
        assert push(client, f"{number}/again").status_code == 303
    hands.run_due()
    assert push(bob, f"{number}/again").status_code == 303
    assert push(bob, f"{number}/done").status_code == 303
    hands.run_due()
    assert len(peer.messages) == 1
    with runtime.database.reading() as session:
        verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.submission_id == submission.id)).all()
    assert verbs.count("submission:send_again") == 1
    assert not {"job:retry", "job:dismiss"} & set(verbs)


def test_all_of_a_kind_are_tried_again_but_what_may_have_been_sent_is_only_asked_about(
    answer, peer, signed_in, runtime, hands, clock
) -> None:
    for number in (2, 3, 4):
        peer.next("refuse", code="21608")
        answer(number)
    peer.next("drop-after")
    doubtful = answer(1)
    peer.down = True
    for _ in range(12):
        clock.advance(minutes=1)
        hands.run_due()
    alice = signed_in("alice")
    assert len(titles(alice.get(ROOM).text)) == 4
    before = len(peer.messages)

    assert push(alice, "again", kind="send").status_code == 303
    peer.down = False
    hands.run_due()

    assert len(peer.messages) == before + 3
    assert reply(runtime, doubtful).external_id == peer.messages[0]["sid"]
    assert "Nothing needs attention" in alice.get(ROOM).text


def test_what_the_day_of_asking_left_in_doubt_can_be_asked_about_again(
    answer, peer, signed_in, runtime, hands, clock
) -> None:
    peer.next("drop-after")
    submission = answer()
    peer.down = True
    for _ in range(26):
        clock.advance(hours=1, minutes=20)
        hands.run_due()
    assert job(runtime, submission).state is JobState.FAILED
    alice = signed_in("alice")
    assert "could not be asked for a day" in alice.get(ROOM).text
    peer.down = False

    push(alice, f"{job(runtime, submission).id}/again")
    hands.run_due()

    assert reply(runtime, submission).delivery is DeliveryState.SENT
    assert len(peer.messages) == 1
    assert "asked for another try" in alice.get(address(submission)).text


def test_more_than_a_hundred_are_tried_again_by_one_press(runtime, signed_in) -> None:
    fail(runtime, 230)
    alice = signed_in("alice")
    assert push(alice, "again", kind="send").status_code == 303
    with runtime.database.reading() as session:
        waiting = select(func.count()).select_from(Job).where(Job.state == JobState.WAITING)
        assert session.scalar(waiting.where(Job.attention_at.is_(None))) == 230
        assert session.scalar(select(func.count()).where(AuditEntry.verb == "submission:send_again")) == 230


@pytest.mark.parametrize("kind", ["", "x", "SEND", "send ", "\x00"])
def test_an_unknown_kind_is_a_bad_request(signed_in, kind) -> None:
    assert push(signed_in("alice"), "again", kind=kind).status_code == 400


def test_done_with_it_takes_a_failure_off_the_list_and_says_who_did(answer, peer, signed_in, runtime) -> None:
    peer.next("refuse", code="21608")
    submission = answer()
    alice = signed_in("alice")
    assert push(alice, f"{job(runtime, submission).id}/done").status_code == 303
    assert "Nothing needs attention" in alice.get(ROOM).text
    page = alice.get(address(submission)).text
    assert "left a failure as it is" in page
    assert "Not sent" in page
    assert "Send again" in page
    with runtime.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "job:dismiss")).one()
    assert (entry.actor, entry.submission_id) == ("Alice Lin", submission.id)
    assert entry.facts == {"kind": "send", "error": "21608"}


# Rights


def test_viewers_see_but_cannot_act(answer, peer, signed_in, runtime) -> None:
    peer.next("refuse", code="21608")
    number = job(runtime, answer()).id
    victor = signed_in("victor")
    page = victor.get(ROOM).text
    assert titles(page) == ["An answer was not sent"]
    assert f"{number}/again" not in page
    assert "Done with it" not in page
    for path, fields in ((f"{number}/again", {}), (f"{number}/done", {}), ("again", {"kind": "send"})):
        assert push(victor, path, **fields).status_code == 403, path
    assert titles(victor.get(ROOM).text) == ["An answer was not sent"]


def test_advertising_staff_know_of_advertising_only(answer, peer, signed_in, runtime, hands) -> None:
    peer.next("refuse", code="21608")
    tip = answer(1, "story_tip", subject="A secret tip")
    peer.next("refuse", code="21608")
    answer(2, "advertising", subject="A banner")
    carol = signed_in("carol")
    page = carol.get(ROOM).text
    assert "A banner" in page
    assert "secret" not in page
    assert 'nr-count--bad">1<' in page
    for act in ("again", "done"):
        assert push(carol, f"{job(runtime, tip).id}/{act}").status_code == 404
        assert push(carol, f"999999/{act}").status_code == 404
    assert push(carol, "again", kind="send").status_code == 303
    hands.run_due()
    assert len(peer.messages) == 1
    assert reply(runtime, tip).delivery is DeliveryState.FAILED


@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("carol", 403), ("victor", 403), ("ada", 200)])
def test_only_administrators_see_refused_webhooks(runtime, signed_in, who, status) -> None:
    with runtime.database.writing() as session:
        refusals.keep(session, [refusal(runtime.clock())] * 5)
    client = signed_in(who)
    assert client.get(f"{ROOM}/webhooks").status_code == status
    assert push(client, "webhooks/fetch").status_code == (303 if status == 200 else 403)
    assert ("signed webhooks were refused" in client.get(ROOM).text) is (status == 200)


# Cost


@pytest.mark.parametrize("who", ["alice", "carol"])
def test_a_page_costs_the_same_number_of_statements_however_long_the_list_is(runtime, signed_in, who) -> None:
    client, numbers = signed_in(who), []
    for wanted in (1, 20, 60):
        fail(runtime, wanted, "advertising")
        with counted_statements(runtime) as statements:
            assert client.get(ROOM).status_code == 200
        numbers.append(len(statements))
    assert len(set(numbers)) == 1, statements
    assert numbers[0] <= 6


def test_pages_walk_the_list_without_gap_or_repeat(runtime, signed_in, monkeypatch) -> None:
    monkeypatch.setattr(attention, "PAGE_SIZE", 7)
    fail(runtime, 30)
    with runtime.database.writing() as session:
        jobs.promise(session, JobKind.RECONCILE, 0, due_at=runtime.clock(), now=runtime.clock())
        found = jobs.find(session, JobKind.RECONCILE, 0)
        found.state, found.attention_at = JobState.FAILED, runtime.clock()
    client, seen, path, pages = signed_in("alice"), [], ROOM, 0
    while path:
        page = client.get(path).text
        seen += re.findall(r"/attention/(\d+)/again", page)
        following = re.search(r'href="(/desk/attention\?older=[^"]+)"', page)
        path, pages = following and following[1], pages + 1
    assert len(seen) == len(set(seen)) == 31
    assert pages == 5
    assert len(set(re.findall(r">(\d+)</span>\s*<form", client.get(ROOM).text))) == 1


@pytest.mark.parametrize(
    "cursor", ["x", "send", "send.1", "send.x.1", "send.1.2.3", "nothing.1.2", "send." + "9" * 30 + ".1"]
)
def test_a_cursor_that_cannot_be_read_gives_the_first_page(runtime, signed_in, cursor) -> None:
    fail(runtime, 2)
    assert len(titles(signed_in("alice").get(ROOM, query_string={"older": cursor}).text)) == 2


@pytest.mark.parametrize("who", ["alice", "carol", "ada"])
def test_the_number_in_the_sidebar_is_counted_on_an_index(runtime, cast, who) -> None:
    fail(runtime, 5)
    done = {"kind": JobKind.SEND, "state": JobState.DONE, "due_at": runtime.clock(), "created_at": runtime.clock()}
    with runtime.database.writing() as session:
        session.execute(insert(Job), [{**done, "tries": 1, "error": "", "subject_id": 10_000 + n} for n in range(5000)])
    ran = []

    def note(connection, cursor, statement, parameters, *others) -> None:
        ran.append((statement, parameters))

    with runtime.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    event.listen(runtime.database.engine, "before_cursor_execute", note)
    with runtime.database.reading() as session:
        user = session.merge(cast[who], load=False)
        assert attention.standing(session, user, now=runtime.clock()).failures == (0 if who == "carol" else 5)
    event.remove(runtime.database.engine, "before_cursor_execute", note)
    (ran_one,) = [each for each in ran if "job" in each[0]]
    explain = "EXPLAIN QUERY PLAN " if runtime.database.is_sqlite else "EXPLAIN "
    with runtime.database.engine.connect() as connection:
        plan = [str(row) for row in connection.exec_driver_sql(explain + ran_one[0], ran_one[1])]
    assert any("ix_job_attention" in line for line in plan), plan
    assert any("ix_job_due" in line for line in plan), plan
    assert not any("Seq Scan on job" in line or "SCAN job'" in line for line in plan), plan


# A worker that does not run


def test_a_worker_that_stands_still_is_told_on_the_page_and_to_the_operator(
    runtime, signed_in, client, cast, clock, hands
) -> None:
    send(runtime)
    with runtime.database.writing() as session:
        jobs.promise(session, JobKind.RECONCILE, 0, due_at=clock(), now=clock())
    clock.advance(minutes=2)
    assert "worker is not running" not in signed_in("alice").get(ROOM).text
    assert client.get("/readyz").text == "ok\n"

    clock.advance(minutes=2)

    page = signed_in("alice").get(ROOM).text
    assert "Nothing is being sent: the worker is not running" in page
    assert 'nr-count--bad">1<' in page
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text.startswith("ok\nworker: not running")) == (200, True)
    hands.run_due()
    assert "worker is not running" not in signed_in("alice").get(ROOM).text
    assert client.get("/readyz").text == "ok\n"


def test_a_worker_that_has_much_to_do_is_not_taken_for_one_that_stands_still(runtime, clock) -> None:
    with runtime.database.writing() as session:
        for number in range(60):
            jobs.promise(session, JobKind.SEND, number, due_at=clock(), now=clock())
    clock.advance(hours=1)
    with runtime.database.writing() as session:
        assert jobs.standstill(session, now=clock()) is not None
        jobs.take(session, now=clock())
        assert jobs.standstill(session, now=clock()) is None


# Refused webhooks


def refusal(at, reason: str = "wrong signature", signed: bool = True) -> refusals.Refusal:
    return refusals.Refusal(at, PATH, reason, f"http://127.0.0.1:8000{PATH}", signed)


def kept(runtime: Runtime) -> list[RefusedWebhook]:
    with runtime.database.reading() as session:
        return refusals.newest(session)


def test_a_refused_webhook_is_listed_with_what_helps_to_mend_it_and_nothing_of_its_sender(
    app, client, signed_in, runtime
) -> None:
    post(client, text_message("A secret text", ProfileName="Lin Mei"), signature="wrong")
    client.post(PATH, data=text_message())
    assert kept(runtime) == []
    app.extensions["inbox_refused"].write()

    rows = kept(runtime)
    assert [(row.reason, row.signed) for row in rows] == [("no signature", False), ("wrong signature", True)]
    assert {row.expected_url for row in rows} == {f"http://127.0.0.1:8000{PATH}"}
    everything = str([vars(row) for row in rows])
    assert not any(word in everything for word in ("secret", "Lin", "886900000001", "127.0.0.1'"))
    page = signed_in("ada").get(f"{ROOM}/webhooks").text
    assert "signed for another address, or with another auth token" in page
    assert f"<code>http://127.0.0.1:8000{PATH}</code>" in page.replace("<wbr>", "")


def test_what_is_refused_alike_is_one_line(runtime, signed_in, clock) -> None:
    with runtime.database.writing() as session:
        refusals.keep(session, [refusal(clock() + timedelta(minutes=n)) for n in range(40)])
        refusals.keep(session, [refusal(clock(), "no signature", signed=False)])
        refusals.keep(session, [refusal(clock(), "wrong secret in the address")])
    page = signed_in("ada").get(f"{ROOM}/webhooks").text
    lines = re.findall(r'<h2>([^<]*)(?: <span class="nr-count">([^<]*)</span>)?</h2>', page)
    assert lines == [("Wrong secret", ""), ("Without a signature", ""), ("Wrong signature", "40 times")]
    assert re.findall(r"with(?:out)? a (?:signature|secret)(?=</p>)", page) == [
        "with a secret",
        "without a signature",
        "with a signature",
    ]


def test_only_the_newest_five_hundred_are_kept_in_memory_and_in_the_table(app, runtime, clock) -> None:
    memory = app.extensions["inbox_refused"]
    for number in range(700):
        memory.add(refusal(clock() + timedelta(seconds=number)))
    memory.write()
    assert len(kept(runtime)) == 500
    for number in range(700, 900):
        memory.add(refusal(clock() + timedelta(seconds=number)))
    memory.write()
    rows = kept(runtime)
    assert len(rows) == 500
    assert [(row.at - clock()).seconds for row in (rows[0], rows[-1])] == [899, 400]


def test_refusals_beyond_the_budget_of_an_address_are_not_kept(environ, request) -> None:
    environ["INBOX_PUBLIC_POST_LIMIT"] = "3 per 10 minutes"
    app, runtime = request.getfixturevalue("app"), request.getfixturevalue("runtime")
    client = app.test_client()
    for _ in range(10):
        post(client, text_message(), signature="wrong")
    app.extensions["inbox_refused"].write()
    assert len(kept(runtime)) == 3


def test_a_thread_writes_what_has_gathered(runtime, clock, refusals_wait_to_be_written, monkeypatch) -> None:
    monkeypatch.setattr(refused.Memory, "_write_soon", refusals_wait_to_be_written)
    memory = refused.Memory(runtime, wait_seconds=0.01)
    memory.add(refusal(clock()))
    writer = memory._writer
    if writer:
        writer.join(30)
    assert len(kept(runtime)) == 1


def test_what_cannot_be_written_now_is_written_later(runtime, clock, monkeypatch) -> None:
    memory = refused.Memory(runtime)
    memory.add(refusal(clock()))
    with monkeypatch.context() as patch:
        patch.setattr(refusals, "keep", lambda *_: 1 / 0)
        memory.write()
    memory.add(refusal(clock()))
    memory.write()
    assert len(kept(runtime)) == 2


def test_a_burst_is_told_to_administrators_for_an_hour(runtime, signed_in, clock) -> None:
    def told() -> bool:
        return "signed webhooks were refused" in signed_in("ada").get(ROOM).text

    with runtime.database.writing() as session:
        refusals.keep(session, [refusal(clock(), "no signature", signed=False)] * 50)
        refusals.keep(session, [refusal(clock())] * 2)
    assert not told()
    with runtime.database.writing() as session:
        refusals.keep(session, [refusal(clock())])
    assert told()
    clock.advance(minutes=61)
    assert not told()


def test_every_reason_that_the_webhooks_give_has_its_words() -> None:
    source = Path(twilio_account.__file__).read_text()
    reasons = re.findall(r'^        return "([^"]+)"$', source, re.MULTILINE)
    assert len(reasons) == 6
    assert all(refusals.meaning(reason) != refusals.meaning("") for reason in reasons)
