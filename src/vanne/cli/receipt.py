"""`vanne receipt verify`: check a receipt; `vanne verify` does the same for any file."""

import click

from vanne.cli.options import as_json
from vanne.cli.verify import read_file, say_receipt


@click.group()
def command() -> None:
    """Check a receipt, offline."""


@command.command()
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@as_json
def verify(file: str, vkey: str | None, as_json: bool) -> None:
    """Say whether the receipt holds: exit with 0 if it does, 1 if not, 65 if it is no receipt.

    It is `vanne verify` for a receipt alone.
    """
    say_receipt(read_file(file), vkey, as_json)
