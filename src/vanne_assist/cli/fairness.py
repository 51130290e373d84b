"""`vanne fairness`: check a brief, audit the search, and read the record of searches."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import as_json, counted, lang, now, printable, refuse_usage, tell
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.words import Message

if TYPE_CHECKING:
    from vanne_assist.fairness.record import SearchRecord

_FILE = InputFile()


@click.group()
def command() -> None:
    """Check briefs, audit the search for people, and read the record of searches."""


@command.command()
@click.argument("brief")
@lang
@as_json
def check(brief: str, lang: str, as_json: bool) -> None:
    """Say what BRIEF asks that the law protects, and how to put it; `-` reads standard input.

    What may ask for it by its meaning is told besides. The exit code is 1 if it asks for something.
    """
    from vanne_assist.fairness.meaning import doubts
    from vanne_assist.fairness.protected import protected_asks, reworded
    from vanne_assist.report.fairness import stopped
    from vanne_assist.report.finding import Say

    text = sys.stdin.read() if brief == "-" else brief
    asks = protected_asks(text)
    told = () if asks else doubts(text)
    rows = [
        {
            "attribute": ask.attribute.value,
            "span": list(ask.span),
            "said": ask.said,
            "reason": str(ask.reason),
            **ask.reason.document(),
            "lawful": ask.lawful,
            "law": ask.attribute.law,
        }
        for ask in asks
    ]
    document = {
        "schema": "vanne/fairness-check/1",
        "asks": rows,
        "brief": reworded(text, asks),
        "doubts": [each.said for each in told],
    }
    lines = [*map(Say(lang).trouble, told)] or stopped(text, asks, lang)
    tell(document, as_json, *map(printable, lines))
    if asks:
        raise click.exceptions.Exit(1)


@command.command()
@home_option
@click.option("--briefs", type=_FILE, required=True, help="One brief a line.")
@click.option("--attributes", "file", type=_FILE, required=True,
              help="CSV: member_id, attribute, value.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many places of a list count as selected.")  # fmt: skip
@lang
@as_json
def audit(home: Home, briefs: Path, file: Path, top: int, lang: str, as_json: bool) -> None:
    """Audit the search: who is among the first how often, by attributes that people gave.

    The attributes are read for this alone; nothing is told of fewer than ten people.
    """
    from vanne_assist.fairness.audit import audit_index, read_attributes, read_briefs
    from vanne_assist.report.fairness import audited
    from vanne_assist.search.index import Index

    texts, attributes = read_briefs(briefs), read_attributes(file)
    with Index.open(home.require()) as index:
        document = audit_index(index, texts, attributes, now(), top=top)
    tell(document, as_json, *audited(document, lang))


@command.command()
@click.argument("search", required=False)
@home_option
@click.option("--delete-after", "days", type=click.IntRange(min=1), metavar="DAYS",
              help="Delete the records that are older; at least six months (184).")  # fmt: skip
@as_json
def record(search: str | None, home: Home, days: int | None, as_json: bool) -> None:
    """List the searches that were recorded, or make the recorded SEARCH again.

    SEARCH is an id, or how it begins. The exit code is 1 if the list is not the same: people opted
    out since, items changed, or the index did.
    """
    from vanne_assist.fairness.record import SearchLog

    if search is not None and days is not None:
        refuse_usage(Message("give-one-of", options="SEARCH, --delete-after"))
    log = SearchLog(home.require())
    if search is not None:
        _replay(home, log.find(search), as_json)
    elif days is not None:
        deleted = log.prune(days, now())
        document = {"schema": "vanne/search-record-pruned/1", "deleted": deleted}
        tell(document, as_json, f"{counted(deleted, 'record', 'records')} deleted")
    else:
        rows = [
            {
                "id": each.id,
                "at": each.at.isoformat(),
                "role": each.role,
                "eligible": each.eligible,
                "shown": len(each.hits),
                "index": each.index,
            }
            for each in log.searches()
        ]
        tell(
            {"schema": "vanne/search-record/1", "searches": rows},
            as_json,
            *map("{id}  {at}  {role}  {shown} of {eligible}".format_map, rows),
            counted(len(rows), "search", "searches"),
        )


def _replay(home: Home, recorded: "SearchRecord", as_json: bool) -> None:
    """Make a recorded search again and say whether the list is the same."""
    from vanne_assist.fairness.search import replay
    from vanne_assist.jobs.members import narrowed_as
    from vanne_assist.search.index import Index

    among = narrowed_as(home, recorded)
    with Index.open(home) as index:
        again = replay(index, recorded, among)
    counts = {"gone": again.gone, "new": again.new, "erased": again.erased}
    same = {"same_index": again.is_same_index, "same_list": again.is_same_list}
    index_words = "the same index" if again.is_same_index else "another version of the index"
    list_words = "the same list" if again.is_same_list else "another list"
    tell(
        {"schema": "vanne/search-replay/1", "search": recorded.id, **same, **counts},
        as_json,
        f"{list_words}, from {index_words}",
        ", ".join(f"{count} {what}" for what, count in counts.items()),
    )
    if not again.is_same_list:
        raise click.exceptions.Exit(1)
