"""Engine, sessions, the write transaction and the column types that all models share."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_SECONDS = 15

Result = TypeVar("Result")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite forgets time zones, so they are put on again when a row is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are kept with their time zone; this one has none")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_by_value(enum: type[StrEnum]) -> Enum:
    """A text column that holds the enum's value, which is also what URLs and exports show."""
    return Enum(enum, native_enum=False, length=32, values_callable=lambda e: [member.value for member in e])


Key = Annotated[int, mapped_column(primary_key=True)]
ShortText = Annotated[str, mapped_column(String(500))]


class Base(DeclarativeBase):
    """Base of all models; JSON columns keep the order of their keys."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime(), dict[str, Any]: JSON(), list[str]: JSON()}  # noqa: RUF012


def make_engine(url: str) -> Engine:
    """Return an engine for SQLite (WAL, FULL, foreign keys) or PostgreSQL (psycopg 3)."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, pool_size=20, max_overflow=20, pool_use_lifo=True
        )
        _prepare_sqlite(engine)
        return engine
    return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)


def _prepare_sqlite(engine: Engine) -> None:
    """Make SQLite durable and strict, and let a write transaction take the write lock as it begins."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # accepted means safe, also when the power fails
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -32000")
        # Every so many pages, whoever commits also moves them into the database file and syncs both. A message
        # writes thirty pages, so by the default of 1000 that would be every thirtieth. The log grows to 40 MB.
        cursor.execute("PRAGMA wal_autocheckpoint = 10000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# One lock per SQLite file and process. SQLite's own busy handler sleeps and tries again, so threads
# that meet there wait many times the median; queueing at a lock of ours removes that tail.
_write_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def _write_turn(session: Session) -> Iterator[None]:
    engine = session.get_bind()
    if engine.dialect.name != "sqlite":
        yield
        return
    with _write_locks[str(engine.engine.url)]:
        yield


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Run a block as one write transaction on `session`: commit at its end, roll back on an error.

    What the session has read before is forgotten first, so that the block decides on fresh rows
    (and, on SQLite, never fails because its snapshot is old). Blocks do not nest: RuntimeError.
    """
    if session.info.get("writing"):
        raise RuntimeError("a write transaction is already open on this session")
    session.rollback()
    session.info["writing"] = True
    try:
        with _write_turn(session):
            try:
                session.connection(execution_options={"write": True})
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
    finally:
        session.info.pop("writing", None)


def exactly_once(writing: Callable[[], AbstractContextManager[Session]], store: Callable[[Session], Result]) -> Result:
    """Run `store` in a write transaction; when another one stored the same at that moment, run it again.

    The second run finds the sender that the other one made, the third the message (see `intake.receive`).
    """
    for _ in range(2):
        with suppress(IntegrityError), writing() as session:
            return store(session)
    with writing() as session:
        return store(session)


class Database:
    """An engine and its sessions."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; what it changes is thrown away."""
        with self.sessions() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A new session inside one write transaction."""
        with self.sessions() as session, writing(session):
            yield session
