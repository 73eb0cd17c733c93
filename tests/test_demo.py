"""The made-up fortnight: every kind and channel, nothing real, the same each time."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from inbox import demo, kinds, migrations
from inbox.bootstrap import bootstrap
from inbox.channels.webform import parse
from inbox.demo.cases import Form, In
from inbox.demo.filler import CASES
from inbox.models import Attachment, Channel, FileState, Job, JobKind, Message, Note, Role, Status, Submission, User
from inbox.runtime import Runtime
from inbox.services import accounts, export, media

INVENTED_DOMAIN = re.compile(r"(^|\.)example$")
DOMAIN = re.compile(r"(?:https?://|@)([\w.-]+\w)")
INVENTED_NUMBER = re.compile(r"\+88690000\d{4}|\+1202555\d{4}|\+447700900\d{3}|\+61491570156")
NUMBER = re.compile(r"\+\d[\d ]{7,}\d")


@pytest.fixture
def lines(runtime: Runtime) -> list[dict[str, Any]]:
    """The demo, exported."""
    demo.fill(runtime)
    with runtime.database.reading() as session:
        return [export.as_values(submission) for submission in export._submissions(session, None)]


def texts(value: Any) -> list[str]:
    """Every piece of text inside a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


def test_it_holds_a_few_hundred_of_every_kind_channel_and_status(lines: list[dict[str, Any]]):
    assert 250 <= len(lines) <= 400
    assert {line["kind"] for line in lines} == set(kinds.BY_NAME)
    assert {line["channel"] for line in lines} == {channel.value for channel in Channel}
    assert {line["status"] for line in lines} == {status.value for status in Status}


def test_it_is_in_english_and_in_chinese(lines: list[dict[str, Any]]):
    chinese = [line for line in lines if line["language"] == "zh-Hant"]

    assert 0.3 < len(chinese) / len(lines) < 0.7
    assert all(re.search("[\u4e00-\u9fff]", line["body"]) for line in chinese)


def test_no_text_stands_there_twice(lines: list[dict[str, Any]]):
    bodies = [line["body"] for line in lines if line["body"]]

    assert len(set(bodies)) == len(bodies)


def test_no_address_or_number_could_be_somebodys(lines: list[dict[str, Any]]):
    pieces = texts(lines)
    domains = {domain for text in pieces for domain in DOMAIN.findall(text)}
    numbers = {number.replace(" ", "") for text in pieces for number in NUMBER.findall(text)}

    assert len(domains) > 30
    assert len(numbers) > 30
    assert [domain for domain in domains if not INVENTED_DOMAIN.search(domain)] == []
    assert [number for number in numbers if not INVENTED_NUMBER.fullmatch(number)] == []


def test_it_lies_in_the_last_two_weeks_and_never_in_the_future(lines: list[dict[str, Any]], runtime: Runtime):
    moments = [line["received_at"] for line in lines]
    moments += [entry["at"] for line in lines for entry in (*line["audit"], *line["messages"], *line["notes"])]

    assert min(moments) > (runtime.clock() - timedelta(days=15)).isoformat()
    assert max(moments) <= runtime.clock().isoformat()
    assert [line["received_at"] for line in lines] == sorted(line["received_at"] for line in lines)


def test_there_is_work_to_look_at(runtime: Runtime, lines: list[dict[str, Any]]):
    with runtime.database.reading() as session:
        stored = session.scalars(select(Attachment).where(Attachment.state == FileState.STORED)).all()
        lost = session.scalars(select(Attachment).where(Attachment.state == FileState.FAILED)).all()
        waiting = session.scalar(select(func.count()).where(Job.kind == JobKind.FETCH))
        notes = session.scalar(select(func.count()).select_from(Note))
        assert len(stored) > 60
        assert any(file.content_type.startswith("audio/") for file in stored)
        assert all(file.problem for file in lost)
        assert lost
        assert waiting == 0  # nothing made up is looked for at anybody's
        assert notes
        assert notes > 40
        assert all(media.inspect(_open(runtime, file), file.filename) == file.content_type for file in stored)
    assert any(line["assignee"] for line in lines)
    assert any(line["labels"] for line in lines)
    assert any(len(line["messages"]) > 5 for line in lines)
    assert any(m["direction"] == "out" for line in lines for m in line["messages"])
    assert all(line["spam"]["reasons"] for line in lines if line["status"] == "spam")


def _open(runtime: Runtime, file: Attachment) -> Any:
    return BytesIO(runtime.storage.read(file.storage_key))


def test_some_embargoes_are_still_to_come(runtime: Runtime, lines: list[dict[str, Any]]):
    asked = [line["details"].get("embargo_until") for line in lines if line["details"].get("embargo") == "hold"]

    assert all(moment["zone"] == "Asia/Taipei" for moment in asked)
    assert sum(moment["at"] > runtime.clock().isoformat() for moment in asked) >= 3
    assert sum(moment["at"] <= runtime.clock().isoformat() for moment in asked) >= 1


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Form) and not case.suspicions])
def test_each_form_could_have_been_sent_as_it_is(case: Form):
    kind = kinds.BY_NAME[case.kind]
    now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    values = {
        name: v.resolve(now, ZoneInfo("Asia/Taipei")) if isinstance(v, In) else v for name, v in case.values.items()
    }
    fields = {field.name: field for field in kind.fields}

    assert set(values) <= set(fields)
    assert kind.check(values, now - timedelta(days=case.age or 0)) == {}
    for field in fields.values():
        given = case.files if field.name == "attachments" else values.get(field.name)
        asked = field.only_if is None or values.get(field.only_if[0]) == field.only_if[1]
        assert given or not field.required or not asked, field.name
        if field.options and given:
            assert given in dict(field.options)
        if isinstance(given, str):
            assert len(given) <= field.max_length
    assert parse.details(kind, values).keys() <= {field.name for field in kind.facts}


def test_it_is_the_same_each_time(runtime: Runtime, lines: list[dict[str, Any]], tmp_path: Any, clock: Any):
    other = bootstrap({"INBOX_DATA_DIR": str(tmp_path / "other")}, clock)
    migrations.upgrade(other.database.engine)
    demo.fill(other)
    with other.database.reading() as session:
        again = [export.as_values(submission) for submission in export._submissions(session, None)]
    other.database.engine.dispose()

    assert [_without_chance(line) for line in again] == [_without_chance(line) for line in lines]


def _without_chance(line: dict[str, Any]) -> dict[str, Any]:
    """References, and the ids of what we sent, are drawn anew each time; reply addresses are each inbox's own."""
    messages = [m if m["direction"] == "in" else {**m, "external_id": ""} for m in line["messages"]]
    for message in messages:
        message["extra"].get("raw", {}).pop("delivered-to", None)
    return {**line, "reference": "", "messages": messages}


def test_nobody_can_sign_in_as_a_made_up_colleague(runtime: Runtime, lines: list[dict[str, Any]]):
    with runtime.database.reading() as session:
        people = session.scalars(select(User)).all()
        assert not accounts.has_staff(session)

    assert people
    assert all(person.password is None and person.role is not Role.ADMIN for person in people)


def test_advertising_staff_work_on_advertising_only(runtime: Runtime, lines: list[dict[str, Any]]):
    with runtime.database.reading() as session:
        theirs = select(Submission).join(Submission.assignee).where(User.role == Role.ADS)
        assert {submission.kind for submission in session.scalars(theirs)} == {"advertising"}


def test_an_inbox_with_something_in_it_is_not_empty(runtime: Runtime):
    assert demo.is_empty(runtime)

    demo.fill(runtime)

    assert not demo.is_empty(runtime)
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Message))
