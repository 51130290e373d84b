"""`vanne backup`: copy a network into a folder."""

from pathlib import Path

import click

from vanne.cli.options import OutputFolder, as_json, output, tell
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.command()
@output(OutputFolder(), "The folder to write.")
@click.option(
    "--with-key", is_flag=True, help="Also the secrets, such as the private key of the ledger."
)
@home_option
@as_json
def command(out: Path, with_key: bool, home: Home, as_json: bool) -> None:
    """Copy a network into a folder, while it is in use.

    No secret is copied. To restore it, move the folder back and put the secrets into it; then run
    `vanne ledger fsck --checkpoint FILE` before anything is written. A database in PostgreSQL is
    backed up by its own tools.
    """
    from vanne.night.backup import back_up

    copied = back_up(home.require(), out, with_key=with_key)
    document = {"schema": "vanne/backup/1", "out": str(out), **copied}
    tell(document, as_json, f"{out}: {copied['files']:,} files, {copied['bytes']:,} bytes")
