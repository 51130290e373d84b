"""Ledgers that are not the home's own: another one in its place, or an older copy of it."""

from datetime import UTC, datetime
from pathlib import Path

from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

BEFORE = datetime(2025, 11, 3, 8, tzinfo=UTC)


def put_another_ledger(home: Home, entries: int = 30) -> None:
    """Put a ledger with another history in the place of the home's."""
    away = Path(home.root, "another.sqlite")
    with Ledger.create(away) as ledger:
        ledger.append(
            [Choice(f"x-{n}", MAIN_PURPOSE, "all", False, BEFORE) for n in range(entries)]
        )
    for path in home.root.glob("ledger.*"):
        path.unlink()
    for path in home.root.glob("another.*"):
        path.rename(home.root / path.name.replace("another", "ledger"))
