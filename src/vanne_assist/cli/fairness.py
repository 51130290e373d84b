"""`vanne fairness`: check a brief, and read the record of searches."""

import sys

import click

from vanne.cli.options import as_json, counted, lang, now, printable, tell
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.group()
def command() -> None:
    """Check briefs, and read the record of searches."""


@command.command()
@click.argument("brief")
@lang
@as_json
def check(brief: str, lang: str, as_json: bool) -> None:
    """Say what BRIEF asks that the law protects, and how to put it; `-` reads standard input.

    What may ask for it by its meaning is told besides. The exit code is 1 if it asks for something.
    """
    from vanne_assist.fairness.meaning import doubts
    from vanne_assist.fairness.protected import protected_asks
    from vanne_assist.fairness.wording import offered
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
        "brief": offered(text) if asks else text,
        "doubts": [each.said for each in told],
    }
    lines = [*map(Say(lang).trouble, told)] or stopped(text, asks, lang)
    tell(document, as_json, *map(printable, lines))
    if asks:
        raise click.exceptions.Exit(1)


@command.command()
@home_option
@click.option("--delete-after", "days", type=click.IntRange(min=1), metavar="DAYS",
              help="Delete the records that are older; at least six months (184).")  # fmt: skip
@as_json
def record(home: Home, days: int | None, as_json: bool) -> None:
    """List the searches that were recorded, or delete old ones."""
    from vanne_assist.fairness.record import SearchLog

    log = SearchLog(home.require())
    if days is not None:
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
