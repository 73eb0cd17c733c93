"""What the commands share: opening the inbox."""

from collections.abc import Mapping

import click
from sqlalchemy import inspect

from inbox import complaints, config, migrations
from inbox.bootstrap import bootstrap
from inbox.errors import ConfigError
from inbox.runtime import Runtime
from inbox.services import mailboxes


def warn(environ: Mapping[str, str]) -> None:
    """Say which variables look like settings and are none."""
    if said := complaints.misspelt(environ, config.names()):
        click.echo(f"Warning: {said}", err=True)


def warn_of_mailboxes(runtime: Runtime) -> None:
    """Say which mail is not fetched because nobody said whose it is."""
    for source in mailboxes.sources(runtime.settings.imap_servers, runtime.profile):
        if source.complaint:
            click.echo(f"Warning: INBOX_IMAP_URL: {source.complaint}.", err=True)


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
