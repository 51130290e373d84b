"""The night: take what the sources brought, then do the worker's steps, then say how it was.

Choices come before items, and items wait if any choice or the members could not be read: nothing is
let in before every opt-out is heard. The steps follow whatever became of the sources, so that what
was heard takes effect. Every step can be done twice: a night that was killed is run again.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vanne.config import Home
from vanne.corpus.contract import HALF, is_no_chance
from vanne.corpus.intake import init
from vanne.corpus.manifest import Manifest
from vanne.errors import (
    BusyError,
    ConfigError,
    VanneError,
    VerificationError,
    storing,
)
from vanne.files import PRIVATE, PUBLIC, folder_bytes, locked, make_folder, write_whole
from vanne.night.health import health
from vanne.night.intake import reconcile
from vanne.night.metrics import metrics
from vanne.night.plan import NightPlan
from vanne.night.taking import SourceReport, corpus_of, failed, take
from vanne.night.telling import told
from vanne.policy.load import text_of
from vanne.settings import Settings
from vanne.worker import Task, Worker, next_for, recorded
from vanne.worker.commands import cpu_seconds

SCHEMA = "vanne/run/1"
REPORT = "run.json"
ALWAYS = ("refresh", "compact", "check")
"""What is done each night. Other steps are done if something waits for them."""
_SIZED_SECONDS = 2.0

Clock = Callable[[], datetime]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NightReport:
    """How a night was. `before` and `after` are the corpus, `problems` what did not go well."""

    began: datetime
    ended: datetime
    sources: tuple[SourceReport, ...]
    steps: tuple[Task, ...]
    problems: tuple[VanneError, ...]
    before: Manifest | None
    after: Manifest | None
    seconds: float
    cpu_seconds: float
    bytes: int
    grown: int

    @property
    def exit_code(self) -> int:
        """0, or the exit code of the first problem."""
        return self.problems[0].exit_code if self.problems else 0

    @property
    def line(self) -> str:
        """One line for the log and for whoever is on duty."""
        if self.problems:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            return f"not a good night: {self.problems[0]}{more}"
        rows = {kind: self.rows(kind) for kind in ("items", "choices")}
        parts = [f"{count:,} {kind}" for kind, count in rows.items() if count]
        text = f"a good night: {' and '.join(parts) or 'nothing new'}"
        if self.after:
            change = self.counts["documents"]["change"]
            text += f"; {self.after.documents:,} documents ({change:+,})"
        look = "".join(f"; look: {alert}" for alert in self.alerts)
        return f"{text}; {self.cpu_seconds:.1f} CPU s{look}"

    @property
    def alerts(self) -> tuple[str, ...]:
        """What a person should know of what was taken, one line each."""
        alerts = [f"`{each.name}`: {each.alert}" for each in self.sources if each.alert]
        before, after = (each.documents if each else 0 for each in (self.before, self.after))
        if after < HALF * before and is_no_chance(after, before, 1.0, before):
            alerts.append(f"{after:,} documents are left of {before:,}")
        return tuple(alerts)

    def rows(self, kind: str) -> int:
        """Return how many rows of that kind were taken."""
        taken = (each for each in self.sources if (each.kind, each.state) == (kind, "taken"))
        return sum(each.rows for each in taken)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many documents the corpus has and how many items each reason decided; the change."""
        before, after = map(_counts, (self.before, self.after))
        return {
            name: {"items": after.get(name, 0), "change": after.get(name, 0) - before.get(name, 0)}
            for name in sorted({*before, *after})
        }

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        corpus = self.after and {
            "version": self.after.version,
            "as_of": self.after.as_of.isoformat(),
            "ledger_entries": self.after.ledger_size,
            "counts": self.counts,
        }
        return {
            "schema": SCHEMA,
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat(),
            "ok": not self.problems,
            "exit_code": self.exit_code,
            "line": self.line,
            "problems": [each.problem() for each in self.problems],
            "alerts": list(self.alerts),
            "sources": [each.as_json() for each in self.sources],
            "steps": [each.as_json() for each in self.steps],
            "corpus": corpus,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "bytes": {"home": self.bytes, "change": self.grown},
        }


def _counts(manifest: Manifest | None) -> dict[str, int]:
    return {"documents": manifest.documents, **manifest.counts} if manifest else {}


def run(
    home: Home,
    plan: NightPlan,
    settings: Settings,
    now: Clock,
    *,
    accept: Collection[str] = (),
    tell: Tell = lambda line: None,
) -> NightReport:
    """Do a night, or what a killed one left of it; the report is in `night/run.json`, too.

    What did not go well is in the report, and what could be done besides was done. Sources to
    `accept` are taken although they are unlike the nights before.

    Raises:
        BusyError: another night of this home is running.
        ConfigError: there is no network yet, and the file does not say how to begin one.
    """
    refuse_unknown(plan, accept)
    with _alone(home):
        begin(home, plan, now)
        report = None
        try:
            with recorded(home, "night", now) as facts, told(plan, now()) as end:
                report = _night(home, plan, settings, now, accept, tell)
                end(report)
                write_whole(home.night / REPORT, json.dumps(report.as_json(), indent=1).encode())
                facts |= {"line": report.line, "alerts": list(report.alerts)}
                if report.problems:
                    raise report.problems[0]
        except VanneError:
            if not report:
                raise
        assert report
        if plan.textfile:
            write_whole(plan.textfile, metrics(health(home, now())).encode(), mode=PUBLIC)
        return report


