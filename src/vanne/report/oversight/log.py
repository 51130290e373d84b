"""The state of the ledger: who checked it last and what was found, and who else signed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vanne.config import Home
from vanne.ledger import Ledger
from vanne.ledger.checks import LedgerCheck, checks
from vanne.report.tables import CountTable

NIGHTS = 30
FRESH = timedelta(hours=36)
"""A check each night is late after one and a half days."""


@dataclass(frozen=True, slots=True)
class LogState:
    """What is known of the ledger: `about` is what anybody may see of it.

    `nights` has one row a day: `sound`, `failed` or `not-run`; `checks` one a check, the last one
    first. `witnesses` are the names of others who signed the last checkpoint.
    """

    about: Mapping[str, Any]
    last: LedgerCheck | None
    nights: CountTable
    checks: CountTable
    witnesses: tuple[str, ...]
    is_fresh: bool


def log_state(home: Home, ledger: Ledger, now: datetime) -> LogState:
    """Return the state of the ledger.

    Raises:
        StorageError: the database cannot be read.
    """
    about = ledger.describe()
    done = checks(home, since=now - timedelta(days=NIGHTS + 1))
    last = done[0] if done else next(iter(checks(home, most=1)), None)
    rows = [
        (each.at.isoformat(timespec="minutes"), each.actor, each.entries, len(each.problems),
         round(each.seconds, 1))
        for each in done
    ]  # fmt: skip
    return LogState(
        about,
        last,
        CountTable.of("nights", "night state", [*_nights(done, now)]),
        CountTable.of("checks", "checked actor entries problems seconds", rows),
        _witnesses(str(about["checkpoint"]), str(about["origin"])),
        last is not None and now - last.at <= FRESH,
    )


def _nights(done: list[LedgerCheck], now: datetime) -> list[tuple[str, str]]:
    """Say of each of the last days what its checks found: one that failed outweighs the others."""
    by_day: dict[str, bool] = {}
    for each in done:
        day = each.at.date().isoformat()
        by_day[day] = by_day.get(day, True) and each.ok
    days = [(now - timedelta(days=back)).date().isoformat() for back in reversed(range(NIGHTS))]
    return [
        (day, "not-run" if day not in by_day else "sound" if by_day[day] else "failed")
        for day in days
    ]


def _witnesses(note: str, origin: str) -> tuple[str, ...]:
    """Return who besides the log itself has signed a checkpoint (C2SP signed note)."""
    signatures = (line.split(" ") for line in note.splitlines() if line.startswith("— "))
    names = [parts[1] for parts in signatures if len(parts) > 2]
    return tuple(name for name in dict.fromkeys(names) if name != origin)
