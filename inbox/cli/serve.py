"""Starting: the web server, and the migrations alone."""

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import click

from inbox import budgets, create_app, demo, logs, migrations, worker
from inbox.bootstrap import bootstrap
from inbox.cli.server import Server
from inbox.cli.shared import warn, warn_of_mailboxes
from inbox.errors import ConfigError
from inbox.handlers.media import clear_workshop
from inbox.runtime import Runtime
from inbox.services import accounts, invitations

HOST, PORT = "127.0.0.1", 8000


@click.command()
@click.option("--host", help=f"Address to listen on. [default: {HOST}]")
@click.option("--port", type=click.IntRange(1, 65535), help=f"Port to listen on. [default: {PORT}]")
@click.option("--demo", "with_demo", is_flag=True, help="Fill an empty inbox with made-up submissions first.")
def serve(host: str | None, port: int | None, with_demo: bool) -> None:
    """Bring the tables up to date, start the web server and a worker; stop them with Ctrl-C or SIGTERM."""
    logs.configure()
    warn(os.environ)
    runtime = bootstrap(_environ(os.environ, host, port))
    warn_of_mailboxes(runtime)
    listener = _listen(host or HOST, port or PORT)
    migrations.upgrade(runtime.database.engine)
    if with_demo:
        _fill(runtime)
    _use_own_folder_for_uploads(runtime)
    server = Server(create_app(runtime), listener, runtime.settings.max_upload_bytes)
    _greet(runtime, host or HOST)
    background = worker.make(runtime)
    background.start()
    server.run()
    background.stop()
    runtime.database.engine.dispose()


@click.command("worker")
def work() -> None:
    """Do the slow work, such as sending replies, without a web server; stop it with Ctrl-C or SIGTERM."""
    logs.configure()
    warn(os.environ)
    runtime = bootstrap()
    warn_of_mailboxes(runtime)
    migrations.upgrade(runtime.database.engine)
    clear_workshop(runtime)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    background = worker.make(runtime)
    background.start()
    click.echo("Working. Stop with Ctrl-C.")
    stop.wait()
    background.stop()
    runtime.database.engine.dispose()


@click.command()
def upgrade() -> None:
    """Bring the database's tables to this version."""
    engine = bootstrap().database.engine
    if migrations.is_current(engine):
        click.echo("The tables are up to date.")
        return
    migrations.upgrade(engine)
    click.echo("The tables are those of this version now.")


def _environ(environ: Mapping[str, str], host: str | None, port: int | None) -> Mapping[str, str]:
    """Where it listens is its public address, unless another one is set."""
    if environ.get("INBOX_PUBLIC_URL") or (host is None and port is None):
        return environ
    return {**environ, "INBOX_PUBLIC_URL": f"http://{_in_url(host or HOST)}:{port or PORT}"}


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is bound but accepts nobody yet. Raises ConfigError if it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not an address"
        raise ConfigError(f"--host, --port: cannot listen on {_in_url(host)}:{port}: {reason}") from None
    return listener


def _fill(runtime: Runtime) -> None:
    if demo.is_empty(runtime):
        click.echo("Filling the inbox with made-up submissions ...")
        demo.fill(runtime)
    else:
        click.echo("The inbox is not empty: nothing made up was added.")


def _use_own_folder_for_uploads(runtime: Runtime) -> None:
    """Let uploads wait on the disk of the data, not in /tmp, which is often small or memory."""
    folder = runtime.settings.data_dir / "tmp"
    folder.mkdir(exist_ok=True, mode=0o700)
    tempfile.tempdir = str(folder)


def _greet(runtime: Runtime, host: str) -> None:
    url, redis_url = runtime.settings.public_url, runtime.settings.redis_url
    click.echo(f"Public page:  {url}/")
    click.echo(f"Desk:         {url}/desk/")
    with runtime.database.reading() as session:
        if not accounts.has_staff(session):
            click.echo(
                f"First account (this link works once, for a day):\n              {invitations.set_up_link(runtime)}"
            )
    if _is_any(urlsplit(url).hostname or ""):
        click.echo(f"Listening on every address of this machine ({host}); set INBOX_PUBLIC_URL to the one people use.")
    if why := redis_url and budgets.trouble(redis_url):
        click.echo(f"Warning: INBOX_REDIS_URL: no answer ({why}); this process counts budgets for itself.", err=True)
    click.echo("Stop with Ctrl-C.")


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
