"""Turn the measurements of `benchmarks/http` into the section of the docs."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import millions, table, write_section

Found = dict[str, Any]
Runs = dict[str, list[dict[str, float]]]

AT_ONCE = (1, 16, 64)
LARGEST_PAGE_KB, SLOWEST_PAGE_MS = 10, 50
SAID = {
    "floor": "an empty response: raw ASGI, always `{}`",
    "insert": "an empty response and a bare insert: SQLite, durable",
    "vanne": "**Vanne: a choice, durable, with its receipt**",
}


def write(results: Path, page: Path) -> None:
    """Write the section from all measurements that are kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("http-*.json")]
    everything.sort(key=lambda found: found["items"])
    parts = ["## A choice and a page over HTTP", *(_size(found) for found in everything)]
    write_section(page, "http", "\n\n".join(parts))


def short(runs: Runs) -> str:
    """Say the last round in a line."""
    return ", ".join(f"{name} {found[-1]['cpu_us']:.0f}" for name, found in runs.items())


def _size(found: Found) -> str:
    runs = {name: [run for run in each if run["counts"]] for name, each in found["runs"].items()}
    return "\n\n".join(
        [
            f"`{found['command']}`\n\n{sentence(found['machine'])}. {millions(found['items'])} "
            "items.",
            _page(runs),
            _choices(runs),
            "A bare insert commits each row by itself. Choices at the same time share a commit. "
            "Each has a hash, two signatures' worth of proof and an answer of 2 kB. A wave of "
            "requests waits for its slowest, so the number a second is a lower bound.",
            _pages(runs),
            f"Choices that were acknowledged and are not in the ledger: {found['wrong']:.0f} of "
            f"{found['recorded']:,}.",
        ]
    )


def _page(runs: Runs) -> str:
    kb, slow = _middle(runs, "settings", "bytes") / 1000, _middle(runs, "settings", "p95_ms")
    return (
        f"The settings page has {kb:.1f} kB of HTML (budget {LARGEST_PAGE_KB}: "
        f"{_met(kb < LARGEST_PAGE_KB)}). It takes {_middle(runs, 'settings', 'p50_ms'):.1f} ms, "
        f"and {slow:.1f} ms at the 95th percentile (budget {SLOWEST_PAGE_MS}: "
        f"{_met(slow < SLOWEST_PAGE_MS)})."
    )


def _choices(runs: Runs) -> str:
    rows = []
    for at_once in AT_ONCE:
        for way, said in SAID.items():
            name = f"{way}-{at_once}"
            ratios = _ratios(runs, name, f"insert-{at_once}")
            rows.append(
                (
                    f"{at_once} at once: {said}",
                    f"{_middle(runs, name, 'cpu_us'):.0f}",
                    f"{median(ratios):.2f}",
                    f"{min(ratios):.2f}–{max(ratios):.2f}",
                    f"{1e6 / _middle(runs, name, 'wall_us'):,.0f}",
                    f"{_middle(runs, name, 'p95_ms'):.1f}",
                )
            )
    head = ("", "CPU µs", "× response and insert", "range", "a second", "p95 ms")
    return table(head, rows)


def _pages(runs: Runs) -> str:
    named = {
        "floor": SAID["floor"],
        "ledger": "`GET /v1/ledger`",
        "settings": "**the settings page**",
    }
    rows = [
        (
            said,
            f"{_middle(runs, name, 'cpu_us'):.0f}",
            f"{median(_ratios(runs, name, 'floor')):.1f}",
            f"{_middle(runs, name, 'p50_ms'):.2f}",
            f"{_middle(runs, name, 'p95_ms'):.2f}",
            f"{_middle(runs, name, 'bytes'):,.0f}",
        )
        for name, said in named.items()
    ]
    return table(("", "CPU µs", "× empty", "p50 ms", "p95 ms", "bytes"), rows)


def _ratios(runs: Runs, name: str, base: str) -> list[float]:
    pairs = zip(runs[name], runs[base], strict=True)
    return [run["cpu_us"] / other["cpu_us"] for run, other in pairs]


def _middle(runs: Runs, name: str, figure: str) -> float:
    return median(run[figure] for run in runs[name])


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"
