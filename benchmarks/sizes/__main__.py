"""`./run python benchmarks/sizes`: what each step of the dial `size` costs and brings.

Each size trains one slice on the same texts in a process of its own, and makes one step of its
largest batch in another for the memory; they take turns. Figures are divided by those of `small`.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.page import table, write_section
from benchmarks.terminal import say

from benchmarks import machine, measure
from vanne.train.settings import SIZES

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "reference" / "train.md"
STANDARD = "small"


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    found = run(wish.sizes, wish.texts, wish.rounds)
    wish.results.mkdir(parents=True, exist_ok=True)
    (wish.results / "sizes.json").write_text(json.dumps(found, indent=1) + "\n")
    write_section(wish.page, "sizes", section(found))


def run(sizes: list[str], texts: int, rounds: int) -> dict[str, Any]:
    """Measure every size, round by round."""
    runs: dict[str, list[dict[str, Any]]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size, found in runs.items():
            trained, full = _way("train", size, str(texts)), _way("full", size)
            memory = {"peak_mb": round(full.peak_mb), "cpu_s": round(trained.work_cpu_s, 2)}
            found.append(trained.said | memory)
            say(f"round {number + 1}: {size} {found[-1]}")
    return {
        "schema": "vanne-benchmark/sizes/1",
        "command": machine.command("sizes", sys.argv[1:]),
        "machine": machine.about(),
        "texts": texts,
        "runs": runs,
    }


def section(found: dict[str, Any]) -> str:
    """Return the table of the docs."""
    figures = {size: _figures(runs) for size, runs in found["runs"].items()}
    one = figures[STANDARD]
    names = ("seconds_per_token", "seconds_per_text", "peak_mb", "checkpoint_bytes")
    rows = [
        [f"`{size}`", *(f"{each[name] / one[name]:.2f}" for name in names), f"{each['loss']:.2f}"]
        for size, each in figures.items()
    ]
    head = ["size", "time per token", "time per text", "peak memory", "checkpoint", "loss"]
    note = f"{found['texts']} texts. {machine.sentence(found['machine'])}"
    return f"{table(head, rows)}\n\n{note}"


def _figures(runs: list[dict[str, Any]]) -> dict[str, float]:
    cpu = median(run["cpu_s"] for run in runs)
    return {
        "seconds_per_token": cpu / runs[0]["tokens"],
        "seconds_per_text": cpu,  # of the same texts
        "peak_mb": median(run["peak_mb"] for run in runs),
        "checkpoint_bytes": runs[0]["checkpoint_bytes"],
        "loss": runs[0]["loss"],
    }


def _way(*arguments: str) -> measure.Used:
    return measure.run([sys.executable, "-m", "benchmarks.sizes.one", *arguments])


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/sizes", description=__doc__)
    add = parser.add_argument
    add("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    add("--texts", type=int, default=40)
    add("--rounds", type=int, default=1)
    add("--results", type=Path, default=RESULTS, help="where the measurements are kept")
    add("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
