"""How many leave, and how many a model's nights can follow.

The shards of a model are fixed when its first training begins: chosen anew because somebody left,
they would tell of whoever left. So what can change is watched. Where more leave a day than a bad
night can train again within its hours, people are taken out at once and the model serves less: an
alarm says so before, and a new model with more shards helps.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from vanne.config import Home
from vanne.errors import MissingError, VerificationError
from vanne.forget.requests import asks_to_remove
from vanne.ledger import Ledger
from vanne.policy.schedule import notice_at, pending, policy_at
from vanne.terms import MAIN_PURPOSE
from vanne.train.model import current
from vanne.train.sizing import most_leavers

RECENT, LATELY = timedelta(days=90), timedelta(days=7)
"""What a plan goes by, and what an alarm goes by."""
_MOST_ENTRIES = 200_000


def opt_outs(home: Home, since: datetime, until: datetime) -> tuple[int, datetime]:
    """Count the requests between two times; return also since when the ledger tells of them.

    Of a very busy ledger, the last 200,000 entries tell.
    """
    with Ledger.of(home, read_only=True) as ledger:
        count, first = 0, until
        for _, record in ledger.records(max(0, ledger.size - _MOST_ENTRIES)):
            first = min(first, getattr(record, "at", first))
            count += asks_to_remove(record, MAIN_PURPOSE) and since <= record.at <= until
    return count, max(first, since)


def opt_outs_a_day(home: Home, now: datetime, over: timedelta = RECENT) -> float:
    """Return how many requests a day came lately, or since the ledger began."""
    count, first = opt_outs(home, now - over, now)
    return count / max((now - first) / timedelta(days=1), 1.0)


def daily(number: float) -> str:
    """Return how many a day, as people read it.

    >>> [daily(n) for n in (0.37, 5.0, 3700.0)]
    ['0.37', '5', '3,700']
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """How many leave a day, and how many can (infinity: everything fits into a night)."""

    shards: int
    a_day: float
    most_a_day: float

    @property
    def is_over(self) -> bool:
        """Say whether more leave than the nights of the model can follow."""
        return self.a_day > self.most_a_day

    @property
    def line(self) -> str:
        """What an operator is told where it is over."""
        return (
            f"{daily(self.a_day)} opt-outs a day in the last week, "
            f"{daily(self.a_day / self.shards)} a shard: the nights of this model suffice for "
            f"{daily(self.most_a_day)} a day; "
            "`vanne train --dry-run` says how many shards would do"
        )


def leaving(home: Home, now: datetime, hours: float) -> Leaving | None:
    """Say how many left a day in the last week, and how many may; None without a model."""
    try:
        model = current(home.model)
    except (MissingError, VerificationError):
        return None
    shards, slices = model.settings.shards, model.settings.slices
    most = most_leavers(shards, slices, model.seconds_total / 3600, hours)
    return Leaving(shards, opt_outs_a_day(home, now, LATELY), most)


@lru_cache(maxsize=8)
def leaving_by(home: Home, day: date, entries: int, hours: float) -> Leaving | None:
    """Return `leaving` as of the end of a day; the same entries are read once in a process."""
    return leaving(home, datetime.combine(day, time.max, UTC), hours)


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    """From when a change was announced until it holds, and how many opted out in between.

    Until then nothing new is used, so that whoever leaves in between is in no training.
    """

    since: datetime
    until: datetime
    opt_outs: int

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        times = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return times | {"opt_outs": self.opt_outs}


def notice_period(home: Home, now: datetime) -> NoticePeriod | None:
    """Return the waiting period that runs, else the last one; None where there was none."""
    coming = pending(home, now)
    notice = coming[0] if coming else notice_at(home, now)
    if notice:
        since, until = notice.published_at, notice.effective_at
    else:
        rules = policy_at(home, now).purpose(MAIN_PURPOSE)
        if rules.announced is None:
            return None
        since = datetime.combine(rules.announced, time(), UTC)
        until = since + timedelta(days=rules.waiting_days)
    if since >= until:
        return None
    return NoticePeriod(since, until, opt_outs(home, since, min(until, now))[0])
