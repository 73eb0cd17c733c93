"""The worker does what was promised, of no kind too much at once."""

from inbox.models import JobKind
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.services.jobs import Lease
from inbox.worker import Worker


class Done:
    """A handler that remembers what it was given."""

    def __init__(self) -> None:
        self.leases: list[Lease] = []

    def do(self, lease: Lease) -> None:
        self.leases.append(lease)

    def give_up(self, session, lease, code) -> None:
        raise AssertionError(code)


def promise(runtime: Runtime, kind: JobKind, count: int) -> None:
    with runtime.database.writing() as session:
        for number in range(count):
            jobs.promise(session, kind, number, due_at=runtime.clock(), now=runtime.clock())


def test_many_files_leave_hands_for_what_came_later(runtime: Runtime) -> None:
    worker = Worker(runtime, {kind: Done() for kind in JobKind})
    promise(runtime, JobKind.CLEAN, 10)
    promise(runtime, JobKind.SEND, 1)

    under_way = [worker.take() for _ in range(4)]

    assert [lease and lease.kind for lease in under_way] == [JobKind.CLEAN, JobKind.CLEAN, JobKind.SEND, None]
    worker.do(under_way[0])
    following = worker.take()
    assert following
    assert following.kind is JobKind.CLEAN


def test_everything_is_done_in_the_end(runtime: Runtime) -> None:
    handler = Done()
    worker = Worker(runtime, dict.fromkeys(JobKind, handler))
    promise(runtime, JobKind.CLEAN, 10)
    assert worker.run_due() == 10
    assert len({lease.subject_id for lease in handler.leases}) == 10
