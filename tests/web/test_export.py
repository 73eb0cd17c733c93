"""A list taken along as a table: what the list holds, for whom it may, and harmless in a spreadsheet."""

import csv
import io

import pytest
from desk_work import send
from openpyxl import load_workbook
from sqlalchemy import select

from inbox.models import AuditEntry
from inbox.services import export, search

DANGEROUS = ["=1+1", "+886900000001", "-2", "@SUM(A1)", "\t=1", "＝1"]


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def sheet(answer) -> list[dict[str, str]]:
    head, *lines = load_workbook(io.BytesIO(answer.get_data())).active.values
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_a_table_holds_what_the_list_holds_in_its_order(runtime, signed_in):
    for number, kind in enumerate(["event", "message", "event"]):
        send(runtime, f"Text {number}", subject=f"Number {number}", kind=kind, minutes_ago=number)
    alice = signed_in("alice")
    answer = alice.get("/desk/export?format=csv&kind=event")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="submissions-2026-11-24.csv"'
    assert [row["subject"] for row in rows(answer)] == ["Number 0", "Number 2"]
    assert [row["subject"] for row in sheet(alice.get("/desk/export?format=xlsx&kind=event"))] == [
        "Number 0",
        "Number 2",
    ]
    assert [row["body"] for row in rows(alice.get("/desk/export?q=kind:message"))] == ["Text 1"]


def test_a_table_of_more_than_a_page_has_no_gap_and_no_repeat(runtime, signed_in, monkeypatch):
    monkeypatch.setattr(search, "PAGE_SIZE", 3)
    for number in range(8):
        send(runtime, f"Text {number}", minutes_ago=number)
    bodies = [row["body"] for row in rows(signed_in("alice").get("/desk/export"))]
    assert bodies == [f"Text {number}" for number in range(8)]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_ever_a_formula(runtime, signed_in, text):
    send(runtime, "Hello", subject=text)
    alice = signed_in("alice")
    (row,) = rows(alice.get("/desk/export?format=csv"))
    assert row["subject"] == f"'{text}"
    book = load_workbook(io.BytesIO(alice.get("/desk/export?format=xlsx").get_data()))
    cell = book.active.cell(2, 1 + list(export.COLUMNS).index("subject"))
    assert (cell.value, cell.data_type) == (text.strip(), "s") or (cell.value, cell.data_type) == (text, "s")


def test_a_text_that_no_cell_can_hold_is_cut_and_breaks_nothing(runtime, signed_in):
    send(runtime, "x" * 50_000 + "\x01\x0b")
    (row,) = sheet(signed_in("alice").get("/desk/export?format=xlsx"))
    assert row["body"] == "x" * 32_767


def test_everybody_takes_only_what_they_may_see(runtime, signed_in):
    send(runtime, "A tip", kind="story_tip")
    send(runtime, "An advert", kind="advertising")
    assert [row["body"] for row in rows(signed_in("carol").get("/desk/export?status=all"))] == ["An advert"]
    assert signed_in("victor").get("/desk/export").status_code == 403
    assert "desk/export" not in signed_in("victor").get("/desk/").text


def test_who_took_a_table_is_written_down(runtime, signed_in, cast):
    signed_in("alice").get("/desk/export?format=xlsx")
    with runtime.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "inbox:export")).one()
    assert (entry.actor_id, entry.facts["format"]) == (cast["alice"].id, "xlsx")
