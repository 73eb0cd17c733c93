"""Rows that are written together, on both databases."""

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from inbox.models import Channel, Contact, ContactPoint
from inbox.rows import Rows, fetch_first, insert_values, rows_together


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


RENAMED = (
    update(Contact.__table__)
    .where(Contact.__table__.c.id == bindparam("contact"))
    .values(name=bindparam("name"), phone=Contact.__table__.c.phone.op("||")(bindparam("name")))
)


def test_rows_are_changed_together_with_those_that_are_added(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        first, first_point = add_somebody(rows, runtime, "+12025550101")
        second, _ = add_somebody(rows, runtime, "+12025550102")

    for _ in range(8):  # past the point where PostgreSQL's driver prepares a statement
        with runtime.database.writing() as session, rows_together(session) as rows:
            rows.change(RENAMED, contact=first.id, name="A")
            contact = rows.add(Contact, name="Third", created_at=runtime.clock())
            rows.change(RENAMED, contact=second.id, name="B")
            rows.update(ContactPoint, first_point.id, can_reply=False, opted_out_at=runtime.clock())

    with runtime.database.reading() as session:
        names = [(each.id, each.name, each.phone) for each in session.scalars(select(Contact).order_by(Contact.id))]
        assert names[:2] == [(first.id, "A", "A" * 8), (second.id, "B", "B" * 8)]
        assert names[-1] == (contact.id, "Third", "")
        stored = session.get_one(ContactPoint, first_point.id)
        assert (stored.can_reply, stored.opted_out_at) == (False, runtime.clock())


def test_where_nothing_is_added_nothing_is_written(runtime):
    with runtime.database.writing() as session, rows_together(session):
        pass


def test_what_is_fetched_has_its_types(runtime):
    with runtime.database.writing() as session, rows_together(session) as rows:
        contact, _ = add_somebody(rows, runtime, "+12025550101")
    columns = ContactPoint.contact_id, ContactPoint.channel, ContactPoint.can_reply, ContactPoint.created_at
    wanted = select(*columns).where(ContactPoint.address == bindparam("address"))

    with runtime.database.reading() as session:
        found = fetch_first(session, wanted, address="+12025550101")
        assert found == [contact.id, Channel.SMS, True, runtime.clock()]
        assert isinstance(found[1], Channel)
        assert found[2] is True
        assert fetch_first(session, wanted, address="+12025550102") is None
