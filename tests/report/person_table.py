"""Homes of each kind of deployment, with a member for each way to be kept out and each choice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from shutil import copytree

from tests.forget.homes import BORN, MADE, NOT_STARTED, START, STARTED, hours, train
from tests.members import replace_members
from tests.train.tiny import GROUND, SALT
from vanne.config import Home
from vanne.corpus import build, current, refresh
from vanne.corpus.export import ExportOptions, export
from vanne.files import write_whole
from vanne.forget.runs import forget
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import write_ground

PEOPLE = {
    "adult": (STARTED, BORN),
    "minor": (STARTED, date(2012, 1, 1)),
    "no-age": (STARTED, None),
    "no-region": (None, BORN),
    "not-started": (NOT_STARTED, BORN),
    "moved": (STARTED, BORN),
}
"""Region and birth date of each; who moved is in a region that has not started, from a time on."""
CHOICES = {"default": None, "on": True, "off": False}
DOES = ("nothing", "exports", "trains")
BEFORE, CHOSEN, AFTER, LATER = hours(1), hours(2), hours(3), hours(6)
"""Before any choice; right after it; when the deployment has done what the choice asks for."""


@dataclass(frozen=True)
class Moment:
    """A home at a time."""

    home: Home
    at: datetime


def members(moved: str) -> Iterator[Member]:
    for person, (region, born) in PEOPLE.items():
        for choice in CHOICES:
            yield Member(f"{person}-{choice}", moved if person == "moved" else region, born)


def moments(root: Path, does: str, tiny: TrainingSettings) -> dict[str, Moment]:
    """Live through the three moments, and keep the home as it was at each."""
    home, kept = Home(root / "home"), dict[str, Moment]()
    everybody = list(members(STARTED))
    texts = ("wool", "silk", "tin", "iron")
    items = [
        Item(f"post-{m.member_id}", m.member_id, "post", created_at=MADE, visibility="public",
             text=f"{m.member_id} works with {texts[n % 4]}")
        for n, m in enumerate(everybody)
    ]  # fmt: skip
    write_items(items, home.items / "items.parquet")
    replace_members(everybody, home)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    write_ground(home.ground, GROUND)
    write_whole(home.model / "salt", SALT, mode=0o600)
    Ledger.create(home).close()

    def keep(name: str, at: datetime) -> None:
        kept[name] = Moment(Home(Path(copytree(home.root, root / name))), at)

    if does == "trains":
        train(home, tiny)
    else:
        build(home, START)
    if does == "exports":
        export_to(home, root / "first", START)
    keep("before", BEFORE)

    replace_members(members(NOT_STARTED), home)
    with Ledger.of(home) as ledger:
        ledger.append(
            [
                Choice(m.member_id, MAIN_PURPOSE, "all", on, CHOSEN)
                for m in everybody
                if (on := CHOICES[m.member_id.rpartition("-")[2]]) is not None
            ]
        )
    keep("after", AFTER)

    refresh(home, hours(4))
    if does == "trains":
        forget(home, now=lambda: hours(5))
    if does == "exports":
        export_to(home, root / "second", hours(5))
    keep("later", LATER)
    return kept


def export_to(home: Home, out: Path, at: datetime) -> None:
    clock: Callable[[], datetime] = lambda: at  # noqa: E731
    export(home, current(home), out, clock, ExportOptions(receiver="Studio Lumen"))
