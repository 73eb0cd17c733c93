"""Looking the installation over."""

import sys

import click

from inbox.bootstrap import bootstrap
from inbox.doctor import Level, examine, examine_webhook


@click.command()
@click.option("--webhook", is_flag=True, help="Only sign a sample and send it to the public address, as Twilio would.")
def doctor(webhook: bool) -> None:
    """Check every setting and outside service; exit 1 if something has to be mended."""
    runtime = bootstrap()
    findings = [examine_webhook(runtime)] if webhook else list(examine(runtime))
    for finding in findings:
        click.echo(f"{finding.level.value:<6}{finding.subject:<16}{finding.words}")
    if any(finding.level is Level.WRONG for finding in findings):
        sys.exit(1)
