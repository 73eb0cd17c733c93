"""The guide through the real services, with messages that come in any order and again, staff who step in at any
moment, a worker that runs or does not, and jumps of the clock."""

import shutil
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

from conftest import Clock
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from said import received
from signing import text_message
from sqlalchemy import select

from inbox import kinds, worker
from inbox.bootstrap import bootstrap
from inbox.channels.twilio import parse
from inbox.models import DeliveryState, Guide, GuideStage, Message, Role, Status, Submission, User
from inbox.services import guide, intake, replies, takeover, triage, ways
from inbox.services.replies import Wanted

MINUTES = timedelta(minutes=15)
MOST = 1 + 1 + 3 + 1
MENU = ("1 Story tip", "1 新聞線索")
PHOTO = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/1", "MediaContentType0": "image/jpeg"}
TEXTS = [
    *("Harbour Authority", "港務局的新聞", "I saw it myself last night", "no", "yes", "2026-12-01 09:00", "", "help"),
    *("press release", "新聞稿", "START", *(str(number) for number in range(10)), "just send it", "直接送出"),
]
_numbers = count(1)


class GuideMachine(RuleBasedStateMachine):
    """Readers one after the other, each with the guide; an editor and a worker."""

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
        self.worker = worker.make(self.runtime)
        with self.runtime.database.writing() as session:
            self.alice = User(
                email="a@x.example", name="Alice", role=Role.EDITOR, fs_uniquifier="a", created_at=self.clock()
            )
            session.add(self.alice)
        self.readers = 0
        self.on_their_way: list[dict] = []
        self.arrived: list[dict] = []
        self.opted_out: set[str] = set()
        self.heard: dict[int, object] = {}
        self.silent: dict[int, int] = {}
        """From which message on the guide must say nothing, by submission."""
        self.a_new_reader_writes("The bridge is closed", followed=True)

    def teardown(self) -> None:
        if hasattr(self, "runtime"):
            self.runtime.database.engine.dispose()
            shutil.rmtree(self.place)

    # The reader

    def _compose(self, text: str, **fields: str) -> dict:
        return text_message(text, f"SM{next(_numbers):032x}", From=self.reader, **fields)

    @rule(text=st.sampled_from(["The bridge is closed", "大橋封閉了", "event", ""]), followed=st.booleans())
    def a_new_reader_writes(self, text: str, followed: bool) -> None:
        self.readers += 1
        self._arrive(self._compose(text, **({} if text else PHOTO)))
        if followed:
            self.the_worker_runs()

    @property
    def reader(self) -> str:
        return f"whatsapp:+8869000000{self.readers:02}"

    @rule(text=st.sampled_from(TEXTS), seconds=st.sampled_from([2, 30]))
    def writes(self, text: str, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self._arrive(self._compose(text))

    @rule(number=st.integers(1, 7), seconds=st.sampled_from([2, 30, 30, 899, 900]))
    def chooses(self, number: int, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self._arrive(self._compose(str(number)))

    @rule(text=st.sampled_from(TEXTS), times=st.integers(2, 3))
    def writes_and_twilio_repeats_it(self, text: str, times: int) -> None:
        fields = self._compose(text)
        self.clock.advance(seconds=30)
        for _ in range(times):
            self._arrive(fields)

    @rule(kind=st.sampled_from([*kinds.BY_NAME, "nonsense"]))
    def taps(self, kind: str) -> None:
        self._arrive(self._compose(kind, ListId=kind, ListTitle=kind))

    @rule(text=st.sampled_from(["", "1", "at the bridge"]))
    def sends_a_photo(self, text: str) -> None:
        self._arrive(self._compose(text, **PHOTO))

    @rule(word=st.sampled_from(["STOP", "停止"]))
    def wants_no_messages(self, word: str) -> None:
        self._arrive(self._compose(word))

    @rule(text=st.sampled_from(TEXTS))
    def writes_what_is_held_up(self, text: str) -> None:
        self.on_their_way.append(self._compose(text))

    @precondition(lambda self: self.on_their_way)
    @rule(data=st.data())
    def a_message_arrives(self, data) -> None:
        fields = self.on_their_way.pop(data.draw(st.integers(0, len(self.on_their_way) - 1), label="which"))
        self._arrive(fields)

    @precondition(lambda self: self.arrived)
    @rule(data=st.data())
    def a_message_arrives_again(self, data) -> None:
        said = len(self._said())
        self._arrive(data.draw(st.sampled_from(self.arrived), label="which"))
        assert len(self._said()) == said

    def _arrive(self, fields: dict) -> None:
        profile, now = self.runtime.profile, self.clock()
        incoming = parse.incoming({name: [value] for name, value in fields.items()}, profile)
        before = len(self._said())
        with self.runtime.database.writing() as session:
            arrival = intake.receive(session, incoming, region="TW", now=now)
            guide.hear(session, incoming, arrival, profile, now=now)
        if arrival.repeated:
            return
        self.arrived.append(fields)
        began, late = (
            self._has_begun(arrival.submission_id),
            now - self.heard.get(arrival.submission_id, now) >= MINUTES,
        )
        self.heard[arrival.submission_id] = now
        if incoming.keyword == "stop":
            self.opted_out.add(fields["From"])
        if incoming.keyword == "start":
            self.opted_out.discard(fields["From"])
        assert fields["From"] not in self.opted_out or len(self._said()) == before
        if began and (late or incoming.keyword == "stop"):
            self._must_be_silent(arrival.submission_id)
        if incoming.keyword == "stop":
            self._nothing_waits(arrival.submission_id)

    # The newsroom

    @rule(seconds=st.sampled_from([30, 600, 900]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def the_worker_runs(self) -> None:
        yet_to_begin = [number for number in self.heard if not self._has_begun(number)]
        self.worker.run_due()
        self.heard.update((number, self.clock()) for number in yet_to_begin if self._has_begun(number))

    @rule(act=st.sampled_from(["reply", "claim", "take over", "decline", "spam"]), at_once=st.booleans())
    def staff_step_in(self, act: str, at_once: bool) -> None:
        if at_once:  # before the worker has looked
            self.a_new_reader_writes("The bridge is closed", followed=False)
        number, now = max(self.heard), self.clock()
        with self.runtime.database.writing() as session:
            submission = session.get_one(Submission, number)
            if act == "reply":
                profile, seen = self.runtime.profile, ways.newest(session, submission)
                if any(way.problem for way in ways.find_ways(session, submission, profile, now=now)):
                    return
                known = {"actor": self.alice, "key": f"reply-{next(_numbers)}", "seen": seen, "now": now}
                replies.reply(
                    session, submission, Wanted("Hello"), profile=profile, derive=self.runtime.derive, **known
                )
            elif act == "claim" and submission.assignee_id is None:
                triage.claim(session, submission, actor=self.alice, now=now)
            elif act == "take over":
                if not self._has_begun(number):
                    return
                guide.take_over(session, submission, actor=self.alice, now=now)
            elif act in ("decline", "spam"):
                to = Status.DECLINED if act == "decline" else Status.SPAM
                if to not in submission.status.moves:
                    return
                triage.move(session, submission, to, actor=self.alice, seen=submission.version, now=now)
        self._must_be_silent(number)
        self._nothing_waits(number)

    def _has_begun(self, submission_id: int) -> bool:
        with self.runtime.database.reading() as session:
            return session.scalar(select(Guide.id).where(Guide.submission_id == submission_id)) is not None

    def _must_be_silent(self, submission_id: int) -> None:
        with self.runtime.database.reading() as session:
            newest = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
        self.silent.setdefault(submission_id, newest)

    # What always holds

    def _said(self) -> list[Message]:
        with self.runtime.database.reading() as session:
            of_guide = select(Message).where(Message.client_key.startswith(takeover.KEY))
            return list(session.scalars(of_guide.order_by(Message.id)))

    def _nothing_waits(self, submission_id: int) -> None:
        for message in self._said():
            if message.submission_id == submission_id:
                assert message.delivery is not DeliveryState.QUEUED

    @invariant()
    def every_word_is_stored_once(self) -> None:
        with self.runtime.database.reading() as session:
            stored = [(m.external_id, m.text) for m in session.scalars(received())]
        assert sorted(stored) == sorted((fields["MessageSid"], fields["Body"]) for fields in self.arrived)

    @invariant()
    def the_guide_says_little_and_only_when_spoken_to(self) -> None:
        with self.runtime.database.reading() as session:
            talk = list(session.scalars(select(Message).order_by(Message.id)))
        for submission_id in self.heard:
            mine = [m for m in talk if m.submission_id == submission_id]
            of_guide = [m for m in mine if (m.client_key or "").startswith(takeover.KEY)]
            assert sum(m.text.partition("\n\n")[2].find(menu) >= 0 for m in of_guide for menu in MENU) <= 1
            assert len(of_guide) <= MOST
            answered = [m.client_key.removeprefix(takeover.KEY) for m in of_guide]
            assert len(set(answered)) == len(answered)
            assert all(a.direction == "in" for a, b in pairwise(mine) if b in of_guide)

    @invariant()
    def the_guide_is_silent_once_it_must_be(self) -> None:
        for message in self._said():
            since = self.silent.get(message.submission_id)
            assert since is None or message.id <= since

    @invariant()
    def every_state_is_legal(self) -> None:
        with self.runtime.database.reading() as session:
            for submission in session.scalars(select(Submission)):
                assert submission.kind in self.runtime.profile.kinds
                texts = {m.text for m in submission.messages if m.direction == "in"}
                assert set(submission.details.get(guide.OWN_WORDS, {}).values()) <= texts
                found = session.scalar(select(Guide).where(Guide.submission_id == submission.id))
                if found and found.stage is GuideStage.ASKING:
                    assert 0 <= found.place < len(kinds.BY_NAME[submission.kind].questions)
                if found and submission.id in self.silent:
                    assert not found.stage.at_work


def test_the_guide_keeps_its_promises_whatever_happens(sqlite_template: Path, tmp_path: Path) -> None:
    class Machine(GuideMachine):
        template, folder = sqlite_template, tmp_path

    quick = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],  # every step is a transaction: to shrink a failure would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=quick)
