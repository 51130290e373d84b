"""Where the marks of the auditor's pictures stand: places and lengths from 0 to 1, and no words."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from vanne.plugins import ModelAudit
from vanne.report.oversight.choices import WEEKS
from vanne.report.tables import Cell, CountTable

DAYS = 30
"""How many days before today and after it the strip of requests shows."""
MOST_LIFELINES = 10


class Fall(NamedTuple):
    """One step from all members to those who are in: `at` is where its bar begins."""

    standing: str
    members: int | None
    at: float
    share: float


def falls(standing: CountTable, total: int) -> list[Fall]:
    """Return how all members come down to those who are in; what is not told has no bar."""
    left, steps = total, list[Fall]()
    for row in standing:
        members = row["members"]
        count = int(members or 0)
        if row["standing"] == "in":
            left = count
        share = count / total if total else 0.0
        at = 0.0 if row["standing"] == "in" else (left - count) / total if total else 0.0
        left -= count
        steps.append(Fall(str(row["standing"]), None if members is None else count, at, share))
    return steps


class RegionWeeks(NamedTuple):
    """A region: its counts, and how many of 10,000 members turned it off in each week."""

    region: str | None
    members: int | None
    off: int | None
    chose: int | None
    rates: list[float | None]


def regions(table: CountTable, weeks: CountTable, mondays: Sequence[date]) -> list[RegionWeeks]:
    """Return the regions with their weeks; a count that is not told has no bar."""
    off = {(row["region"], row["week"]): row["off"] for row in weeks}
    rows = []
    for row in table:
        members = row["members"]
        counts = [off.get((row["region"], day.isoformat()), 0) for day in mondays]
        rates = [
            None if count is None or not members else 1e4 * float(count) / float(members)
            for count in counts
        ]
        region = None if row["region"] is None else str(row["region"])
        counted = (_number(row[name]) for name in ("members", "off", "chose"))
        rows.append(RegionWeeks(region, next(counted), next(counted), next(counted), rates))
    return rows


def _number(cell: Cell) -> int | None:
    return None if cell is None else int(cell)


def week_place(day: date, mondays: Sequence[date]) -> float | None:
    """Return where a day stands among the weeks; None if it is not in them."""
    place = (day - mondays[0]).days / (7 * WEEKS)
    return place if 0 <= place <= 1 else None


class DueDay(NamedTuple):
    """The requests that are due on a day."""

    day: date
    done: int
    waiting: int
    late: int

    @property
    def total(self) -> int:
        """How many there are."""
        return self.done + self.waiting + self.late


def due_days(requests: CountTable, today: date) -> list[DueDay]:
    """Return the days around today, with what was and is due on each."""
    by_day: dict[str, dict[str, int]] = {}
    for row in requests:
        of_day = by_day.setdefault(str(row["due"]), {})
        state = str(row["state"]).removesuffix("-late") if row["state"] != "late" else "late"
        of_day[state] = of_day.get(state, 0) + int(row["requests"] or 0)
    days = [today + timedelta(days=n) for n in range(-DAYS, DAYS + 1)]
    counts = (by_day.get(day.isoformat(), {}) for day in days)
    return [
        DueDay(day, *(count.get(name, 0) for name in ("done", "waiting", "late")))
        for day, count in zip(days, counts, strict=True)
    ]


class Lifeline(NamedTuple):
    """A version with where its life begins and how long it is."""

    row: dict[str, object]
    at: float
    share: float


def lifelines(versions: CountTable, today: date) -> list[Lifeline]:
    """Return the versions with their lives, on one scale up to today."""
    rows = [dict(row) for row in versions][:MOST_LIFELINES]
    starts = [date.fromisoformat(str(row["since"])) for row in rows if row["since"]]
    first = min(starts, default=today)
    span = max((today - first).days, 1)
    lines = []
    for row in rows:
        since, until = (date.fromisoformat(str(row[n])) if row[n] else None for n in _LIFE)
        at = ((since or first) - first).days / span
        share = ((until or today) - (since or first)).days / span
        lines.append(Lifeline(dict(row), min(at, 0.98), max(share, 0.02)))
    return lines


_LIFE = ("since", "until")


class Accuracy(NamedTuple):
    """How often an attack is right, as places on a scale on which `chance` has one, too."""

    standing: str
    low: float
    value: float
    high: float
    chance: float


def accuracies(audit: ModelAudit) -> list[Accuracy]:
    """Return the rows of an audit on one scale around one half."""
    low = min(0.4, *(row.low for row in audit.found)) if audit.found else 0.4
    high = max(0.6, *(row.high for row in audit.found)) if audit.found else 0.6

    def place(value: float) -> float:
        return (value - low) / (high - low)

    return [
        Accuracy(row.standing, place(row.low), place(row.value), place(row.high), place(0.5))
        for row in audit.found
    ]
