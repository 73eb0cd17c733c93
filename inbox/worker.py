"""The worker: threads that take slow work from the list, do it, and say what became of it.

The list in the database is the truth (`services.jobs`); nothing here must survive. A thread that hangs is
one of several, every call to a provider has a time limit, and a lease that runs out gives the work to the next.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

from inbox.channels.twilio import send
from inbox.logs import log
from inbox.models import JobKind
from inbox.runtime import Runtime
from inbox.services import jobs, outbox
from inbox.services.jobs import Lease
from inbox.services.outbox import Task
from inbox.services.provider import NotNow, Provider, Refused, Sent, Unclear

THREADS = 4
LOOK_SECONDS = 1.0
"""How often an idle thread looks for work; also what wakes it after a process elsewhere promised some."""


class Worker:
    """Does the promised work of one installation; any number of them may run, on any number of machines."""

    def __init__(self, runtime: Runtime, provider: Provider | None) -> None:
        self._runtime = runtime
        self._provider = provider
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._handlers: dict[JobKind, Callable[[Lease], None]] = {JobKind.SEND: self._send}

    def start(self) -> None:
        """Begin to work in the background."""
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}") for n in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more work, and wait for what is under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def run_due(self) -> int:
        """Do everything that is due now, in this thread; return how many jobs that was."""
        done = 0
        while self._do_one():
            done += 1
        return done

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._do_one()
            except Exception as error:  # the database is away: look again soon
                log.error("worker", error=type(error).__name__)
                busy = False
            if not busy:
                self._stopping.wait(LOOK_SECONDS)

    def _do_one(self) -> bool:
        with self._runtime.database.writing() as session:
            lease = jobs.take(session, now=self._runtime.clock())
        if lease is None:
            return False
        try:
            self._handlers[lease.kind](lease)
        except Exception as error:
            log.error("job", kind=lease.kind.value, job=lease.job_id, error=type(error).__name__, exc_info=True)
            self._later(lease, type(error).__name__)
        return True

    def _send(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            task = outbox.begin(session, lease.subject_id, now=self._runtime.clock())
            if task is None:
                jobs.finish(session, lease, now=self._runtime.clock())
        if task:
            self._call(lease, task)

    def _call(self, lease: Lease, task: Task) -> None:
        if self._provider is None:
            self._refused(lease, "unset")
            return
        try:
            sent = self._look_up(self._provider, task) if task.look_up else self._provider.send(task.outgoing)
        except NotNow as error:
            self._not_now(lease, error, sure=not task.look_up)
        except Refused as error:
            self._refused(lease, error.code)
        except Unclear:
            self._unclear(lease)
        else:
            self._sent(lease, sent) if sent else self._not_found(lease, task)

    def _look_up(self, provider: Provider, task: Task) -> Sent | None:
        found = provider.find(task.outgoing, task.since)
        with self._runtime.database.reading() as session:
            return next((sent for sent in found if not outbox.is_known(session, sent)), None)

    def _sent(self, lease: Lease, sent: Sent) -> None:
        with self._runtime.database.writing() as session:
            outbox.sent(session, lease.subject_id, sent)
            jobs.finish(session, lease, now=self._runtime.clock())

    def _refused(self, lease: Lease, code: str) -> None:
        with self._runtime.database.writing() as session:
            outbox.refuse(session, lease.subject_id, code)
            jobs.fail(session, lease, code, now=self._runtime.clock())

    def _not_now(self, lease: Lease, error: NotNow, *, sure: bool) -> None:
        """`sure`: nothing was sent, so that the message may go back to the queue."""
        with self._runtime.database.writing() as session:
            if sure:
                outbox.put_back(session, lease.subject_id)
            if not jobs.try_later(session, lease, error.code, now=self._runtime.clock(), after=error.after) and sure:
                outbox.refuse(session, lease.subject_id, "unreachable")

    def _unclear(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            outbox.doubt(session, lease.subject_id)
            jobs.try_later(session, lease, "unclear", now=self._runtime.clock())

    def _not_found(self, lease: Lease, task: Task) -> None:
        """The provider knows of no such message: soon after the call that may change, later it was not sent."""
        now = self._runtime.clock()
        if now - task.since >= outbox.LOOKED_UP_FOR:
            self._refused(lease, "not-found")
            return
        with self._runtime.database.writing() as session:
            jobs.try_later(session, lease, "unclear", now=now, after=timedelta(seconds=30))

    def _later(self, lease: Lease, error: str) -> None:
        with self._runtime.database.writing() as session:
            jobs.try_later(session, lease, error, now=self._runtime.clock())


def make(runtime: Runtime) -> Worker:
    """A worker with the providers that the settings describe."""
    return Worker(runtime, send.provider(runtime))