def refuse_unknown(plan: NightPlan, accept: Collection[str]) -> None:
    """Refuse to accept a source that there is not.

    Raises:
        ConfigError: there is none of that name.
    """
    if unknown := set(accept) - {each.name for each in plan.sources}:
        raise ConfigError(f"there is no source `{min(unknown)}`", todo="name one of the file's")


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = home.night / "lock"
    with storing(f"`{lock}`"):
        make_folder(lock.parent)
        lock.touch(PRIVATE)
    busy = BusyError(f"a night of `{home.root}` is running", todo="wait until it has ended")
    with locked(lock, busy=busy):
        yield


def begin(home: Home, plan: NightPlan, now: Clock) -> None:
    """Begin the network of a home, if there is none yet.

    Raises:
        ConfigError: the file names no policy, or no source of members.
        InputError: the members cannot be read.
    """
    if home.members.exists():
        return
    members = next((each for each in plan.sources if each.kind == "members"), None)
    if plan.policy is None or members is None:
        raise ConfigError(
            f"`{home.root}` holds no network, and the file does not say how to begin one",
            todo="give a `policy` and a source of members; or run `vanne corpus init`",
        )
    init(home, plan.policy, str(reconcile(home, members, now()).path), now())


def _night(
    home: Home,
    plan: NightPlan,
    settings: Settings,
    now: Clock,
    accept: Collection[str],
    tell: Tell,
) -> NightReport:
    began, clock, cpu = now(), time.monotonic(), cpu_seconds()
    before, size = corpus_of(home), _bytes(home)
    problems = list(_policy_problem(home, plan))
    sources = list[SourceReport]()
    for each in _taken(home, plan, now, accept):
        sources.append(each)
        problems += [each.error] if each.error else []
        tell(f"{each.name}: {each.state}, {each.rows:,} rows")
    steps = list[Task]()
    worker = Worker(home, settings, now, lambda task, line: tell(f"{task.kind}: {line}"))
    for task in worker.do(steps_of(home, plan)):
        steps.append(task)
        problems += _problem_of(task, worker)
    return NightReport(
        began=began,
        ended=now(),
        sources=tuple(sources),
        steps=tuple(steps),
        problems=tuple(problems),
        before=before,
        after=corpus_of(home),
        seconds=time.monotonic() - clock,
        cpu_seconds=cpu_seconds() - cpu,
        bytes=_bytes(home),
        grown=_bytes(home) - size,
    )


def steps_of(home: Home, plan: NightPlan) -> Iterator[str]:
    """Yield the steps that are to be done, each when those before it are done."""
    for step in plan.steps:
        if step in ALWAYS or step in next_for(home):
            yield step


def _taken(
    home: Home, plan: NightPlan, now: Clock, accept: Collection[str]
) -> Iterator[SourceReport]:
    """Take each source; items wait if a choice or the members could not be taken."""
    is_open = True
    for source in plan.sources:
        if source.kind == "items" and not is_open:
            yield SourceReport(source.name, source.kind, "waits")
            continue
        began = now()
        try:
            done = take(home, source, now(), is_accepted=source.name in accept)
        except VanneError as error:
            done = failed(SourceReport(source.name, source.kind), error)
        is_open = is_open and (done.error is None or source.kind == "items")
        yield replace(done, began=began, ended=now())


def _policy_problem(home: Home, plan: NightPlan) -> Iterator[VanneError]:
    """Say that the file names another policy than the network began with."""
    try:
        if plan.policy and text_of(plan.policy).encode() != home.policy.read_bytes():
            yield ConfigError(
                "the file of the night names another policy than the network began with",
                todo="put the former name back; a policy is changed by `vanne notice`",
            )
    except VanneError as error:
        yield error


def _problem_of(task: Task, worker: Worker) -> list[VanneError]:
    if task.state == "failed":
        why = VanneError(task.error or "it failed", todo=f"see what `vanne {task.kind}` says")
        error = worker.failed.get(task.kind, why)
        return [error]
    if task.kind == "check" and task.facts.get("problems"):
        found = f"the ledger does not hold: {task.facts['problems']} problems"
        return [VerificationError(found, todo="see what `vanne ledger fsck` says")]
    return []


def _bytes(home: Home) -> int:
    return sum(folder_bytes(home.root, _SIZED_SECONDS).values())


# Say beforehand what would be done


def rehearse(
    home: Home, plan: NightPlan, now: Clock, *, accept: Collection[str] = ()
) -> NightReport:
    """Say what a night would take in and hold back; the home is not changed.

    Choices of the same night are not heard for it.

    Raises:
        ConfigError: there is no network yet.
    """
    refuse_unknown(plan, accept)
    began, clock, cpu = now(), time.monotonic(), cpu_seconds()
    sources = list[SourceReport]()
    with TemporaryDirectory(prefix="vanne-night-") as folder:
        for each in plan.sources:
            dry, is_accepted = Path(folder), each.name in accept
            try:
                sources.append(take(home, each, now(), is_accepted=is_accepted, dry=dry))
            except VanneError as error:
                sources.append(failed(SourceReport(each.name, each.kind), error))
    problems = [*_policy_problem(home, plan), *(each.error for each in sources if each.error)]
    corpus = corpus_of(home)
    return NightReport(
        began, now(), tuple(sources), (), tuple(problems), corpus, corpus,
        time.monotonic() - clock, cpu_seconds() - cpu, _bytes(home), 0,
    )  # fmt: skip
