"""The `inbox` command: each group of commands in a file of its own."""

from typing import Any

import click
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from inbox import __version__
from inbox.cli import data, doctor, mail, serve, simulate, staff
from inbox.errors import InboxError


class Inbox(click.Group):
    """The group of all commands. A fault that is to be expected ends in one line, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InboxError as error:
            raise click.ClickException(_one_line(error)) from None
        except CommandError as error:
            raise click.ClickException(f"INBOX_DATABASE_URL: cannot bring the tables up to date: {error}") from None
        except DatabaseError as error:
            raise click.ClickException(f"INBOX_DATABASE_URL: {_one_line(error.orig or error)}") from None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


@click.group(cls=Inbox, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="inbox")
def main() -> None:
    """One moderated queue for everything that is sent to a newsroom."""


for command in (
    serve.serve,
    serve.work,
    serve.upgrade,
    doctor.doctor,
    data.demo,
    data.export,
    mail.import_mail,
    staff.staff,
    simulate.simulate,
):
    main.add_command(command)
