"""The worker: threads that take slow work from the list, do it, and say what became of it.

The list in the database is the truth (`services.jobs`); nothing here must survive. A thread whose job takes
long is let go and replaced, so that no job holds up the others; a job that takes longer than it may is tried
again later, and what its thread still does counts no more.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from inbox.antivirus import Clamd
from inbox.channels.email import watch
from inbox.channels.email.send import mailer
from inbox.channels.email.watch import Watch
from inbox.channels.twilio import archive, fetch, send
from inbox.handlers import Handler, notices, tidy
from inbox.handlers.arrival import FollowArrival
from inbox.handlers.guide import EndGuide
from inbox.handlers.letter import SendLetter
from inbox.handlers.mail import ReadAgain
from inbox.handlers.media import Clean, Fetch, Forget
from inbox.handlers.notices import TellStaff
from inbox.handlers.reconcile import Reconcile
from inbox.handlers.send import Send
from inbox.handlers.subscribe import Subscribe
from inbox.handlers.tidy import Tidy
from inbox.logs import log
from inbox.models import Channel, JobKind
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.services.jobs import Lease, NotNow, Refused

HANDS = 4
MOST_HANDS = 32
"""With those that take long; beyond it something is badly wrong, and more threads would not mend it."""
SLOW_SECONDS = 5.0
LOOK_SECONDS = 1.0
"""How often to look for what became due, or was promised by another process."""
RENEW_SECONDS = 20.0
"""How often to say that work is still under way: well within `jobs.LEASE`."""
STOP_SECONDS = 20.0
ROUND_SECONDS = 60.0
"""How often to see whether regular work has to be promised again."""


class Worker:
    """Does the promised work of one installation; any number of them may run, on any number of machines.

    `regular` is work without a subject that is to be done so often; `watches` wait for mail meanwhile.
    """

    def __init__(
        self,
        runtime: Runtime,
        handlers: Mapping[JobKind, Handler],
        regular: Mapping[JobKind, timedelta] | None = None,
        watches: Sequence[Watch] = (),
    ) -> None:
        self._runtime, self._handlers, self._regular = runtime, handlers, regular or {}
        self._watches = watches
        self._round_at = self._renewed_at = float("-inf")
        self._stopping = threading.Event()
        self._work_waits = threading.Condition()
        self._hands: list[_Hand] = []
        self._under_way: set[Lease] = set()
        self._turn = threading.Lock()
        self._overseer = threading.Thread(target=self._oversee, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work in the background."""
        self._overseer.start()
        for each in self._watches:
            each.start()

    def stop(self) -> None:
        """Take no more work, and wait for what is under way, but not for ever: its lease brings it back."""
        self._stopping.set()
        for each in self._watches:
            each.stop()
        self._runtime.bell.set()
        self._overseer.join(STOP_SECONDS)
        with self._work_waits:
            self._work_waits.notify_all()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in (*self._hands, *self._watches):
            thread.join(max(deadline - time.monotonic(), 0))

    def promise_regular(self) -> None:
        """Promise regular work whose time has come again; workers on other machines do so too, and it is done once."""
        for kind, every in self._regular.items():
            with suppress(IntegrityError), self._runtime.database.writing() as session:
                jobs.keep_up(session, kind, every=every, now=self._runtime.clock())

    def run_due(self) -> int:
        """Do everything that is due now, in this thread; return how many jobs that was."""
        done = 0
        while lease := self.take():
            self.do(lease)
            done += 1
        return done

    def take(self) -> Lease | None:
        """Take a job of a kind of which not too many are under way here. Whoever takes one must `do` it."""
        with self._turn:
            counts = Counter(lease.kind for lease in self._under_way)
            enough = [kind for kind in JobKind if counts[kind] >= kind.at_once]
            with self._runtime.database.writing() as session:
                lease = jobs.take(session, but_no=enough, now=self._runtime.clock())
            if lease:
                self._under_way.add(lease)
            return lease

    def do(self, lease: Lease) -> None:
        """Do one job and settle it."""
        try:
            self._do(lease)
        finally:
            with self._turn:
                self._under_way.discard(lease)

    def _do(self, lease: Lease) -> None:
        try:
            self._handlers[lease.kind].do(lease)
        except NotNow as error:
            self._later(lease, error)
        except Refused as error:
            self._give_up(lease, error.code)
        except Exception as error:
            log.error("job", kind=lease.kind.value, job=lease.job_id, error=type(error).__name__)
            self._later(lease, NotNow(type(error).__name__))
        else:
            with self._runtime.database.writing() as session:
                jobs.finish(session, lease, now=self._runtime.clock())

    def _later(self, lease: Lease, error: NotNow) -> None:
        with self._runtime.database.writing() as session:
            waits = jobs.try_later(session, lease, error, now=self._runtime.clock())
        if not waits:
            self._give_up(lease, error.code)

    def _give_up(self, lease: Lease, code: str) -> None:
        with self._runtime.database.writing() as session:
            if jobs.fail(session, lease, code, now=self._runtime.clock()):
                self._handlers[lease.kind].give_up(session, lease, code)

    def _oversee(self) -> None:
        while not self._stopping.is_set():
            try:
                self._let_go()
                self._go_round()
                self._call_if_due()
            except Exception as error:  # the database is away: look again soon
                log.error("worker", error=type(error).__name__)
            self._runtime.bell.wait(LOOK_SECONDS)
            self._runtime.bell.clear()

    def _go_round(self) -> None:
        if time.monotonic() - self._round_at >= ROUND_SECONDS:
            self._round_at = time.monotonic()
            self.promise_regular()
        if time.monotonic() - self._renewed_at >= RENEW_SECONDS:
            self._renewed_at = time.monotonic()
            self._renew()

    def _renew(self) -> None:
        """Keep what is under way, however long it takes."""
        for each in self._watches:
            each.renew()
        with self._turn:
            under_way = list(self._under_way)
        if not under_way:
            return
        with self._runtime.database.writing() as session:
            for lease in under_way:
                jobs.renew(session, lease, now=self._runtime.clock())

    def _let_go(self) -> None:
        """Settle jobs that hang, let hands go that are slow, and keep as many quick ones as there should be."""
        for hand in self._hands:
            if lease := hand.let_go():
                log.error("job hangs", kind=lease.kind.value, job=lease.job_id)
                with self._turn:
                    self._under_way.discard(lease)
                self._later(lease, NotNow("hung"))
        self._hands = [hand for hand in self._hands if hand.is_alive()]
        quick = sum(not hand.leaves for hand in self._hands)
        for _ in range(min(HANDS - quick, MOST_HANDS - len(self._hands))):
            self._hands.append(_Hand(self))
            self._hands[-1].start()

    def _call_if_due(self) -> None:
        with self._runtime.database.reading() as session:
            due = jobs.is_due(session, now=self._runtime.clock())
        if due:
            with self._work_waits:
                self._work_waits.notify_all()

    def wait_for_work(self) -> bool:
        """Wait until there may be something to do; False when it is time to go home."""
        with self._work_waits:
            if not self._stopping.is_set():
                self._work_waits.wait(LOOK_SECONDS * 10)
        return not self._stopping.is_set()


