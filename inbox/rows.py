"""Writing rows past the unit of work, which costs several times the statements it makes.

A message from outside is half a dozen rows that refer to one another, and nothing else happens as often.
So their statements are composed once, the rows go to the database together, and both kinds of database
are spoken to through their driver. What the session holds of such rows is not brought up to date.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import psycopg
from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Dialect,
    Executable,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from inbox.db import Base


class Row:
    """A row to be written; as a value of a row that is added after it, it stands for its id.

    `id` is there once it is written.
    """

    __slots__ = ("id", "table", "values")
    id: int

    def __init__(self, table: Table, values: Mapping[str, Any]) -> None:
        self.table, self.values = table, values


class Change:
    """A constant UPDATE of one row, and the values of its parameters."""

    __slots__ = ("statement", "values")

    def __init__(self, statement: Update, values: Mapping[str, Any]) -> None:
        self.statement, self.values = statement, values


RowId = int | Row
Run = Callable[[str, list[Any]], Any]
"""Runs a statement with its values in their order, and returns the driver's cursor."""


def id_of(row: RowId) -> int:
    """The id, of a row that is written."""
    return row.id if isinstance(row, Row) else row


class Rows:
    """Rows that are written together, in the order in which they are added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parts: list[Row | Change] = []

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    def add(self, model: type[Base], **values: Any) -> Row:
        """Add a row. Columns that are not given get their constant default, else NULL."""
        return self.add_to(cast(Table, model.__table__), **values)

    def add_to(self, table: Table, **values: Any) -> Row:
        """Add a row of a table that is no model; its first column is its id."""
        row = Row(table, values)
        self._parts.append(row)
        return row

    def change(self, statement: Update, **values: Any) -> None:
        """Run a constant UPDATE of a row that is there already with these values."""
        self._parts.append(Change(statement, values))

    def update(self, model: type[Base], row_id: int, **values: Any) -> None:
        """Write these values into the row with this id."""
        self.change(_update(cast(Table, model.__table__), tuple(values)), row_id=row_id, **values)

    def write(self) -> None:
        """Write the rows; each knows its id then. Raises IntegrityError."""
        if not self._parts:
            return
        with _driver(self._connection) as run:
            write = _write_one_by_one if self.dialect.name == "sqlite" else _write_as_one
            write(run, self.dialect, self._parts)


@contextmanager
def rows_together(session: Session) -> Iterator[Rows]:
    """Write the rows that the block adds, at its end; their ids are there only then. Raises IntegrityError."""
    rows = Rows(session.connection())
    yield rows
    rows.write()


def insert_values(session: Session, model: type[Base], **values: Any) -> int:
    """Write one row and return its id; see `Rows.add`. Raises IntegrityError."""
    with rows_together(session) as rows:
        row = rows.add(model, **values)
    return row.id


def fetch_first(session: Session, statement: Select[*tuple[Any, ...]], **values: Any) -> list[Any] | None:
    """Return the first row that a constant SELECT finds for these values, or None."""
    connection = session.connection()
    dialect = connection.dialect
    with _driver(connection) as run:
        row = run(_compiled(statement, dialect)[0], _bound(statement, values, dialect)).fetchone()
    if row is None:
        return None
    converted = zip(row, _results(statement, dialect), strict=True)
    return [convert(value) if convert else value for value, convert in converted]


def fetch_one(session: Session, statement: Select[*tuple[Any, ...]], **values: Any) -> list[Any]:
    """The same, where there is a row. Raises NoResultFound."""
    if (row := fetch_first(session, statement, **values)) is None:
        raise NoResultFound
    return row


@contextmanager
def _driver(connection: Connection) -> Iterator[Run]:
    """Give what runs a statement at the driver; its errors become those of SQLAlchemy."""
    driver: Any = connection.connection.driver_connection
    error = connection.dialect.loaded_dbapi.Error
    try:
        yield driver.execute if connection.dialect.name == "sqlite" else psycopg.RawCursor(driver).execute
    except error as reason:
        raise DBAPIError.instance(None, None, reason, error, dialect=connection.dialect) from reason


# Statements for PostgreSQL are numbered as the server wants them: RawCursor passes one on as it is, where
# psycopg's other cursors would take one as long as ours apart again each time.
_numbered: Dialect = cast(Any, postgresql.psycopg.dialect)(paramstyle="numeric_dollar")


@cache
def _compiled(statement: Executable, dialect: Dialect) -> tuple[str, list[tuple[str, Any]]]:
    """The statement, and the names and conversions of its parameters in their order."""
    compiled = cast(Any, statement).compile(dialect=dialect if dialect.name == "sqlite" else _numbered)
    types = {name: compiled.binds[name].type for name in compiled.positiontup}
    return str(compiled), [(name, _conversion(types[name], dialect)) for name in compiled.positiontup]


def _bound(statement: Executable, values: Mapping[str, Any], dialect: Dialect) -> list[Any]:
    """The values of a statement's parameters in their order, converted."""
    _, parameters = _compiled(statement, dialect)
    return [convert(values[name]) if convert else values[name] for name, convert in parameters]


