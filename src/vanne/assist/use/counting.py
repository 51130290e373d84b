"""Count an event of somebody who said yes.

What has begun and has no result yet is known to the browser of whoever began it (the signed cookie
of the session) and to nobody else: it comes in and goes out here.
"""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

from vanne.assist.use import store
from vanne.assist.use.consent import Who, said_yes
from vanne.assist.use.events import BEGINS, LONGEST_SECONDS, USEFUL, Event, Task, step_of
from vanne.config import Home
from vanne.ledger import Ledger

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
    second = int(now.timestamp())
    going = {task: at for task, at in begun.items() if 0 <= second - at < LONGEST_SECONDS}
    with store.opened(home.root) as db:
        day = now.astimezone(UTC).date().isoformat()
        store.add(db, day, event)
        if event in BEGINS and BEGINS[event] not in going:
            going[_begin(db, day, BEGINS[event])] = second
        elif event in USEFUL and USEFUL[event] in going:
            task = USEFUL[event]
            _end(db, day, task, second - going.pop(task))
    return going


def _begin(db: sqlite3.Connection, day: str, task: Task) -> Task:
    store.add(db, day, f"{task}/begun")
    return task


def _end(db: sqlite3.Connection, day: str, task: Task, seconds: int) -> None:
    store.add(db, day, f"{task}/{step_of(seconds)}")
