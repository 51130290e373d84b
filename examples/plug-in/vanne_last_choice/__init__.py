"""When a member last chose: a plug-in of Vanne with a command, a page and two events."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

from vanne.config import Home
from vanne.plugins import Command, Pages, hookimpl
from vanne.terms import Choice, MemberId
from vanne.words import register

register("vanne_last_choice", {})  # its catalogues: locale/de.po, fr.po and it.po


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach `vanne last-choice`; its module is imported when somebody calls it."""
    said = "Count the members who have chosen."
    return [Command("last-choice", said, "vanne_last_choice.command")]


@hookimpl
def register_pages() -> Pages:
    """Attach the page; it is imported where pages are served."""
    from vanne_last_choice.pages import PAGES

    return PAGES


@hookimpl
def choice_made(home: Home, choices: Sequence[Choice], at: datetime) -> None:
    """Keep when each member chose."""
    with store(home) as db:
        rows = [(choice.member_id, at.isoformat()) for choice in choices]
        db.executemany("INSERT OR REPLACE INTO last_choice VALUES (?, ?)", rows)


@hookimpl
def member_erased(home: Home, member_id: MemberId) -> None:
    """Keep nothing of a member who is erased."""
    with store(home) as db:
        db.execute("DELETE FROM last_choice WHERE member_id = ?", [member_id])


@contextmanager
def store(home: Home) -> Iterator[sqlite3.Connection]:
    """Open what the plug-in keeps; it is written when the block ends without an error."""
    with closing(sqlite3.connect(home.root / "last-choice.sqlite")) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS last_choice (member_id TEXT PRIMARY KEY, at TEXT)")
        yield db
