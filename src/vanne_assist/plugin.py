"""The hooks of Assist that the core calls (`vanne.plugins`): commands, pages, tables, the demo."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from vanne.config import Home
from vanne.plugins import Command, MessageKind, Pages, Schema, Tell, hookimpl
from vanne.terms import Choice
from vanne.words import sentence

_COMMANDS = {
    "draft": "Write posts behind a fact guard, and improve a profile; nothing is posted.",
    "search": "Make the index of who can be found.",
    "titles": "Match job titles by meaning, in four languages; one form for everybody.",
    "find": "Find the people who answer a brief in plain words, with the evidence for each.",
    "jobs": "Add job offers, and find those that fit a member.",
    "fairness": "Check briefs, and read the record of searches.",
}
_POSTINGS = 52
"""Every occupation of the demo comes more than once, in several languages."""
_REST = timedelta(hours=1)
"""An index costs seconds to minutes: it is not made anew for each choice."""
_LANG_OF_TEXTS = frozenset(("draft", "find", "jobs", "titles"))


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
def register_messages() -> Mapping[str, MessageKind]:
    """Attach what a member is told when a recruiter wrote: nothing of what was written."""
    told = MessageKind(
        headline=sentence("A recruiter wrote to you."),
        detail=sentence("Answer, decline or block, as you like. Vanne gives no address away."),
        href="/appear/messages",
        link=sentence("Messages from recruiters"),
        subject=sentence("You have a new message"),
        mail=sentence("A message waits for you. The page says from whom:"),
    )
    return {"recruiter": told}


@hookimpl
def choice_made(home: Home, choices: Sequence[Choice], at: datetime) -> None:
    """Take who opted out from the index and from the recruiters' desks at once."""
    from vanne.ledger import Ledger
    from vanne_assist.recruiting.lists import PURPOSE, catch_up

    left = [each.member_id for each in choices if each.purpose == PURPOSE and not each.on]
    if left:
        from vanne_assist.search.index import leave

        leave(home, left)
        with Ledger.of(home, read_only=True) as ledger:
            catch_up(home, ledger, at)


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
