"""The hooks of Assist that the core calls (`vanne.plugins`): commands, pages, tables, the demo."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from vanne.config import Home
from vanne.plugins import Command, Pages, Schema, Tell, hookimpl
from vanne.terms import Choice

_COMMANDS = {
    "draft": "Write posts behind a fact guard, and improve a profile; nothing is posted.",
    "search": "Make the index of who can be found.",
    "find": "Find the people who answer a brief in plain words, with the evidence for each.",
    "jobs": "Add job offers, and find those that fit a member.",
    "fairness": "Check briefs, and read the record of searches.",
}
_POSTINGS = 52
"""Every occupation of the demo comes more than once, in several languages."""
_REST = timedelta(hours=1)
"""An index costs seconds to minutes: it is not made anew for each choice."""
_LANG_OF_TEXTS = frozenset(("draft", "find", "jobs"))


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach the commands."""
    return [
        Command(name, summary, f"vanne_assist.cli.{name}", "Assist", name not in _LANG_OF_TEXTS)
        for name, summary in _COMMANDS.items()
    ]


@hookimpl
def register_pages() -> Pages:
    """Attach the pages and the API."""
    from vanne_assist.web.attached import PAGES

    return PAGES


@hookimpl
def register_scopes() -> Sequence[str]:
    """Attach what tokens may permit."""
    return ("find", "opportunities")


@hookimpl
def choice_made(home: Home, choices: Sequence[Choice]) -> None:
    """Take who opted out from the index at once."""
    from vanne_assist.search.index import PURPOSE, leave

    left = [each.member_id for each in choices if each.purpose == PURPOSE and not each.on]
    if left:
        leave(home, left)


@hookimpl
def corpus_refreshed(home: Home, at: datetime) -> None:
    """Bring the index of who can be found up to date.

    At most once an hour, and not where nobody made an index: opt-outs count at once without it.
    """
    from vanne.database import Database
    from vanne_assist.search.index import state_in
    from vanne_assist.search.indexer import update

    with Database.of(home).reading() as db:
        made = state_in(db)
    if made is None:
        return
    if datetime.fromisoformat(made.as_of) + _REST > at:
        return
    update(home, at)


@hookimpl
def register_tables() -> Schema:
    """Attach the tables."""
    from vanne_assist.tables import SCHEMA

    return SCHEMA


@hookimpl
def demo_step(home: Home, seed: int, as_of: datetime, tell: Tell) -> None:
    """Make the index of who may be found, and add job postings to match with."""
    from vanne_assist.demo.postings import postings
    from vanne_assist.jobs import board
    from vanne_assist.search.indexer import update

    tell.step("Making the index of who may be found")
    made, _ = update(home, as_of)
    tell.found("%(people)s people may be found by what they show", people=made.profiles)
    tell.step("Adding job postings")
    made_up = (posting for _, posting in postings(seed, _POSTINGS, as_of))
    new, _, over = board.add(home, made_up, as_of)
    tell.found("%(open)s job postings are open", open=new - over)
