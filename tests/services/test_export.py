"""What comes out is all that went in, in the shape that is promised."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.models import AuditEntry, Channel, Status, Submission, User
from inbox.runtime import Runtime
from inbox.services import conversation, export, intake, spam, triage
from inbox.services.contacts import Facts, Sender
from inbox.services.intake import Incoming
from inbox.services.media import RemoteFile

SID = "SM0123456789abcdef0123456789abcdef"


def receive(runtime: Runtime, session: Session, **values: Any) -> Submission:
    given = {"channel": Channel.WEB, "account": "web", "external_id": values.get("text", "x"), "text": "x", **values}
    return intake.receive(session, Incoming(**given), region="TW", now=runtime.clock()).submission


def exported(runtime: Runtime, since: Any = None) -> list[dict[str, Any]]:
    with runtime.database.reading() as session:
        return [json.loads(line) for line in export.json_lines(session, since)]


def table(runtime: Runtime) -> list[dict[str, str]]:
    with runtime.database.reading() as session:
        text = "".join(export.csv_lines(session))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_whatsapp_message_comes_out_with_every_key(runtime: Runtime, cast: dict[str, User]):
    place = {"latitude": 25.03, "longitude": 121.56, "label": "橋頭", "address": None}
    with runtime.database.writing() as session:
        submission = receive(
            runtime,
            session,
            channel=Channel.WHATSAPP,
            account="AC1",
            external_id=SID,
            text="橋面裂開了",
            sender=Sender(Channel.WHATSAPP, "+886900000001", "陳大文"),
            remote_files=(RemoteFile("https://media.provider.example/1", "image/jpeg"),),
            extra={"location": place, "in_reply_to": "SM9"},
            raw={"Body": "橋面裂開了", "Unknown": "kept"},
        )
        alice = cast["alice"]
        triage.claim(session, submission, actor=alice, now=runtime.clock())
        triage.label(session, submission, "突發", actor=alice, now=runtime.clock())
        triage.note(session, submission, "Send somebody.", actor=alice, now=runtime.clock())
        reference = submission.reference

    at = "2026-11-24T06:00:00+00:00"
    assert exported(runtime) == [
        {
            "reference": reference,
            "kind": "message",
            "status": "new",
            "channel": "whatsapp",
            "received_at": at,
            "subject": "橋面裂開了",
            "body": "橋面裂開了",
            "language": "zh-Hant",
            "contact": {
                "name": "陳大文",
                "email": "",
                "phone": "+886900000001",
                "organisation": "",
                "points": [{"channel": "whatsapp", "address": "+886900000001"}],
            },
            "details": {},
            "assignee": "alice@newsroom.example",
            "priority": "normal",
            "labels": ["突發"],
            "spam": {"suspected": False, "reasons": []},
            "messages": [
                {
                    "direction": "in",
                    "channel": "whatsapp",
                    "account": "AC1",
                    "external_id": SID,
                    "at": at,
                    "text": "橋面裂開了",
                    "delivery_state": "",
                    "error_code": "",
                    "extra": {
                        "location": place,
                        "in_reply_to": "SM9",
                        "raw": {"Body": "橋面裂開了", "Unknown": "kept"},
                    },
                    "attachments": [
                        {
                            "filename": "",
                            "content_type": "image/jpeg",
                            "size_bytes": None,
                            "sha256": "",
                            "state": "pending",
                        }
                    ],
                }
            ],
            "notes": [{"at": at, "author": "Alice Lin", "text": "Send somebody."}],
            "audit": [
                {"at": at, "actor": "sender", "verb": "submission:receive"},
                {"at": at, "actor": "Alice Lin", "verb": "submission:claim"},
                {"at": at, "actor": "Alice Lin", "verb": "submission:label"},
                {"at": at, "actor": "Alice Lin", "verb": "submission:note"},
            ],
        }
    ]


def test_an_anonymous_form_has_the_same_keys(runtime: Runtime):
    with runtime.database.writing() as session:
        receive(runtime, session, kind="story_tip", text="Green water", details={"where": "Changhua"})

    (line,) = exported(runtime)

    assert line["contact"] == {"name": "", "email": "", "phone": "", "organisation": "", "points": []}
    assert line["details"] == {"where": "Changhua"}
    assert line["assignee"] is None
    assert line["messages"][0]["extra"] == {}
    assert line["notes"] == line["labels"] == []


def test_questions_and_answers_stand_in_order(runtime: Runtime, cast: dict[str, User]):
    with runtime.database.writing() as session:
        submission = receive(runtime, session, kind="story_tip", text="Green water", receipt_hash="a" * 64)
        conversation.ask(session, submission, "Which drain?", actor=cast["bob"], now=runtime.clock())
        answer = Incoming(Channel.WEB, "web", "answer", "The blue one")
        intake.receive_more(session, submission, answer, now=runtime.clock())

    (line,) = exported(runtime)

    assert [(m["direction"], m["text"]) for m in line["messages"]] == [
        ("in", "Green water"),
        ("out", "Which drain?"),
        ("in", "The blue one"),
    ]
    assert line["body"] == "Green water"


def test_suspected_spam_comes_out_with_its_reasons(runtime: Runtime):
    with runtime.database.writing() as session:
        receive(runtime, session, text="watches", suspicions=(spam.TRAP_FILLED,))

    (line,) = exported(runtime)

    assert line["status"] == Status.SPAM.value
    assert line["spam"] == {"suspected": True, "reasons": [spam.TRAP_FILLED]}


def test_since_leaves_out_what_nothing_was_added_to(runtime: Runtime, clock):
    with runtime.database.writing() as session:
        receive(runtime, session, text="old")
        revived = receive(runtime, session, text="old, but alive")
        clock.advance(days=2)
        receive(runtime, session, text="new")
        more = Incoming(Channel.WEB, "web", "more", "and another thing")
        intake.receive_more(session, revived, more, now=runtime.clock())

    assert [line["body"] for line in exported(runtime, clock() - timedelta(days=1))] == ["old, but alive", "new"]
    assert [line["body"] for line in exported(runtime, clock())] == ["old, but alive", "new"]
    assert exported(runtime, clock() + timedelta(seconds=1)) == []


def test_nothing_is_lost_or_doubled_between_pages(runtime: Runtime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(export, "PAGE_SIZE", 3)
    with runtime.database.writing() as session:
        for number in range(7):
            receive(runtime, session, text=f"number {number}")

    assert [line["body"] for line in exported(runtime)] == [f"number {number}" for number in range(7)]


def test_a_page_costs_the_same_number_of_queries_however_full_it_is(runtime: Runtime):
    def queries() -> int:
        seen: list[str] = []
        event.listen(runtime.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
        exported(runtime)
        return len(seen)

    sender = Sender(Channel.SMS, "+12025550101")
    with runtime.database.writing() as session:
        receive(runtime, session, channel=Channel.SMS, text="first", sender=sender)
    few = queries()
    with runtime.database.writing() as session:
        for number in range(30):
            sender = Sender(Channel.SMS, f"+447700900{number:03}")
            receive(runtime, session, channel=Channel.SMS, text=f"text {number}", sender=sender)

    assert queries() == few


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋"])
def test_no_cell_of_the_table_can_become_a_formula(runtime: Runtime, start: str):
    text = f'{start}HYPERLINK("https://evil.example","x")'
    with runtime.database.writing() as session:
        receive(runtime, session, text=text, facts=Facts(name=text), details={"where": text}, kind="story_tip")

    (row,) = table(runtime)

    for cell in (row["body"], row["contact_name"], row["where"]):
        assert cell == f"'{text}"


def test_the_table_has_a_column_for_every_fact_of_every_kind(runtime: Runtime):
    budget = {"low": 20000, "high": None, "currency": "TWD"}
    with runtime.database.writing() as session:
        receive(
            runtime,
            session,
            kind="advertising",
            text='A "quoted" text,\nof two lines',
            facts=Facts(name="王小姐", organisation="森境", phone="0900000001"),
            details={"budget": budget, "consent": True, "start_date": "2026-12-01"},
        )
        moment = {"at": "2026-12-01T02:00:00+00:00", "zone": "Asia/Taipei"}
        receive(runtime, session, kind="press_release", text="b", details={"embargo_until": moment})

    advertising, release = table(runtime)

    assert {field.name for kind in kinds.ALL for field in kind.facts} <= set(advertising)
    assert advertising["body"] == 'A "quoted" text,\nof two lines'
    assert advertising["contact_name"] == "王小姐"
    assert advertising["contact_phone"] == "'+886900000001"
    assert advertising["budget"] == "20000- TWD"
    assert advertising["consent"] == "yes"
    assert release["embargo_until"] == "2026-12-01T02:00:00+00:00"
    assert release["budget"] == ""


def test_an_empty_inbox_gives_no_line_and_a_table_with_its_head_only(runtime: Runtime):
    assert exported(runtime) == []
    assert table(runtime) == []


def test_rubbish_that_a_provider_sent_does_not_stop_the_export(runtime: Runtime):
    with runtime.database.writing() as session:
        receive(runtime, session, external_id="1", text="a\0b\ud800", raw={"Body": "\ud800", "Other": "\u2028"})

    with runtime.database.reading() as session:
        (line,) = export.json_lines(session)

    assert json.loads(line.encode())["body"] == "a\ufffdb\ufffd"
    assert line.count("\n") == 1


def test_an_export_leaves_a_trace(runtime: Runtime):
    with runtime.database.writing() as session:
        export.record(session, "csv", runtime.clock(), now=runtime.clock())

    with runtime.database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.verb, entry.actor) == ("inbox:export", "system")
    assert entry.facts == {"format": "csv", "since": "2026-11-24T06:00:00+00:00"}
