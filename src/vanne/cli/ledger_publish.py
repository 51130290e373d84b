"""`vanne ledger publish` and `follow`: the log as static files, and what checks them."""

from pathlib import Path

import click

from vanne.cli.options import answer, as_json, counting, home, opened_ledger, read_note
from vanne.cli.outputs import OutputFolder
from vanne.config import Home
from vanne.errors import VerificationError

_AT_AN_ADDRESS = ("https://", "http://")
_folder = click.argument("folder", type=OutputFolder())


@click.command()
@_folder
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[LEDGER]")
@home
@click.option("--all", "everything", is_flag=True, help="Make what was published before again too.")
@as_json
def publish(folder: Path, file: Path | None, home: Home, everything: bool, as_json: bool) -> None:
    """Write the log to FOLDER as static files that anybody can follow (C2SP tlog-tiles).

    Only public parts are written. A second run writes what is new; what was published is never
    written again. With --all missing files are put back, and changed ones named.
    """
    from vanne.ledger.publish import publish

    with opened_ledger(file, home) as ledger, counting("entries") as tell:
        published = publish(ledger, folder, everything=everything, tell=tell)
    if as_json:
        answer(published.as_json())
    else:
        click.echo(
            f"published {published.size:,} entries of `{published.origin}`: "
            f"{published.files_written:,} new files beside the checkpoint\n"
            f"the key is {published.vkey}"
        )


@click.command()
@click.argument("log", metavar="FOLDER|URL")
@click.option(
    "--kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The checkpoint that you kept; when all holds, the new one is written there.",
)
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@as_json
def follow(log: str, kept: Path | None, vkey: str | None, as_json: bool) -> None:
    """Check a published log, with nothing but its files; exit with 1 if something does not hold.

    Every entry and tile is hashed again; the log must begin with what the kept checkpoint signed.
    The first time there is none: the file that --kept names is made. Without --vkey the key that
    came with the files is believed: compare it with the one that the operator publishes.
    """
    from vanne.files import write_whole
    from vanne.ledger.follow import follow
    from vanne.ledger.layout import folder_reader, url_reader

    read = url_reader(log) if log.startswith(_AT_AN_ADDRESS) else folder_reader(Path(log))
    before = read_note(kept) if kept and kept.exists() else None
    try:
        with counting("entries") as tell:
            held = follow(read, kept=before, vkey=vkey, tell=tell)
    except VerificationError as error:
        if not as_json:
            raise
        answer({"schema": "vanne/ledger-follow/1", "verified": False, "reason": error.title})
        raise click.exceptions.Exit(1) from error
    if kept:
        write_whole(kept, held.note.encode())
    if as_json:
        answer(held.as_json())
    else:
        since = "" if held.kept_size is None else f", and begins with the {held.kept_size:,} kept"
        source = "is the one that you gave" if vkey else "came with the log: compare it"
        click.echo(
            f"the log `{held.checkpoint.origin}` holds: {held.checkpoint.size:,} entries, hashed "
            f"from the first to the last{since}\nit is signed with the key\n  {held.vkey}\n"
            f"which {source}"
        )
