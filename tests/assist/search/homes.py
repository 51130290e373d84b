"""A small network whose items are told by hand: who says what, and who may be found."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import delete

from vanne.config import Home
from vanne.database import Database
from vanne.demo.network import policy_text
from vanne.fields import ordered, text_of
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Item, Member
from vanne_assist.tables import findable_state

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
PURPOSE = "recruiter-search"
JOINED = datetime(2020, 1, 1, tzinfo=UTC)


def member(name: str, born: date | None = date(1985, 5, 5)) -> Member:
    return Member(name, "CH", born, (), JOINED)


def item(name: str, category: str, said: str | dict[str, str], **rest: str) -> Item:
    """An item of fields, or of prose."""
    owner, fields = name.split("-")[0], {} if isinstance(said, str) else said
    lang, visibility = rest.get("lang", "en"), rest.get("visibility", "public")
    return Item(
        item_id=name, owner=owner, category=category, created_at=datetime(2024, 3, 3, tzinfo=UTC),
        visibility=visibility, lang=lang, text=said if isinstance(said, str) else text_of(said),
        author=rest.get("author"), fields=ordered(category, fields),
    )  # fmt: skip


def job(
    title: str,
    employer: str = "",
    place: str = "",
    start: str = "",
    end: str = "",
    description: str = "",
) -> dict[str, str]:
    """The fields of a position, as a network keeps them."""
    fields = {
        "title": title,
        "employer": employer,
        "place": place,
        "start": start,
        "end": end,
        "description": description,
    }
    return {name: value for name, value in fields.items() if value}


def network(
    folder: Path, members: Sequence[Member], items: Sequence[Item], database_url: str | None = None
) -> Home:
    home = Home(folder, database_url)
    folder.mkdir()
    write_items(items, home.items / "items.parquet")
    write_members(members, home.members)
    home.policy.write_text(policy_text())
    Ledger.create(home).close()
    return home


def without_index(home: Home) -> None:
    """Let there be no index, as before the first `vanne search index`."""
    with Database.of(home).writing() as db:
        db.execute(delete(findable_state))


def say(home: Home, *choices: Choice) -> None:
    with Ledger.of(home) as ledger:
        ledger.append(list(choices))


def choice(
    name: str, on: bool, purpose: str = PURPOSE, target: str | None = None, day: int = 2
) -> Choice:
    scope = "all" if target is None else "item" if "-" in target else "category"
    return Choice(name, purpose, scope, on, datetime(2026, 5, day, tzinfo=UTC), target)
