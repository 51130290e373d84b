"""`vanne choices`: many choices at once, from a table."""

import csv
import io
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import OutputFile, Progress, answer, as_json, counted, home, now
from vanne.config import Home
from vanne.errors import InputError
from vanne.plugins import tell_choices

if TYPE_CHECKING:
    from vanne.decide.loader import Imported, LoadCheck

_SHOWN = 20  # bad rows; more of them would hide what was done


@click.group()
def command() -> None:
    """Import choices from a table into the ledger."""


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing.")
@click.option("--skip-bad", is_flag=True, help="Record the other rows if some are bad.")
@click.option(
    "--refused",
    type=OutputFile(".csv"),
    help="Where to list the bad rows as CSV (with --skip-bad by default FILE.refused.csv, here).",
)
@as_json
def import_(
    file: Path, home: Home, dry_run: bool, skip_bad: bool, refused: Path | None, as_json: bool
) -> None:
    """Record the choices of a Parquet, CSV or JSON Lines FILE in the ledger.

    Its columns are those of the table *choices*: member_id, purpose, scope, target, on, at,
    channel, notice. Rows are recorded in the order of `at`, which the ledger keeps as what the file
    claims; an on that is no later than a no in the ledger is a bad row. If any row is bad nothing
    is recorded, every bad row is told, and the exit code is 65; rows are counted from 1 below the
    header. The same file again changes nothing; an import that was interrupted goes on.
    """
    from vanne.corpus.contract import members_table
    from vanne.decide.loader import Imported, check, record
    from vanne.ledger import Ledger
    from vanne.policy.schedule import policy_at

    moment = now()
    policy = policy_at(home.require(), moment)
    imported = Imported()
    with Ledger.of(home, read_only=dry_run) as ledger:
        with Progress("rows checked") as tell:
            table = check(file, ledger, policy, members_table(home), moment, tell)
        if table.good and not dry_run and (skip_bad or not table.bad):
            with Progress("choices recorded", table.good) as tell:
                imported = record(
                    file, ledger, table, moment, tell, partial(tell_choices, home, at=moment)
                )
    if table.bad and skip_bad and not refused:
        refused = Path(f"{file.name}.refused.csv")
    if refused:
        from vanne.files import write_whole

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["row", "column", "problem", "todo"])
        writer.writerows([row.row, row.column, row.problem, row.todo] for row in table.bad)
        write_whole(refused, text.getvalue().encode())
    if as_json:
        answer(_document(table, imported, dry_run))
    else:
        _tell(table, imported, dry_run, refused)
    if table.bad and not skip_bad:
        raise click.exceptions.Exit(InputError.exit_code)


def _document(table: "LoadCheck", imported: "Imported", dry_run: bool) -> dict[str, object]:
    return {
        "schema": "vanne/choices-import/1",
        "rows": table.rows,
        "imported": imported.new,
        "already_imported": imported.already,
        "unchanged": imported.unchanged,
        "holds": {"on": imported.on, "off": imported.off},
        "not_members": table.not_members,
        "other_purposes": table.other_purposes,
        "dry_run": dry_run,
        "refused": [asdict(row) for row in table.bad],
    }


def _tell(table: "LoadCheck", imported: "Imported", dry_run: bool, refused: Path | None) -> None:
    for row in table.bad[:_SHOWN]:
        click.echo(str(row), err=True)
    if len(table.bad) > _SHOWN:
        where = f"`{refused}` lists them" if refused else "--refused FILE or --json lists them"
        click.echo(f"and {len(table.bad) - _SHOWN:,} more bad rows: {where}", err=True)
    elif table.bad and refused:
        click.echo(f"vanne: `{refused}` lists them", err=True)
    if table.not_members:
        rows = counted(table.not_members, "row is", "rows are")
        what = "about people who are no members: their offs are objections"
        click.echo(f"vanne: {rows} {what}", err=True)
    if table.other_purposes:
        rows = counted(table.other_purposes, "row is", "rows are")
        what = "for purposes that the policy does not have: they have no effect"
        click.echo(f"vanne: {rows} {what}", err=True)
    click.echo(_summary(table, imported, dry_run))
    if imported.on or imported.off:
        what = f"{imported.on:,} on and {imported.off:,} off"
        click.echo(f"vanne: what the file names is now {what}", err=True)


def _summary(table: "LoadCheck", imported: "Imported", dry_run: bool) -> str:
    if not imported.new and not imported.already:
        bad = f"{len(table.bad):,} of {counted(table.rows, 'row', 'rows')} cannot be used"
        good = f"all {table.rows:,} rows can be used" if table.rows else "it has no rows"
        return f"{'checked' if dry_run else 'nothing was imported'}: {bad if table.bad else good}"
    choices = counted(imported.new, "choice", "choices")
    text = f"imported {choices} of {counted(table.rows, 'row', 'rows')}"
    if imported.already:
        text += f"; {imported.already:,} were there from an earlier import"
    if imported.unchanged:
        text += f"; {imported.unchanged:,} changed nothing"
    if table.bad:
        text += f"; {counted(len(table.bad), 'row was', 'rows were')} left out"
    return text
