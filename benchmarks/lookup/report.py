"""Turn the measurements of `benchmarks/lookup` into the section of the docs."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import millions, table, write_section

Found = dict[str, Any]
Runs = dict[str, list[dict[str, float]]]

NAMES = {
    "floor": "an empty response: raw ASGI, always `{}`",
    "bodiless": "raw ASGI, no body at all (one write less)",
    "one": "**Vanne, one verdict**",
    "starlette": "the same look-up in a Starlette route with `JSONResponse`",
    "sqlite": "raw ASGI, a point query in SQLite",
    "floor-text": "an empty response to 1,000 ids as text",
    "text": "**Vanne, 1,000 ids as text**",
    "text-near": "Vanne, 1,000 ids as text, near each other",
    "json": "Vanne, 1,000 ids as JSON",
}
SINGLE = ("floor", "bodiless", "one", "starlette", "sqlite")
BATCHES = ("floor-text", "text", "text-near", "json")
BUDGET_RATIO, BUDGET_US = 1.2, 0.15
LOOPS = {"plain": "with what `vanne serve` installs", "fast": "with uvloop and httptools"}


def write(results: Path, page: Path) -> None:
    """Write the section from all measurements that are kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("lookup-*.json")]
    everything.sort(key=lambda found: found["items"])
    parts = ["## One verdict over HTTP", *(_size(found) for found in everything)]
    write_section(page, "lookup", "\n\n".join(parts))


def _size(found: Found) -> str:
    parts = [
        f"`{found['command']}`\n\n{sentence(found['machine'])}. {millions(found['items'])} items "
        f"in {found['files']} data files.",
        f"{_budgets(found)}\n- {_opening(found)}",
    ]
    for name, loop in found["loops"].items():
        parts += [f"CPU of the server {LOOPS[name]} ({loop['loop']}, {loop['http']}):"]
        parts += [_single(loop["runs"]), _batches(loop["runs"])]
    parts.append(_wrong(found))
    return "\n\n".join(parts)


def _single(runs: Runs) -> str:
    rows = []
    for name in SINGLE:
        ratios = ratios_of(runs, name)
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        rows.append((NAMES[name], f"{_us(runs, name):.1f}", f"{median(ratios):.2f}", spread))
    return table(("", "µs a request", "× empty", "range"), rows)


def _batches(runs: Runs) -> str:
    rows = []
    for name in BATCHES:
        each = [run["cpu_us"] / 1000 for run in runs[name]]
        spread = f"{min(each):.3f}–{max(each):.3f}"
        rows.append((NAMES[name], f"{_us(runs, name):.0f}", f"{median(each):.3f}", spread))
    return table(("", "µs a request", "µs a verdict", "range"), rows)


def ratios_of(runs: Runs, name: str) -> list[float]:
    """Return, round by round, the CPU of a way divided by that of the empty response."""
    pairs = zip(runs[name], runs["floor"], strict=True)
    return [run["cpu_us"] / floor["cpu_us"] for run, floor in pairs]


def _us(runs: Runs, name: str) -> float:
    return median(run["cpu_us"] for run in runs[name])


def _budgets(found: Found) -> str:
    """Say for each loop whether the budgets are met."""
    said = []
    for name, loop in found["loops"].items():
        ratio = median(ratios_of(loop["runs"], "one"))
        each = _us(loop["runs"], "text") / 1000
        said.append(
            f"- {LOOPS[name].capitalize()}, one verdict costs {ratio:.2f} times an empty response "
            f"(budget {BUDGET_RATIO}: {_met(ratio <= BUDGET_RATIO)}). Of 1,000 in one request, "
            f"each costs {each:.2f} µs (budget {BUDGET_US}: {_met(each <= BUDGET_US)})."
        )
    return "\n".join(said)


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def _opening(found: Found) -> str:
    opening = found["opening"]
    return (
        f"Opening a version takes {opening['again_cpu_s'] * 1000:.1f} ms of CPU; "
        f"{opening['first_cpu_s']:.1f} s when the index of ids must be made first."
    )


def _wrong(found: Found) -> str:
    runs = [
        run for loop in found["loops"].values() for each in loop["runs"].values() for run in each
    ]
    return f"Wrong answers: {sum(run['wrong'] for run in runs):.0f}."
