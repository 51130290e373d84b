"""`vanne titles`: job titles in one form for everybody, matched by meaning."""

from pathlib import Path
from typing import Literal, cast

import click

from vanne.cli.options import answer, as_json
from vanne.errors import InputError, storing
from vanne.terms import LANGUAGES

_file = click.Path(dir_okay=False, path_type=Path)
_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Where the title does not tell.")


@click.group()
def command() -> None:
    """Match job titles by meaning, in four languages; one form for everybody."""


@command.command()
@click.argument("titles", metavar="TITLE...", nargs=-1, required=True)
@_lang
@as_json
def normal(titles: tuple[str, ...], lang: str | None, as_json: bool) -> None:
    """Print each TITLE in its form for everybody."""
    from vanne_assist.titles import neutral

    forms = [{"title": title, "normal": neutral(title, lang)} for title in titles]
    if as_json:
        answer({"schema": "vanne/titles/1", "titles": forms})
        return
    for form in forms:
        click.echo(form["normal"])


@command.command()
@click.argument("queries", type=_file)
@click.argument("corpus", type=_file)
@_lang
@click.option("--count", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option(
    "--by",
    type=click.Choice(("both", "meaning", "letters")),
    default="both",
    show_default=True,
    help="What counts.",
)
@click.option("--name", default="vanne", show_default=True, help="The name of the run.")
def match(
    queries: Path,
    corpus: Path,
    lang: str | None,
    count: int,
    by: str,
    name: str,
) -> None:
    """Find for each title in QUERIES the nearest in CORPUS, and print a TREC run.

    Both files hold an id, a tab and a title on each line; a line without a tab is a title whose id
    is the number of the line.
    """
    from vanne_assist.search.title_index import match as nearest

    asked, known = _titles(queries), _titles(corpus)
    found = nearest(
        [title for _, title in asked],
        [title for _, title in known],
        lang=lang,
        count=count,
        by=cast(Literal["both", "meaning", "letters"], by),
    )
    for (query, _), hits in zip(asked, found, strict=True):
        for rank, (place, score) in enumerate(hits, 1):
            click.echo(f"{query} Q0 {known[place][0]} {rank} {score:.6f} {name}")


def _titles(path: Path) -> list[tuple[str, str]]:
    """Read ids and titles, one pair a line."""
    with storing(f"`{path}`"):
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        left, tab, right = line.partition("\t")
        name, title = (left, right) if tab else (str(number), left)
        if title.strip():
            rows.append((name.strip(), title.strip()))
    if not rows:
        raise InputError(f"`{path}` holds no titles", todo="write an id, a tab and a title a line")
    return rows
