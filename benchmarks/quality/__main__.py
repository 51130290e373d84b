"""`./run python benchmarks/quality --data FOLDER`: what sharding costs in quality, on real text.

For each collection of `corpora.py` that lies in the folder, and each seed, one adapter, 4 and 16
shards are trained, each text read once, and measured on people whom none of them knows. With
`--rates` also at other rates: shards are compared with the best single adapter. What was trained
stays in `--work`, so a run that was stopped goes on; what was measured of other collections and
seeds stays in the results.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import CHARTS, PAGE
from benchmarks.quality import report
from benchmarks.quality.bench import Bench, Job
from benchmarks.quality.corpora import MEMBERS, READERS, Collection, collect
from benchmarks.quality.losses import interval
from benchmarks.terminal import say
from vanne.train.settings import TrainingSettings

RESULTS = Path(__file__).parents[1] / "results"
SHARDS = (1, 4, 16)
OTHER_RATES = {1: (0.002,), 16: (0.005,)}
"""Beside the rate that ships."""
MIXED = 4
"""Probabilities are mixed for so many shards: it takes a pass for each."""
Row = dict[str, Any]


def main() -> None:
    """Train and measure what the command line asks for."""
    wish = _arguments()
    for folder in (wish.work, wish.results):
        folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(_settings(wish, 1), wish.work)
    path = wish.results / "quality.json"
    found = json.loads(path.read_text()) if path.exists() else {"commands": [], "rows": []}
    asked = {(name, seed) for name in wish.collections for seed in wish.seeds}
    rows = [row for row in found["rows"] if (row["collection"], row["seed"]) not in asked]
    told = ["FOLDER" if each == str(wish.data) else each for each in sys.argv[1:]]
    commands = [*found["commands"], machine.command("quality", told)]
    about = {"commands": list(dict.fromkeys(commands)), "machine": machine.about()}
    for seed in wish.seeds:
        for name in wish.collections:
            collection = collect(name, *READERS[name](wish.data), wish.letters)
            for row in _measured(bench, collection, seed, wish):
                rows.append(row)
                path.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n")
    report.write(json.loads(path.read_text()), wish.page, wish.charts)


def _measured(bench: Bench, collection: Collection, seed: int, wish: Namespace) -> Iterator[Row]:
    texts = [row.text for row in collection.held_out]
    owners = [row.author for row in collection.held_out]
    best = None
    for shards in SHARDS:
        shipped = _settings(wish, shards).learning_rate
        others = OTHER_RATES.get(shards, ()) if collection.name in wish.rates else ()
        found = []
        for rate in (shipped, *others):
            settings = replace(_settings(wish, shards), seed=seed, learning_rate=rate)
            ground, parts = bench.trained(Job(collection, settings))
            losses = bench.losses(texts, parts)
            found.append((losses, rate, ground, parts))
        best = best or min((each[0] for each in found), key=lambda losses: losses.mean())
        for losses, rate, ground, parts in found:
            row = {
                "collection": collection.name, "seed": seed, "shards": shards, "rate": rate,
                "ships": rate == shipped, "loss": round(losses.mean(), 4),
                "ratio": round(losses.mean() / best.mean(), 4),
                "interval": [round(each, 4) for each in interval(losses, owners, best)],
                "authors": len({each.author for each in collection.members}),
                "texts": len(collection.members), "held_out": len(set(owners)),
                "predicted": int(losses.counts.sum()),
            }  # fmt: skip
            if rate == shipped:
                row["ground"] = round(bench.losses(texts, [ground]).mean(), 4)
            if rate == shipped and shards == MIXED:
                row["mixed"] = round(bench.mixed(texts, parts).mean() / best.mean(), 4)
            say(json.dumps(row))
            yield row


def _settings(wish: Namespace, shards: int) -> TrainingSettings:
    base = {"base": str(wish.base)} if wish.base else {}
    return TrainingSettings.of({"shards": shards, "threads": 1, **base, **json.loads(wish.set)})


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="benchmarks/quality", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="the folder with peps, man and doc")
    add("--collections", nargs="+", choices=list(READERS), default=list(READERS))
    add("--rates", nargs="*", choices=list(READERS), default=[], help="compare rates here")
    add("--seeds", type=int, nargs="+", default=[0])
    add("--letters", type=int, default=MEMBERS, help="that members write in all")
    add("--set", default="{}", metavar="JSON", help="other settings")
    add("--base", type=Path, help="a folder with a base model")
    add("--work", type=Path, default=Path("/tmp/vanne-quality"))
    add("--results", type=Path, default=RESULTS)
    add("--page", type=Path, default=PAGE)
    add("--charts", type=Path, default=CHARTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
