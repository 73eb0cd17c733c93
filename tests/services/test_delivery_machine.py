"""How far a message has come: whatever order the worker's news and the provider's reports come in, and however
often, the same state is reached, and it only moves forward."""

import shutil
from itertools import count
from pathlib import Path

from conftest import ACCOUNT, Clock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from inbox.bootstrap import bootstrap
from inbox.models import Channel, DeliveryState, Message, StatusReport
from inbox.services import intake, outbox
from inbox.services.contacts import Sender
from inbox.services.intake import Incoming
from inbox.services.outbox import Recipient
from inbox.services.provider import NOT_FOUND, Sent

REPORTED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED)
PROGRESS = (*(DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN), *REPORTED[:1], DeliveryState.FAILED)
PROGRESS += (DeliveryState.DELIVERED, DeliveryState.READ)
CODE = "30003"
MESSAGES = st.integers(0, 1)
_numbers = count(1)


def furthest(states) -> DeliveryState:
    """Arrival beats failure, failure beats being sent."""
    return max(states, key=PROGRESS.index)


def after(state: DeliveryState, reports) -> DeliveryState:
    for report in reports:
        state = state.forward(report)
    return state


@given(st.lists(st.sampled_from(REPORTED), max_size=8), st.data())
def test_reports_in_any_order_and_repeated_end_in_the_same_state(reports, data) -> None:
    mixed = data.draw(st.permutations(reports + reports[:3]))
    assert after(DeliveryState.SENDING, mixed) is after(DeliveryState.SENDING, reports)
    assert after(DeliveryState.SENDING, reports) is furthest([DeliveryState.SENDING, *reports])


@given(st.sampled_from(list(DeliveryState)), st.sampled_from(list(DeliveryState)))
def test_a_report_never_moves_a_message_back(state, report) -> None:
    moved = state.forward(report)
    assert moved in (state, report)
    assert moved.forward(report) is moved
    assert moved.forward(state) is moved


class DeliveryMachine(RuleBasedStateMachine):
    """Two messages of ours, a worker that may lose its way, and a provider that tells in any order."""

    template: Path
    folder: Path

    @initialize()
    def open(self) -> None:
        self.place = self.folder / str(next(_numbers))
        self.place.mkdir()
        shutil.copy(self.template, self.place / "inbox.db")
        self.clock = Clock()
        environ = {"INBOX_DATA_DIR": str(self.place), "INBOX_SECRET_KEY": "a secret for tests only, long enough"}
        self.runtime = bootstrap(environ, self.clock)
        self.ids = [self._promise(number) for number in range(2)]
        self.sids = [f"SM{number:032x}" for number in range(2)]
        self.state = [DeliveryState.QUEUED] * 2
        self.told: list[set[DeliveryState]] = [set(), set()]
        self.named = [False, False]
        self.sent_times = [0, 0]

    def _promise(self, number: int) -> int:
        sender = Sender(Channel.WHATSAPP, "+886900000001", "Ling")
        incoming = Incoming(
            Channel.WHATSAPP, ACCOUNT, f"in-{number}", "Hello", sender=sender, recipient="+886963563485"
        )
        now = self.clock()
        with self.runtime.database.writing() as session:
            arrival = intake.receive(session, incoming, region="TW", now=now)
            point_id = arrival.message.contact_point_id
            to = Recipient(arrival.submission_id, point_id, sender.channel, sender.address, incoming.recipient)
            return outbox.enqueue(session, to, "Thank you", key=f"k{number}", due_at=now, now=now)

    def teardown(self) -> None:
        if hasattr(self, "runtime"):
            self.runtime.database.engine.dispose()
            shutil.rmtree(self.place)

    # The worker

    @rule(which=MESSAGES)
    def begins(self, which: int) -> None:
        """A second beginning finds the first one, and looks it up: it is sent once at most."""
        with self.runtime.database.writing() as session:
            task = outbox.begin(session, self.ids[which], self.runtime.profile, now=self.clock())
        if self.state[which] is DeliveryState.QUEUED:
            assert task is not None
            assert not task.look_up
            self.sent_times[which] += 1
            self.state[which] = DeliveryState.SENDING
        elif self.state[which] in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
            assert task is not None
            assert task.look_up
            self.state[which] = DeliveryState.UNKNOWN
        else:
            assert task is None

    @precondition(lambda self: any(self.sent_times))
    @rule(which=MESSAGES)
    def hears_that_it_was_sent(self, which: int) -> None:
        """Also a second time: from a worker whose lease had ended."""
        if not self.sent_times[which] or (self.state[which] is DeliveryState.FAILED and not self.named[which]):
            return
        with self.runtime.database.writing() as session:
            outbox.sent(session, self.ids[which], Sent(ACCOUNT, self.sids[which]), now=self.clock())
        self.named[which] = True
        self.state[which] = furthest([self.state[which], DeliveryState.SENT, *self.told[which]])

    @rule(which=MESSAGES)
    def doubts(self, which: int) -> None:
        with self.runtime.database.writing() as session:
            outbox.doubt(session, self.ids[which])
        if self.state[which] is DeliveryState.SENDING:
            self.state[which] = DeliveryState.UNKNOWN

    @rule(which=MESSAGES)
    def gives_up(self, which: int) -> None:
        """Only a provider that does not have it makes it a failure."""
        if self.state[which] is not DeliveryState.UNKNOWN or self.told[which]:
            return
        with self.runtime.database.writing() as session:
            outbox.give_up(session, self.ids[which], NOT_FOUND, now=self.clock())
        self.state[which] = DeliveryState.FAILED

    # The provider

    @precondition(lambda self: any(self.sent_times))
    @rule(which=MESSAGES, state=st.sampled_from(REPORTED), times=st.integers(1, 2))
    def reports(self, which: int, state: DeliveryState, times: int) -> None:
        """Perhaps before our own row knows its name."""
        if not self.sent_times[which]:
            return
        code = CODE if state is DeliveryState.FAILED else ""
        for _ in range(times):
            with self.runtime.database.writing() as session:
                outbox.report(session, ACCOUNT, self.sids[which], state, code, now=self.clock())
        self.told[which].add(state)
        if self.named[which]:
            self.state[which] = furthest([self.state[which], state])

    @rule(hours=st.sampled_from([0.1, 1, 25]))
    def time_passes(self, hours: float) -> None:
        if all(self.sent_times):  # later the day of free text is over
            self.clock.advance(hours=hours)

    # What always holds

    @invariant()
    def the_messages_are_where_they_should_be(self) -> None:
        with self.runtime.database.reading() as session:
            for which, number in enumerate(self.ids):
                message = session.get_one(Message, number)
                assert message.delivery is self.state[which]
                failed = message.delivery is DeliveryState.FAILED
                assert message.error_code == ((CODE if self.named[which] else NOT_FOUND) if failed else "")
                assert self.sent_times[which] <= 1

    @invariant()
    def only_reports_of_unknown_messages_are_kept(self) -> None:
        with self.runtime.database.reading() as session:
            for which, sid in enumerate(self.sids):
                kept = select(func.count()).select_from(StatusReport).where(StatusReport.external_id == sid)
                expected = 0 if self.named[which] else len(self.told[which])
                assert session.scalar(kept) == expected


def test_a_delivery_ends_in_the_same_state_whatever_the_order(sqlite_template: Path, tmp_path: Path) -> None:
    class Machine(DeliveryMachine):
        template, folder = sqlite_template, tmp_path

    quick = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],  # every step is a transaction: to shrink a failure would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=quick)
