"""`vanne search`: make the index of who can be found, and say how it stands."""

from datetime import datetime

import click

from vanne.cli.options import MomentParam, answer, as_json, counted, now
from vanne.cli.options import home as home_option
from vanne.config import Home

SCHEMA = "vanne/search-index/1"


@click.group()
def command() -> None:
    """Make the index of who can be found, and say how it stands."""


@command.command()
@home_option
@click.option("--as-of", type=MomentParam(), help="The time that is asked about (default: now).")
@click.option("--full", is_flag=True, help="Build corpus and index anew, whatever is there.")
@as_json
def index(home: Home, as_of: datetime | None, full: bool, as_json: bool) -> None:
    """Bring the corpus of `recruiter-search` and the index up to date."""
    from vanne_assist.search.indexer import update

    made, changed = update(home.require(), as_of or now(), full=full)
    if as_json:
        answer(
            {
                "schema": SCHEMA,
                "changed": changed,
                "profiles": made.profiles,
                "corpus": made.corpus,
                "as_of": made.as_of,
                "encoder": made.encoder,
                "sha256": made.sha256,
            }
        )
        return
    what = "Indexed" if changed else "Up to date:"
    click.echo(f"{what} {counted(made.profiles, 'profile', 'profiles')} as of {made.as_of}")


@command.command()
@home_option
@as_json
def status(home: Home, as_json: bool) -> None:
    """Say what the index was made from, and how many have said no since."""
    from vanne_assist.search.index import Index

    with Index.open(home.require()) as opened:
        shown, stale = opened.count_shown(), opened.is_stale()
        document = {
            "schema": "vanne/search-status/1",
            "where": opened.where.strip("`"),
            "profiles": len(opened),
            "shown": shown,
            "stale": stale,
            "corpus": opened.made.corpus,
            "as_of": opened.made.as_of,
            "encoder": opened.made.encoder,
            "sha256": opened.made.sha256,
        }
    if as_json:
        answer(document)
        return
    people = counted(len(opened), "profile", "profiles")
    click.echo(f"{people} as of {opened.made.as_of}, in {opened.where}")
    click.echo(f"{counted(len(opened) - shown, 'is', 'are')} hidden since")
    click.echo("the corpus is newer: run `vanne search index`" if stale else "up to date")
