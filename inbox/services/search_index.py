"""The full-text index of submissions: one row each, on SQLite in FTS5, on PostgreSQL a tsvector.

Both hold the tokens of `search_text`, so that both find the same. The row is written in the
transaction that changes the submission: what is accepted can be found at once.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    table,
    text,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from inbox.models import Submission
from inbox.rows import RowId, Rows, rows_together


class _Vector(TypeDecorator[str]):
    """Tokens with blanks between them, as a tsvector."""

    impl = Text
    cache_ok = True

    def bind_expression(self, value: BindParameter[str]) -> ColumnElement[str]:
        return func.array_to_tsvector(func.string_to_array(value, literal_column("' '")))


_SQLITE = Table("submission_search", MetaData(), Column("rowid", Integer), Column("tokens", Text))
_POSTGRESQL = Table("submission_search", MetaData(), Column("submission_id", Integer), Column("tokens", _Vector))
_TABLES = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
# A tsvector holds one megabyte; beyond 60,000 tokens the new words of a submission are not indexed.
_EXTEND = {
    "sqlite": update(_SQLITE)
    .where(_SQLITE.c.rowid == bindparam("submission"))
    .values(tokens=_SQLITE.c.tokens.op("||")(literal_column("' '")).op("||")(bindparam("added", type_=Text))),
    "postgresql": update(_POSTGRESQL)
    .where(_POSTGRESQL.c.submission_id == bindparam("submission"))
    .where(func.length(_POSTGRESQL.c.tokens) < literal_column("60000"))
    .values(tokens=_POSTGRESQL.c.tokens.op("||")(bindparam("added", type_=_Vector))),
}
_DELETE = {
    "sqlite": text("DELETE FROM submission_search WHERE rowid = :id"),
    "postgresql": text("DELETE FROM submission_search WHERE submission_id = :id"),
}
_HITS_UP_TO = text("SELECT submission_id FROM submission_search WHERE tokens @@ CAST(:query AS tsquery) LIMIT :most")
# Long tsvectors are stored beside the table, so the planner takes it for a small one, reads it from end
# to end and unpacks every row on the way. Until the transaction ends, it may not.
_ONLY_BY_INDEX = text("SET LOCAL enable_seqscan = off")
_RARE = 1000

_index = table("submission_search", column("rowid", Integer), column("submission_id", Integer), column("tokens"))


def add(rows: Rows, submission: RowId, tokens: list[str]) -> None:
    """Index a new submission."""
    table = _TABLES[rows.dialect.name]
    rows.add_to(table, **{table.c[0].name: submission, "tokens": " ".join(tokens)})


def insert(session: Session, submission_id: int, tokens: list[str]) -> None:
    """Index a submission that is not indexed."""
    with rows_together(session) as rows:
        add(rows, submission_id, tokens)


def extend(session: Session, submission_id: int, tokens: list[str]) -> None:
    """Add tokens to an indexed submission."""
    with rows_together(session) as rows:
        add_more(rows, submission_id, tokens)


def add_more(rows: Rows, submission_id: int, tokens: list[str]) -> None:
    """The same, as one of several rows that are written together."""
    if tokens:
        rows.change(_EXTEND[rows.dialect.name], submission=submission_id, added=" ".join(tokens))


def replace(session: Session, submission_id: int, tokens: list[str]) -> None:
    """Index a submission anew."""
    session.execute(_DELETE[session.get_bind().dialect.name], {"id": submission_id})
    insert(session, submission_id, tokens)


def matching(
    session: Session, statement: Select[Any], terms: list[tuple[str, bool]], before: int | None
) -> Select[Any]:
    """Narrow a select of `Submission` to those with all terms, newest first, with an id below `before`."""
    if session.get_bind().dialect.name == "sqlite":
        return _matching_sqlite(statement, terms, before)
    return _matching_postgresql(session, statement, terms, before)


def _matching_sqlite(statement: Select[Any], terms: list[tuple[str, bool]], before: int | None) -> Select[Any]:
    query = " AND ".join(f'"{token}"{"*" if prefix else ""}' for token, prefix in terms)
    found = statement.join(_index, _index.c.rowid == Submission.id).where(
        text("submission_search MATCH :query").bindparams(query=query)
    )
    if before is not None:
        found = found.where(_index.c.rowid < before)
    return found.order_by(_index.c.rowid.desc())


def _matching_postgresql(
    session: Session, statement: Select[Any], terms: list[tuple[str, bool]], before: int | None
) -> Select[Any]:
    """A rare word must be looked up in the index first and sorted after, a common one be checked while
    walking down from the newest. The planner cannot tell them apart (3 s against a third of a
    millisecond at a million rows), so a first, capped look into the index decides.
    """
    query = " & ".join(f"'{token}'{':*' if prefix else ''}" for token, prefix in terms)
    session.execute(_ONLY_BY_INDEX)
    hits = session.scalars(_HITS_UP_TO, {"query": query, "most": _RARE + 1}).all()
    if len(hits) > _RARE:
        matches = text("submission_search.tokens @@ CAST(:query AS tsquery)").bindparams(query=query)
        found = statement.join(_index, _index.c.submission_id == Submission.id).where(matches)
    else:
        found = statement.where(Submission.id == func.any(bindparam("hits", hits, type_=ARRAY(Integer))))
    if before is not None:
        found = found.where(Submission.id < before)
    return found.order_by(Submission.id.desc())
