"""Count an event of somebody who said yes.

What has begun and has no result yet is known to the browser of whoever began it (the signed cookie
of the session) and to nobody else: it comes in and goes out here.
"""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

from vanne.config import Home
from vanne.ledger import Ledger
from vanne_assist.use import store, trials
from vanne_assist.use.consent import Who, said_yes
from vanne_assist.use.events import BEGINS, LONGEST_SECONDS, USEFUL, Event, Task, step_of
from vanne_assist.use.experiments import Experiment, running
from vanne_assist.use.parts import LOOKS, Part
from vanne_assist.use.plan import Measure

Begun = Mapping[str, int]
"""Which tasks somebody is at, and since when: seconds since 1970."""


def count(
    home: Home, ledger: Ledger, who: Who, event: Event, now: datetime, begun: Begun
) -> dict[str, int]:
    """Count an event, unless they said no or nothing; return what has begun from now on.

    Raises:
        VanneError: their choice cannot be read, or the number not be written: nothing was counted.
    """
    if not said_yes(home, ledger, who, now):
        return {}
    second, day = int(now.timestamp()), now.astimezone(UTC).date()
    going = {task: at for task, at in begun.items() if 0 <= second - at < LONGEST_SECONDS}
    with store.opened(home.root) as db:
        trials.destroy_salts(db, day)
        store.add(db, day, event)
        if event in BEGINS and (task := BEGINS[event]) not in going:
            going[task] = second
            store.add(db, day, f"{task}/begun")
            _try(db, home, who, task, now, (second, None))
        elif event in USEFUL and (task := USEFUL[event]) in going:
            began = going.pop(task)
            store.add(db, day, f"{task}/{step_of(second - began)}")
            _try(db, home, who, task, now, (began, second - began))
    return going


def look_of(home: Home, ledger: Ledger, who: Who, part: Part, now: datetime) -> str:
    """Return how a part looks to somebody: as usual, unless they said yes and an experiment runs.

    Raises:
        VanneError: it cannot be told; show it as usual.
    """
    looks, found = LOOKS[part], running(home, part, now)
    if found is None or not said_yes(home, ledger, who, now):
        return looks.usual
    with store.opened(home.root) as db:
        where = trials.place(db, found.plan.name, who)
    return looks.other if where and where[0] == trials.OTHER else looks.usual


def _try(
    db: sqlite3.Connection,
    home: Home,
    who: Who,
    task: Task,
    now: datetime,
    took: tuple[int, int | None],
) -> None:
    """Count an occasion in the experiments about its task: when it began, and the seconds it took.

    An occasion that began before an experiment is not in it.
    """
    began, seconds = took
    for part in (part for part, looks in LOOKS.items() if looks.task is task):
        found = running(home, part, now)
        if found is None or began < int(found.steps["started"][0].timestamp()):
            continue
        where = trials.place(db, found.plan.name, who)
        occasions, total = _sums(found, seconds)
        if where and (occasions or total):
            trials.add(db, found.plan.name, where, occasions, total)


def _sums(found: Experiment, seconds: int | None) -> tuple[int, int]:
    """Return what an occasion adds as it begins (no seconds yet) or as it ends."""
    if found.plan.measure is Measure.SHARE:
        return (1, 0) if seconds is None else (0, 1)
    return (0, 0) if seconds is None else (1, seconds)
