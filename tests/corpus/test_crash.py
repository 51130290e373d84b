"""Killed at any moment, a build or a refresh leaves the old version whole, and the next run ends it.

Each run is a process of its own that is killed with SIGKILL where it is about to write: between two
writes nothing changes. Afterwards the current version is an old or the new one, every text in it is
allowed, and running again gives the version of an undisturbed build.
"""

import random
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from tests.forked import DEADLY, run_forked
from tests.web.network import with_tables
from vanne.config import Home
from vanne.corpus import build, current, read, refresh, verify
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AS_OF + timedelta(days=1)
MEMBERS = [f"member-{n}" for n in range(200)]

KILLER = f"{DEADLY}\nfrom vanne.cli import main\nmain()"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("network") / "home")
    made = datetime(2024, 5, 1, tzinfo=UTC)
    for part in range(2):
        items = [
            Item(f"{part}-{name}", name, "post", created_at=made, text="text") for name in MEMBERS
        ]
        write_items(items, home.items / f"items-{part}.parquet")
    write_members([Member(name, "CH", date(1990, 4, 12)) for name in MEMBERS], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(with_tables(home).ledger).close()
    build(home, AS_OF)
    switch_off(home, MEMBERS[:3])
    return home


def switch_off(home: Home, members: list[str]) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice(member, MAIN_PURPOSE, "all", False, AS_OF) for member in members])


def run(home: Home, command: str, at: datetime = LATER, kill_at: int = 0) -> int:
    where = ["--home", str(home.root), "--as-of", at.isoformat()]
    return run_forked(KILLER, kill_at, "corpus", command, *where).returncode


@pytest.mark.parametrize(("what", "first"), [("build", 1), ("refresh", 2), ("compaction", 3)])
def test_a_process_that_is_killed_before_any_of_its_writes_leaves_a_whole_version(
    network: Home, tmp_path: Path, what: str, first: int
) -> None:
    """Every third write, and of each of the three others: most of their writes are the same."""
    command = "build" if what == "build" else "refresh"
    killed = 0
    for point in range(first, 100, 3):
        home = Home(tmp_path / str(point))
        copytree(network.root, home.root)
        if what == "compaction":  # more than one row in fifty: sidecars are written whole
            switch_off(home, MEMBERS[3:5])
        old = current(home)
        code = run(home, command, kill_at=point)
        if code == 0:
            break
        killed += 1
        assert code == -signal.SIGKILL
        seen = current(home)
        readable = [document.item_id for document in read(home, seen)]
        new = (build if what == "build" else refresh)(home, LATER)
        assert seen in (old, new) and len(readable) == seen.documents
        verify(home, new)
        assert new == build(home, LATER, make_current=False)
    assert killed >= 4


def test_killed_again_and_again_a_refresh_can_be_repeated(network: Home, tmp_path: Path) -> None:
    pick = random.Random(5)
    home = Home(tmp_path / "home")
    copytree(network.root, home.root)
    old, at = current(home).version, LATER
    for member in MEMBERS[50:54]:
        switch_off(home, [member])
        at += timedelta(minutes=1)
        assert run(home, "refresh", at, kill_at=pick.randint(1, 15)) == -signal.SIGKILL
        new = refresh(home, at, make_current=False)
        assert current(home).version in (old, new.version)
        old = refresh(home, at).version
        assert old == new.version == build(home, at, make_current=False).version


def test_two_at_once_do_not_harm_one_another(network: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    copytree(network.root, home.root)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, [home] * 2, ["refresh"] * 2)) == [0, 0]
    assert current(home) == build(home, LATER, make_current=False)
