"""Looking the installation over."""

import sys

import click

from inbox.bootstrap import bootstrap
from inbox.doctor import Level, examine


@click.command()
def doctor() -> None:
    """Check every setting and outside service; exit 1 if something has to be mended."""
    findings = list(examine(bootstrap()))
    for finding in findings:
        click.echo(f"{finding.level.value:<6}{finding.subject:<16}{finding.words}")
    if any(finding.level is Level.WRONG for finding in findings):
        sys.exit(1)
