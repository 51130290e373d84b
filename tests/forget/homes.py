"""A small home with tables, ledger and policy, and what can happen in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.members import replace_members
from tests.train.tiny import GROUND, SALT
from vanne.config import Home
from vanne.corpus import build, read
from vanne.files import write_whole
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member
from vanne.train.fit import fit
from vanne.train.model import Model
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import write_ground

START = datetime(2026, 6, 1, tzinfo=UTC)
MADE = datetime(2026, 1, 1, tzinfo=UTC)
BORN = date(1990, 1, 1)
STARTED, NOT_STARTED = "CH", "CN"


def items_of(member: int, text: str = "", more: int = 0) -> list[Item]:
    """A post, a recommendation that the next member is in, and some more posts."""
    who, other = f"m{member}", f"m{(member + 1) % 6}"
    said = text or f"{who} works with {'wool silk tin iron'.split()[member % 4]}"
    about = {"subjects": (other,), "visibility": "public"}
    return [
        Item(f"post-{member}", who, "post", created_at=MADE, text=said, visibility="public"),
        Item(f"about-{member}", who, "post", created_at=MADE, text=f"{said} and knows", **about),
        *(
            Item(f"new-{member}-{n}", who, "post", created_at=MADE, text=f"{said} {n}", visibility="public")
            for n in range(more)
        ),
    ]  # fmt: skip


def put_items(home: Home, member: int, version: int, items: Sequence[Item]) -> None:
    """Put a data file of a member in the place of the one before."""
    for path in home.items.glob(f"m{member}-*.parquet"):
        path.unlink()
    write_items(items, home.items / f"m{member}-{version}.parquet")


def put_members(home: Home, regions: Sequence[str]) -> None:
    people = [Member(f"m{n}", region, BORN) for n, region in enumerate(regions)]
    replace_members(people, home)


def make_home(root: Path, members: int = 6, url: str | None = None) -> Home:
    home = Home(root, url)
    for member in range(members):
        put_items(home, member, 0, items_of(member))
    put_members(home, [STARTED] * members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    write_ground(home.ground, GROUND)
    write_whole(home.model / "salt", SALT, mode=0o600)
    Ledger.create(home).close()
    return home


def train(home: Home, tiny: TrainingSettings, at: datetime = START) -> Model:
    manifest = build(home, at)
    documents = list(read(home, manifest))
    return fit(
        documents, home.model, tiny, corpus_version=manifest.version, ground=GROUND, at=at
    )  # fmt: skip


def say(home: Home, member: int, on: bool, at: datetime, scope="all", target=None) -> int:
    with Ledger.of(home) as ledger:
        (index,) = ledger.append([Choice(f"m{member}", MAIN_PURPOSE, scope, on, at, target)])
    return index


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)
