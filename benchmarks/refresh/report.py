"""Turn the measurements of `benchmarks/refresh` into the section and the chart of the docs."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chart import bars
from benchmarks.machine import sentence
from benchmarks.page import millions, table, write_section

Found = dict[str, Any]

WAYS = {
    "refresh": "**Vanne, refresh**",
    "again": "Vanne, build with the facts kept",
    "build": "Vanne, build from nothing",
    "sql-all": "SQL by hand, everything",
    "sql-again": "SQL by hand, scan for their items",
}
BUDGET_ITEMS = 10_000_000


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the chart from all measurements that are kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("refresh-*.json")]
    everything.sort(key=lambda found: found["items"])
    charts.mkdir(parents=True, exist_ok=True)
    (charts / "bench-refresh.svg").write_text(_bars(everything[-1]))
    parts = [
        "## When somebody changes their mind",
        _equal(everything),
        _budgets(everything[-1]),
        "![CPU of a refresh as a share of deciding everything](_static/bench-refresh.svg)",
        *(part for found in everything for part in _size(found)),
        FOOTNOTE,
    ]
    write_section(page, "refresh", "\n\n".join(parts))


FOOTNOTE = """- *Deciding everything* is the kernel from the tables to one byte per row, without
  a corpus.
- A build from nothing also takes checksums of every file, and keeps facts and index.
- A build with the facts kept takes the checksums and decides.
- SQL by hand writes keyed verdicts. It has no index, so it reads these columns of all items."""


def _steps(found: Found, name: str, way: str) -> list[dict[str, Any]]:
    return list(found["changes"].get(name, {}).get(way, []))


def _ratio(found: Found, name: str, way: str, what: str, to: str = "decide") -> float | None:
    """Return the median of the CPU ratios within the same step."""
    runs = [step["runs"] for step in _steps(found, name, way)]
    if not runs or any(what not in run for run in runs):
        return None
    return median(run[what]["work_cpu_s"] / run[to]["work_cpu_s"] for run in runs)


def _equal(everything: list[Found]) -> str:
    steps = [
        step
        for found in everything
        for change in found["changes"].values()
        for way in change.values()
        for step in way
    ]
    same = sum(step["equal"]["same_manifest"] for step in steps)
    wrong = sum(step["equal"]["wrong"] for step in steps)
    others = sum(run["said"].get("wrong", 0) for step in steps for run in step["runs"].values())
    return (
        f"Another process compared {len(steps)} refreshes with a build from nothing. The manifest "
        f"was the same to the byte {same} times: **wrong rows {wrong:,}**. The other ways had "
        f"{others:,} wrong rows."
    )


def _budgets(found: Found) -> str:
    hidden, reads = found["hidden"], found["reads"]
    wall = max(one["wall_s"] for one in hidden)
    seen = sum(one["seen_after"] for one in hidden)
    index = median(one["index"]["median_s"] for one in hidden) * 1000
    rows = [
        _line("refresh after 1 % opt out, of deciding everything", 0.02,
              _ratio(found, "1 %", "off", "refresh"), "{:.1%}"),
        _line("the same, of a build with the facts kept", 0.02,
              _ratio(found, "1 %", "off", "refresh", "again"), "{:.1%}"),
        _line("the same, of a build from nothing", 0.02,
              _ratio(found, "1 %", "off", "refresh", "build"), "{:.1%}"),
        _line(f"one member's opt-out until no reader sees them (slowest; seen after: {seen})", 1.0,
              wall, "{:.3f} s"),
        _line("of which finding their rows in the index", 1.0, index, "{:.2f} ms"),
    ]  # fmt: skip
    for name, label in (("document", "seven columns"), ("text", "the text alone")):
        ratio = median(_cpu(r["valve"]) / _cpu(r["raw"]) for r in reads[name])
        rows.append(_line(f"a checked read against a raw read, {label}", 1.15, ratio, "{:.2f}"))
    size = millions(found["items"])
    return table((f"{size} items", "budget", "measured", ""), rows)


def _line(what: str, most: float, value: float | None, form: str) -> tuple[str, str, str, str]:
    if value is None:
        return what, "", "", "not measured"
    return (
        what,
        f"≤ {form.format(most)}",
        form.format(value),
        "met" if value <= most else "**not met**",
    )


def _cpu(run: dict[str, Any]) -> float:
    return float(run["work_cpu_s"])


def _size(found: Found) -> Iterator[str]:
    yield f"### {found['items']:,} items of {found['members']:,} members"
    rounds = len(found["hidden"])
    yield (
        f"`{found['command']}`\n\n{sentence(found['machine'])}. {rounds} "
        f"round{'s' if rounds > 1 else ''}, medians. The items lie in {found['files']} files."
    )
    head = [
        "CPU against deciding everything",
        "members",
        "CPU s (slowest)",
        "wall s",
        *WAYS.values(),
    ]
    yield table(
        head, [_row(found, name, way) for name in found["changes"] for way in ("off", "on")]
    )
    hidden = found["hidden"]
    yield (
        f"One opt-out takes {_middle(hidden, 'wall_s') * 1000:.0f} ms from the ledger to the "
        f"reader, of which {_middle(hidden, 'append_wall_s') * 1000:.0f} ms until it is durable "
        f"({_middle(hidden, 'work_cpu_s') * 1000:.0f} ms CPU). A refresh takes "
        f"{_peak(found, 'refresh'):,.0f} MB of memory at its peak, a build from nothing "
        f"{_peak(found, 'build'):,.0f} MB."
    )


def _row(found: Found, name: str, way: str) -> list[str]:
    steps = _steps(found, name, way)
    refreshes = [step["runs"]["refresh"] for step in steps]
    ratios = [_ratio(found, name, way, what) for what in WAYS]
    return [
        f"{name} {way}",
        f"{steps[0]['said']:,}",
        f"{median(map(_cpu, refreshes)):.3f} ({max(map(_cpu, refreshes)):.3f})",
        f"{median(run['wall_s'] for run in refreshes):.2f}",
        *(f"{ratio:.2%}" if ratio is not None else "" for ratio in ratios),
    ]


def _middle(runs: list[dict[str, Any]], name: str) -> float:
    return float(median(run[name] for run in runs))


def _peak(found: Found, what: str) -> float:
    return max(
        step["runs"][what]["peak_mb"]
        for change in found["changes"].values()
        for way in change.values()
        for step in way
    )


def _bars(found: Found) -> str:
    rows: dict[str, dict[str, float]] = {}
    for name in found["changes"]:
        for way in ("off", "on"):
            ratios = {title: _ratio(found, name, way, what) for what, title in WAYS.items()}
            rows[f"{name} {way}"] = {
                title.replace("*", ""): ratio
                for title, ratio in ratios.items()
                if ratio is not None
            }
    title = f"CPU of bringing verdicts up to date ({millions(found['items'])} items)"
    return bars(title, "logarithmic; the line at 1 is deciding everything from the tables", rows)
