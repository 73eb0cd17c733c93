"""The queue and the search walk an index on both databases, whatever they are asked: read from EXPLAIN."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from desk_work import counted_statements, send
from sqlalchemy import event, insert, select, text

from inbox import kinds
from inbox.models import Channel, Label, Status, Submission, submission_label
from inbox.services import search, search_index, search_text
from inbox.services.filters import Filters

ROWS = 4000
LONG_AGO = datetime(2026, 11, 23, tzinfo=UTC)
LISTS = {
    "open": Filters(),
    "mine": Filters(assignee="me"),
    "unassigned": Filters(assignee="none"),
    "everything": Filters(status="all"),
    "accepted": Filters(status=Status.ACCEPTED),
    "spam": Filters(status=Status.SPAM),
    "a kind": Filters(kind="event"),
    "a kind, closed": Filters(kind="event", status=Status.CLOSED),
    "a channel": Filters(channel=Channel.SMS),
    "a colleague": Filters(assignee="1"),
    "a label": Filters(label="rare"),
    "a common label": Filters(label="common"),
    "a label of any status": Filters(label="rare", status="all"),
    "a rare word": Filters(words="lighthouse"),
    "an absent word": Filters(words="zzzzz"),
    "a common word": Filters(words="harbour"),
    "a common word, filtered": Filters(words="harbour", kind="event", status=Status.CLOSED),
    "a rare word, labelled": Filters(words="lighthouse", label="rare"),
    "a Chinese word": Filters(words="選舉"),
    "a sender": Filters(sender="lighthouse", status="all"),
    "a span of time": Filters(status="all", before=LONG_AGO),
    "pictures that wait": Filters(files="photo"),
}


@pytest.fixture
def full(runtime, cast, monkeypatch):
    """A database with a few thousand submissions, spread as they are after some years."""
    monkeypatch.setattr(search_index, "_RARE", 200)  # so that a few thousand rows know common words too
    die = random.Random(7)
    statuses = [Status.NEW] * 3 + [Status.OPEN] * 5 + [Status.CLOSED] * 70 + [Status.ACCEPTED] * 15 + [Status.SPAM] * 7
    rows = []
    for number in range(ROWS):
        at = runtime.clock() - timedelta(minutes=number)
        rows.append(
            {
                "reference": f"XX-{number:06}",
                "kind": die.choice(list(kinds.BY_NAME)),
                "status": die.choice(statuses),
                "channel": die.choice(list(Channel)),
                "assignee_id": die.choice([None, None, None, *(user.id for user in cast.values())]),
                "message_count": 1,
                "waits_for_sender": False,
                "subject": "A subject of the usual length, which is some sixty characters",
                "preview": "The first line of the newest text. " * 5,
                "details": {"dateline": "Taichung, 24 November 2026", "website": "https://x.example/" + "x" * 300},
                "spam_reasons": [],
                "received_at": at,
                "active_at": at,
            }
        )
    with runtime.database.writing() as session:
        ids = list(session.scalars(insert(Submission).returning(Submission.id, sort_by_parameter_order=True), rows))
        names = ["Rare", "Common", *(f"Label {number}" for number in range(60))]
        labels = [Label(name=name, key=name.casefold()) for name in names]
        session.add_all(labels)
        session.flush()
        on = [{"submission_id": each, "label_id": labels[1].id} for each in ids[::2]]
        on += [{"submission_id": each, "label_id": labels[0].id} for each in ids[::400]]
        on += [{"submission_id": each, "label_id": labels[2 + each % 60].id} for each in ids]
        session.execute(insert(submission_label), on)
        for each in ids:
            said = "harbour 地方選舉結果" if each % 3 else "harbour lighthouse" if each % 999 == 0 else "bridge"
            others = " ".join(f"word{die.randrange(20_000)}" for _ in range(150))
            search_index.insert(session, each, search_text.tokens(said, others, uuid.uuid4().hex))
    with runtime.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("ANALYZE" if runtime.database.is_sqlite else "VACUUM ANALYZE")
        )
    return runtime


def plans_of(runtime, act, by_index: bool = False) -> list[str]:
    """The plans of the SELECTs of submissions that `act(session)` runs.

    by_index: with so few rows PostgreSQL may rightly read all of them; then it is asked whether an index can serve.
    """
    ran = []

    def note(connection, cursor, statement, parameters, *others):
        if statement.startswith("SET LOCAL") or "submission" in statement:
            ran.append((statement, parameters))

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    with runtime.database.reading() as session:
        act(session)
    event.remove(runtime.database.engine, "before_cursor_execute", note)
    with runtime.database.engine.connect() as connection:
        if (by_index and not runtime.database.is_sqlite) or any(
            statement.startswith("SET LOCAL") for statement, _ in ran
        ):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [explain(runtime, connection, *each) for each in ran if not each[0].startswith("SET")]


def explain(runtime, connection, statement, parameters) -> str:
    if runtime.database.is_sqlite:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)
    plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    return json.dumps(plan, indent=1)


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def short(plan: str) -> str:
    """The nodes of a plan in one line each, for people who read a failure."""
    keys = (
        "Node Type",
        "Relation Name",
        "Index Name",
        "Filter",
        "Actual Rows",
        "Rows Removed by Filter",
        "Actual Loops",
    )
    return "\n".join(str([node[key] for key in keys if key in node]) for node in nodes(json.loads(plan)[0]["Plan"]))


def assert_walks_an_index(runtime, plan: str, most_rows: int) -> None:
    if runtime.database.is_sqlite:
        for line in plan.splitlines():
            assert not line.startswith(("SCAN submission ", "SCAN submission_label")) or "INDEX" in line, plan
            assert line != "SCAN submission", plan
        return
    for node in nodes(json.loads(plan)[0]["Plan"]):
        relation = node.get("Relation Name", "")
        if relation.startswith("submission"):
            assert node["Node Type"] != "Seq Scan", short(plan)
            read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            assert read <= most_rows, short(plan)


@pytest.mark.parametrize("who", ["alice", "carol"])
def test_every_list_and_search_walks_an_index(full, cast, who):
    for name, filters in LISTS.items():
        for older in (None, "first"):
            cursor = None
            if older:
                with full.database.reading() as session:
                    cursor = search.find_page(session, cast[who], filters).older
                if cursor is None:
                    continue
            plans = plans_of(full, lambda session: search.find_page(session, cast[who], filters, cursor))  # noqa: B023
            assert plans, name
            for plan in plans:
                assert_walks_an_index(full, plan, most_rows=ROWS)


def test_search_on_sqlite_begins_at_the_full_text_index(full, cast):
    if not full.database.is_sqlite:
        return
    for words in ("harbour", "lighthouse", "zzzzz"):
        for filters in (Filters(words=words), Filters(words=words, kind="event"), Filters(words=words, label="common")):
            plan = plans_of(full, lambda session: search.find_page(session, cast["alice"], filters))[0]  # noqa: B023
            loops = [line for line in plan.splitlines() if line.startswith(("SCAN", "SEARCH"))]
            assert "submission_search VIRTUAL TABLE" in loops[0], plan
            assert "TEMP B-TREE" not in plan, plan


def test_a_page_of_the_queue_is_read_from_the_newest_end_without_sorting(full, cast):
    for name in ("open", "everything", "accepted", "a kind", "a channel", "mine"):
        plan = plans_of(full, lambda session: search.find_page(session, cast["alice"], LISTS[name]))[0]  # noqa: B023
        if full.database.is_sqlite:
            assert "TEMP B-TREE" not in plan, (name, plan)
        else:
            assert '"Index Scan"' in plan or '"Bitmap Heap Scan"' in plan, (name, plan)


@pytest.mark.parametrize("who", ["alice", "carol"])
def test_the_counts_of_the_views_walk_an_index(full, cast, who):
    plans = plans_of(full, lambda session: search.views(session, cast[who], tuple(kinds.BY_NAME)), by_index=True)
    assert len(plans) == 1
    assert_walks_an_index(full, plans[0], most_rows=2 * search.MOST_COUNTED)


def test_a_search_is_one_statement_more_on_postgresql_only(full, cast):
    send(full, "harbour")
    for words in ("harbour", "lighthouse"):
        with counted_statements(full) as statements, full.database.reading() as session:
            search.find_page(session, cast["alice"], Filters(words=words))
        finding = [each for each in statements if "submission_search" in each or "FROM submission " in each]
        assert len(finding) == (1 if full.database.is_sqlite else 2)


def test_the_rows_are_what_the_plans_were_read_on(full):
    with full.database.reading() as session:
        assert session.scalar(select(Submission.id).order_by(Submission.id.desc()).limit(1)) >= ROWS
