"""Alembic's environment: one transaction for the whole run, batch mode so that SQLite follows."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from inbox import models  # noqa: F401  loads all tables
from inbox.db import Base

# The full-text index is made by hand in the versions: SQLite and PostgreSQL differ in it.
_BY_HAND = "submission_search"
_LOCK = 7_304_120_661


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    return not (kind == "table" and name and name.startswith(_BY_HAND))


def migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))  # two machines may start at once
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_name=include_name,
        compare_type=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


with context.config.attributes["engine"].connect().execution_options(write=True) as connection, connection.begin():
    migrate(connection)
