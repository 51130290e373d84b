"""`./run python benchmarks/forget`: what forgetting costs, as a share of a full training.

For each number of shards a model of a demo network is trained from nothing; then one member, ten
and 1 % of them switch off in the ledger, each time in a copy of that home, and `vanne forget` is
run: the whole command, in a process of its own. The one member is the one of median cost; of the
others that draw is run whose planned cost is the median of many. What it would cost for each member
and each draw is known from the lineage; the mean over them is told as well.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from shutil import copy2, copytree, rmtree
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.forget import report
from benchmarks.terminal import amount, places, say
from benchmarks.training import demo_corpus

from benchmarks import machine, measure
from vanne.config import Home
from vanne.demo.demo import slots_of_members
from vanne.files import write_whole
from vanne.forget.backlog import tokens_from
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice
from vanne.train.model import current
from vanne.train.settings import read_settings
from vanne.train.shards import Slot

SHARDS = (1, 4, 8, 16)
DRAWS = 200
SALT = bytes(range(32))
Slots = dict[str, set[Slot]]


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/forget/1",
        "command": machine.command("forget", sys.argv[1:]),
        "machine": machine.about(),
        "members": wish.members,
        "at_once": "--at-once" in _help(),
        "grids": [],
    }
    with demo_corpus(wish.members, work=wish.work, as_of=today) as corpus:
        for shards in wish.shards:
            say(f"{shards} shards: training everything")
            found["grids"].append(run_grid(corpus.home, shards, wish, found["at_once"]))
    path = wish.results / f"forget-{wish.members}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def run_grid(home: Home, shards: int, wish: Namespace, at_once: bool) -> dict[str, Any]:
    """Train a model of so many shards, and let members leave it."""
    rmtree(home.model, ignore_errors=True)
    write_whole(home.model / "salt", SALT, mode=0o600)
    settings = read_settings(wish.config, {"shards": shards, "epochs": 1})
    full = step("train", home, json.dumps(settings.as_dict()))
    model = current(home.model)
    slots = slots_of_members(home, model)
    leave: dict[str, Any] = {}
    for name, count in _counts(len(slots)).items():
        draws = list(_draws(sorted(slots), count))
        planned = [
            tokens_from(_touched(slots, draw), model.slot_tokens) / model.tokens_total
            for draw in draws
        ]
        middle = sorted(zip(planned, draws, strict=True))[len(draws) // 2]
        say(f"{shards} shards: forgetting {name}, planned {middle[0]:.1%}")
        with off(home, middle[1]) as copy:
            run = step("forget", copy)
        leave[name] = {
            "members": count, "planned_mean": mean(planned), "planned": middle[0],
            "minimum": (1 + 1 / settings.slices) / (2 * shards) if count == 1 else None,
            "run": run,
        }  # fmt: skip
        if at_once and count == 1:
            with off(home, middle[1]) as copy:
                leave[name]["at_once"] = step("forget", copy, "--at-once")
    return {
        "shards": shards,
        "slices": settings.slices,
        "people": len(slots),
        "full": full,
        "leave": leave,
    }


def step(name: str, home: Home, *more: object) -> dict[str, Any]:
    """Run one step of `benchmarks.forget.steps`."""
    command = [sys.executable, "-m", "benchmarks.forget.steps", name, str(home.root)]
    return asdict(measure.run([*command, *map(str, more)]))


@contextmanager
def off(home: Home, members: Sequence[str]) -> Iterator[Home]:
    """Give a copy of a home in whose ledger some members have just switched off."""
    copy = Home(home.root.with_name("copy"))
    copytree(home.root, copy.root, copy_function=_copy)
    now = datetime.now(UTC)
    with Ledger.of(copy) as ledger:
        ledger.append([Choice(member, MAIN_PURPOSE, "all", False, now) for member in members])
    try:
        yield copy
    finally:
        rmtree(copy.root)


def _copy(source: str, target: str) -> None:
    """Link what is never written to in place, copy the rest."""
    if source.endswith(".safetensors"):
        Path(target).hardlink_to(source)
    else:
        copy2(source, target)


def _counts(people: int) -> dict[str, int]:
    """Return how many leave: one, ten, and 1 % where that is another number."""
    counts = {"one member": 1, "1 %": round(people / 100), "ten members": 10}
    return {
        name: count
        for name, count in counts.items()
        if count <= people and (name != "1 %" or count not in (0, 1, 10))
    }


def _draws(people: Sequence[str], count: int) -> Iterator[list[str]]:
    """Yield every member alone, or many draws of some of them."""
    if count == 1:
        yield from ([member] for member in people)
    else:
        dice = Random(count)
        yield from (sorted(dice.sample(people, count)) for _ in range(DRAWS))


def _touched(slots: Slots, members: Sequence[str]) -> set[Slot]:
    return {slot for member in members for slot in slots[member]}


def _help() -> str:
    command = [sys.executable, "-m", "vanne", "forget", "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/forget", description=__doc__)
    add = parser.add_argument
    add("--members", type=amount, default=150, help="of the demo network")
    add("--shards", type=int, nargs="+", default=list(SHARDS))
    add("--config", type=Path, help="settings in TOML, as `vanne train` takes them")
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
