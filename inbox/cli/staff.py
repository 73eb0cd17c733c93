"""Accounts."""

import sys

import click

from inbox.cli.shared import open_inbox
from inbox.models import Role, User
from inbox.runtime import Runtime
from inbox.services import accounts, invitations


@click.group()
def staff() -> None:
    """Who may sign in at the desk."""


@staff.command()
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", help="How colleagues see this person. [default: made from the address]")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, role: str, name: str | None, password_stdin: bool) -> None:
    """Make an account; without a password, print a link where its owner chooses one."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    runtime = open_inbox()
    with runtime.database.writing() as session:
        user = accounts.add_staff(session, email, name or _name_from(email), Role(role), password, now=runtime.clock())
    click.echo(f"{user.email} is {user.role.value} now.")
    if password is None:
        _show_link(runtime, user)


@staff.command("list")
def show() -> None:
    """List all accounts."""
    with open_inbox().database.reading() as session:
        for user in accounts.list_staff(session):
            click.echo(f"{user.email:<40}{user.role.value:<8}{_state(user):<24}{user.name}")


@staff.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut an account and end its sessions at once."""
    runtime = open_inbox()
    with runtime.database.writing() as session:
        user = accounts.disable(session, email, now=runtime.clock())
    click.echo(f"{user.email} cannot sign in any more.")


@staff.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open an account again that was disabled, with the password and second factor of before."""
    runtime = open_inbox()
    with runtime.database.writing() as session:
        user = accounts.enable(session, email, now=runtime.clock())
    click.echo(f"{user.email} can sign in again as {user.role.value}.")


@staff.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def change_role(email: str, role: str) -> None:
    """Give somebody another role, at once."""
    runtime = open_inbox()
    with runtime.database.writing() as session:
        user = accounts.set_role(session, email, Role(role), now=runtime.clock())
    click.echo(f"{user.email} is {user.role.value} now.")


@staff.command()
@click.argument("email")
def reset(email: str) -> None:
    """Take password, second factor and sessions away, and print a link where the owner chooses new ones."""
    runtime = open_inbox()
    with runtime.database.writing() as session:
        user = accounts.reset(session, email, now=runtime.clock())
    click.echo(f"{user.email} has no password and no second factor any more.")
    if not user.active:
        click.echo(f"The account is disabled: run `inbox staff enable {user.email}` first, or the link will not work.")
    _show_link(runtime, user)


def _name_from(email: str) -> str:
    """mei-ling.chen@newsroom.example is Mei Ling Chen until somebody says otherwise."""
    return " ".join(email.partition("@")[0].replace(".", " ").replace("-", " ").replace("_", " ").split()).title()


def _state(user: User) -> str:
    if not user.active:
        return "disabled"
    if user.password is None:
        return "no password yet"
    return "active, two factors" if user.tf_primary_method else "active"


def _show_link(runtime: Runtime, user: User) -> None:
    click.echo(f"Choose a password here (the link works once, for a day):\n{invitations.link_for(runtime, user)}")
