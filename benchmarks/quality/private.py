"""`./run python -m benchmarks.quality.private --data FOLDER`: what privacy for each member costs.

One adapter on one text of each author of PEPs, measured on authors that it does not know: as it
ships, and privately with several epsilons, in few steps at a higher rate. Prints a JSON a line.
"""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from benchmarks.quality import corpora
from benchmarks.quality.bench import Bench, Job
from benchmarks.terminal import say
from vanne.train import loop, private
from vanne.train.digests import digest
from vanne.train.environment import exactly
from vanne.train.settings import TrainingSettings

EPSILONS = (8, 2, 100)
SHIPS = {"shards": 1, "slices": 1, "threads": 1, "layers": 4, "rank": 4}
PRIVATE = {"learning_rate": 0.005, "delta": 0.001}
HELD_OUT = 30


def main() -> None:
    """Train and measure."""
    parser = ArgumentParser(prog="benchmarks/quality/private", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with peps")
    parser.add_argument("--work", type=Path, default=Path("/tmp/vanne-quality"))
    wish = parser.parse_args()
    wish.work.mkdir(parents=True, exist_ok=True)
    corpora.PER_AUTHOR = 1
    collection = corpora.collect("peps", *corpora.peps(wish.data), 1_000_000)
    shipped = TrainingSettings.of(SHIPS)
    bench = Bench(shipped, wish.work)
    ground = bench.ground(Job(collection, shipped))
    texts = [row.text for row in collection.held_out][:HELD_OUT]
    alone = {name: each for name, each in ground.items() if "/" not in name}
    say(json.dumps({"ground": round(bench.losses(texts, [alone]).mean(), 4)}))
    rows = sorted(collection.documents(), key=lambda row: row.item_id)
    examples = bench.tokens.examples(rows)
    for epsilon in (None, *EPSILONS):
        settings, secret = shipped, ""
        if epsilon:
            settings = TrainingSettings.of({**SHIPS, **PRIVATE, "epsilon": epsilon})
            secret = digest("benchmark", str(settings.noise))
        read = [
            replace(each, member=digest(secret, row.owner))
            for each, row in zip(examples, rows, strict=True)
        ]
        bench.change({})
        with exactly(settings):
            state, _ = loop.train(
                bench.model, read, settings, 1, "private", ground, lambda *_: None, secret
            )
        loss = bench.losses(texts, [{k: v for k, v in state.items() if "/" not in k}]).mean()
        told = {"noise": settings.noise, "epsilon": epsilon and private.epsilon_of(settings)}
        say(json.dumps({**told, "loss": round(loss, 4), "members": len(rows)}))


if __name__ == "__main__":
    main()
