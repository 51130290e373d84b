"""Turn the measurements of `benchmarks/decide` into the section and the charts of the docs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chart import bars, lines
from benchmarks.machine import sentence
from benchmarks.network import CONTENTS
from benchmarks.page import millions, table, write_section

TITLES = {
    "floor": "**the floor: DuckDB copies the same Parquet, decides nothing**",
    "kernel-codes": "**Vanne, kernel: one byte per row**",
    "kernel-verdicts": "**Vanne, kernel: item id and reason (Parquet)**",
    "kernel-counts": "**Vanne, kernel: counts per reason**",
    "duckdb": "**Vanne, SQL on DuckDB: item id and code**",
    "spark": "**Vanne, SQL on Spark, local: item id and code**",
    "reference": "**Vanne, reference (plain Python)**: item id and code",
    "hand-sql": "SQL by hand on DuckDB: item id and code",
    "hand-sql-ordered": "SQL by hand on DuckDB: item id and reason, in file order",
    "hand-sql-whole": "SQL by hand on DuckDB: every column and the reason",
    "polars": "polars, streaming: item id and code",
    "polars-ordered": "polars, streaming: item id and reason, in file order",
    "pandas": "pandas: item id and code",
    "regorus": "Rego on regorus, batched; facts given *",
    "cedar": "Cedar (cedarpy), batched; facts given *",
}
THEIRS = ("hand-sql", "hand-sql-ordered", "polars", "polars-ordered")
BUDGET = 1.0  # of the cheapest of SQL by hand and polars, in whatever order
CHART_ITEMS = 10_000_000  # the largest network that the chart shows
COLUMNS = "all columns but text, media, source and language"
DOUBTS = "repeated ids, other types, empty texts"
ALIKE = (  # way, what it reads, looks for, writes
    ("the floor", "every column, the text too", "nothing", "every column"),
    ("Vanne, one byte per row", COLUMNS, DOUBTS, "a byte a row in file order, no id"),
    ("Vanne, item id and reason", COLUMNS, DOUBTS, "id and reason in words, in file order"),
    ("Vanne, counts", COLUMNS, DOUBTS, "nothing"),
    ("Vanne, SQL", COLUMNS, DOUBTS, "id and code, in any order"),
    ("SQL by hand, polars, pandas", COLUMNS, "nothing", "id and code, in any order"),
    (
        "SQL by hand, polars, in file order",
        COLUMNS,
        "nothing",
        "id and reason in words, in file order",
    ),
    ("Rego, Cedar", "facts that were joined for them", "nothing", "codes of a sample"),
)
WORDS = {"text": "with text", "empty": "text empty", "lean": "five columns"}
BILLION = 10**9
SMALLEST = 1_000_000  # below, what every run needs hides what each member needs


@dataclass(frozen=True, slots=True)
class Cell:
    """What was measured of one way on one network."""

    runs: list[dict[str, Any]]
    floor: list[dict[str, Any]]
    items: int

    @property
    def ns(self) -> float:
        """CPU nanoseconds per item: the least of all rounds, since other work only adds to it."""
        return min(_per_item(run, self.items) for run in self.runs) * 1e9

    @property
    def ratio(self) -> float:
        """The ratio to the least of the floor."""
        return self.ns / 1e9 / min(_per_item(run, self.items) for run in self.floor)

    @property
    def peak_mb(self) -> float:
        return float(max(run["peak_mb"] for run in self.runs))

    @property
    def start_cpu_s(self) -> float:
        return float(min(run["cpu_s"] - run["work_cpu_s"] for run in self.runs))

    @property
    def wrong(self) -> int | None:
        """The most wrong rows of any round; None if nothing is decided."""
        found = [run["wrong"] for run in self.runs if "wrong" in run]
        return max(found, default=None)


def _per_item(run: dict[str, Any], items: int) -> float:
    rows = run["checked"] if run.get("checked", items) < items * 0.5 else items  # a sample
    return float(run["work_cpu_s"]) / rows


Found = dict[str, Any]


def cell(found: Found, layout: str, way: str) -> Cell | None:
    """Return a measurement, if it was made."""
    ways = found["layouts"].get(layout, {}).get("ways", {})
    if way not in ways or "floor" not in ways:
        return None
    return Cell(ways[way], ways["floor"], found["items"])


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the charts from all measurements that are kept."""
    everything = [json.loads(path.read_text()) for path in sorted(results.glob("decide-*.json"))]
    everything.sort(key=lambda found: (CONTENTS.index(found["content"]), found["items"]))
    with_text = [found for found in everything if found["content"] == "text"] or everything
    charts.mkdir(parents=True, exist_ok=True)
    shown = max((f for f in with_text if f["items"] <= CHART_ITEMS), key=lambda f: f["items"])
    (charts / "bench-decide.svg").write_text(_bars(shown))
    (charts / "bench-decide-curve.svg").write_text(_curve(with_text))
    parts = [
        "## What a verdict costs",
        _wrong(everything),
        table(("way", "reads", "looks for", "writes"), ALIKE, words=True),
        "### Like for like",
        _like_for_like(everything),
        *_profile(shown),
        "### Against what people would otherwise use",
        f"![CPU per item as a multiple of copying, {millions(shown['items'])} items]"
        "(_static/bench-decide.svg)",
        *(part for found in everything for part in _size(found)),
        FOOTNOTE,
        *([ENGINES] if any(_has_engine(found) for found in everything) else ()),
        "### The cost of an item as the network grows",
        "![CPU nanoseconds per item](_static/bench-decide-curve.svg)",
        _growth(with_text),
        "### A billion members",
        _billion(with_text),
    ]
    write_section(page, "decide", "\n\n".join(parts))