class _Hand(threading.Thread):
    """One thread of a worker. Once it `leaves`, it takes no further job."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(name="worker-hand", daemon=True)
        self._worker = worker
        self._lease: Lease | None = None
        self._began = 0.0
        self._hangs = False
        self.leaves = False

    def run(self) -> None:
        while not self.leaves:
            try:
                busy = self._do_one()
            except Exception as error:  # the database is away: look again soon
                log.error("worker", error=type(error).__name__)
                busy = False
            if not busy and not self._worker.wait_for_work():
                return

    def let_go(self) -> Lease | None:
        """Let it leave after its job if that takes long; return the job, once, if it takes longer than it may."""
        lease, took = self._lease, time.monotonic() - self._began
        if lease is None:
            return None
        self.leaves = self.leaves or took > SLOW_SECONDS
        if self._hangs or took <= lease.kind.time_limit.total_seconds():
            return None
        self._hangs = True
        return lease

    def _do_one(self) -> bool:
        lease = self._worker.take()
        if lease is None:
            return False
        self._began, self._lease = time.monotonic(), lease
        try:
            self._worker.do(lease)
        finally:
            self._lease = None
        return True


def make(runtime: Runtime) -> Worker:
    """A worker with the providers that the settings describe."""
    lost, fetcher, clamd_url = archive.make(runtime), fetch.fetcher(runtime), runtime.settings.clamd_url
    twilio, mail = send.provider(runtime), mailer(runtime)
    providers = {**dict.fromkeys((Channel.WHATSAPP, Channel.SMS, Channel.RCS), twilio), Channel.EMAIL: mail}
    handlers: dict[JobKind, Handler] = {
        JobKind.ARRIVAL: FollowArrival(runtime),
        JobKind.SUBSCRIBE: Subscribe(runtime),
        JobKind.SEND: Send(runtime, providers),
        JobKind.LETTER: SendLetter(runtime, mail),
        JobKind.FETCH: Fetch(runtime, fetcher),
        JobKind.CLEAN: Clean(runtime, Clamd(clamd_url) if clamd_url else None),
        JobKind.FORGET: Forget(runtime, fetcher),
        JobKind.RECONCILE: Reconcile(runtime, lost),
        JobKind.GUIDE: EndGuide(runtime),
        JobKind.TIDY: Tidy(runtime),
        JobKind.MAIL: ReadAgain(runtime),
        JobKind.NOTICES: TellStaff(runtime),
    }
    regular = {JobKind.TIDY: tidy.EVERY, JobKind.NOTICES: notices.EVERY}
    if lost:
        regular[JobKind.RECONCILE] = timedelta(minutes=runtime.settings.reconcile_minutes)
    return Worker(runtime, handlers, regular, watch.make(runtime))
