"""`vanne titles`: print the neutral form of job titles, or match titles by meaning."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import as_json, lang_of, limit, only_with, refuse_usage, tell
from vanne.errors import InputError, storing
from vanne.words import Message

_file = InputFile(".txt")


@click.command()
@click.argument("titles", metavar="[TITLE]...", nargs=-1)
@click.option("--match", type=(_file, _file), metavar="QUERIES CORPUS",
              help="Find for titles in one file the nearest in another: a TREC run.")  # fmt: skip
@click.option("--esco", is_flag=True,
              help="Name the occupations of ESCO that are nearest to each title.")  # fmt: skip
@lang_of("the titles", "told by their words")
@limit(100_000, 100, "How many of the nearest titles.")
@as_json
def command(
    titles: tuple[str, ...],
    match: tuple[Path, Path] | None,
    esco: bool,
    lang: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Match job titles by meaning, in four languages; one form for everybody.

    Each TITLE is printed in its form for everybody. A file for `--match` holds an id, a tab and a
    title on each line; a line without a tab is a title whose id is the number of the line.
    """
    if bool(titles) == bool(match):
        refuse_usage(Message("give-one-of", options="TITLE, --match"))
    if match is None:
        only_with("--match", "limit")
        _forms(titles, lang, as_json, esco=esco)
        return
    if esco:
        refuse_usage(Message("give-one-of", options="--esco, --match"))
    from vanne_assist.search.encoder import match as nearest

    asked, known = map(_titles, match)
    hits = nearest(
        [title for _, title in asked], [title for _, title in known], lang=lang, count=limit
    )
    rows = [
        {"query": query, "nearest": known[place][0], "rank": rank, "score": round(score, 6)}
        for (query, _), near in zip(asked, hits, strict=True)
        for rank, (place, score) in enumerate(near, 1)
    ]
    run = ("{query} Q0 {nearest} {rank} {score:.6f} vanne".format_map(row) for row in rows)
    tell({"schema": "vanne/titles-matched/1", "matches": rows}, as_json, *run)


def _forms(titles: Sequence[str], lang: str | None, as_json: bool, *, esco: bool) -> None:
    """Print each title in its form for everybody, and the occupations that are nearest."""
    from vanne_assist.titles import neutral

    forms: list[dict[str, Any]] = []
    lines = []
    for title in titles:
        forms.append({"title": title, "normal": neutral(title, lang)})
        lines.append(forms[-1]["normal"])
        if esco:
            from vanne_assist.search.occupations import occupations_near

            near = occupations_near(title, lang)
            forms[-1]["occupations"] = [asdict(each) for each in near]
            lines += [f"  {each.likeness:.2f}  ISCO {each.isco}  {each.esco}" for each in near]
    tell({"schema": "vanne/titles/1", "titles": forms}, as_json, *lines)


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
