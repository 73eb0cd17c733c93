"""Puts the made-up content in through the same services that real submissions go through."""

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.channels.webform import parse
from inbox.demo import advertising, events, files, lines, mail, phone, press, readers, spam, staff, tips
from inbox.demo.cases import Case, Form, In, Mail, Said, Thread
from inbox.demo.posting import Correspondence
from inbox.models import Attachment, Channel, FileState, Job, JobKind, Notice, Priority, Status, Submission, User
from inbox.runtime import Runtime
from inbox.services import conversation, intake, jobs, media, receipts, triage
from inbox.services import spam as spamming
from inbox.services.contacts import Sender
from inbox.services.intake import Arrival, Incoming
from inbox.services.media import RemoteFile

SEED = 20261124
DAYS = 14
OUR_NUMBER = "+886900000099"
ACCOUNT = "AC" + "0123456789abcdef" * 2
CASES: tuple[Case, ...] = (
    *press.CASES,
    *tips.CASES,
    *advertising.CASES,
    *events.CASES,
    *readers.CASES,
    *phone.CASES,
    *mail.CASES,
    *spam.CASES,
    *lines.CASES,
)

_DECISIONS = (Status.ACCEPTED, Status.DECLINED, Status.CLOSED)
_SID = {Channel.WHATSAPP: "SM", Channel.SMS: "SM", Channel.RCS: "SM", Channel.VOICE: "RE"}
_MEDIA_SID = {**_SID, Channel.WHATSAPP: "MM", Channel.SMS: "MM", Channel.RCS: "MM"}

Deed = Callable[[Session], None]


def is_empty(runtime: Runtime) -> bool:
    """Whether nothing has been sent to this inbox yet."""
    with runtime.database.reading() as session:
        return session.scalar(select(Submission.id).limit(1)) is None


def fill(runtime: Runtime) -> int:
    """Put everything in, in the order in which it happened, all or nothing; return how many submissions."""
    fortnight = Fortnight(runtime, random.Random(SEED))
    with runtime.database.writing() as session:
        fortnight.people = staff.hire(session, now=fortnight.now - timedelta(days=DAYS + 1))
        deeds = [deed for case in CASES for deed in fortnight.plan(case)]
        for _, _, deed in sorted(deeds, key=lambda timed: timed[:2]):
            deed(session)
        _begin_work(session, fortnight.now)
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def _begin_work(session: Session, now: datetime) -> None:
    """Let what the worker has to do begin today, whenever it was promised; nobody made up is answered or told."""
    session.execute(delete(Job).where(Job.kind == JobKind.ARRIVAL))
    session.execute(delete(Notice))
    clean = Job.kind == JobKind.CLEAN
    session.execute(update(Job).where(clean).values(due_at=now, created_at=now))


def _is_suspected(case: Case) -> bool:
    """Whether it goes to suspected spam, where nobody has looked yet."""
    return isinstance(case, Form) and bool(case.suspicions or spamming.reasons(str(case.values.get("body", ""))))


@dataclass
class Progress:
    """A submission while its story is told; it is there once it has arrived."""

    case: Case
    arrived_at: datetime
    submission: Submission | None = None

    def begin(self, arrival: Arrival) -> None:
        """Something of it has arrived."""
        self.submission = self.submission or arrival.submission

    @property
    def it(self) -> Submission:
        if self.submission is None:
            raise RuntimeError("it has not arrived yet")
        return self.submission


Timed = tuple[datetime, int, Deed]