FOOTNOTE = "*Start* is the interpreter and the imports. The ratios leave these out."
ENGINES = """\\* These engines judge a sample of at most 20,000 items, scaled, in batches of 1,000.
For regorus the JSON of its input counts too. Joined facts are given to the engines ready-made, and
not counted. Cedar has no loop over other people, so it is also told what author and subjects say.
"""


def _has_engine(found: Found) -> bool:
    return any({"regorus", "cedar"} & set(at["ways"]) for at in found["layouts"].values())


def _wrong(everything: list[Found]) -> str:
    cells = [
        (TITLES[way], one)
        for found in everything
        for layout in found["layouts"]
        for way in TITLES
        if (one := cell(found, layout, way)) is not None and one.wrong is not None
    ]
    checked = sum(run.get("checked", 0) for _, one in cells for run in one.runs)
    bad = {title: one.wrong for title, one in cells if one.wrong}
    said = f"{checked:,} verdicts were compared with the right ones: "
    if not bad:
        return said + "**wrong rows 0**, of every way."
    return said + "wrong rows: " + "; ".join(f"{title}: {count:,}" for title, count in bad.items())


def _like_for_like(everything: list[Found]) -> str:
    """Compare the ways that write an id and a reason for each row, the least of all rounds."""
    rows = []
    for found in (f for f in everything if f["items"] >= SMALLEST):
        for layout, measured in found["layouts"].items():
            ways = measured["ways"]
            if not {"kernel-verdicts", *THEIRS} <= set(ways):
                continue
            others = {way: _ratio(ways["kernel-verdicts"], ways[way]) for way in THEIRS}
            worst = max(others.values())
            rows.append(
                (
                    f"{millions(found['items'])}, {layout}, {WORDS[found['content']]}",
                    *(f"{others[way]:.2f}" for way in THEIRS),
                    f"{_ratio(ways['duckdb'], ways['hand-sql']):.2f}" if "duckdb" in ways else "",
                    "met" if worst < BUDGET else "**not met**",
                )
            )
    head = (
        "CPU of writing item id and reason",
        "kernel / SQL by hand",
        "kernel / SQL by hand, reasons in file order",
        "kernel / polars",
        "kernel / polars, reasons in file order",
        "Vanne's SQL / SQL by hand",
        "kernel cheaper than all",
    )
    return table(head, rows) if rows else "No run that compares like with like is kept."


