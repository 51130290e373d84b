"""`./run python benchmarks/quality`: what sharding costs in quality, and which way of combining
shards loses least.

For each size of the demo's network, adapters are trained with 1, 4, 8 and 16 shards from the same
ground, and their shards are combined in every way of `ways.py`; then a smaller network sets out
from grounds of several kinds, and from the same ground with other settings. The loss is that of
people who are in no network; a gain is chosen on others of them. Every checkpoint stays in
`--work`, so a run that was stopped goes on, and another way can be measured without training again.
Two grounds lie elsewhere, and are left out without: `GNOME_HELP` names the folder `usr/share/help`
of Debian's package gnome-user-docs, `ESCO` a folder with ESCO's occupations.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import groupby, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import CHARTS, PAGE
from benchmarks.quality import report
from benchmarks.quality.grounds import KINDS, available
from benchmarks.quality.jobs import SEED, Job, documents_of, train, train_ground
from benchmarks.quality.measuring import LANGUAGES, Bench, Row
from benchmarks.terminal import say
from vanne.train.model import current
from vanne.train.settings import TrainingSettings

RESULTS = Path(__file__).parents[1] / "results"
SHARDS = (1, 4, 8, 16)
FEW = 8
"""How many shards the goal speaks of, and at how many settings are compared."""
NOT_BITS = ("base", "threads")
LEVERS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "batches of 4": {"batch_size": 4},
    "rate 0.001": {"learning_rate": 1e-3},
    "rate 0.006": {"learning_rate": 6e-3},
    "no warm-up": {"warmup_steps": 0},
    "one slice": {"slices": 1},
    "two epochs": {"epochs": 2},
    "frozen A": {"variant": "frozen A"},
    "layers by slice": {"variant": "layers by slice"},
}


def main() -> None:
    """Train and measure what the command line asks for."""
    wish = _arguments()
    for folder in (wish.work, wish.results):
        folder.mkdir(parents=True, exist_ok=True)
    plan = _plan(wish)
    if not wish.measure_only:
        _train([job for part in plan.values() for job in part], wish)
    settings = replace(_settings(wish), threads=wish.workers)
    bench = Bench.of(wish.work, settings, wish.texts, wish.tuning)
    for name, jobs in plan.items():
        part = [job for job in jobs if job.is_trained(wish.work)]
        measure = {"grounds": _grounds, "levers": _levers}.get(name, _size)
        found = _about(wish, bench, part) | {"rows": list(measure(bench, part))}
        (wish.results / f"quality-{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


# What is trained


def _train(jobs: Sequence[Job], wish: Namespace) -> None:
    """Train what is not yet trained, so many at once; grounds first, which jobs share."""
    for members in sorted({job.members for job in jobs}):
        documents_of(members, wish.work)
    with ProcessPoolExecutor(wish.workers, get_context("spawn")) as workers:
        grounds = {(job.ground, job.ground_alone().digest()): job for job in jobs}
        list(workers.map(train_ground, grounds.values(), repeat(wish.work)))
        missing = [job for job in jobs if not job.is_trained(wish.work)]
        say(f"{len(missing)} of {len(jobs)} jobs to train")
        list(workers.map(train, missing, repeat(wish.work)))


def _plan(wish: Namespace) -> dict[str, list[Job]]:
    plain = _settings(wish)
    plan = {}
    for members in wish.members:
        sharded = [Job(members, replace(plain, shards=shards)) for shards in SHARDS]
        apart = replace(plain, shards=FEW // len(LANGUAGES))
        plan[str(members)] = [*sharded, *(Job(members, apart, lang=lang) for lang in LANGUAGES)]
    if wish.grounds:
        plan["grounds"] = [
            Job(wish.grounds, replace(plain, shards=shards), ground)
            for ground in wish.kinds or available()
            for shards in SHARDS
            if shards != 4
        ]
    if wish.levers:
        plan["levers"] = [
            job for changes in LEVERS.values() for job in _pulled(wish.levers, plain, changes)
        ]
    return plan


def _pulled(members: int, settings: TrainingSettings, changes: dict[str, Any]) -> list[Job]:
    """Return the jobs of one lever: one adapter, and few shards."""
    numbers = {name: value for name, value in changes.items() if name != "variant"}
    return [
        Job(members, replace(settings, shards=shards, **numbers), variant=changes.get("variant"))
        for shards in (1, FEW)
    ]


# What is measured


def _size(bench: Bench, jobs: Sequence[Job]) -> Iterator[Row]:
    yield bench.plain()
    yield bench.ground(jobs[0])
    single = None
    for job in (job for job in jobs if job.lang is None):
        rows, losses = bench.gained(job, single)
        yield from rows
        single = single or losses
        if job.settings.shards > 1:
            yield from bench.every_way(job, single)
    by_language = {job.lang: job for job in jobs if job.lang}
    if single and len(by_language) == len(LANGUAGES):
        yield from bench.routed(by_language, single)


def _grounds(bench: Bench, jobs: Sequence[Job]) -> Iterator[Row]:
    for _, of_kind in groupby(jobs, key=lambda job: job.ground):
        few, single = list(of_kind), None
        yield bench.ground(few[0])
        for job in few:
            row, losses = bench.plainly(job, single)
            yield row
            if job.settings.shards == 1:
                single = losses


def _levers(bench: Bench, jobs: Sequence[Job]) -> Iterator[Row]:
    plain = replace(bench.settings, threads=jobs[0].settings.threads)
    for lever, changes in LEVERS.items():
        single = None
        for job in _pulled(jobs[0].members, plain, changes):
            if job in jobs:
                rows, losses = bench.gained(job, single)
                yield from (row | {"lever": lever} for row in rows)
                if job.settings.shards == 1:
                    single = losses


def _about(wish: Namespace, bench: Bench, jobs: Sequence[Job]) -> dict[str, Any]:
    documents = documents_of(jobs[0].members, wish.work)
    return {
        "schema": "vanne-benchmark/quality/1",
        "command": machine.command("quality", [a for a in sys.argv[1:] if a != "--measure-only"]),
        "machine": machine.about(),
        "seed": SEED,
        "members": jobs[0].members,
        "documents": len(documents),
        "tokens": current(jobs[0].store(wish.work)).tokens_total,
        "optimizer": "carried along the chain",
        "settings": {k: v for k, v in jobs[0].settings.as_dict().items() if k not in NOT_BITS},
        "texts": len(bench.rows),
        "people": len({row.owner for row in bench.rows}),
        "words": bench.measured.words,
    }


# What is asked


def _settings(wish: Namespace) -> TrainingSettings:
    changes = dict(part.split("=", 1) for part in wish.set)
    plain = TrainingSettings(epochs=1, threads=1, base=str(wish.base) if wish.base else None)
    kinds = {name: type(getattr(plain, name)) for name in changes}
    return replace(plain, **{name: kinds[name](value) for name, value in changes.items()})


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="benchmarks/quality", description=__doc__)
    parser.add_argument("--members", type=int, nargs="*", default=[96, 384])
    parser.add_argument("--grounds", type=int, default=48, help="members of this part; 0: none")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), help="of grounds")
    parser.add_argument("--levers", type=int, default=96, help="members of this part; 0: none")
    parser.add_argument("--texts", type=int, default=150)
    parser.add_argument("--tuning", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2, help="jobs at once, one thread each")
    parser.add_argument("--measure-only", action="store_true", help="only what is trained")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="a setting")
    parser.add_argument("--base", type=Path, help="a folder with a base model")
    parser.add_argument("--work", type=Path, default=Path("/tmp/vanne-quality"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--charts", type=Path, default=CHARTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
