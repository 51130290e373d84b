"""`vanne ledger`: check, publish and follow the ledger, print what it signed, and prove it."""

from pathlib import Path

import click

from vanne.cli.ledger_prove import prove, verify_proof
from vanne.cli.ledger_publish import follow, publish
from vanne.cli.options import answer, as_json, home, opened_ledger, read_note
from vanne.config import Home

_file = click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[LEDGER]")


@click.group()
def command() -> None:
    """Check, publish and follow the ledger of choices.

    LEDGER is the ledger's file; without it, that of the network in --home. Nothing is written to
    it, and no private key is needed.
    """


@command.command()
@_file
@home
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="A checkpoint that you kept: shows a history that was rewritten since.",
)
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@as_json
def fsck(
    file: Path | None, home: Home, checkpoint: Path | None, vkey: str | None, as_json: bool
) -> None:
    """Derive everything again from the entries; exit with 1 if something does not hold."""
    known = None if checkpoint is None else read_note(checkpoint)
    with opened_ledger(file, home) as ledger:
        report = ledger.fsck(known_checkpoint=known, vkey=vkey)
    if as_json:
        answer(report.as_json())
    else:
        for problem in report.problems:
            click.echo(problem)
        click.echo(_summary(report.entries, len(report.problems)))
    if not report.ok:
        raise click.exceptions.Exit(1)


@command.command()
@_file
@home
@as_json
def checkpoint(file: Path | None, home: Home, as_json: bool) -> None:
    """Print the last signed checkpoint (a C2SP note). Keep it somewhere else."""
    with opened_ledger(file, home) as ledger:
        document = ledger.describe()
    if as_json:
        answer(document)
    else:
        click.echo(document["checkpoint"], nl=False)


def _summary(entries: int, problems: int) -> str:
    if not problems:
        return f"the ledger holds: {entries:,} entries, derived again from the first to the last"
    return f"the ledger does not hold: {entries:,} entries read, {problems} problems (see above)"


for _command in (publish, follow, prove, verify_proof):
    command.add_command(_command)
