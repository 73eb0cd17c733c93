"""The worker's threads: work that hangs or fails holds up nothing else, and nothing is forgotten."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox import worker
from inbox.models import Job, JobKind, JobState
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.services.jobs import Lease, NotNow, Refused
from inbox.worker import Worker

PATIENCE = 60  # seconds; only a test that fails waits so long


class Doing:
    """A handler that does what the test says for each subject, and counts what was done."""

    def __init__(self, do: Callable[[int], None], expected: int = 0) -> None:
        self._do, self._expected = do, expected
        self._lock = threading.Lock()
        self.done: list[int] = []
        self.given_up: list[tuple[int, str]] = []
        self.all_done = threading.Event()

    def do(self, lease: Lease) -> None:
        self._do(lease.subject_id)
        with self._lock:
            self.done.append(lease.subject_id)
            if len(self.done) == self._expected:
                self.all_done.set()

    def give_up(self, session, lease: Lease, code: str) -> None:
        self.given_up.append((lease.subject_id, code))


def promise(runtime: Runtime, *subjects: int) -> None:
    with runtime.database.writing() as session:
        for subject in subjects:
            jobs.promise(session, JobKind.SEND, subject, due_at=runtime.clock(), now=runtime.clock())


def job(runtime: Runtime, subject: int) -> Job:
    with runtime.database.reading() as session:
        return session.scalars(select(Job).where(Job.subject_id == subject)).one()


@contextmanager
def working(runtime: Runtime, handler: Doing) -> Iterator[Worker]:
    at_work = Worker(runtime, {JobKind.SEND: handler})
    at_work.start()
    try:
        yield at_work
    finally:
        at_work.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a job count as slow, and as hanging, at once."""
    monkeypatch.setattr(worker, "SLOW_SECONDS", 0.01)
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.5)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(JobKind, "time_limit", property(lambda kind: timedelta(milliseconds=100)))


def test_work_that_hangs_leaves_a_hundred_others_to_be_done(runtime: Runtime, quick: None) -> None:
    for_ever = threading.Event()
    handler = Doing(lambda subject: for_ever.wait(PATIENCE) if subject < worker.HANDS else None, expected=100)
    promise(runtime, *range(worker.HANDS + 100))  # as many hang as there are hands

    with working(runtime, handler):
        assert handler.all_done.wait(PATIENCE)
        assert not for_ever.is_set()
    assert sorted(handler.done) == list(range(worker.HANDS, worker.HANDS + 100))
    for_ever.set()


def test_work_that_hangs_is_tried_again_later_and_what_its_thread_still_does_counts_no_more(
    runtime: Runtime, clock, quick: None
) -> None:
    hangs, tried_again = threading.Event(), threading.Event()
    tries: list[int] = []

    def do(subject: int) -> None:
        tries.append(subject)
        if len(tries) == 1:
            hangs.wait(PATIENCE)
            raise Refused("too late to matter")
        tried_again.set()

    promise(runtime, 1)
    with working(runtime, Doing(do)) as at_work:
        while job(runtime, 1).error != "hung":
            hangs.wait(0.01)
        clock.advance(minutes=2)
        assert tried_again.wait(PATIENCE)
        hangs.set()
        at_work.stop()
    assert job(runtime, 1).state is JobState.DONE


def test_stopping_does_not_wait_for_ever(runtime: Runtime, quick: None) -> None:
    began, for_ever = threading.Event(), threading.Event()

    def do(subject: int) -> None:
        began.set()
        for_ever.wait(PATIENCE)

    promise(runtime, 1)
    with working(runtime, Doing(do)):
        assert began.wait(PATIENCE)
    assert not for_ever.is_set()
    assert job(runtime, 1).state is JobState.WAITING, "whoever comes next does it"
    for_ever.set()


def test_a_fault_of_ours_is_tried_again_and_given_up_after_a_day(runtime: Runtime, clock) -> None:
    def do(subject: int) -> None:
        raise ZeroDivisionError

    handler = Doing(do)
    promise(runtime, 1)
    idle = Worker(runtime, {JobKind.SEND: handler})
    idle.run_due()
    assert (job(runtime, 1).state, job(runtime, 1).error) == (JobState.WAITING, "ZeroDivisionError")

    for _ in range(40):
        clock.advance(hours=1)
        idle.run_due()

    assert job(runtime, 1).state is JobState.FAILED
    assert handler.given_up == [(1, "ZeroDivisionError")]


def test_the_pauses_grow_and_differ_but_stay_below_an_hour_and_a_half(runtime: Runtime) -> None:
    pauses = [jobs.pause(tries) for tries in range(1, 15)]
    assert pauses[0] < timedelta(seconds=7)
    assert max(pauses) < timedelta(hours=1.5)
    assert pauses[6] > pauses[2]
    assert jobs.pause(3) != jobs.pause(3)


def test_work_comes_back_when_the_provider_says(runtime: Runtime, clock) -> None:
    tries: list[int] = []

    def do(subject: int) -> None:
        tries.append(subject)
        if len(tries) == 1:
            raise NotNow("busy", timedelta(minutes=10))

    promise(runtime, 1)
    idle = Worker(runtime, {JobKind.SEND: Doing(do)})
    idle.run_due()
    clock.advance(minutes=9)
    idle.run_due()
    assert len(tries) == 1
    clock.advance(minutes=2)
    idle.run_due()
    assert job(runtime, 1).state is JobState.DONE


def test_refused_work_ends_at_once(runtime: Runtime, clock) -> None:
    def do(subject: int) -> None:
        raise Refused("21610")

    handler = Doing(do)
    promise(runtime, 1)
    idle = Worker(runtime, {JobKind.SEND: handler})
    idle.run_due()
    clock.advance(hours=2)
    assert idle.run_due() == 0
    assert handler.given_up == [(1, "21610")]


def test_many_files_leave_hands_for_what_came_later(runtime: Runtime) -> None:
    idle = Worker(runtime, dict.fromkeys(JobKind, Doing(lambda subject: None)))
    with runtime.database.writing() as session:
        for number in range(10):
            jobs.promise(session, JobKind.CLEAN, number, due_at=runtime.clock(), now=runtime.clock())
    promise(runtime, 1)

    under_way = [idle.take() for _ in range(4)]

    assert [lease and lease.kind for lease in under_way] == [JobKind.CLEAN, JobKind.CLEAN, JobKind.SEND, None]
    idle.do(under_way[0])
    following = idle.take()
    assert following
    assert following.kind is JobKind.CLEAN


def test_work_that_takes_long_stays_its_workers_while_that_one_lives(runtime: Runtime, clock, monkeypatch) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.05)
    began, may_end = threading.Event(), threading.Event()

    def do(subject: int) -> None:
        began.set()
        may_end.wait(PATIENCE)

    promise(runtime, 1)
    with working(runtime, Doing(do)):
        assert began.wait(PATIENCE)
        clock.advance(seconds=50)
        while job(runtime, 1).leased_until != clock.now + jobs.LEASE:
            may_end.wait(0.01)
        clock.advance(seconds=50)
        assert Worker(runtime, {JobKind.SEND: Doing(do)}).take() is None, "another worker would do it too"
        may_end.set()
    assert job(runtime, 1).tries == 1
