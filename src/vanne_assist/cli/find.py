"""`vanne find`: find people for a brief, with its criteria and the evidence for each person."""

from collections.abc import Iterable, Iterator

import click

from vanne.cli.options import (
    as_json,
    lang_of,
    limit,
    never_with,
    now,
    printable,
    tell,
    terminal_language,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import RefusedError

SCHEMA = "vanne/find/1"
_MOST_SHOWN = 200


@click.command()
@click.argument("text", metavar="BRIEF")
@home_option
@limit(_MOST_SHOWN, 10)
@click.option(
    "--offset",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Leave out the first ones.",
)
@lang_of("BRIEF", "told by its words")
@click.option(*("--dry-run", "-n"), is_flag=True, help="Say what is understood, and search nobody.")
@as_json
def command(
    text: str, home: Home, limit: int, offset: int, lang: str | None, dry_run: bool, as_json: bool
) -> None:
    """Find the people who answer a brief in plain words, with the evidence for each.

    Only members who may be found are searched. BRIEF is plain words in French, English, German or
    Italian: «senior Rust engineer near Lausanne who speaks French». What was understood is shown
    with the words it came from, what was not as well. Each person comes with the evidence for each
    criterion: ✓ met, ~ met in part, ✗ not met, ? not known. A brief that asks for what the law
    protects is stopped with another wording. Every search is written to the record of searches.
    """
    from vanne_assist.fairness.protected import protected_asks
    from vanne_assist.fairness.wording import offered
    from vanne_assist.recruiting.reading import read
    from vanne_assist.report.fairness import stopped
    from vanne_assist.report.finding import document, lines

    if dry_run:
        never_with("--dry-run", "limit", "offset")
    if asks := protected_asks(text):
        for line in stopped(text, asks, lang or terminal_language()):
            click.echo(printable(line), err=True)
        better = offered(text)
        todo = f'ask "{printable(better)}"' if better else "ask for what the work needs"
        raise RefusedError("the brief asks for what the law protects", todo=todo)
    brief, results, people = read(home, text, lang), None, []
    if not dry_run:
        from vanne_assist.fairness.search import Asker, search
        from vanne_assist.recruiting.evidence import people_of
        from vanne_assist.search.index import Index

        asker = Asker("cli", "operator")
        with Index.open(home.require()) as index:
            listed = search(home, index, brief, asker, now(), count=limit, offset=offset)
            results, people = listed.results, people_of(index, listed.search)
    said = indented(lines(brief, results, people, lang or terminal_language()))
    tell({"schema": SCHEMA} | document(brief, results, people), as_json, *said)


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that a terminal does not obey, as far in as they were."""
    for line in lines:
        yield line[: len(line) - len(line.lstrip())] + printable(line)
