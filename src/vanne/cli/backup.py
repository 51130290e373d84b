"""`vanne backup`: copy a network into a folder."""

import os
from pathlib import Path

import click

from vanne.cli.options import OutputFolder, as_json, output, tell
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.command()
@output(OutputFolder(), "The folder to write.")
@click.option("--with-key", is_flag=True, help="Also its secrets, encrypted.")
@home_option
@as_json
def command(out: Path, with_key: bool, home: Home, as_json: bool) -> None:
    """Copy a network into a folder, while it is in use.

    No secret is copied, such as the private key of the ledger. With --with-key all are, in one
    file, encrypted with the passphrase in VANNE_BACKUP_PASSPHRASE. `vanne restore` puts the copy
    back. A database in PostgreSQL is backed up by its own tools.
    """
    from vanne.night.backup import back_up
    from vanne.secrets import passphrase_in

    passphrase = passphrase_in(os.environ, "`--with-key`") if with_key else None
    copied = back_up(home.require(), out, passphrase=passphrase)
    document = {"schema": "vanne/backup/1", "out": str(out), **copied}
    secrets = "its secrets are encrypted" if with_key else "no secret is in it"
    text = f"{out}: {copied['files']:,} files, {copied['bytes']:,} bytes; {secrets}"
    tell(document, as_json, text)
