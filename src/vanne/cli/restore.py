"""`vanne restore`: begin a network again from a copy, and say what it lacks."""

import os
from pathlib import Path

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import as_json, counted, tell
from vanne.cli.options import home as home_option
from vanne.cli.verify import read_note
from vanne.config import Home


@click.command()
@click.argument("backup", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--checkpoint",
    type=InputFile(".txt"),
    help="The newest checkpoint that anybody kept: shows what was recorded after the backup.",
)
@home_option
@as_json
def command(backup: Path, checkpoint: Path | None, home: Home, as_json: bool) -> None:
    """Put a copy of a network back, and say what it lacks.

    BACKUP is a folder that `vanne backup` made. The copy becomes the home that --home names. The
    ledger is compared with what others have seen of it: checkpoints, the corpus, the model, and
    every folder that the log was published to. If entries are missing, the exit code is 1 and the
    ledger signs nothing. Sessions are ended.
    """
    from vanne.night.backup import restore
    from vanne.secrets import SEALED, passphrase_in

    note = None if checkpoint is None else read_note(checkpoint)
    passphrase = None
    if (sealed := backup / SEALED).exists():
        # the files of other secrets may be in the home, which is not there yet
        passphrase = passphrase_in(os.environ, f"`{sealed}`")
    restored = restore(backup, home, passphrase=passphrase, note=note)
    ledger, witnesses = restored.ledger, [each for each in restored.seen if each.by == "published"]
    document = {
        "schema": "vanne/restore/1",
        "home": str(home.root),
        "ok": ledger.ok,
        "ledger": ledger.as_json(),
        "compared": [{"by": each.by, "place": each.place} for each in restored.seen],
        "missing_secrets": list(restored.missing),
    }
    entries = counted(ledger.entries, "entry", "entries")
    lines = [*ledger.problems, f"{home.root}: restored; the ledger has {entries}"]
    if not ledger.ok:
        lines.append(
            "nothing is signed: restore the newest ledger; if its end is lost for good, "
            "`vanne ledger accept-loss` records it"
        )
    elif checkpoint is None and not witnesses:
        lines.append(
            "whether choices were recorded after the backup is not known: no published log and no "
            "checkpoint from elsewhere was compared"
        )
    if restored.missing:
        lines.append(f"put back what the home had of these: {', '.join(restored.missing)}")
    lines.append("next: erase again whom you erased after the backup; then `vanne corpus refresh`")
    tell(document, as_json, *lines)
    if not ledger.ok:
        raise click.exceptions.Exit(1)
