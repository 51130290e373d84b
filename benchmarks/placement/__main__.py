"""`./run python benchmarks/placement`: a year of opt-outs, for where members are put and how often.

Nothing is trained: a slice costs its tokens (`year.py`). For the demo network and a large made-up
one: what one member costs for every grid of shards and slices, what a year costs by the published
rates of `rates.py`, and whether it pays to put those who are likely to leave into late slices.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from benchmarks.page import millions
from benchmarks.placement import report
from benchmarks.placement.data import demo, made_up
from benchmarks.placement.places import PLACES, Year, events, grown, hashed
from benchmarks.placement.rates import (
    OPT_OUTS_BY_AGE,
    SCENARIOS,
    auc_of_groups,
    leaving_days,
)
from benchmarks.placement.year import CADENCES, NEVER, Items, alone, costs, minimum, table
from benchmarks.terminal import amount, places, say
from benchmarks.training import demo_corpus

from benchmarks import machine

SHARDS = (1, 4, 8, 16, 64)
SLICES = (1, 2, 4, 8, 16)
GRID = (16, 4)
MOVES = (0.0, 0.0001, 0.001, 0.01, 0.1)
MOVING = "likely leavers last, AUC 0.8"
GROWING = ("hash", "newest items last")


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/placement/1",
        "command": machine.command("placement", sys.argv[1:]),
        "machine": machine.about(),
        "auc_by_age": auc_of_groups(OPT_OUTS_BY_AGE),
        "networks": {},
    }
    with demo_corpus(wish.members, work=wish.work) as corpus:
        found["networks"]["demo"] = network(demo(corpus), wish.rounds)
    items = made_up(wish.items, wish.work)
    found["networks"]["made up"] = network(items, wish.rounds)
    path = wish.results / f"placement-{millions(wish.items)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def network(items: Items, rounds: int) -> dict[str, Any]:
    """Measure one network."""
    before = items.before()
    say(f"a network of {items.members:,} members with {len(before.owner):,} items")
    return {
        "members": items.members,
        "items": len(before.owner),
        "tokens": int(before.tokens.sum()),
        "new": 1 - len(before.owner) / len(items.owner),
        "alone": [_alone(before, shards, slices) for shards in SHARDS for slices in SLICES],
        "years": {
            name: _rounds(items, scenario.share, rounds) for name, scenario in SCENARIOS.items()
        },
    }


def _alone(items: Items, shards: int, slices: int) -> dict[str, float]:
    year = _year(items, shards, slices, 0.0, 0)
    part, shard = hashed(year), year.shard
    held = table(shard, part, items.tokens, (shards, slices))
    shares = alone(held, items, shard, part)
    return {
        "shards": shards,
        "slices": slices,
        "mean": float(shares.mean()),
        "median": float(np.median(shares)),
        "most": float(shares.max()),
        "minimum": minimum(shards, slices),
    }


def _year(items: Items, shards: int, slices: int, share: float, seed: int) -> Year:
    dice = np.random.default_rng((seed, 0))
    leavers = min(max(round(share * items.members), 1 if share else 0), items.members)
    days = np.full(items.members, NEVER)
    days[dice.choice(items.members, leavers, replace=False)] = leaving_days(leavers, dice)
    return Year(items, shards, slices, days, seed)


def _rounds(items: Items, share: float, rounds: int) -> dict[str, Any]:
    """Return the year's cost, in full trainings of what was there at its beginning: means."""
    every = [_measures(items, share, seed) for seed in range(rounds)]
    return {
        "leavers": round(mean(one["leavers"] for one in every)),
        **{
            name: [
                row | {"trainings": mean(one[name][n]["trainings"] for one in every)}
                for n, row in enumerate(every[0][name])
            ]
            for name in ("places", "grid", "moves", "growth", "shards")
        },
    }


def _measures(items: Items, share: float, seed: int) -> dict[str, Any]:
    before = items.before()
    year = _year(before, *GRID, share, seed)
    all_year = _year(items, *GRID, share, seed)
    return {
        "leavers": int(year.leaves.sum()),
        "places": [
            {"place": name, "cadence": cadence, "trainings": _cost(events(year, place, cadence))}
            for name, place in PLACES.items()
            for cadence in CADENCES
        ],
        "grid": [
            {"shards": shards, "slices": slices, "cadence": cadence, "trainings": _cost(
                events(_year(before, shards, slices, share, seed), hashed, cadence))}
            for shards in SHARDS for slices in SLICES for cadence in ("nightly", "when due")
        ],
        "shards": [
            {"place": name, "shards": shards, "trainings": _cost(
                events(_year(before, shards, GRID[1], share, seed), PLACES[name], "nightly"))}
            for name in report.DRAWN for shards in SHARDS
        ],
        "moves": [
            {"moves": moves, "trainings": _cost(events(year, PLACES[MOVING], "nightly", moves))}
            for moves in MOVES
        ],
        "growth": [
            {"place": name, "nights": nights,
             "trainings": _cost(grown(all_year, PLACES[name], nights))}
            for name in GROWING for nights in (1, 30)
        ],
    }  # fmt: skip


def _cost(happened: tuple[Any, Any]) -> float:
    held, changes = happened
    full = held.sum()
    return float(costs(held, changes).sum() / full)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/placement", description=__doc__)
    add = parser.add_argument
    add("--items", type=amount, default=1_000_000, help="of the made-up network: 1M, 10M")
    add("--members", type=amount, default=1000, help="of the demo network")
    add("--rounds", type=int, default=3, help="years that are thrown")
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