def _ratio(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> float:
    return float(min(a["work_cpu_s"] for a in ours) / min(b["work_cpu_s"] for b in theirs))


def _profile(found: Found) -> Iterator[str]:
    """Say where the kernel's time goes: the functions that take most of it themselves."""
    layouts = [name for name in found["layouts"] if found["layouts"][name].get("profile")]
    if layouts:
        yield (
            f"Where the kernel's time goes, by function ({millions(found['items'])} items, wall "
            "time of one thread by cProfile):"
        )
    for layout in layouts:
        rows = found["layouts"][layout]["profile"]
        said = ", ".join(f"{row['share']:.0%} `{row['function']}`" for row in rows if row["share"])
        yield f"* {layout}: {said}"


def _size(found: Found) -> Iterator[str]:
    content = WORDS[found["content"]]
    yield f"#### {found['items']:,} items of {found['members']:,} members, {content}"
    layouts = list(found["layouts"])
    sizes = "; ".join(
        f"{layout} {found['layouts'][layout]['items_bytes'] / found['items']:.0f} bytes an item"
        for layout in layouts
    )
    by = found["verdicts"]["by"]
    rounds = max(len(runs) for at in found["layouts"].values() for runs in at["ways"].values())
    yield (
        f"`{found['command']}`\n\n{sentence(found['machine'])}. {rounds} interleaved "
        f"round{'s' if rounds > 1 else ''}, the least of each. The right answer is the {by}'s. "
        f"On disk: {sizes}."
    )
    rows = [row for way in TITLES if (row := _row(found, layouts, way))]
    head = [
        "CPU against the floor",
        *layouts,
        "ns an item",
        "peak MB",
        "start, CPU s",
        "wrong",
    ]
    yield table(head, rows)


def _row(found: Found, layouts: list[str], way: str) -> list[str] | None:
    cells = [cell(found, layout, way) for layout in layouts]
    first = next((one for one in cells if one is not None), None)
    if first is None:
        return None
    ratios = [f"{one.ratio:.2f}" if one else "" for one in cells]
    wrong = [one.wrong for one in cells if one is not None and one.wrong is not None]
    return [
        TITLES[way],
        *ratios,
        f"{first.ns:,.0f}",
        f"{first.peak_mb:,.0f}",
        f"{first.start_cpu_s:.2f}",
        f"{max(wrong):,}" if wrong else "",
    ]


def _plain(way: str) -> str:
    return TITLES[way].replace("**", "").replace(" *", "").split(";")[0]


def _bars(found: Found) -> str:
    rows = {}
    for way in TITLES:
        cells = {layout: cell(found, layout, way) for layout in found["layouts"]}
        if way != "floor" and any(cells.values()):
            rows[_plain(way)] = {key: one.ratio for key, one in cells.items() if one}
    title = f"CPU per verdict, as a multiple of copying the item ({millions(found['items'])} items)"
    return bars(title, "logarithmic; the line at 1 is DuckDB copying the same Parquet", rows)


CURVES = {
    "floor (clustered)": ("floor", "clustered"),
    "kernel, clustered": ("kernel-codes", "clustered"),
    "kernel, unsorted": ("kernel-codes", "unsorted"),
    "kernel, never apart": ("kernel-codes", "apart"),
    "SQL on DuckDB, clustered": ("duckdb", "clustered"),
    "SQL by hand, clustered": ("hand-sql", "clustered"),
}


def _curve(everything: list[Found]) -> str:
    series: dict[str, dict[float, float]] = {}
    for name, (way, layout) in CURVES.items():
        for found in everything:
            one = cell(found, layout, way)
            if one is not None and (found["items"] >= SMALLEST or everything[-1] is found):
                series.setdefault(name, {})[found["items"]] = one.ns
    return lines("CPU nanoseconds per item", "over the number of items (logarithmic)", series)


def _growth(everything: list[Found]) -> str:
    head = ["CPU ns an item", *(f"{millions(found['items'])}" for found in everything)]
    rows = []
    for name, (way, layout) in CURVES.items():
        cells = [cell(found, layout, way) for found in everything]
        if any(cells):
            rows.append([name, *(f"{one.ns:,.0f}" if one else "" for one in cells)])
    return table(head, rows)


def _billion(everything: list[Found]) -> str:
    """Calculate time from the cost per item, and memory from how the peak grows with members."""
    known = [
        (f["items"], f["members"], one)
        for f in everything
        if f["items"] >= SMALLEST and (one := cell(f, "clustered", "kernel-codes"))
    ]
    if not known:
        return "Calculated from runs of a million items and more; none is kept."
    items, _, largest = known[-1]
    hours = BILLION * 10 * largest.ns / 1e9 / 3600
    text = (
        f"Calculated, not measured: a billion members with ten items each take {hours:.1f} CPU "
        f"hours, at the {largest.ns:.0f} ns an item of the {millions(items)} run"
    )
    if len(known) < 2:
        return text + ". One size alone says nothing of memory."
    (_, few, small), (_, many, large) = known[-2], known[-1]
    per_member = (large.peak_mb - small.peak_mb) * 2**20 / (many - few)
    total = (small.peak_mb * 2**20 + per_member * BILLION) / 2**30
    return (
        f"{text}. The peak of memory grew by {per_member:.0f} bytes for each member between "
        f"{few:,} and {many:,} members: {total:,.0f} GB for a billion in one process. No command "
        "of Vanne splits a decision into parts."
    )