@cache
def _results(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> list[Any]:
    """How the values of the columns of a SELECT are converted from what the driver gives."""
    types = [column.type for column in statement.selected_columns]
    return [type_.dialect_impl(dialect).result_processor(dialect, None) for type_ in types]


@cache
def _update(table: Table, names: tuple[str, ...]) -> Update:
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    return update(table).where(table.c.id == bindparam("row_id")).values(values)


def _conversion(type_: TypeEngine[Any], dialect: Dialect) -> Any:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if not column.primary_key and column.computed is None]


class _Binding:
    """How one kind of database takes the values of a table's columns: in their order, converted."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._columns = [(c.name, _constant(c), _conversion(c.type, dialect)) for c in _columns(table)]
        self._names = {name for name, *_ in self._columns}

    def __call__(self, values: Mapping[str, Any]) -> list[Any]:
        if not values.keys() <= self._names:
            raise TypeError(f"no such columns: {values.keys() - self._names}")
        bound = []
        for name, default, convert in self._columns:
            value = values.get(name, default)
            bound.append(convert(value) if convert else value)
        return bound


def _constant(column: Column[Any]) -> Any:
    default = column.default
    return default.arg if isinstance(default, ScalarElementColumnDefault) else None


_binding = cache(_Binding)


# SQLite: a statement costs little, and the driver tells the id of its row by itself.


@cache
def _insert_one(table: Table, dialect: Dialect) -> str:
    return str(insert(table).compile(dialect=dialect, column_keys=[column.name for column in _columns(table)]))


def _write_one_by_one(run: Run, dialect: Dialect, parts: list[Row | Change]) -> None:
    for part in parts:
        if isinstance(part, Change):
            run(_compiled(part.statement, dialect)[0], _bound(part.statement, part.values, dialect))
            continue
        values = {name: value.id if isinstance(value, Row) else value for name, value in part.values.items()}
        part.id = run(_insert_one(part.table, dialect), _binding(part.table, dialect)(values)).lastrowid


# PostgreSQL: every statement is a round trip, so all are one statement. Each is a part of it, "WITH part_0 AS
# (INSERT ... RETURNING id)", that later ones can refer to; foreign keys are checked at its end.

Links = tuple[tuple[str, int], ...]
"""The columns of a row that hold another row's id, and the place of that row."""


@cache
def _all_as_one(shape: tuple[tuple[Table | Update, Links], ...], dialect: Dialect) -> tuple[str, list[int]]:
    """The statement, and which of the values of all parts, one after the other, its parameters are."""
    parts: list[Any] = []
    names: list[str] = []
    for place, (what, links) in enumerate(shape):
        if isinstance(what, Table):
            parameters = {c.name: bindparam(f"{c.name}_{place}", type_=c.type) for c in _columns(what)}
            names += (parameter.key for parameter in parameters.values())
            values = {**parameters, **{name: select(parts[to].c[0]).scalar_subquery() for name, to in links}}
            part: Any = insert(what).values(values)
        else:
            names += (f"{name}_{place}" for name, _ in _compiled(what, dialect)[1])
            part = _renamed(what, place)
        parts.append(part.returning(next(iter(part.table.c))).cte(f"part_{place}"))
    # Asked for one by one, the parts run in this order, so that what is added later has the higher id.
    compiled = select(*(select(part.c[0]).scalar_subquery() for part in parts)).compile(dialect=_numbered)
    return str(compiled), [names.index(name) for name in compiled.positiontup or ()]


def _renamed(statement: Update, place: int) -> Update:
    """The statement with parameters whose names no other part has."""

    def rename(element: Any, **_: Any) -> Any:
        return bindparam(f"{element.key}_{place}", type_=element.type) if isinstance(element, BindParameter) else None

    return cast(Update, replacement_traverse(statement, {}, rename))


def _write_as_one(run: Run, dialect: Dialect, parts: list[Row | Change]) -> None:
    places = {part: place for place, part in enumerate(parts)}
    shape: list[tuple[Table | Update, Links]] = []
    bound: list[Any] = []
    for part in parts:
        if isinstance(part, Change):
            shape.append((part.statement, ()))
            bound += _bound(part.statement, part.values, dialect)
            continue
        links = {name: places[value] for name, value in part.values.items() if isinstance(value, Row)}
        shape.append((part.table, tuple(links.items())))
        given = {name: value for name, value in part.values.items() if name not in links}
        bound += _binding(part.table, dialect)(given)
    statement, wanted = _all_as_one(tuple(shape), dialect)
    ids = run(statement, [bound[place] for place in wanted]).fetchone()
    for part, number in zip(parts, ids, strict=True):
        if isinstance(part, Row):
            part.id = number