class Fortnight:
    """Draws by lot, from a fixed seed, what the content leaves open: when things come and who does what."""

    def __init__(self, runtime: Runtime, lot: random.Random) -> None:
        self.runtime = runtime
        self.lot = lot
        self.now = runtime.clock()
        self.people: dict[str, User] = {}
        self._count = 0

    def plan(self, case: Case) -> list[Timed]:
        """Everything that happens to one case, each with its time; nothing lies in the future."""
        progress = Progress(case, self._arrival(case))
        told = [*self._arrivals(progress), *self._work(progress)]
        return [(at, self._next(), deed) for at, deed in told if at <= self.now]

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _arrival(self, case: Case) -> datetime:
        """Some time in the fortnight: mostly by day, and more of late."""
        if case.age is not None:
            return self.now - timedelta(days=case.age)
        at = self.now - timedelta(days=DAYS * self.lot.random() ** 1.3)
        hour = at.astimezone(self.runtime.zone).hour
        if 1 <= hour < 7 and self.lot.random() < 0.85:
            at -= timedelta(hours=self.lot.uniform(6, 9))
        return at

    # What comes in

    def _arrivals(self, progress: Progress) -> Iterator[tuple[datetime, Deed]]:
        case = progress.case
        if isinstance(case, Form):
            yield progress.arrived_at, lambda session: self._send_form(session, progress, case)
        if isinstance(case, Mail):
            post = Correspondence(self.runtime, case, self.lot, self._reader_of(case))
            yield from post.tell(progress.arrived_at, progress.begin)
        if isinstance(case, Thread):
            at = progress.arrived_at
            for number, said in enumerate(Said(s) if isinstance(s, str) else s for s in case.said):
                at += timedelta(minutes=said.minutes * self.lot.uniform(0.3, 1.7)) if number else timedelta()
                yield at, self._receive(progress, self._said(case, said), at)

    def _receive(self, progress: Progress, incoming: Incoming, at: datetime) -> Deed:
        def deed(session: Session) -> None:
            arrival = intake.receive(session, incoming, region=self.runtime.profile.country, now=at)
            progress.begin(arrival)
            self._fetch(session, arrival.message_id, at)

        return deed

    def _fetch(self, session: Session, message_id: int, at: datetime) -> None:
        """Put in what a provider would have given: nothing here asks anybody."""
        waits = select(Attachment).where(Attachment.message_id == message_id, Attachment.state == FileState.PENDING)
        for file in session.scalars(waits).all():
            session.delete(jobs.find(session, JobKind.FETCH, file.id))
            content = files.fetched(file.content_type, self.lot)
            if content is None:
                media.judge(session, file.id, FileState.FAILED, "gone")
            else:
                media.seal(session, file.id, self.runtime.storage.keep(BytesIO(content)), forget=False, now=at)

    def _send_form(self, session: Session, progress: Progress, case: Form) -> None:
        at = progress.arrived_at
        values = {name: self._resolve(value) for name, value in case.values.items()}
        incoming = parse.incoming(
            kinds.BY_NAME[case.kind],
            values,
            self._id(""),
            receipt_hash=receipts.hash_code(receipts.make_code(secrets.token_bytes(10))),
            uploads=tuple(self._upload(session, name, at) for name in case.files),
            suspicions=case.suspicions,
        )
        self._receive(progress, incoming, at)(session)

    def _resolve(self, value: Any) -> Any:
        return value.resolve(self.now, self.runtime.zone) if isinstance(value, In) else value

    def _upload(self, session: Session, name: str, at: datetime) -> Attachment:
        file = BytesIO(files.draw(name, self.lot))
        content_type = media.inspect(file, name)
        stored = self.runtime.storage.keep(file)
        return media.hold(session, stored, filename=name, content_type=content_type, form_token=self._id(""), now=at)

    def _said(self, case: Thread, said: Said) -> Incoming:
        numbers = self.runtime.profile.numbers
        return Incoming(
            channel=case.channel,
            account=ACCOUNT,
            external_id=self._id(_SID[case.channel] if not said.media else _MEDIA_SID[case.channel]),
            text=said.text,
            kind=case.kind,
            sender=Sender(case.channel, case.number, case.name),
            recipient=numbers[0].number if numbers else OUR_NUMBER,
            remote_files=tuple(RemoteFile(self._media_url(), kind) for kind in said.media),
            extra=said.extra,
            gist=said.gist,
        )

    def _media_url(self) -> str:
        return f"https://media.provider.example/{ACCOUNT}/{self._id('ME')}"

    def _id(self, prefix: str) -> str:
        return prefix + self.lot.randbytes(16).hex()

    # What the newsroom does

    def _work(self, progress: Progress) -> Iterator[tuple[datetime, Deed]]:
        """Reading, asking, labelling, noting and deciding; what is fresh has mostly not been looked at yet."""
        case, at = progress.case, progress.arrived_at
        outcome = case.outcome or self._outcome(self.now - at)
        if outcome is Status.NEW or _is_suspected(case):
            return
        who = self._reader_of(case)
        at += timedelta(hours=self.lot.uniform(0.2, 9))
        yield at, self._take(progress, who, at)
        if case.priority is not Priority.NORMAL:
            yield at, self._prioritise(progress, who, at)
        for label in case.labels:
            yield at, self._label(progress, label, who, at)
        for text in case.notes:
            at += timedelta(minutes=self.lot.uniform(3, 50))
            yield at, self._note(progress, text, self._reader_of(case), at)
        for question, answer in case.asks:
            at += timedelta(minutes=self.lot.uniform(5, 90))
            yield at, self._ask(progress, question, who, at)
            if answer:
                at += timedelta(hours=self.lot.uniform(1, 20))
                yield at, self._answer(progress, answer, at)
        if outcome in _DECISIONS:
            at += timedelta(hours=self.lot.uniform(0.5, 20))
            yield at, self._decide(progress, outcome, who, at)

    def _outcome(self, age: timedelta) -> Status:
        """The older, the more is decided."""
        if self.lot.random() > age / timedelta(days=5) + 0.1:
            return Status.NEW
        return self.lot.choices((Status.OPEN, *_DECISIONS), (4, 7, 6, 4))[0]

    def _reader_of(self, case: Case) -> User:
        if isinstance(case, Form | Mail) and case.kind == "advertising":
            return self.people[staff.ADVERTISING]
        return self.people[self.lot.choice(staff.EDITORS)]

    def _take(self, progress: Progress, who: User, at: datetime) -> Deed:
        """Somebody takes it, or is given it by the editor of the day."""
        given_by = self.people[staff.EDITORS[0]] if self.lot.random() < 0.3 else None

        def deed(session: Session) -> None:
            it = progress.it
            if given_by:
                triage.assign(session, it, who, actor=given_by, seen=it.version, now=at)
            else:
                triage.claim(session, it, actor=who, now=at)
            if it.status is Status.NEW:
                triage.move(session, it, Status.OPEN, actor=who, seen=it.version, now=at)

        return deed

    def _prioritise(self, progress: Progress, who: User, at: datetime) -> Deed:
        to = progress.case.priority
        return lambda s: triage.prioritise(s, progress.it, to, actor=who, seen=progress.it.version, now=at)

    def _label(self, progress: Progress, label: str, who: User, at: datetime) -> Deed:
        return lambda s: triage.label(s, progress.it, label, actor=who, now=at)

    def _note(self, progress: Progress, text: str, who: User, at: datetime) -> Deed:
        def deed(session: Session) -> None:
            triage.note(session, progress.it, text, actor=who, now=at)

        return deed

    def _ask(self, progress: Progress, question: str, who: User, at: datetime) -> Deed:
        def deed(session: Session) -> None:
            conversation.ask(session, progress.it, question, actor=who, now=at)

        return deed

    def _answer(self, progress: Progress, text: str, at: datetime) -> Deed:
        incoming = parse.answer(text, self._id(""))

        def deed(session: Session) -> None:
            intake.receive_more(session, progress.it, incoming, now=at)

        return deed

    def _decide(self, progress: Progress, outcome: Status, who: User, at: datetime) -> Deed:
        return lambda s: triage.move(s, progress.it, outcome, actor=who, seen=progress.it.version, now=at)
