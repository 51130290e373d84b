"""`./run python benchmarks/year`: what a year of opt-outs leaves of a model.

Nothing is trained (`simulate.py`). How much people write, and in how many items of others they are,
is counted in the made-up network of `benchmarks/network.py`. A training of everything takes as long
as members, tokens and the speed of a machine make it; all three are said.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import duckdb
import numpy as np

from benchmarks import machine
from benchmarks.network import make
from benchmarks.page import millions, table, write_section
from benchmarks.plots import figure
from benchmarks.terminal import amount, places, say
from benchmarks.year.rates import BURST_DAYS, DAYS, SCENARIOS, leaving_days
from benchmarks.year.simulate import HOURS, Network, Schedule, Year, simulate
from vanne.train.settings import TrainingSettings
from vanne.train.sizing import NIGHT_HOURS, fewest_shards, share_that_serves

Found = dict[str, Any]
SLICES = 4
SHARDS = (1, 16, 64, 256, 1024)
RATES = (5, 37, 200)
"""Opt-outs a day of 100,000 members: quiet, the month after a notice, a wave."""
SPEEDS = {1_000: 360, 100_000: 360, 10_000_000: 20_000}
"""Tokens a second by members: of two cores, and of a large GPU as we guess it."""
LEAST, MOST_HOURS = 0.95, 24.0
"""What the defaults must keep: the share that serves at every hour, and how long one waits."""
PASSES = TrainingSettings().epochs
CHECKPOINT_MB = 6.6  # of the size `small`: an adapter of 3.3 MB and two moments of its B


def main() -> None:
    """Compute, keep what was found, and write it into the docs."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(wish.seed)
    facts = counted(wish.items, wish.work)
    found: Found = {
        "schema": "vanne-benchmark/year/1",
        "command": machine.command("year", sys.argv[1:]),
        "passes": PASSES,
        "network": {name: fact for name, fact in facts.items() if name != "own"},
    }
    network = grown(facts, 100_000, dice)
    full = hours_of(100_000, facts)
    days = np.full(wish.days, 37)
    found["frontier"] = [
        row(shards, schedule, simulate(network, shards, SLICES, days, schedule, dice))
        for shards in SHARDS
        for schedule in schedules(full)
    ]
    found["wave"] = wave(network, full, dice)
    found["defaults"] = [
        default(facts, members, rate, wish, dice)
        for members in wish.sizes
        for rate in RATES
    ]  # fmt: skip
    path = wish.results / f"year-{millions(wish.items)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    wish.charts.mkdir(parents=True, exist_ok=True)
    draw(wish.charts / "bench-year.svg", found["frontier"])
    write_section(wish.page, "year", section(found))


def counted(items: int, work: Path | None) -> Found:
    """Count what members of a made-up network write, and how often they are in others' items.

    All items with a text count, but those of a never used category. A token is four characters
    (the demo's texts have 3.0 to 4.1 by language). A member has ten items.
    """
    members = items // 10
    with tempfile.TemporaryDirectory(dir=work, prefix="vanne-bench-") as folder:
        files = make(Path(folder), "clustered", items).item_files
        with duckdb.connect() as connection:
            rows = connection.execute(_WRITTEN.format(files=files)).fetchnumpy()
    owner, tokens = rows["owner"].astype(np.int64), rows["tokens"].astype(np.int64)
    shared = (rows["other"] >= 0) & (rows["other"] < members)
    own = np.bincount(owner[~shared], tokens[~shared], minlength=members)
    return {
        "members": members,
        "own": own[own > 0],
        "tokens": float(tokens.sum() / members),
        "others": float(shared.sum() / members),
        "share_of_others": float(tokens[shared].sum() / tokens.sum()),
    }


_WRITTEN = """
SELECT substr(owner, 2)::BIGINT AS owner,
    coalesce(substr(coalesce(author, subjects[1]), 2)::BIGINT, -1) AS other,
    2 + least(length(text) // 4, 254) AS tokens
FROM '{files}' WHERE owner LIKE 'm%' AND text IS NOT NULL
    AND category NOT IN ('private_message', 'salary', 'credential', 'payment')
"""


def grown(facts: Found, members: int, dice: np.random.Generator) -> Network:
    """Make a network of so many members who write as those of the made-up one do."""
    tokens = dice.choice(facts["own"], members)
    return Network(tokens, facts["others"], facts["share_of_others"])


def hours_of(members: int, facts: Found) -> float:
    """Return how long a training of everything takes."""
    return float(members * facts["tokens"] * PASSES / SPEEDS[members] / 3600)


def schedules(full: float) -> list[Schedule]:
    """Return what an operator could do, on a machine that trains everything in so many hours."""
    return [
        Schedule("at once each hour, a training when due", full, at_once=True, due_days=23),
        Schedule("at once each hour, a training a week", full, at_once=True, every=7),
        Schedule("at once each hour, four hours a night", full, at_once=True, hours=NIGHT_HOURS),
        Schedule("swap, four hours a night", full, hours=NIGHT_HOURS),
        Schedule("swap, all night and day if need be", full),
    ]


def row(shards: int, schedule: Schedule, year: Year) -> Found:
    """Return what a year was, in figures."""
    weeks = len(year.serves) / HOURS / 7
    return {
        "shards": shards,
        "schedule": schedule.name,
        "least": min(year.serves),
        "mean": mean(year.serves),
        "trainings_a_week": sum(year.work) / weeks,
        "longest_wait_hours": max(year.waits, default=0.0),
        "leavers_a_version": median(year.leavers) if year.leavers else 0,
    }


