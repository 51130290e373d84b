"""What the operator is told: numbers of whole weeks, and of experiments what may be known by now.

Nothing below `FEWEST` is told, and nothing from which it could be worked out: sums are of what is
shown, and steps of seconds are joined until each holds enough. The week that is running is not
told: who looks again after a minute would see what somebody did just now. While an experiment runs,
only its occasions are told, in tens; its result when its last day is over.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from vanne.config import Home
from vanne.errors import VerificationError
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne_assist.use import store, trials
from vanne_assist.use.analysis import BUCKETS, Bucket, Estimate, compare
from vanne_assist.use.consent import PURPOSE
from vanne_assist.use.events import BEGINS, STEPS, USEFUL, Event, Task
from vanne_assist.use.experiments import Experiment, damaged, every, read, verified

FEWEST = 5
WEEKS = 12
_TENS = 10

Document = dict[str, Any]


def told(home: Home, ledger: Ledger, now: datetime) -> Document:
    """Return the numbers of the last whole weeks, and where every experiment stands.

    Raises:
        VanneError: the numbers, the policy or an experiment cannot be read.
    """
    monday = _monday(now.astimezone(UTC).date())
    weeks = [monday - timedelta(weeks=n) for n in range(WEEKS, 0, -1)]
    counts = _counts(home, now, weeks[0], monday)
    experiments, other = _experiments(home, ledger, now)
    return {
        "schema": "vanne/use/1",
        "as_of": now.isoformat(),
        "counts": PURPOSE in policy_at(home, now).purposes,
        "fewest": FEWEST,
        "weeks": [week.isoformat() for week in weeks],
        "tasks": [_task(task, counts, weeks) for task in Task],
        "experiments": experiments,
        "damaged": sorted({*damaged(home), *other}),
    }


def _experiments(home: Home, ledger: Ledger, now: datetime) -> tuple[list[Document], list[str]]:
    """Return what may be known of each experiment, and which the ledger does not know so."""
    found, other = [], []
    for name in (each.plan.name for each in every(home)):
        try:
            found.append(experiment(home, ledger, name, now))
        except VerificationError:
            other.append(name)
    return found, other


def experiment(home: Home, ledger: Ledger, name: str, now: datetime) -> Document:
    """Return what may be known of an experiment by now.

    Raises:
        MissingError: there is none.
        VerificationError: it is not what was registered.
    """
    found = verified(ledger, read(home, name))
    plan, stands = found.plan, found.stands(now)
    usual, other = _arms(home, found, now)
    shown = 1 if stands == "over" else _TENS
    return {
        "schema": "vanne/experiment-report/1",
        "name": plan.name,
        "hypothesis": dict(plan.hypothesis),
        "part": plan.part,
        "looks": [plan.looks.usual, plan.looks.other],
        "task": plan.looks.task,
        "measure": plan.measure,
        "ends": plan.ends.isoformat(),
        "confidence": plan.confidence,
        "effect": plan.effect,
        "planned": plan.occasions,
        "digest": plan.digest,
        "steps": {s: {"at": at.isoformat(), "entry": n} for s, (at, n) in found.steps.items()},
        "stands": stands,
        "occasions": [sum(n for n, _ in arm) // shown * shown for arm in (usual, other)],
        "result": _result(found, usual, other) if stands == "over" else None,
    }


def _arms(
    home: Home, found: Experiment, now: datetime
) -> tuple[Sequence[Bucket], Sequence[Bucket]]:
    if not store.path_of(home.root).exists():
        return (), ()
    with store.opened(home.root) as db:
        trials.destroy_salts(db, now.astimezone(UTC).date())
        return trials.arms(db, found.plan.name)


def _result(found: Experiment, usual: Sequence[Bucket], other: Sequence[Bucket]) -> Document:
    """Return the comparison; without one, in how many groups of people there was anybody."""
    plan = found.plan
    result = compare(usual, other, plan.confidence)
    if result is None:
        return {"compared": False, "groups": [len(usual), len(other)], "of": BUCKETS}
    fewer = min(sum(n for n, _ in arm) for arm in (usual, other)) < plan.occasions
    figures = ("usual", result.usual), ("other", result.other), ("difference", result.difference)
    return {
        "compared": True,
        **{name: _estimate(figure) for name, figure in figures},
        "found": result.is_found,
        "fewer_than_planned": fewer,
    }


def _estimate(figure: Estimate) -> Document:
    return {key: value for key, value in asdict(figure).items() if key in ("value", "low", "high")}


# Numbers by week


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _counts(home: Home, now: datetime, first: date, end: date) -> Counter[tuple[str, date]]:
    """Return how often each thing was counted, by the Monday of its week."""
    counts: Counter[tuple[str, date]] = Counter()
    if not store.path_of(home.root).exists():
        return counts
    with store.opened(home.root) as db:
        trials.destroy_salts(db, now.astimezone(UTC).date())
        for day, what, n in store.tallies(db, first, end):
            counts[what, _monday(day)] += n
    return counts


def _task(task: Task, counts: Mapping[tuple[str, date], int], weeks: Sequence[date]) -> Document:
    whole: Counter[str] = Counter()
    for (what, _), n in counts.items():
        whole[what] += n
    steps = [whole[f"{task}/{step}"] for step in range(len(STEPS) + 1)]
    events = [e for e in Event if task in (BEGINS.get(e), USEFUL.get(e), _ASIDE.get(e))]
    return {
        "task": task,
        **_occasions(whole[f"{task}/begun"], steps),
        "events": [
            {"event": event, **_by_week([counts[event, week] for week in weeks])}
            for event in events
        ],
    }


_ASIDE: Mapping[Event, Task] = {Event.SUGGESTION_REFUSED: Task.PROFILE}
"""Events that neither begin a task nor end it."""


def _by_week(counts: Sequence[int]) -> Document:
    shown = [n if n == 0 or n >= FEWEST else None for n in counts]
    return {"counts": shown, "shown": sum(n for n in shown if n is not None)}


def _occasions(begun: int, steps: Sequence[int]) -> Document:
    """Return the occasions of a task, how many had a result, and after how long."""
    answered = sum(steps)
    if 0 < begun < FEWEST:
        return {"begun": None, "answered": None, "steps": []}
    if any(0 < n < FEWEST for n in (answered, begun - answered)) or begun < answered:
        return {"begun": begun, "answered": None, "steps": []}
    return {"begun": begun, "answered": answered, "steps": list(_joined(steps))}


def _joined(steps: Sequence[int]) -> Iterator[Document]:
    """Give steps of seconds, joined upwards until each holds enough, and what is left does."""
    left, low = sum(steps), 0
    held = 0
    for end, n in zip((*STEPS, None), steps, strict=True):
        held, left = held + n, left - n
        if end is None or (held >= FEWEST and (left == 0 or left >= FEWEST)):
            if held:
                yield {"from": low, "to": end, "count": held}
            low, held = end or 0, 0
