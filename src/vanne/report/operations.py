"""What an operator asks: what needs a person, what runs, what the last runs did and cost.

Every figure is counted from what is kept anyway: the table of tasks, the manifests of the corpus,
the ledger and the policies. Each table is drawn on the page and handed out as CSV and JSON, and no
table names a member.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from vanne.config import Home
from vanne.corpus.manifest import Manifest, current, has_current, latest, load
from vanne.errors import VanneError
from vanne.forget.leaving import Leaving, leaving_by
from vanne.forget.requests import OpenRequest
from vanne.ledger import Ledger
from vanne.night.health import HEARD_WITHIN, requests_after
from vanne.policy import Policy
from vanne.policy.schedule import in_force_since, policy_at
from vanne.report.tables import Cell, CountTable
from vanne.settings import Settings
from vanne.terms import MAIN_PURPOSE
from vanne.train.model import live
from vanne.worker import Pulse, Task, alive, recent

RUNS, MOST_TASKS, COMPARED = 14, 200, 7
"""How many runs are drawn, how many tasks are read, and how many versions make the median."""
LIMIT, FEW = 0.05, 10
"""A count by reason that is off its median by more than this share, and this many, is told."""
FORGOTTEN = timedelta(days=7)
"""A failure is told for so long, or until the same was done."""
FULL = 0.9
"""A disk of which more is used needs a person."""

Need = Literal[
    "failed", "late", "no-worker", "never-worked", "not-heard", "leaving", "reason", "disk"
]


@dataclass(frozen=True, slots=True)
class OperatorNeed:
    """Something that needs a person: `count` of what, since or until when, and one line of why."""

    kind: Need
    is_late: bool
    count: int = 0
    at: datetime | None = None
    what: str = ""
    line: str = ""
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReasonShift:
    """How many items a reason decided, in the version before, and in the median of some before."""

    reason: str
    items: int
    before: int | None
    usual: int | None

    @property
    def change(self) -> int | None:
        """The difference from the version before; None without one."""
        return None if self.before is None else self.items - self.before

    @property
    def share(self) -> float | None:
        """The difference from the median as a share of it; None where that says nothing."""
        return None if not self.usual else (self.items - self.usual) / self.usual

    @property
    def is_odd(self) -> bool:
        """True where somebody should look."""
        far = self.usual is not None and abs(self.items - self.usual) > FEW
        return far and (not self.usual or abs(self.share or 0) > LIMIT)


@dataclass(frozen=True, slots=True)
class Operations:
    """The state of a deployment as of a time. `versions` and `ended` have the newest last.

    `unheard` are the opt-outs that the corpus has not heard, `open_requests` those that a model
    still holds. `disk` is None before a worker has measured it.
    """

    as_of: datetime
    policy: Policy
    in_force_since: datetime
    entries: int
    corpus: Manifest | None
    pulse: Pulse
    open_tasks: Sequence[Task]
    ended: Sequence[Task]
    versions: Sequence[Manifest]
    unheard: Sequence[OpenRequest]
    open_requests: Sequence[OpenRequest]
    disk_total: int
    disk_free: int
    leaving: Leaving | None

    @property
    def late(self) -> list[OpenRequest]:
        """The requests whose day has passed."""
        return [each for each in self.open_requests if each.due < self.as_of]

    @property
    def runs(self) -> Sequence[Task]:
        """The last runs, the newest at the end; a message to members is none."""
        return [each for each in self.ended if each.kind != "tell"][-RUNS:]

    @property
    def disk(self) -> Mapping[str, int] | None:
        """How large each folder of the home was after the last run."""
        return next(iter(self._measured), None)

    @property
    def _measured(self) -> list[Mapping[str, int]]:
        return [each.facts["disk"] for each in reversed(self.ended) if "disk" in each.facts]

    @property
    def reasons(self) -> list[ReasonShift]:
        """How many items each reason decided in the newest version; the most first."""
        if not self.versions:
            return []
        *before, now = [each.counts for each in self.versions]
        last = before[-COMPARED:]

        def shift(reason: str) -> ReasonShift:
            counts = [each.get(reason, 0) for each in last]
            usual = round(median(counts)) if counts else None
            return ReasonShift(reason, now.get(reason, 0), counts[-1] if counts else None, usual)

        names = dict.fromkeys([*now, *(last[-1] if last else ())])
        return sorted(map(shift, names), key=lambda each: -each.items)

    @property
    def needs(self) -> list[OperatorNeed]:
        """What needs a person; what is late or failed first."""
        return sorted(self._needs(), key=lambda each: not each.is_late)

    def _needs(self) -> Iterator[OperatorNeed]:
        yield from self._failed()
        if self.late:
            yield OperatorNeed("late", True, len(self.late), min(each.due for each in self.late))
        runs = any(each.state == "running" for each in self.open_tasks)
        if not self.pulse.is_alive and not runs:
            kind: Need = "no-worker" if self.pulse.seen else "never-worked"
            yield OperatorNeed(kind, bool(self.unheard), at=self.pulse.seen)
        if self.unheard and self.as_of - self.unheard[0].at > HEARD_WITHIN:
            yield OperatorNeed("not-heard", True, len(self.unheard), self.unheard[0].at)
        if self.leaving and self.leaving.is_over:
            most = f"{self.leaving.most_a_day:.3g}"
            yield OperatorNeed("leaving", False, round(self.leaving.a_day), what=most)
        for each in self.reasons:
            if each.is_odd:
                yield OperatorNeed(
                    "reason", False, each.items - (each.usual or 0), what=each.reason
                )
        if self.disk_total - self.disk_free > FULL * self.disk_total:
            yield OperatorNeed("disk", True, self.disk_free)

    def _failed(self) -> Iterator[OperatorNeed]:
        """Yield each kind of task whose last run failed."""
        last = {each.kind: each for each in self.ended}
        waits = {each.kind: each.due for each in self.open_tasks if each.state == "queued"}
        for kind, each in last.items():
            is_recent = each.ended is not None and self.as_of - each.ended < FORGOTTEN
            if each.state == "failed" and is_recent:
                again = waits.get(kind)
                yield OperatorNeed(
                    "failed", True, each.attempt, each.ended, kind, each.error or "", again
                )

    # The rows of each figure

    @property
    def tables(self) -> Mapping[str, CountTable]:
        """Each table by its name."""
        every = (
            self._tasks("runs", self.ended[::-1]),
            self._tasks("tasks", self.open_tasks),
            CountTable.of(
                "reasons",
                "reason items before change median",
                [(e.reason, e.items, e.before, e.change, e.usual) for e in self.reasons],
            ),
            CountTable.of(
                "versions",
                "version as_of policy ledger_entries items documents",
                [_version(each) for each in reversed(self.versions)],
            ),
            self._requests("requests", self.open_requests, by_due=True),
            self._requests("unheard", self.unheard, by_due=False),
            CountTable.of("disk", "folder bytes change", list(self._folders())),
        )
        return {table.name: table for table in every}

    def _tasks(self, name: str, tasks: Sequence[Task]) -> CountTable:
        facts = ("requests", "tokens", "tokens_full", "corpus", "certificate")
        columns = (
            "kind actor state attempt due started ended seconds cpu_seconds "
            f"{' '.join(facts)} error"
        )
        rows = list[list[Cell]]()
        for each in tasks:
            times = [at.isoformat() if at else None for at in (each.due, each.started, each.ended)]
            done = [each.facts.get(fact) for fact in facts]
            row = [each.kind, each.actor, each.state, each.attempt, *times, each.seconds]
            rows.append([*row, each.cpu_seconds, *done, each.error])
        return CountTable.of(name, columns, rows)

    def _requests(self, name: str, requests: Sequence[OpenRequest], *, by_due: bool) -> CountTable:
        days = Counter(((e.due if by_due else e.at).date(), e.kind) for e in requests)
        day = "due" if by_due else "made"
        rows = [(at.isoformat(), kind, count) for (at, kind), count in sorted(days.items())]
        return CountTable.of(name, f"{day} kind requests", rows)

    def _folders(self) -> Iterator[tuple[Cell, ...]]:
        """Yield each folder, how large it is, and by how much it grew since the oldest run."""
        first = self._measured[-1] if self._measured else {}
        for name, size in sorted((self.disk or {}).items(), key=lambda pair: -pair[1]):
            yield name, size, size - first[name] if name in first else None


def operations(home: Home, now: datetime) -> Operations:
    """Look at a deployment.

    Raises:
        VanneError: the ledger, the database or the policy in force cannot be read.
    """
    tasks = recent(home, MOST_TASKS)
    ended = sorted((e for e in tasks if e.ended), key=lambda each: (each.ended, each.id))
    corpus = current(home) if has_current(home, MAIN_PURPOSE) else None
    model = _oldest_learnt(home, corpus)
    with Ledger.of(home, read_only=True) as ledger:
        entries = ledger.size
    usage = shutil.disk_usage(home.root)
    return Operations(
        as_of=now,
        policy=policy_at(home, now),
        in_force_since=in_force_since(home, now),
        entries=entries,
        corpus=corpus,
        pulse=alive(home, now),
        open_tasks=[each for each in tasks if not each.ended],
        ended=ended,
        versions=latest(home, RUNS + 1),
        unheard=requests_after(home, corpus, entries) if corpus else (),
        open_requests=requests_after(home, model, entries) if model else (),
        disk_total=usage.total,
        disk_free=usage.free,
        leaving=leaving_by(home, now.date(), entries, Settings.of(home).train_hours),
    )


def _oldest_learnt(home: Home, corpus: Manifest | None) -> Manifest | None:
    """Return the oldest version that a model which is there has learned from; None without one."""
    versions = {each.corpus_version for each in live(home.model)}
    known = [corpus] if corpus and corpus.version in versions else []
    for version in versions - {each.version for each in known}:
        try:
            known.append(load(home, version))
        except VanneError:  # its manifest is gone, and what it had heard is not known
            continue
    return min(known, key=lambda each: each.ledger_size, default=None)


def _version(manifest: Manifest) -> tuple[Cell, ...]:
    return (
        manifest.version,
        manifest.as_of.isoformat(),
        manifest.policy_name,
        manifest.ledger_size,
        sum(manifest.counts.values()),
        manifest.documents,
    )
