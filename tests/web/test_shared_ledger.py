"""The ledger that an application holds open: one, opened late, let go of when it fails."""

import threading
from datetime import timedelta
from pathlib import Path
from shutil import copy2

import pytest

from tests.web.network import START, choice
from vanne.config import Home
from vanne.errors import MissingError, StorageError
from vanne.ledger import Ledger
from vanne.web.site import SharedLedger

LATER = choice("anna", on=False, at=START + timedelta(hours=1))


def test_all_who_ask_are_given_the_same_open_ledger(home: Home) -> None:
    shared = SharedLedger(home)
    with shared.use() as first:
        pass
    with shared.use() as second:
        assert second is first
        assert second.append([LATER]) == range(3, 4)
    shared.close()


def test_it_is_opened_when_it_is_needed_and_again_after_it_was_closed(home: Home) -> None:
    shared = SharedLedger(home)
    shared.close()
    with shared.use() as first:
        assert first.size == 3
    shared.close()
    with shared.use() as second:
        assert second is not first and second.size == 3
    shared.close()


def test_a_ledger_that_was_moved_away_is_neither_written_nor_made_anew(home: Home) -> None:
    shared = SharedLedger(home)
    with shared.use() as ledger:
        assert ledger.size == 3
    kept = home.ledger.rename(home.root / "elsewhere.sqlite")
    with pytest.raises(MissingError), shared.use():
        pass
    assert not home.ledger.exists()
    kept.rename(home.ledger)
    with shared.use() as ledger:
        ledger.append([LATER])
    shared.close()
    assert sizes(home.ledger) == 4


def test_a_ledger_that_was_replaced_is_opened_anew(home: Home) -> None:
    shared = SharedLedger(home)
    with shared.use() as ledger:
        ledger.append([LATER])
    shared.close()
    backup = Path(copy2(home.ledger, home.root / "backup.sqlite"))
    with shared.use() as ledger:
        ledger.append([LATER])
    backup.replace(home.ledger)
    for leftover in home.root.glob("ledger.sqlite-*"):
        leftover.unlink()
    with shared.use() as ledger:
        assert ledger.size == 4
    shared.close()


def test_after_a_failure_it_is_opened_again_and_closed_only_when_the_last_is_done(
    home: Home,
) -> None:
    shared = SharedLedger(home)
    used, failed = threading.Event(), threading.Event()

    def use() -> None:
        with shared.use() as ledger:
            used.set()
            assert failed.wait(300)
            ledger.append([LATER])  # still open for who was using it

    thread = threading.Thread(target=use)
    thread.start()
    assert used.wait(300)
    with pytest.raises(StorageError), shared.use() as broken:
        raise StorageError("the disk is full")
    with shared.use() as fresh:
        assert fresh is not broken
    failed.set()
    thread.join(300)
    assert sizes(home.ledger) == 4
    shared.close()


def sizes(path: Path) -> int:
    with Ledger(path, read_only=True) as ledger:
        return ledger.size
