"""`vanne verdict`: look up the verdicts of single items, now or in every version of the corpus."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from vanne.cli.options import answer, as_json, never_with, purpose, refuse_usage
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import InputError, storing
from vanne.terms import MAIN_PURPOSE
from vanne.words import Message

SCHEMA = "vanne/verdict-list/1"


@click.command()
@click.argument("items", metavar="ITEM...", nargs=-1)
@click.option(
    "--ids",
    "file",
    type=click.Path(allow_dash=True, dir_okay=False, path_type=Path),
    help="A file with one id a line; `-` is standard input.",
)
@home_option
@purpose()
@click.option("--history", is_flag=True, help="Say it for every version of the corpus.")
@as_json
def command(
    items: tuple[str, ...],
    file: Path | None,
    home: Home,
    purpose: str,
    history: bool,
    as_json: bool,
) -> None:
    """Look up the verdicts of single items, now or in every version of the corpus.

    Prints the reason of each ITEM (`allowed`, or why not), and `unknown` for an id that no data
    file holds; the exit code is 0 whatever the reasons are. An ITEM `-` reads ids from standard
    input, one a line. The first look-up after data files were added makes an index of all ids.

    With --history, each version of the corpus that knows the ITEM gives a line, oldest first: in
    which the ITEM was, and why not in the others.
    """
    from vanne.corpus import current
    from vanne.corpus.lookup import Lookup

    ids = _ids(items, file)
    if history:
        never_with("--history", "purpose")
        _say_histories(home.require(), ids, as_json)
        return
    lookup = Lookup.open(home, current(home, purpose))
    reasons = [lookup.reason(item_id) for item_id in ids]
    if not as_json:
        for item_id, reason in zip(ids, reasons, strict=True):
            click.echo(f"{item_id}\t{reason or 'unknown'}")
        return
    answer(
        {
            "schema": SCHEMA,
            "purpose": lookup.purpose,
            "corpus": lookup.version,
            "as_of": lookup.as_of.isoformat(),
            "verdicts": [
                {"item_id": item_id, "reason": reason}
                for item_id, reason in zip(ids, reasons, strict=True)
            ],
        }
    )


def _say_histories(home: Home, ids: list[str], as_json: bool) -> None:
    """Say of each item in which versions of the corpus it was, and why not in the others."""
    from vanne.corpus.history import trace

    histories = {item_id: trace(home, item_id) for item_id in ids}
    if as_json:
        rows = [
            {
                "item_id": item_id,
                "damaged": history.damaged,
                "versions": [
                    asdict(each) | {"as_of": each.as_of.isoformat()} for each in history.traces
                ],
            }
            for item_id, history in histories.items()
        ]
        answer({"schema": "vanne/verdict-history/1", "items": rows})
        return
    for item_id, history in histories.items():
        if history.damaged:
            click.echo(f"vanne: damaged versions that were left out: {history.damaged:,}", err=True)
        for each in history.traces:
            other = "" if each.purpose == MAIN_PURPOSE else f", for {each.purpose}"
            click.echo(
                f"{item_id}  {each.as_of:%Y-%m-%d %H:%M:%S}  {each.version[:16]}  "
                f"{each.reason.value:22}  {each.policy}, ledger of {each.ledger_size}{other}"
            )


def _ids(items: tuple[str, ...], file: Path | None) -> list[str]:
    if not items and file is None:
        refuse_usage(Message("give-one-of", options="ITEM, --ids FILE"))
    ids = []
    for item in items:
        ids += _id_lines(Path("-")) if item == "-" else [item]
    return ids + (_id_lines(file) if file else [])


def _id_lines(file: Path) -> list[str]:
    """Return the lines of a file, or of standard input.

    Raises:
        InputError: it is not UTF-8.
        StorageError: it cannot be read.
    """
    name = "standard input" if str(file) == "-" else f"`{file}`"
    with storing(name):
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        lines = data.decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8", todo="save it as UTF-8") from error
    return [line for line in lines if line]
