"""Putting made-up submissions in, and taking submissions out."""

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from inbox import demo as content
from inbox.cli.shared import open_inbox
from inbox.errors import InboxError
from inbox.services import export as exporting


@click.command()
def demo() -> None:
    """Fill an empty inbox with a few hundred made-up submissions."""
    runtime = open_inbox()
    if not content.is_empty(runtime):
        raise InboxError("The inbox is not empty. Made-up submissions go only into an empty one (INBOX_DATA_DIR).")
    count = content.fill(runtime)
    click.echo(f"{count} made-up submissions of the last two weeks are in the queue.")


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option(
    "--since", metavar="ISO", help="Only what arrived, or was added to, since then: 2026-11-01 or a full time."
)
def export(form: str, since: str | None) -> None:
    """Write every submission to standard output."""
    runtime = open_inbox()
    start = _read_time(since, runtime.zone) if since is not None else None
    with runtime.database.writing() as session:
        exporting.record(session, form, start, now=runtime.clock())
    write = exporting.csv_lines if form == "csv" else exporting.json_lines
    out = sys.stdout.buffer
    with runtime.database.reading() as session:
        for line in write(session, start):
            out.write(line.encode())


def _read_time(text: str, zone: ZoneInfo) -> datetime:
    """A time without a zone is the newsroom's."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InboxError(
            f'--since: "{text}" is not a time; write it like 2026-11-01 or 2026-11-01T08:00+08:00'
        ) from None
