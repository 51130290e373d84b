"""What each kind of task does, and when the next one is due.

    refresh   bring the corpus to the choices that were made, and queue the training for the model
    retrain   train again what no checkpoint holds, then replace the model that serves
    tell      make the messages to the members whom this concerned, and send the mail
    compact   merge small data files, take deleted rows out of them, remove old versions
    check     check the ledger, and whether more leave than the nights can follow

A task calls what `vanne corpus refresh` and `vanne forget` call, so that a member's choice has the
same effect whether a person or the worker acts on it.

The model before serves until it is replaced, so that nobody's opt-out takes anything from those who
stay. A training is paused between two steps when somebody chose: the corpus hears them first. What
was trained is kept, and the training goes on from there without them. When its hours are over, what
is whole serves, and the rest goes on the next night.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import refresh
from vanne.corpus.compacting import compact, prune
from vanne.corpus.parts import in_processes
from vanne.errors import BusyError, MissingError, VanneError
from vanne.forget.backlog import SOON, Backlog, find_backlog
from vanne.forget.forgetting import is_begun
from vanne.forget.leaving import leaving
from vanne.forget.requests import Asking
from vanne.forget.runs import Clock, forget
from vanne.ledger import Ledger
from vanne.ledger.checks import check_ledger
from vanne.messages import send_waiting, tell
from vanne.messages.mail import mail_of
from vanne.settings import Settings
from vanne.train.model import current as current_model
from vanne.worker.tasks import Task, enqueue, last_done

log = logging.getLogger("vanne.worker")

_SAFETY = 2
"""A training begins so many times its expected length before it is due."""
LAST = timedelta(days=1)
"""So long before it is due, what a failed training has not taken out goes at once."""
TRAIN_AT_LEAST = timedelta(minutes=2)
"""How long a training runs before the corpus hears somebody: else it might never end."""
TOGETHER = timedelta(seconds=2)
"""How long a choice waits for others: many that come together are heard together."""


class Paused(Exception):  # noqa: N818  nothing went wrong
    """A training was stopped between two steps; it goes on from there at `due`."""

    def __init__(self, why: str, due: datetime) -> None:
        self.why, self.due = why, due


@dataclass(frozen=True, slots=True)
class Errand:
    """A task that is being done. `is_asked` is set as soon as somebody chose meanwhile."""

    home: Home
    settings: Settings
    now: Clock
    task: Task
    is_asked: threading.Event = field(default_factory=threading.Event)

    def go_on(self, done: int, total: int, place: str) -> None:
        """Let a training go on.

        Raises:
            Paused: somebody chose.
        """
        now = self.now()
        if self.is_asked.is_set() and now - (self.task.started or now) >= TRAIN_AT_LEAST:
            raise Paused("somebody chose", now + 2 * TOGETHER)

    @property
    def hours_left(self) -> float:
        """How many hours are left for a training; it began before it was paused for a choice."""
        began = self.task.facts.get("began")
        spent = self.now() - datetime.fromisoformat(began) if began else timedelta(0)
        return max(self.settings.train_hours - spent / timedelta(hours=1), 0)


Step = Callable[[Errand], Mapping[str, Any]]


def heard_so_far(home: Home) -> int | None:
    """Return how many entries of the ledger the corpus has heard; None: there is no corpus."""
    try:
        heard = current_corpus(home).ledger_size
    except MissingError:
        return None
    last = last_done(home, "refresh")
    return max(heard, last.facts.get("heard", 0)) if last else heard


def asks_for_something(home: Home, heard: int) -> tuple[int, bool]:
    """Return the size of the ledger, and whether an entry after `heard` changes the corpus."""
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        later = (record for _, record in ledger.records(min(heard, size), size))
        return size, any(isinstance(each, Asking) for each in later)


def refresh_corpus(errand: Errand) -> Mapping[str, Any]:
    """Refresh the corpus, and queue the training that the model needs; return what was done."""
    home, now = errand.home, errand.now()
    with Ledger.of(home, read_only=True) as ledger:
        facts: dict[str, Any] = {"heard": ledger.size}
    with in_processes(errand.settings.processes) as each:
        if not _has_model(home):
            return {**facts, "corpus": refresh(home, now, each=each).version}
        work = find_backlog(home, now, each=each)
    facts |= {"corpus": work.after.version, "requests": len(work.requests)}
    return {**facts, **_queue_training(errand, work)}


def _queue_training(errand: Errand, work: Backlog) -> Mapping[str, Any]:
    """Queue the training of what waits for one; return when it begins, and how long it takes."""
    home, now = errand.home, errand.now()
    asked = bool(work.model.waiting or work.requests or work.served or work.left)
    asked = asked or is_begun(home.model)
    facts: dict[str, Any] = {"deadline": work.due.isoformat()} if work.due else {}
    try:
        costs = work.plan(home)
    except VanneError:  # such as a base model that is away: the training itself will say why
        due = now
    else:
        due = training_due(errand.settings, now, costs.seconds_expected, work.due)
        if work.may_wait(errand.settings.leavers_together, now) and work.due:
            due = work.due - max(SOON, timedelta(seconds=_SAFETY * costs.seconds_expected))
        asked = asked or costs.tokens_to_train > 0
        facts["tokens_to_train"] = costs.tokens_to_train
        facts["seconds_expected"] = round(costs.seconds_expected, 3)
    if not asked:
        return {}
    enqueue(home, "retrain", due, now, facts)
    return {**facts, "retrain_due": due.isoformat()}


def retrain(errand: Errand) -> Mapping[str, Any]:
    """Train again what no checkpoint holds, and replace the model; return what was done."""
    home, now = errand.home, errand.now
    try:
        together = errand.settings.leavers_together
        run = forget(
            home, now=now, hours=errand.hours_left, progress=errand.go_on, leavers=together
        )
    except BusyError:
        raise
    except VanneError:
        _leave_at_once(errand)
        raise
    facts: dict[str, Any] = {"corpus": run.work.after.version}
    if run.certificate:
        facts["certificate"] = run.certificate.id
        if run.certificate.cost:
            facts["tokens"] = run.certificate.cost.tokens
            facts["tokens_full"] = run.certificate.cost.tokens_full
    if waiting := current_model(home.model).waiting:
        facts["waiting"] = waiting
        enqueue(home, "retrain", next_time(errand.settings.train_at, now()), now())
    _queue_telling(errand)
    return facts


def _leave_at_once(errand: Errand) -> None:
    """Take out at once what is due soon, after a training that failed."""
    deadline = errand.task.facts.get("deadline")
    if deadline and datetime.fromisoformat(deadline) - errand.now() <= LAST:
        forget(errand.home, at_once=True, now=errand.now)
        _queue_telling(errand)


def _queue_telling(errand: Errand) -> None:
    now = errand.now()
    enqueue(errand.home, "tell", now, now)


def tell_members(errand: Errand) -> Mapping[str, Any]:
    """Make the messages of new certificates, and send the mail that waits."""
    home = errand.home
    made = tell(home, errand.now())
    sent, is_more = send_waiting(home, mail_of(errand.settings, home))
    if is_more:
        _queue_telling(errand)
    return {"messages": made, "mails": sent}


DELETED_KEPT = timedelta(days=7)
"""How long the bytes of deleted items may stay in data files."""
VERSIONS_KEPT = timedelta(days=90)
"""How long a version of the corpus is kept that nothing names."""


def compact_corpus(errand: Errand) -> Mapping[str, Any]:
    """Keep the corpus small; what was deleted goes from the files after some days."""
    home, now = errand.home, errand.now()
    before = last_done(home, "compact")
    whole_at = str(before.facts["whole_at"]) if before else now.isoformat()
    since = now - datetime.fromisoformat(whole_at)
    is_whole = since >= DELETED_KEPT
    done = compact(home, merge_only=not is_whole)
    return {
        "files": done.files_after,
        "rows_removed": done.rows_removed,
        "versions_removed": prune(home, VERSIONS_KEPT, now),
        "whole_at": now.isoformat() if is_whole else whole_at,
    }


def check(errand: Errand) -> Mapping[str, Any]:
    """Check the ledger from the first entry to the last, and whether too many leave the model."""
    found = check_ledger(errand.home, "worker", errand.now)
    counts = {"entries": found.entries, "problems": len(found.problems)}
    load = leaving(errand.home, errand.now(), errand.settings.train_hours)
    if load is None:
        return counts
    if load.is_over:
        log.warning("%s", load.line)
    return counts | {"opt_outs_a_day": round(load.a_day, 3)}


STEPS: Mapping[str, Step] = {
    "refresh": refresh_corpus,
    "retrain": retrain,
    "tell": tell_members,
    "compact": compact_corpus,
    "check": check,
}


def next_time(at: str, now: datetime) -> datetime:
    """Return when it is next that time of day (UTC).

    >>> from datetime import UTC
    >>> next_time("02:00", datetime(2026, 11, 29, 13, 5, tzinfo=UTC)).isoformat()
    '2026-11-30T02:00:00+00:00'
    """
    today = datetime.combine(now.date(), time.fromisoformat(at), now.tzinfo)
    return today if today > now else today + timedelta(days=1)


def training_due(
    settings: Settings, now: datetime, seconds: float, due: datetime | None
) -> datetime:
    """Return when a training begins that takes so many seconds and must be done by `due`.

    A short one begins now, a long one at the hour that the settings name; both early enough.
    """
    if seconds <= settings.train_soon_seconds:
        return now
    usual = next_time(settings.train_at, now)
    latest = due - timedelta(seconds=_SAFETY * seconds) if due else usual
    return max(now, min(usual, latest))


def _has_model(home: Home) -> bool:
    try:
        current_model(home.model)
    except MissingError:
        return False
    return True
