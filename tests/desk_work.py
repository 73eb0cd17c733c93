"""Small things that the tests of the desk share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from inbox.models import Channel, JobKind, Submission
from inbox.runtime import Runtime
from inbox.services import intake, jobs
from inbox.services.contacts import Facts
from inbox.services.intake import Incoming

_numbers = count(1)


def send(runtime: Runtime, text: str = "The bridge is closed.", *, minutes_ago: float = 0, **values: Any) -> Submission:
    """A submission, as a form would leave it. Nothing follows its arrival: its sender is not answered."""
    at = runtime.clock() - timedelta(minutes=minutes_ago)
    values = {"channel": Channel.WEB, "facts": Facts(name="Reader"), **values}
    incoming = Incoming(account="web", external_id=f"test-{next(_numbers)}", text=text, **values)
    with runtime.database.writing() as session:
        arrival = intake.receive(session, incoming, region="TW", now=at)
        session.delete(jobs.find(session, JobKind.ARRIVAL, arrival.message_id))
        return arrival.submission


def reload(runtime: Runtime, submission: Submission) -> Submission:
    """The submission as it is in the database now, with its history, labels, notes and messages."""
    with runtime.database.reading() as session:
        fresh = session.scalars(select(Submission).where(Submission.id == submission.id)).one()
        _ = fresh.history, fresh.labels, fresh.notes, fresh.messages, fresh.assignee
        return fresh


def address(submission: Submission, act: str = "") -> str:
    return f"/desk/submissions/{submission.reference}" + (f"/{act}" if act else "")


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form on this page"
    return found[1]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return found[1]


def press(
    client: FlaskClient, submission: Submission, act: str, page: str | None = None, **values: Any
) -> TestResponse:
    """Press a button on the submission's page, or on `page`, which was loaded before."""
    page = page or client.get(address(submission)).text
    fields = {name: hidden(page, name) for name in ("version", "known") if f'name="{name}"' in page}
    return client.post(address(submission, act), data={"csrf_token": token(page), **fields, **values})


@contextmanager
def counted_statements(runtime: Runtime) -> Iterator[list[str]]:
    """The SQL statements that run inside the block, without BEGIN and the like."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(runtime.database.engine, "before_cursor_execute", note)
