"""Playing Twilio's part, to try the inbox out without an account."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from inbox.bootstrap import bootstrap
from inbox.channels.twilio import fetch
from inbox.channels.twilio import simulate as twilio
from inbox.errors import InboxError
from inbox.models import Channel
from inbox.runtime import Runtime

FETCH_SECONDS = 30


@click.command()
@click.argument("channel", type=click.Choice([Channel.WHATSAPP.value, Channel.SMS.value]))
@click.argument("text")
@click.option("--from", "sender", metavar="ADDRESS", help="Who writes. [default: an invented number]")
@click.option("--to", "recipient", metavar="NUMBER", help="Which of the newsroom's numbers. [default: the first]")
@click.option("--media", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file to send with it.")
def simulate(channel: str, text: str, sender: str | None, recipient: str | None, media: Path | None) -> None:
    """Send TEXT to the running inbox as Twilio would."""
    runtime = bootstrap()
    with twilio.offered(media) if media else nullcontext() as medium:
        _post(runtime, Channel(channel), text, sender, recipient, medium)
        click.echo(
            f"Taken in. See it in the queue, with what the sender is answered: {runtime.settings.public_url}/desk/"
        )
        if medium:
            _wait(runtime, medium)


def _post(runtime: Runtime, *message: Any) -> None:
    url = runtime.settings.public_url
    try:
        status = twilio.post(runtime, *message)
    except OSError:
        raise InboxError(
            f"INBOX_PUBLIC_URL: nobody answers at {url}; start `inbox serve` in another terminal, and if it says "
            "another address, set INBOX_PUBLIC_URL to that one here too"
        ) from None
    if status == 403:
        raise InboxError(
            f"The inbox at {url} refused the signature. Run this in the same folder as `inbox serve`, "
            "or with the same INBOX_DATA_DIR, INBOX_PUBLIC_URL and TWILIO_AUTH_TOKEN."
        )
    if status != 200:
        raise InboxError(f"The inbox at {url} refused it with {status}; `inbox doctor` may say why.")


def _wait(runtime: Runtime, medium: twilio.Medium) -> None:
    """Keep the file ready until the worker has it."""
    if not fetch.may_fetch(runtime.settings, medium.url):
        click.echo(
            "The file will not arrive: with a Twilio account the worker asks no other machine for files."
            " Try without TWILIO_ACCOUNT_SID, or name 127.0.0.1 in INBOX_TWILIO_MEDIA_HOSTS.",
            err=True,
        )
    elif medium.was_fetched.wait(FETCH_SECONDS):
        click.echo("The file was fetched.")
    else:
        click.echo(f"Nobody fetched the file within {FETCH_SECONDS} seconds; does a worker run?", err=True)
