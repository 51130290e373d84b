"""Killed at any moment, a build or a refresh leaves the old version whole, and the next run ends it.

Each run is a process of its own that is killed with SIGKILL, at a point where it is about to write or
after a random time. Afterwards the current version is an old or the new one, every text in it is
allowed, and running again gives the version of an undisturbed build.
"""

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from tests.forked import run_forked
from vanne.config import Home
from vanne.corpus import build, current, read, refresh, verify
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AS_OF + timedelta(days=1)
MEMBERS = [f"member-{n}" for n in range(200)]

# Runs the command in a process that kills itself when it is about to write for the nth time: before
# a file is made durable, before a rename, after a rename.
KILLER = """
import os, signal, sys
from pathlib import Path
from vanne.cli import main
left = int(sys.argv.pop(1))
def deadly(real):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call
os.fsync = deadly(os.fsync)
Path.replace = deadly(Path.replace)
main()
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("network") / "home")
    made = datetime(2024, 5, 1, tzinfo=UTC)
    for part in range(3):
        items = [
            Item(f"{part}-{n}", MEMBERS[n % 200], "post", created_at=made, text="text")
            for n in range(2000)
        ]
        write_items(items, home.items / f"items-{part}.parquet")
    write_members([Member(name, "CH", date(1990, 4, 12)) for name in MEMBERS], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.open(home.ledger).close()
    build(home, AS_OF)
    with Ledger.open(home.ledger) as ledger:
        ledger.append([Choice(m, MAIN_PURPOSE, "all", False, AS_OF) for m in MEMBERS[:3]])
    return home


def run(home: Home, *command: str, kill_at: int = 0) -> int:
    arguments = [*command, "--home", str(home.root), "--as-of", LATER.isoformat()]
    return run_forked(KILLER, kill_at, *arguments).returncode


@pytest.mark.parametrize(("what", "first"), [("build", 1), ("refresh", 2), ("compaction", 1)])
def test_a_process_that_is_killed_before_any_of_its_writes_leaves_a_whole_version(
    network: Home, tmp_path: Path, what: str, first: int
) -> None:
    """Every second write: a refresh and its compaction differ in the last ones alone."""
    command = "build" if what == "build" else "refresh"
    killed = 0
    for point in range(first, 100, 2):
        home = Home(tmp_path / str(point))
        copytree(network.root, home.root)
        if what == "compaction":  # more than one row in fifty: sidecars are written whole
            with Ledger.open(home.ledger) as ledger:
                ledger.append([Choice(m, MAIN_PURPOSE, "all", False, AS_OF) for m in MEMBERS[3:5]])
        old = current(home)
        code = run(home, "corpus", command, kill_at=point)
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


def test_killed_after_a_random_time_a_refresh_can_be_repeated(
    network: Home, tmp_path: Path
) -> None:
    pick = random.Random(5)
    home = Home(tmp_path / "home")
    copytree(network.root, home.root)
    old, at = current(home).version, LATER
    killed, whole = 0, 60.0  # one that ends tells how long one takes
    for turn in range(20):
        with Ledger.open(home.ledger) as ledger:
            ledger.append([Choice(MEMBERS[50 + turn], MAIN_PURPOSE, "all", False, AS_OF)])
        at += timedelta(minutes=1)
        command = [sys.executable, "-m", "vanne", "corpus", "refresh", "--home", str(home.root)]
        begun = time.monotonic()
        process = subprocess.Popen([*command, "--as-of", at.isoformat()], stdout=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(whole * pick.uniform(0.1, 1))
        process.kill()
        if process.wait() == -signal.SIGKILL:
            killed += 1
        else:
            whole = min(whole, time.monotonic() - begun)
        new = refresh(home, at, make_current=False)
        assert current(home).version in (old, new.version)
        old = refresh(home, at).version
        assert old == new.version == build(home, at, make_current=False).version
        if killed == 3:
            return
    pytest.fail(f"killed {killed} times")


def test_two_at_once_do_not_harm_one_another(network: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    copytree(network.root, home.root)
    command = [sys.executable, "-m", "vanne", "corpus", "refresh", "--home", str(home.root)]
    both = [
        subprocess.Popen([*command, "--as-of", LATER.isoformat()], stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait(300) for process in both] == [0, 0]
    assert current(home) == build(home, LATER, make_current=False)
