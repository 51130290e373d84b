"""`./run python -m benchmarks.quality.private --data FOLDER`: what privacy for each member costs.

One adapter on one text of each author of PEPs, measured on authors that it does not know: as it
ships, and privately with several epsilons, in few steps at a higher rate. What a seed has measured
is written down when it ends.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import machine
from benchmarks.machine import sentence
from benchmarks.page import PAGE, table, write_section
from benchmarks.quality import corpora
from benchmarks.quality.bench import Bench, Job
from benchmarks.terminal import say
from vanne.train import loop, private
from vanne.train.adapter import Tensors
from vanne.train.digests import digest
from vanne.train.environment import exactly
from vanne.train.settings import TrainingSettings

RESULTS = Path(__file__).parents[1] / "results" / "private.json"
SHIPS = {"shards": 1, "slices": 1, "threads": 1, "layers": 4, "rank": 4}
PRIVATE = {"learning_rate": 0.005, "delta": 0.001}
EPSILONS = (8, 2, 100)
"""Each text is read once on average, in ten steps."""
HELD_OUT = 30
METHOD = """One text of each author of PEPs; an author is a member. One adapter (the 4 top layers,
rank 4, one slice), and the loss (nats a token) of 30 texts of authors whom it does not know.
[Delta](reference/train.md#differential-privacy) is 0.001, and the private rate 0.005, which was
chosen once and not searched for."""
Row = dict[str, Any]


def main() -> None:
    """Train and measure; keep what was found, and write it into the docs."""
    parser = ArgumentParser(prog="benchmarks/quality/private", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with peps")
    parser.add_argument("--work", type=Path, default=Path("/tmp/vanne-quality"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    wish = parser.parse_args()
    wish.work.mkdir(parents=True, exist_ok=True)
    corpora.PER_AUTHOR = 1
    collection = corpora.collect("peps", *corpora.peps(wish.data), 1_000_000)
    told = ["FOLDER" if each == str(wish.data) else each for each in sys.argv[1:]]
    command = " ".join(["./run python -m benchmarks.quality.private", *told])
    kept = json.loads(wish.results.read_text()) if wish.results.exists() else {}
    found = {"commands": [*kept.get("commands", ()), command], "machine": machine.about()}
    rows: list[Row] = [row for row in kept.get("rows", ()) if row["seed"] not in wish.seeds]
    for seed in wish.seeds:
        shipped = TrainingSettings.of({**SHIPS, "seed": seed})
        rows += _measured(Bench(shipped, wish.work), Job(collection, shipped))
        wish.results.write_text(json.dumps({**found, "rows": rows}, indent=1) + "\n")
    write_section(wish.page, "private", report({**found, "rows": rows}))


def _measured(bench: Bench, job: Job) -> Iterator[Row]:
    """Give the loss of the ground, of the adapter that ships, and of each private one."""
    seed, ground = job.settings.seed, bench.ground(job)
    texts = [row.text for row in job.collection.held_out][:HELD_OUT]
    rows = sorted(job.collection.documents(), key=lambda row: row.item_id)
    examples = bench.tokens.examples(rows)

    def measured(way: str, state: Tensors, **more: Any) -> Row:
        part = {name: each for name, each in state.items() if "/" not in name}
        loss = round(bench.losses(texts, [part]).mean(), 4)
        row = {"seed": seed, "way": way, "loss": loss, "members": len(rows), **more}
        say(json.dumps(row))
        return row

    yield measured("ground", ground)
    for epsilon in (None, *EPSILONS):
        settings, secret, more = job.settings, "", {}
        if epsilon:
            wanted = {**SHIPS, **PRIVATE, "seed": seed, "epsilon": epsilon}
            settings = TrainingSettings.of(wanted)
            secret = digest("benchmark", seed, str(settings.noise))
            spent = private.epsilon_of(settings)
            more = {"epsilon": spent, "noise": settings.noise, "delta": settings.delta}
        read = [
            replace(each, member=digest(secret, row.owner))
            for each, row in zip(examples, rows, strict=True)
        ]
        bench.change({})
        with exactly(settings):
            state, _ = loop.train(
                bench.model, read, settings, 1, "private", ground, lambda *_: None, secret
            )
        steps = private.steps_in(settings) if epsilon else len(read)
        yield measured(str(epsilon or "ships"), ground | state, steps=steps, **more)


def report(found: dict[str, Any]) -> str:
    """Write what was found as a section of the page."""
    rows = found["rows"]
    of = {row["way"]: [each for each in rows if each["way"] == row["way"]] for row in rows}
    losses = {way: mean(row["loss"] for row in each) for way, each in of.items()}
    ground, ships = losses["ground"], losses["ships"]
    lines = []
    for way, (row, *_) in of.items():
        name = "the ground alone" if way == "ground" else "not private, as it ships"
        name = f"epsilon {row['epsilon']:.3g}" if "epsilon" in row else name
        gained = (ground - losses[way]) / (ground - ships)
        figures = f"{losses[way]:.3f}", f"{losses[way] / ships:.3f}", f"{gained:.0%}"
        lines.append([name, str(row.get("noise", "")), str(row.get("steps", "")), *figures])
    head = ("", "noise", "steps", "loss", "ratio", "of what members' texts bring")
    count = len({row["seed"] for row in rows})
    seeds = f"{count} seed{'s' if count > 1 else ''}"
    commands = ", ".join(f"`{each}`" for each in found["commands"])
    about = f"{sentence(found['machine'])}. {rows[0]['members']} members, {seeds}."
    return "\n\n".join(
        ["### What privacy costs", f"{commands}: {about}", METHOD, table(head, lines)]
    )


if __name__ == "__main__":
    main()
