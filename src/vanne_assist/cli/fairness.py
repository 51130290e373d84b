"""`vanne fairness`: briefs that ask too much, audits of the search, the record of searches."""

import csv
import io
import json
import sys
from datetime import datetime
from pathlib import Path

import click

from vanne.cli.options import (
    MomentParam,
    answer,
    as_json,
    counted,
    now,
    printable,
    terminal_language,
)
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFile, OutputFolder
from vanne.config import Home
from vanne.terms import LANGUAGES

_FILE = click.Path(dir_okay=False, path_type=Path)
_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the terminal's.")


@click.group()
def command() -> None:
    """Check briefs, audit the search for people, and read the record of searches."""


@command.command()
@click.argument("brief")
@_lang
@as_json
def check(brief: str, lang: str | None, as_json: bool) -> None:
    """Say what BRIEF asks that the law protects, and how to put it; `-` reads standard input.

    The exit code is 1 if it asks for something.
    """
    from vanne_assist.fairness.protected import protected_asks, reworded
    from vanne_assist.report.fairness import stopped

    text = sys.stdin.read() if brief == "-" else brief
    asks = protected_asks(text)
    if as_json:
        found = [
            {"attribute": a.attribute.value, "span": list(a.span), "said": a.said,
             "reason": str(a.reason),
             **a.reason.document(), "lawful": a.lawful} for a in asks
        ]  # fmt: skip
        answer({"schema": "vanne/fairness-check/1", "asks": found, "brief": reworded(text, asks)})
    else:
        for line in stopped(text, asks, lang or terminal_language()):
            click.echo(printable(line))
    if asks:
        raise click.exceptions.Exit(1)


@command.command()
@home_option
@click.option("--briefs", type=_FILE, help="One brief a line: they are run on the home's index.")
@click.option("--lists", type=_FILE, help="Lists of any search instead, as JSON Lines.")
@click.option("--attributes", "file", type=_FILE, required=True,
              help="CSV: member_id, attribute, value.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many places of a list count as selected.")  # fmt: skip
@click.option("--out", type=OutputFolder(),
              help="A folder for the JSON, a page and the table of LL144.")  # fmt: skip
@_lang
@as_json
def audit(
    home: Home,
    briefs: Path | None,
    lists: Path | None,
    file: Path,
    top: int,
    out: Path | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Audit the search: who is among the first how often, by attributes that people gave.

    The attributes are read for this alone; nothing is told of fewer than ten people.
    """
    from vanne.files import write_whole
    from vanne_assist.fairness.audit import audit as audit_lists
    from vanne_assist.fairness.audit import read_attributes, read_lists
    from vanne_assist.report.fairness import audited, layout, page

    if briefs is not None and lists is None:
        from vanne_assist.fairness.search import audit_index

        document = audit_index(home.require(), briefs, read_attributes(file), now(), top=top)
    elif lists is not None and briefs is None:
        source = {"index": lists.name, "encoder": "not known"}
        document = audit_lists(read_lists(lists), read_attributes(file), source, now(), top=top)
    else:
        raise click.UsageError("give either --briefs or --lists")
    lang = lang or terminal_language()
    if out:
        write_whole(out / "fairness.json", json.dumps(document, indent=1).encode())
        write_whole(out / "local-law-144.csv", layout(document).encode())
        write_whole(out / "fairness.md", page(document, lang).encode())
    if as_json:
        answer(document)
        return
    for line in audited(document, lang):
        click.echo(line)


@command.command()
@click.option("--members", type=click.IntRange(10, 100_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="That of `vanne demo`.")
@click.option("--as-of", type=MomentParam(), help="That of the network; default: now.")
@click.option("--out", type=OutputFile(".csv"), required=True, help="The CSV to write.")
def synthetic(members: int, seed: int, as_of: datetime | None, out: Path) -> None:
    """Write made-up attributes of the people of a demo network, to try an audit with."""
    from vanne.files import write_whole
    from vanne_assist.demo.attributes import attribute_rows
    from vanne_assist.fairness.audit import COLUMNS

    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = list(attribute_rows(seed, members, as_of or midnight))
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\n")
    table.writerows([COLUMNS, *rows])
    write_whole(out, sink.getvalue().encode(), mode=0o600)
    click.echo(f"{counted(len(rows), 'attribute', 'attributes')} in `{out}`")


@command.command()
@home_option
@as_json
def record(home: Home, as_json: bool) -> None:
    """List the searches that were recorded, the oldest first: id, time, role, how many shown."""
    from vanne_assist.fairness.record import SearchLog

    rows = [
        {"id": each.id, "at": each.at.isoformat(), "role": each.role,
         "organisation": each.organisation, "eligible": each.eligible, "shown": len(each.hits),
         "index": each.index}
        for each in SearchLog(home).searches()
    ]  # fmt: skip
    if as_json:
        answer({"schema": "vanne/search-record/1", "searches": rows})
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['at']}  {row['role']}  {row['shown']} of {row['eligible']}")
    click.echo(counted(len(rows), "search", "searches"))


@command.command()
@click.argument("search")
@home_option
@as_json
def replay(search: str, home: Home, as_json: bool) -> None:
    """Make the recorded SEARCH again and say whether the list is the same.

    The exit code is 1 if it is not: people opted out since, items changed, or the index did.
    """
    from vanne_assist.fairness.record import SearchLog
    from vanne_assist.fairness.search import replay as again
    from vanne_assist.jobs.members import narrowed_as
    from vanne_assist.search.index import Index

    recorded = SearchLog(home.require()).find(search)
    among = narrowed_as(home, recorded)
    with Index.open(home) as index:
        found = again(index, recorded, among)
    counts = {"gone": found.gone, "new": found.new, "erased": found.erased}
    if as_json:
        same = {"same_index": found.is_same_index, "same_list": found.is_same_list}
        answer({"schema": "vanne/search-replay/1", "search": recorded.id, **same, **counts})
    else:
        index_words = "the same index" if found.is_same_index else "another version of the index"
        list_words = "the same list" if found.is_same_list else "another list"
        click.echo(f"{list_words}, from {index_words}")
        click.echo(", ".join(f"{count} {what}" for what, count in counts.items()))
    if not found.is_same_list:
        raise click.exceptions.Exit(1)


@command.command()
@click.argument("member")
@home_option
@_lang
@as_json
def explain(member: str, home: Home, lang: str | None, as_json: bool) -> None:
    """Say to MEMBER which searches showed them, by which criteria, and how many looked."""
    from vanne_assist.fairness.record import SearchLog, explanation
    from vanne_assist.report.fairness import explained

    document = explanation(SearchLog(home), member, now())
    if as_json:
        answer(document)
        return
    for line in explained(document, lang or terminal_language()):
        click.echo(printable(line))


@command.command()
@home_option
@click.option("--keep-days", type=click.IntRange(min=1), default=184, show_default=True,
              help="Records that are older are deleted; at least six months.")  # fmt: skip
def prune(home: Home, keep_days: int) -> None:
    """Delete records of searches that are older than they are kept."""
    from vanne_assist.fairness.record import SearchLog

    count = SearchLog(home).prune(keep_days, now())
    click.echo(f"{counted(count, 'record', 'records')} deleted")
