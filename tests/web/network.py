"""A network of seven people and two dozen items, small enough to know by heart."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from vanne.config import Home
from vanne.corpus import build
from vanne.database.database import Database, close_all
from vanne.fields import ordered, text_of
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BORN = date(1988, 4, 12)

MEMBERS = (
    Member("anna", "CH", BORN),
    Member("bruno", "IT", BORN),
    Member("clara", "CH", date(2010, 1, 1)),
    Member("dora", None, BORN),
    Member("emil", "CN", BORN),
    Member("fritz", "DE", BORN),
    Member("gina", "FR", None),
)


def item(item_id: str, owner: str, category: str, text: str | None = "", **more: object) -> Item:
    """An item of the year 2026 whose text is its own name unless another is given."""
    values = {
        "created_at": datetime(2026, 5, 1, 12, tzinfo=UTC),
        "visibility": "public",
        "lang": "fr",
        "text": f"texte {item_id}" if text == "" else text,
    }
    return Item(item_id, owner, category, **(values | more))


def of_fields(item_id: str, owner: str, category: str, lang: str = "en", **fields: str) -> Item:
    """An item as a network's archive has it: its fields, and the text that they make."""
    known = ordered(category, fields)
    return item(item_id, owner, category, text_of(known), lang=lang, fields=known)


ITEMS = (
    item("a-profile", "anna", "profile"),
    item("a-position", "anna", "position"),
    item("a-post-1", "anna", "post", "Mon premier <b>billet</b>"),
    item("a-post-2", "anna", "post"),
    item("a-photo", "anna", "photo", None, media="a.png"),
    item("a-search", "anna", "search"),
    item("a-undated", "anna", "comment", created_at=None),
    item("a-praise", "anna", "recommendation", "Anna est formidable", author="bruno"),
    item("b-profile", "bruno", "profile"),
    item("b-post", "bruno", "post", "Bruno parle d'Anna", subjects=("anna",)),
    item("c-profile", "clara", "profile"),
    item("d-profile", "dora", "profile"),
    item("e-profile", "emil", "profile"),
    item("f-profile", "fritz", "profile", lang="de"),
    item("f-post", "fritz", "post", lang="de"),
    item("g-profile", "gina", "profile"),
)
NEVER = (
    item("a-message", "anna", "private_message", "rendez-vous à six heures"),
    item("a-salary", "anna", "salary"),
)


def choice(member: str, on: bool, at: datetime = START, **more: object) -> Choice:
    """A choice for the main purpose: whole, unless said otherwise."""
    return Choice(member, MAIN_PURPOSE, **({"scope": "all", "on": on, "at": at} | more))


CHOICES = (
    choice("fritz", on=False, at=START - timedelta(days=3)),
    choice("bruno", on=True, at=START - timedelta(days=2)),
    choice("bruno", on=False, scope="category", target="photo", at=START - timedelta(days=2)),
)


def make_home(root: Path, policy: str | None = None) -> Home:
    """Write the network into a folder, with a policy or LinkedIn's, and build its corpus."""
    home = Home(root)
    write_items(ITEMS, home.items / "items.parquet")
    write_items(NEVER, home.items / "never-items.parquet")
    write_members(MEMBERS, home.members)
    builtin = files("vanne.packs") / "linkedin/policies/linkedin-2025-11-03.toml"
    home.policy.write_text(policy or builtin.read_text(encoding="utf-8"), encoding="utf-8")
    with Ledger.create(home.ledger) as ledger:
        ledger.append(CHOICES)
    build(home, START)
    return home


def with_tables(home: Home) -> Home:
    """Make the tables of a home's database and close it, so that every copy has them."""
    Database.of(home)
    close_all()
    return home


def clock(start: datetime = START) -> Callable[[], datetime]:
    """A clock that is a second later at every look: no two choices have the same time."""
    looks = iter(range(10**6))
    return lambda: start + timedelta(seconds=next(looks))
