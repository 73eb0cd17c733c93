"""Notices under pressure, the hours of the digest, and what is put away."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import pytest
from conftest import Clock
from desk_work import reload, send
from sqlalchemy import select
from told import SERVER, everybody_told, letters_to, tell

from inbox.db import exactly_once
from inbox.handlers.notices import TellStaff
from inbox.handlers.tidy import Tidy
from inbox.models import (
    Job,
    JobKind,
    JobState,
    Letter,
    LetterState,
    Message,
    Notice,
    NoticeKind,
    Role,
    Submission,
    Telling,
    User,
)
from inbox.runtime import Runtime
from inbox.services import accounts, failures, health, jobs, letters, notice_choices, notice_letters, notices, triage
from inbox.services.jobs import Lease
from inbox.services.notice_choices import Choices

TAIPEI, NEW_YORK = ZoneInfo("Asia/Taipei"), ZoneInfo("America/New_York")
_numbers = count(1)


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "INBOX_SMTP_URL": SERVER}


@pytest.fixture
def item(runtime: Runtime, cast: dict[str, User]) -> Submission:
    """A submission that Bob has."""
    submission = send(runtime)
    with runtime.database.writing() as session:
        session.get_one(Submission, submission.id).assignee_id = cast["bob"].id
    return submission


def at_once(runtime: Runtime, act: Callable[..., None], times: int = 4) -> None:
    """The same event, handled several times at the same moment."""

    def handle(_: int) -> None:
        exactly_once(runtime.database.writing, act)

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(handle, range(times)))


def assigned(runtime: Runtime, item: Submission, cast: dict[str, User]) -> None:
    with runtime.database.writing() as session:
        notices.assigned(session, session.get_one(Submission, item.id), actor=cast["alice"], now=runtime.clock())


def written(runtime: Runtime) -> list[Notice]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


@pytest.fixture
def two_messages(runtime: Runtime, item: Submission) -> Message:
    """A further message of the sender."""
    with runtime.database.writing() as session:
        first = session.get_one(Submission, item.id).messages[0]
        more = Message(
            submission_id=item.id,
            direction=first.direction,
            channel=first.channel,
            account="web",
            external_id=f"more-{next(_numbers)}",
            text="More",
            at=runtime.clock(),
        )
        session.add(more)
    return more


def test_one_event_gives_one_notice_however_often_it_is_handled(
    runtime: Runtime, item: Submission, two_messages: Message, cast: dict[str, User]
) -> None:
    def arrive(session) -> None:  # type: ignore[no-untyped-def]
        notices.arrived(session, session.get_one(Message, two_messages.id), now=runtime.clock())
        notices.opened(session, session.get_one(Submission, item.id), now=runtime.clock())

    with runtime.database.writing() as session:
        session.get_one(Submission, item.id).kind = "advertising"
        carol = session.get_one(User, cast["carol"].id)
        choices = Choices({**Choices().how, NoticeKind.NEW: Telling.AT_ONCE}, only_unassigned=False)
        notice_choices.save(session, carol, choices, now=runtime.clock())
    at_once(runtime, arrive)

    keys = [(notice.user_id, notice.key) for notice in written(runtime)]
    assert sorted(keys) == sorted(
        [(cast["bob"].id, f"message:{two_messages.id}"), (cast["carol"].id, f"new:{item.id}")]
    )


def test_workers_that_tell_at_the_same_moment_write_one_letter(
    runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    assigned(runtime, item, cast)
    clock.advance(minutes=1)
    lease, teller = Lease(1, JobKind.NOTICES, 0, 1), TellStaff(runtime)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(teller.do, [lease] * 4))

    assert len(letters_to(runtime, cast["bob"])) == 1


def test_two_workers_see_one_outage(runtime: Runtime, cast: dict[str, User], clock: Clock) -> None:
    with runtime.database.writing() as session:
        health.failed(session, "twilio", "20003", now=clock())
    clock.advance(minutes=11)
    at_once(runtime, lambda session: notices.channels(session, now=clock()))

    assert [notice.user_id for notice in written(runtime)] == [cast["ada"].id]


def test_what_is_to_be_told_at_once_does_not_wait_for_the_round(
    runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    tell(runtime)  # the round of this minute is over
    clock.advance(seconds=5)
    assigned(runtime, item, cast)
    clock.advance(seconds=16)
    tell(runtime)

    assert list(everybody_told(runtime)) == ["bob"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite one writes at a time
def test_an_event_waits_for_nobody_who_has_the_round_in_hand(
    runtime: Runtime, item: Submission, cast: dict[str, User]
) -> None:
    tell(runtime)
    with ThreadPoolExecutor(1) as pool, runtime.database.writing() as other:
        assert jobs.find(other, JobKind.NOTICES, 0)
        pool.submit(assigned, runtime, item, cast).result(timeout=30)

    assert len(written(runtime)) == 1


def test_after_a_few_letters_the_rest_of_ten_minutes_is_one(
    runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    times = []
    for _ in range(25):
        with runtime.database.writing() as session:
            known = session.get_one(Submission, item.id)
            triage.note(session, known, "@Bob", actor=cast["alice"], now=clock())
        clock.advance(minutes=1)
        before = len(letters_to(runtime, cast["bob"]))
        tell(runtime)
        times += [clock()] * (len(letters_to(runtime, cast["bob"])) - before)

    for start in times:
        assert sum(start <= at < start + notice_letters.WITHIN for at in times) <= notice_letters.FEW
    assert all(later - earlier >= notice_letters.PAUSE for earlier, later in pairwise(times))
    assert 6 <= len(times) <= 9


@pytest.mark.parametrize(
    ("hours", "zone", "now", "last"),
    [
        ((9,), TAIPEI, datetime(2026, 11, 24, 1, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, 0, tzinfo=UTC)),
        ((9,), TAIPEI, datetime(2026, 11, 24, 0, 59, tzinfo=UTC), datetime(2026, 11, 23, 1, 0, tzinfo=UTC)),
        ((9, 16), TAIPEI, datetime(2026, 11, 24, 7, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, 0, tzinfo=UTC)),
        ((9, 16), TAIPEI, datetime(2026, 11, 23, 23, 0, tzinfo=UTC), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        # the hour that New York skips in March is the next one, and the one it has twice in November counts once
        ((2,), NEW_YORK, datetime(2026, 3, 8, 7, 0, tzinfo=UTC), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        ((1,), NEW_YORK, datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)),
        ((0, 23), ZoneInfo("UTC"), datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_the_hours_of_the_digest_are_the_newsrooms(
    hours: tuple[int, ...], zone: ZoneInfo, now: datetime, last: datetime
) -> None:
    assert notice_letters.last_hour(hours, zone, now) == last


def test_what_is_written_while_the_digest_is_made_comes_with_the_next(
    runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    with runtime.database.writing() as session:
        bob = session.get_one(User, cast["bob"].id)
        digest = Choices({**Choices().how, NoticeKind.ASSIGNED: Telling.DIGEST}, hours=(15, 16))
        notice_choices.save(session, bob, digest, now=clock())
    assigned(runtime, item, cast)
    clock.advance(hours=1, seconds=5)
    tell(runtime)
    other = send(runtime)
    with runtime.database.writing() as session:
        known = session.get_one(Submission, other.id)
        known.assignee_id = cast["bob"].id
        session.flush()
        notices.assigned(session, known, actor=cast["alice"], now=clock() - timedelta(seconds=10))
    clock.advance(minutes=30)
    tell(runtime)
    assert len(letters_to(runtime, cast["bob"])) == 1

    clock.advance(minutes=30)
    tell(runtime)

    assert [other.reference in letter.text for letter in letters_to(runtime, cast["bob"])] == [False, True]


@pytest.mark.parametrize("gone", ["disabled", "advertising only"])
def test_letters_that_have_not_left_do_not_reach_who_may_not_read_them_any_more(
    gone: str, runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    assigned(runtime, item, cast)
    clock.advance(minutes=1)
    tell(runtime)
    assert len(letters_to(runtime, cast["bob"])) == 1
    with runtime.database.writing() as session:
        if gone == "disabled":
            accounts.disable(session, "bob@newsroom.example", now=clock())
        else:
            accounts.set_role(session, "bob@newsroom.example", Role.ADS, now=clock())

    assert letters_to(runtime, cast["bob"]) == []
    with runtime.database.reading() as session:
        assert session.scalars(select(Job).where(Job.kind == JobKind.LETTER)).all() == []


@pytest.fixture
def waiting_letter(runtime: Runtime, cast: dict[str, User]) -> Iterator[Letter]:
    with runtime.database.writing() as session:
        key, now = f"{letters.notices_to(cast['bob'])}1", runtime.clock()
        letters.write(
            session,
            key=key,
            domain="x.example",
            recipient="bob@newsroom.example",
            subject="",
            text="",
            due_at=now,
            now=now,
        )
        letter = session.scalars(select(Letter)).one()
    yield letter


def test_a_letter_on_its_way_is_left_alone(runtime: Runtime, waiting_letter: Letter, clock: Clock) -> None:
    with runtime.database.writing() as session:
        session.get_one(Letter, waiting_letter.id).state = LetterState.SENDING
    with runtime.database.writing() as session:
        accounts.disable(session, "bob@newsroom.example", now=clock())

    with runtime.database.reading() as session:
        assert session.get(Letter, waiting_letter.id) is not None


def test_a_letter_that_cannot_be_sent_needs_attention_under_its_name(runtime: Runtime, waiting_letter: Letter) -> None:
    with runtime.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.LETTER)).one()
        job.state = JobState.FAILED
        words = failures.sort_of(job.kind).words(job, waiting_letter)

    assert words.title == "A notice to staff could not be sent"
    assert words.values["address"] == "bob@newsroom.example"


def test_what_was_told_is_put_away_after_a_month_and_what_nobody_could_be_told_after_a_week(
    runtime: Runtime, item: Submission, cast: dict[str, User], clock: Clock
) -> None:
    def left(days: int) -> int:
        clock.advance(days=days)
        Tidy(runtime).do(Lease(1, JobKind.TIDY, 0, 1))
        return len(written(runtime))

    assigned(runtime, item, cast)
    clock.advance(minutes=1)
    tell(runtime)
    with runtime.database.writing() as session:
        triage.note(session, reload(runtime, item), "@Bob", actor=cast["alice"], now=clock())

    assert (left(days=6), left(days=2), left(days=20), left(days=3)) == (2, 1, 1, 0)
