"""Processes that are killed, and histories that somebody made up: found, and named."""

import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from tests.ledger.conftest import Tamper, at_any_time, off, offs, on_sqlite
from tests.ledger.test_ledger import ROOT, where
from vanne.config import Home
from vanne.errors import StorageError
from vanne.ledger import Ledger
from vanne.ledger.store import refuse_damage

THOUSAND = (
    f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    + """
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.ledger.conftest import off
from vanne.config import Home
from vanne.errors import StorageError
from vanne.ledger import Ledger

said = threading.Lock()
def choose(n):
    (index,) = ledger.append([off(f"member-{n}")], key=f"key-{n}")
    with said:
        print(index, n, flush=True)

with Ledger.of(Home(Path(sys.argv[1]), *sys.argv[2:]), patience_s=60) as ledger:
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(choose, range(1000)))
"""
)


@pytest.mark.parametrize("after", [1, 400])
def test_a_kill_amid_a_thousand_choices_loses_none_that_was_acknowledged(
    home: Home, after: int
) -> None:
    Ledger.create(home).close()
    command = [sys.executable, "-c", THOUSAND, *where(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines()
    acknowledged = dict(tuple(map(int, line.split())) for line in lines if line.count(" ") == 1)
    assert len(acknowledged) >= after
    with Ledger.of(home, patience_s=30) as ledger:
        choices = at_any_time(ledger.choices())
        assert {index: choices[index] for index in acknowledged} == {
            index: off(f"member-{n}") for index, n in acknowledged.items()
        }
        assert len({choice.member_id for choice in choices}) == len(choices) <= 1000
        assert ledger.fsck().ok
        for n in range(1000):  # sent again by those who saw no answer
            ledger.append([off(f"member-{n}")], key=f"key-{n}")
        assert ledger.size == 1000 and ledger.fsck().ok


@on_sqlite
def test_a_forked_tree_is_found_with_a_checkpoint_of_the_other_branch(
    home: Home, tmp_path: Path
) -> None:
    with Ledger.create(home) as ledger:
        ledger.append(offs(200))
        common = ledger.checkpoint()
    fork = Home(tmp_path / "fork")
    fork.root.mkdir()
    for file in (home.ledger, home.ledger.with_suffix(".key")):
        shutil.copy(file, fork.root)
    with Ledger.of(home) as one, Ledger.of(fork) as other:
        one.append(offs(100))
        other.append([off(f"member-{n}", on=True) for n in range(150)])
        assert one.fsck(known_checkpoint=common).ok and other.fsck(known_checkpoint=common).ok
        assert other.fsck(known_checkpoint=one.checkpoint()).problems == (
            "the history was rewritten: the first 300 entries are not those that the known "
            "checkpoint signed",
        )
        (problem,) = one.fsck(known_checkpoint=other.checkpoint()).problems
        assert problem == (
            "the history was cut: a known checkpoint covers 350 entries, the ledger has 300"
        )


def test_a_cut_tail_with_its_tree_and_checkpoint_is_found_with_a_known_one(
    ledger: Ledger, tamper: Tamper, home: Home
) -> None:
    """Whoever holds the database alone can set it back to an older state, but not hide it."""
    ledger.append(offs(200))
    older = ledger.checkpoint()
    ledger.append(offs(50))
    newer = ledger.checkpoint()
    tamper("DELETE FROM entry WHERE position >= 200")
    tamper("UPDATE tile SET hashes = substr(hashes, 1, 6400) WHERE level = 0 AND number = 0")
    tamper("UPDATE log SET size = 200, note = ?", older)
    assert "has seen 250 entries" in ledger.fsck().problems[0]
    home.checkpoint.unlink()
    assert ledger.fsck().ok
    assert ledger.fsck(known_checkpoint=newer).problems == (
        "the history was cut: a known checkpoint covers 250 entries, the ledger has 200",
    )


def test_an_entry_that_was_put_in_the_place_of_another_is_named(
    ledger: Ledger, tamper: Tamper
) -> None:
    """The other one opens by itself: only the tree tells."""
    ledger.append(offs(200))
    known = ledger.checkpoint()
    for column in ("public", "private", "salt", "member_id"):
        tamper(
            f"UPDATE entry SET {column} = (SELECT {column} FROM entry WHERE position = 42)"
            " WHERE position = 7"
        )
    problems = ledger.fsck(known_checkpoint=known).problems
    assert problems[0] == ("entry 7: its public part is not the one whose hash is in the tree")
    assert problems[-1].startswith("the history was rewritten")


def test_a_look_at_the_pages_takes_no_longer_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at the clock after each part of the work; what counts is how often."""
    home = Home(tmp_path)
    with Ledger.create(home) as ledger:
        ledger.append([off(f"member-{number}") for number in range(20_000)])
    hours = count()
    monkeypatch.setattr(time, "monotonic", lambda: next(hours) * 3600)
    refuse_damage(home.ledger, within_s=1e9)
    assert (whole := next(hours)) > 10
    refuse_damage(home.ledger, within_s=1e9)  # nobody wrote to it: it is not looked at again
    assert next(hours) == whole + 1
    home.ledger.with_name(".ledger.sqlite.seen").unlink()
    refuse_damage(home.ledger, within_s=0.0)
    assert next(hours) - whole <= 6
    damaged = bytearray(home.ledger.read_bytes())
    damaged[4096 : 2 * 4096] = bytes(4096)
    home.ledger.write_bytes(damaged)
    with pytest.raises(StorageError, match="damaged"):
        refuse_damage(home.ledger, within_s=1e9)
