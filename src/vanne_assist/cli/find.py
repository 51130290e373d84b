"""`vanne find`: people for a brief, with what was understood of it and the evidence for each."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import Kilometres, answer, as_json, now, printable, terminal_language
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import RefusedError, storing
from vanne.terms import LANGUAGES

if TYPE_CHECKING:
    from vanne_assist.brief.criteria import Brief, Judgement
    from vanne_assist.search.find import Results

SCHEMA = "vanne/find/1"
_MOST_SHOWN = 200
_added = "Also ask for this; may be given again."


@click.command()
@click.argument("text", metavar="BRIEF")
@home_option
@click.option("--count", type=click.IntRange(1, _MOST_SHOWN), default=10, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out the first ones.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="The brief's; told by its words.")
@click.option("--must", multiple=True, metavar="TEXT", help=_added)
@click.option("--nice", multiple=True, metavar="TEXT", help="Wish for this; may be given again.")
@click.option("--not", "banned", multiple=True, metavar="TEXT", help="Leave out who has this.")
@click.option("--within", "within_km", type=Kilometres(), metavar="KM",
              help="How far from a place counts as there.")  # fmt: skip
@click.option("--criteria", "file", type=click.Path(dir_okay=False, path_type=Path),
              help="JSON with criteria instead of those that are read.")  # fmt: skip
@click.option(
    "--explain", is_flag=True, help="Also quote more, and show facets and a Boolean query."
)
@click.option("--understand", is_flag=True, help="Only say what is understood; search nobody.")
@as_json
def command(
    text: str,
    home: Home,
    count: int,
    offset: int,
    lang: str | None,
    must: tuple[str, ...],
    nice: tuple[str, ...],
    banned: tuple[str, ...],
    within_km: float | None,
    file: Path | None,
    explain: bool,
    understand: bool,
    as_json: bool,
) -> None:
    """Find the people who answer a brief in plain words, with the evidence for each.

    Only members who may be found are searched. BRIEF is plain words in French, English, German or
    Italian: «senior Rust engineer near Lausanne who speaks French». What was understood is shown
    with the words it came from, what was not as well; the options change it. Each person comes with
    the evidence for each criterion: ✓ met, ~ met in part, ✗ not met, ? not known. A brief that asks
    for what the law protects is stopped with another wording. Every search is written to the record
    of searches.
    """
    from vanne_assist.brief.edits import added, within

    _stop_protected([text, *must, *nice, *banned], lang)
    brief = _read(text, lang, file)
    for texts, force in ((must, "must"), (nice, "nice"), (banned, "not")):
        brief = added(brief, texts, force)  # type: ignore[arg-type]
    if within_km is not None:
        brief = within(brief, within_km)
    if understand:
        _show(brief, None, [], lang, explain, as_json)
        return
    from vanne_assist.brief.judge import judge
    from vanne_assist.fairness.search import Asker, search
    from vanne_assist.search.index import Index

    asker = Asker("cli", "operator")
    with Index.open(home.require()) as index:
        listed = search(home, index, brief, asker, now(), count=count, offset=offset)
    judged = [[judge(each, hit.profile) for each in brief.criteria] for hit in listed.hits]
    _show(brief, listed.results, judged, lang, explain, as_json)


def _stop_protected(texts: list[str], lang: str | None) -> None:
    """Stop a brief that asks for what the law protects.

    Raises:
        RefusedError: it does; the message says how to put it.
    """
    from vanne_assist.fairness.protected import protected_asks, reworded
    from vanne_assist.report.fairness import stopped

    for text in texts:
        if asks := protected_asks(text):
            for line in stopped(text, asks, lang or terminal_language()):
                click.echo(printable(line), err=True)
            better = reworded(text, asks)
            todo = f'ask "{printable(better)}"' if better else "ask for what the work needs"
            raise RefusedError("the brief asks for what the law protects", todo=todo)


def _read(text: str, lang: str | None, file: Path | None) -> "Brief":
    from vanne_assist.brief.edits import criteria_of
    from vanne_assist.brief.parse import read_brief

    brief = read_brief(text, lang)
    if file is None:
        return brief
    with storing(f"`{file}`"):
        document = file.read_text(encoding="utf-8", errors="replace")
    return replace(brief, criteria=criteria_of(document), rest="")


def _show(
    brief: "Brief",
    results: "Results | None",
    judged: "list[list[Judgement]]",
    lang: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    from vanne_assist.report.candidates import document, lines

    if as_json:
        answer({"schema": SCHEMA} | document(brief, results, judged))
        return
    for line in lines(brief, results, judged, lang or terminal_language(), explain):
        indent = line[: len(line) - len(line.lstrip())]
        click.echo(indent + printable(line))
