"""Turn the measurements of `benchmarks/ledger` into the section and the chart of the docs."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chart import bars
from benchmarks.machine import sentence
from benchmarks.page import table, write_section

Found = dict[str, Any]
DURABLE, VERIFIED = 50_000, 500_000  # a second: the budgets of the design
CHECKS = (
    ("fsck", "hashes", "`vanne ledger fsck`, against hashing the same bytes alone"),
    ("follow", "public-hashes", "`vanne ledger follow`, against hashing the same bytes alone"),
    ("publish", "copy", "`vanne ledger publish`, against writing the same files"),
)


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the chart from the largest measurement that is kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("ledger-*.json")]
    found = max(everything, key=lambda one: one["choices"])
    charts.mkdir(parents=True, exist_ok=True)
    (charts / "bench-ledger.svg").write_text(_bars(found))
    rounds = len(found["checks"]["fsck"])
    parts = [
        "## The ledger",
        f"`{found['command']}`\n\n{sentence(found['machine'])}. {rounds} interleaved "
        f"round{'s' if rounds > 1 else ''}, medians.",
        _budgets(found),
        "![CPU of a durable choice against a bare table](_static/bench-ledger.svg)",
        "### Recording",
        table(
            ("how", "choices a second", "in a transaction", "CPU µs each", "the floor's", "CPU",
             "wall"),
            _appends(found),
        ),
        RECORDING,
        "### Checking and publishing",
        table(("", "entries a CPU second", "CPU against it", "wall against it"), _checks(found)),
        _receipts(found),
    ]  # fmt: skip
    write_section(page, "ledger", "\n\n".join(parts))


RECORDING = """- The floor inserts the same rows into a bare table of the same engine, with an
  index by member, in as many transactions. The last two columns are ratios to the floor.
- Both flush the same. The ledger's CPU goes into canonical JSON, a salt and two hashes for each
  choice, the tree, and a signature for each transaction. PostgreSQL's server counts.
- pymerkle is a log from the package index: it keeps hashes, and no salts, signatures or tiles.
- Threads of one Python process make the calls of one choice each."""


def _cases(found: Found) -> dict[tuple[str, int, int], list[Found]]:
    cases: dict[tuple[str, int, int], list[Found]] = {}
    for run in found["appends"]:
        cases.setdefault((run["engine"], run["appenders"], run["per"]), []).append(run)
    return cases


def _name(engine: str, appenders: int, per: int) -> str:
    if per > 1:
        return f"{engine}, {per:,} in a call"
    return f"{engine}, {appenders} at once" if appenders > 1 else f"{engine}, one by one"


def _rate(run: Found, who: str, what: str) -> float:
    return float(run["choices"] / run[who][what])


def _ratio(runs: list[Found], who: str, what: str) -> float:
    return median(run[who][what] / run["floor"][what] for run in runs)


def _appends(found: Found) -> Iterator[list[str]]:
    for case, runs in _cases(found).items():
        for who, title in (("vanne", ""), ("pymerkle", " (pymerkle)")):
            if any(who not in run for run in runs):
                continue
            first = runs[0]
            calls = first[who].get("transactions", first["choices"] // case[2] or 1)
            yield [
                _name(*case) + title,
                f"{median(_rate(run, who, 'work_wall_s') for run in runs):,.0f}",
                f"{first['choices'] / calls:,.0f}",
                f"{median(1e6 / _rate(run, who, 'work_cpu_s') for run in runs):,.1f}",
                f"{median(1e6 / _rate(run, 'floor', 'work_cpu_s') for run in runs):,.1f}",
                f"{_ratio(runs, who, 'work_cpu_s'):.1f} ×",
                f"{_ratio(runs, who, 'work_wall_s'):.1f} ×",
            ]


def _checks(found: Found) -> Iterator[list[str]]:
    for way, floor, title in CHECKS:
        runs = list(zip(found["checks"][way], found["checks"][floor], strict=True))
        rate = median(found["choices"] / ours["work_cpu_s"] for ours, _ in runs)
        ratios = [
            median(ours[what] / theirs[what] for ours, theirs in runs)
            for what in ("work_cpu_s", "work_wall_s")
        ]
        yield [title, f"{rate:,.0f}", *(f"{ratio:.1f} ×" for ratio in ratios)]


def _receipts(found: Found) -> str:
    pairs = zip(found["checks"]["receipts"], found["checks"]["signatures"], strict=True)
    runs = list(pairs)
    each = median(ours["work_cpu_s"] / ours["receipts"] for ours, _ in runs) * 1e6
    ratio = median(
        ours["work_cpu_s"] / ours["receipts"] / (theirs["work_cpu_s"] / theirs["receipts"])
        for ours, theirs in runs
    )
    size = found["checks"]["publish"][0]["size_bytes"] / found["choices"]
    return (
        f"A receipt is verified in {each:,.0f} µs CPU, {ratio:.1f} × the one signature and the "
        f"hashes of its path alone. A published log has {size:.0f} bytes an entry."
    )


def _budgets(found: Found) -> str:
    cases = _cases(found)
    rows = []
    for (engine, appenders, per), runs in cases.items():
        if per > 1 or appenders == max(case[1] for case in cases):
            rate = median(_rate(run, "vanne", "work_wall_s") for run in runs)
            what = f"durable choices a second: {_name(engine, appenders, per)}"
            rows.append(_line(what, DURABLE, rate))
    for way, title in (("fsck", "fsck"), ("follow", "follow")):
        rate = median(found["choices"] / run["work_cpu_s"] for run in found["checks"][way])
        rows.append(_line(f"entries verified a CPU second: {title}", VERIFIED, rate))
    return table((f"{found['choices']:,} choices", "budget", "measured", ""), rows)


def _line(what: str, least: int, value: float) -> tuple[str, str, str, str]:
    met = "met" if value >= least else "**not met**"
    return what, f"≥ {least:,}", f"{value:,.0f}", met


def _bars(found: Found) -> str:
    rows: dict[str, dict[str, float]] = {}
    for case, runs in _cases(found).items():
        names = {"vanne": "Vanne", "pymerkle": "pymerkle"}
        rows[_name(*case)] = {
            title: _ratio(runs, who, "work_cpu_s")
            for who, title in names.items()
            if all(who in run for run in runs)
        }
    title = "CPU of recording a choice durably, as a multiple of a bare table"
    return bars(title, "logarithmic; the line at 1 is the same rows in the same engine, as many "
                "transactions, no hashes", rows)  # fmt: skip
