"""What the commands share: opening the inbox."""

from collections.abc import Mapping

import click
from sqlalchemy import inspect

from inbox import complaints, config, migrations
from inbox.bootstrap import bootstrap
from inbox.errors import ConfigError
from inbox.runtime import Runtime


def warn(environ: Mapping[str, str]) -> None:
    """Say which variables look like settings and are none."""
    if said := complaints.misspelt(environ, config.names()):
        click.echo(f"Warning: {said}", err=True)


def open_inbox(environ: Mapping[str, str] | None = None) -> Runtime:
    """The runtime, with tables of this version: made in an empty database, asked for in an older one.

    Raises ConfigError.
    """
    runtime = bootstrap(environ)
    engine = runtime.database.engine
    if not inspect(engine).get_table_names():
        migrations.upgrade(engine)
    if migrations.is_newer(engine):
        raise ConfigError(f"INBOX_DATABASE_URL: {migrations.NEWER}")
    if not migrations.is_current(engine):
        raise ConfigError("INBOX_DATABASE_URL: the tables are of another version; run `inbox upgrade` first")
    return runtime
