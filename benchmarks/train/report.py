"""Turn the measurements of `benchmarks/train` into the section and the chart of the docs."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chart import bars
from benchmarks.machine import sentence
from benchmarks.page import table, write_section

Found = dict[str, Any]

BUDGET = 0.95
WAYS = {
    "vanne": "**Vanne, `fit`: shards, slices, checkpoints, same bits every time**",
    "tight": "bare loop, the head only where there is a label",
    "bare": "bare loop, the model's own loss",
    "trl": "TRL's SFTTrainer",
}


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the chart from the largest corpus that was measured."""
    everything = [json.loads(path.read_text()) for path in results.glob("train-*.json")]
    found = max(everything, key=lambda one: one["members"])
    charts.mkdir(parents=True, exist_ok=True)
    (charts / "bench-train.svg").write_text(_bars(found))
    write_section(page, "train", "\n\n".join(_parts(found)))


def speed(run: Found, what: str) -> float:
    """Return tokens a second of `cpu_s`, `wall_s`, `whole_cpu_s` or `whole_wall_s`."""
    return float(run["tokens"] / run[what])


def ratio(found: Found, way: str, to: str, what: str = "cpu_s") -> float:
    """Return the median of the ratios of two ways' speeds within the same round."""
    pairs = zip(found["runs"][way], found["runs"][to], strict=True)
    return median(speed(one, what) / speed(other, what) for one, other in pairs)


def _parts(found: Found) -> Iterator[str]:
    yield "## What training costs"
    first = found["runs"]["vanne"][0]
    rounds = len(found["runs"]["vanne"])
    yield (
        f"`{found['command']}`\n\n{sentence(found['machine'])}. {rounds} interleaved "
        f"round{'s' if rounds > 1 else ''}, medians. {found['documents']} documents, "
        f"{first['tokens']:,} tokens, {found['shards']} shards of {found['slices']} slices, "
        f"{found['threads']} threads, bf16."
    )
    floor = max(("bare", "tight"), key=lambda way: ratio(found, way, "vanne"))
    cpu, wall = (ratio(found, "vanne", floor, what) for what in ("cpu_s", "wall_s"))
    verdict = "met" if cpu >= BUDGET else "**not met**"
    yield table(
        ["tokens a second against the faster bare loop", "budget", "CPU", "wall", ""],
        [["training, without loading the model", f"≥ {BUDGET}", f"{cpu:.2f}", f"{wall:.2f}",
          verdict]],
    )  # fmt: skip
    yield "![Tokens a CPU second](_static/bench-train.svg)"
    yield table(
        ["", "tokens a CPU s", "tokens a s", "CPU against Vanne", "with loading: tokens a CPU s",
         "mean loss"],
        [_row(found, way) for way in WAYS if way in found["runs"]],
    )  # fmt: skip
    yield FOOTNOTE


FOOTNOTE = """- All go through the same rows in the same order, so none pads more than another.
- Only Vanne saves anything, and only Vanne gives the same bits when it runs again.
- *With loading* also counts reading the model and, for Vanne, checking its digest. Imports never
  count.
- Losses differ a little: Vanne starts each of its chains anew, the others see everything in one."""


def _row(found: Found, way: str) -> list[str]:
    runs = found["runs"][way]
    figures = [median(speed(run, what) for run in runs) for what in ("cpu_s", "wall_s")]
    return [
        WAYS[way],
        *(f"{figure:,.0f}" for figure in figures),
        f"{1 / ratio(found, way, 'vanne'):.2f} ×",
        f"{median(speed(run, 'whole_cpu_s') for run in runs):,.0f}",
        f"{median(run['loss'] for run in runs):.2f}",
    ]


def _bars(found: Found) -> str:
    rows = {
        WAYS[way].replace("*", "").replace("`", ""): {
            "tokens a CPU second": median(speed(run, "cpu_s") for run in runs)
        }
        for way, runs in found["runs"].items()
    }
    return bars(
        "Training: tokens a CPU second", "logarithmic; the same rows, LoRA and threads", rows
    )
