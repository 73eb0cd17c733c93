"""Rows that are written together, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from inbox.models import Channel, Contact, ContactPoint
from inbox.rows import Rows, insert_values, rows_together


def add_somebody(rows: Rows, runtime, address: str, name: str = "Ling"):
    contact = rows.add(Contact, name=name, created_at=runtime.clock())
    point = rows.add(ContactPoint, contact_id=contact, channel=Channel.SMS, address=address, created_at=runtime.clock())
    return contact, point


def test_a_row_refers_to_one_that_is_written_with_it(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        add_somebody(rows, runtime, "+12025550101", "Somebody else")
        contact, point = add_somebody(rows, runtime, "+12025550102")

    with runtime.database.reading() as session:
        stored = session.get_one(ContactPoint, point.id)
        assert (stored.address, stored.contact_id, stored.contact.name) == ("+12025550102", contact.id, "Ling")


def test_what_is_added_later_has_the_higher_id(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        added = [add_somebody(rows, runtime, f"+1202555010{number}") for number in range(6)]

    for ids in ([contact.id for contact, _ in added], [point.id for _, point in added]):
        assert ids == sorted(ids)


def test_what_is_not_given_gets_its_default(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        _, point = add_somebody(rows, runtime, "+12025550101")

    with runtime.database.reading() as session:
        stored = session.get_one(ContactPoint, point.id)
        assert (stored.can_reply, stored.opted_out_at, stored.contact.email) == (True, None, "")
        assert stored.created_at == runtime.clock()


def test_rows_of_the_same_shape_are_written_one_after_the_other_with_other_values(runtime):
    for number in range(8):  # past the point where PostgreSQL's driver prepares a statement
        with runtime.database.writing() as session, rows_together(session) as rows:
            add_somebody(rows, runtime, f"+1202555010{number}", f"Reader {number}")

    with runtime.database.reading() as session:
        found = session.execute(select(ContactPoint.address, Contact.name).join(ContactPoint.contact)).all()
    assert sorted(found) == [(f"+1202555010{number}", f"Reader {number}") for number in range(8)]


def test_where_one_row_cannot_be_written_none_is(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        add_somebody(rows, runtime, "+12025550101")

    with pytest.raises(IntegrityError), runtime.database.writing() as session, rows_together(session) as rows:
        add_somebody(rows, runtime, "+12025550102")
        add_somebody(rows, runtime, "+12025550101")

    with runtime.database.reading() as session:
        assert session.scalars(select(ContactPoint.address)).all() == ["+12025550101"]


def test_a_row_that_refers_to_nothing_is_refused(runtime):
    with pytest.raises(IntegrityError), runtime.database.writing() as session:
        insert_values(
            session,
            ContactPoint,
            contact_id=4711,
            channel=Channel.SMS,
            address="+12025550101",
            created_at=runtime.clock(),
        )
