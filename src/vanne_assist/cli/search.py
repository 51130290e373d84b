"""`vanne search`: bring the index of who can be found up to date, or show its state."""

from datetime import datetime

import click

from vanne.cli.options import as_json, as_of, counted, never_with, now, tell
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.group()
def command() -> None:
    """Make the index of who can be found."""


@command.command()
@home_option
@as_of()
@click.option("--full", is_flag=True, help="Build corpus and index anew, whatever is there.")
@click.option("--status", is_flag=True, help="Only say how the index stands.")
@as_json
def index(home: Home, as_of: datetime | None, full: bool, status: bool, as_json: bool) -> None:
    """Bring the corpus of `recruiter-search` and the index up to date, and say how it stands."""
    from vanne.worker import recorded
    from vanne_assist.search.index import Index
    from vanne_assist.search.indexer import update

    if status:
        never_with("--status", "as_of", "full")
    changed = False
    if not status:
        with recorded(home.require(), "search index", now) as facts:
            changed = update(home, as_of or now(), full=full)[1]
            facts["changed"] = changed
    with Index.open(home.require()) as opened:
        shown, stale, made = int(opened.shown().sum()), opened.is_stale(), opened.made
    document = {"schema": "vanne/search-index/1", "changed": changed, "shown": shown}
    names = ("corpus", "as_of", "encoder", "sha256", "profiles")
    people = counted(made.profiles, "profile", "profiles")
    tell(
        document | {"stale": stale} | {name: getattr(made, name) for name in names},
        as_json,
        f"{'Indexed' if changed else 'As it was:'} {people} as of {made.as_of}",
        f"{made.profiles - shown} hidden since by an opt-out",
        "the corpus is newer: run `vanne search index`" if stale else "up to date",
    )
