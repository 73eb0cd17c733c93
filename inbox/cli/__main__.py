"""`python -m inbox.cli` is the `inbox` command."""

from inbox.cli import main

main(prog_name="inbox")
