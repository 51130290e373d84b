"""What a check of the ledger found is kept: when, by whom, and what did not hold."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import Run
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.ledger.checks import check_ledger, checks
from vanne.terms import Choice

NOW = datetime(2026, 11, 29, 3, 14, tzinfo=UTC)


def home_with_entries(folder: Path, count: int) -> Home:
    home = Home(folder)
    with Ledger.create(home) as ledger:
        for number in range(count):
            at = NOW - timedelta(days=count - number)
            ledger.append([Choice(f"m{number}", "generative-ai", "all", False, at)])
    return home


def test_each_check_is_kept_the_last_one_first(tmp_path: Path) -> None:
    home = home_with_entries(tmp_path, 3)
    first = check_ledger(home, "worker", lambda: NOW)
    later = check_ledger(home, "worker", lambda: NOW + timedelta(days=1))
    assert (first.ok, first.entries, first.at) == (True, 3, NOW)
    assert checks(home) == [later, first]
    assert checks(home, since=NOW + timedelta(hours=1)) == [later]


def test_a_check_of_a_ledger_that_was_changed_is_kept_with_what_it_found(tmp_path: Path) -> None:
    home = home_with_entries(tmp_path, 3)
    with sqlite3.connect(home.ledger) as db:
        db.execute("DELETE FROM entry WHERE position = 1")
    found = check_ledger(home, "worker", lambda: NOW)
    assert not found.ok and checks(home) == [found]
    assert "entry 1 is missing" in found.problems


def test_the_command_keeps_its_result_and_a_check_of_a_copy_keeps_none(
    vanne: Run, tmp_path: Path
) -> None:
    home = home_with_entries(tmp_path / "home", 2)
    vanne("ledger", "fsck", home.ledger)
    assert checks(home) == []
    assert vanne("ledger", "fsck", "--home", home.root).returncode == 0
    (check,) = checks(home)
    assert (check.actor, check.entries, check.ok) == ("command", 2, True)
