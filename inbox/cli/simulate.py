"""Playing Twilio's part, to try the inbox out without an account."""

from pathlib import Path

import click

from inbox.bootstrap import bootstrap
from inbox.channels.twilio import simulate as twilio
from inbox.errors import InboxError
from inbox.models import Channel


@click.command()
@click.argument("channel", type=click.Choice([Channel.WHATSAPP.value, Channel.SMS.value]))
@click.argument("text")
@click.option("--from", "sender", metavar="ADDRESS", help="Who writes. [default: an invented number]")
@click.option("--to", "recipient", metavar="NUMBER", help="Which of the newsroom's numbers. [default: the first]")
@click.option(
    "--media", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file to announce with it."
)
def simulate(channel: str, text: str, sender: str | None, recipient: str | None, media: Path | None) -> None:
    """Send TEXT to the running inbox as Twilio would."""
    runtime = bootstrap()
    url = runtime.settings.public_url
    try:
        status = twilio.post(runtime, Channel(channel), text, sender, recipient, media)
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
    click.echo(f"Taken in. See it in the queue, with what the sender is answered: {url}/desk/")