def wave(network: Network, full: float, dice: np.random.Generator) -> Found:
    """Let the year after a notice pass, at the middle rate that was published."""
    leavers = round(SCENARIOS["middle"].share * len(network.tokens))
    days = np.bincount(leaving_days(leavers, dice), minlength=DAYS)
    proposed = fewest_shards(float(days[:BURST_DAYS].mean()), full)
    later = fewest_shards(float(days[BURST_DAYS:].mean()), full)
    schedule = Schedule("swap", full, hours=NIGHT_HOURS)
    return {
        "leavers": leavers,
        "shards": proposed.shards,
        "shards_after_the_notice": later.shards,
        "year": row(
            proposed.shards,
            schedule,
            simulate(network, proposed.shards, SLICES, days, schedule, dice),
        ),
    }


def default(
    facts: Found, members: int, rate: float, wish: Namespace, dice: np.random.Generator
) -> Found:
    """Let days pass with the number of shards that Vanne proposes."""
    leavers = rate * members / 100_000
    sizing = fewest_shards(leavers, hours_of(members, facts))
    say(f"{members:,} members, {leavers:g} opt-outs a day: {sizing.shards:,} shards")
    days = dice.poisson(leavers, wish.days)
    schedule = Schedule("swap", sizing.full_hours, hours=NIGHT_HOURS)
    year = simulate(grown(facts, members, dice), sizing.shards, SLICES, days, schedule, dice)
    found = row(sizing.shards, schedule, year)
    found |= {"members": members, "rate": rate, "full_hours": sizing.full_hours}
    found |= {"night_hours": sizing.night_hours, "fits": sizing.fits}
    return found | {"keeps": found["least"] >= LEAST and found["longest_wait_hours"] <= MOST_HOURS}


# What the page says


def section(found: Found) -> str:
    """Return what the page says."""
    frontier = table(
        ("shards, schedule", "serves at least", "on average", "trainings a week",
         "longest wait, h", "leavers a version"),
        ([f"{one['shards']:,}, {one['schedule']}", _percent(one["least"]), _percent(one["mean"]),
          f"{one['trainings_a_week']:.2f}", f"{one['longest_wait_hours']:.1f}",
          f"{one['leavers_a_version']:g}"] for one in found["frontier"]),
    )  # fmt: skip
    defaults = table(
        ("members, opt-outs a day of 100,000", "everything, h", "shards", "a night, h", "GB",
         "serves at least", "longest wait, h", "kept"),
        ([f"{one['members']:,}, {one['rate']}", f"{one['full_hours']:.1f}", f"{one['shards']:,}",
          f"{one['night_hours']:.2f}", f"{one['shards'] * SLICES * CHECKPOINT_MB / 1000:.1f}",
          _percent(one["least"]), f"{one['longest_wait_hours']:.1f}",
          "yes" if one["keeps"] else "**no**"] for one in found["defaults"]),
    )  # fmt: skip
    return _HEAD.format(
        command=found["command"],
        speeds=" and ".join(f"{speed:,}" for speed in dict.fromkeys(SPEEDS.values())),
        passes="once" if found["passes"] == 1 else f"{found['passes']} times",
        network=found["network"],
        others=_percent(found["network"]["share_of_others"]),
        clean=_percent(share_that_serves(0.1, SLICES)),
        frontier=frontier,
        hours=f"{NIGHT_HOURS:.0f}",
        least=_percent(LEAST),
        most=f"{MOST_HOURS:.0f}",
        defaults=defaults,
        wave=found["wave"],
        burst=BURST_DAYS,
        served=_percent(found["wave"]["year"]["least"]),
    )


_HEAD = """## A year of a model that forgets

`{command}`

Computed, not trained: a slice costs its tokens. `tests/benchmarks` compares it with what forgetting
really trains. Members write as in a made-up network of {network[members]:,}. Each is in
{network[others]:.2f} items of others, which hold {others} of the tokens. A training of everything
reads {network[tokens]:.0f} tokens a member, {passes}. The speeds are {speeds} tokens a
second: about that of two cores, and, for ten million members, that of a large GPU as we guess it.

Expect x leavers a shard and day, and keep x below 0.1. With L slices, the share of a model that is
still clean is the mean over j = 1 to L of exp(-x j / L): {clean} at x = 0.1.

### 100,000 members, 37 opt-outs a day

{frontier}

![What serves against what is trained](_static/bench-year.svg)

### What `vanne train --dry-run` proposes

The fewest shards with which even a bad night fits into {hours} hours. *Kept*: at least {least} of
the corpus serves at every hour, and every opt-out is out within {most} hours.

{defaults}

### After a notice

Of {wave[leavers]:,} leavers of a year, half leave in the first {burst} days. A model that is
trained before them needs {wave[shards]:,} shards, and one that is trained after them
{wave[shards_after_the_notice]:,}. With {wave[shards]:,}, at least {served} of the corpus serves,
and {wave[year][trainings_a_week]:.2f} trainings of everything a week are done."""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def draw(path: Path, rows: Sequence[Found]) -> None:
    """Draw the least share that served against the work of a week, a line for each schedule."""
    with figure(path, "100,000 members, 37 opt-outs a day: points are 1 to 1,024 shards") as axes:
        for name in dict.fromkeys(one["schedule"] for one in rows):
            line = [one for one in rows if one["schedule"] == name]
            work = [one["trainings_a_week"] for one in line]
            axes.plot(work, [100 * one["least"] for one in line], marker="o", label=name)
        axes.set_xscale("log")
        axes.set_xlabel("trainings of everything a week")
        axes.set_ylabel("serves at least, %")
        axes.legend(fontsize=8)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/year", description=__doc__)
    add = parser.add_argument
    add("--items", type=amount, default=100_000, help="of the made-up network that is counted")
    add("--sizes", type=amount, nargs="*", default=tuple(SPEEDS), help="members of networks")
    add("--days", type=int, default=DAYS)
    add("--seed", type=int, default=0)
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
