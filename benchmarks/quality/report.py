"""Write what the runs found into docs/benchmarks.md, with the curve of shards, quality and work."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from benchmarks.plots import figure
from vanne.train.settings import TrainingSettings

GOAL = 1.03
PRIVATE = Path(__file__).parents[1] / "results" / "private.json"
CHART = "bench-quality.svg"
Row = dict[str, Any]
METHOD = """Texts of 180 to 420 letters, at most four of each author; an author is a member.
*peps*: paragraphs of Python Enhancement Proposals, with Ethereum's (EIPs) as the ground.
*man-pages*: paragraphs of Debian's manual pages in French, German and Italian, by their
translators, with Vanne's own sentences as the ground. *changelogs*: what Debian's maintainers wrote
of versions, with EIPs as the ground. The loss (nats a token) is of other authors, who share no
document with any member. Each text is read once. The ratio is to the best single adapter
of the rates in the last table. Intervals are of 95 %, over resampled authors."""


def write(found: dict[str, Any], page: Path, charts: Path) -> None:
    """Write the section and its chart."""
    rows: Sequence[Row] = found["rows"]
    charts.mkdir(parents=True, exist_ok=True)
    _draw(charts / CHART, rows)
    parts = [
        "## What sharding costs in quality",
        " ".join(f"`{command}`." for command in found["commands"]),
        f"{sentence(found['machine'])}.",
        METHOD,
        *_collections(rows),
        f"![Quality and work against shards](_static/{CHART})",
        "### More shards, less work, less quality",
        _work(rows),
        *_rates(rows),
    ]
    write_section(page, "quality", "\n\n".join(parts))


def _collections(rows: Sequence[Row]) -> Iterable[str]:
    lines = []
    for name, seed in dict.fromkeys((row["collection"], row["seed"]) for row in rows):
        of = [row for row in _shipped(rows) if (row["collection"], row["seed"]) == (name, seed)]
        of_shards = {row["shards"]: f"{row['loss']:.3f}: {_ratio(row)}" for row in of}
        cells = [of_shards.get(shards, "") for shards in sorted({r["shards"] for r in rows})]
        about = f"{of[0]['texts']} / {of[0]['authors']}"
        mixed = next((f"{row['mixed']:.3f}" for row in of if "mixed" in row), "")
        lines.append([f"{name}, seed {seed}", about, f"{of[0]['ground']:.3f}", *cells, mixed])
    shards = sorted({row["shards"] for row in rows})
    many = [f"{n} shard{'s' if n > 1 else ''}" for n in shards]
    head = ("as it ships", "texts / authors", "ground alone", *many, "4, probabilities mixed")
    yield table(head, lines)


def _work(rows: Sequence[Row]) -> str:
    lines = []
    for shards in sorted({row["shards"] for row in rows}):
        ratios = [row["ratio"] for row in _shipped(rows) if row["shards"] == shards]
        met = "met" if max(ratios) <= GOAL else "**not met**"
        mean, worst = sum(ratios) / len(ratios), max(ratios)
        lines.append([str(shards), f"{_again(shards):.1%}", f"{mean:.3f}", f"{worst:.3f}", met])
    head = ("shards", "of everything trained for one leaver", "mean ratio", "worst", "≤ 1.03")
    return table(head, lines)


def _again(shards: int) -> float:
    """Return the share of a full training that one leaver costs: see docs/design/training.md."""
    slices = TrainingSettings().slices
    return (slices + 1) / (2 * slices * shards)


def _rates(rows: Sequence[Row]) -> Iterable[str]:
    yield "### Every training"
    lines = [
        [f"{row['collection']}, seed {row['seed']}", str(row["shards"]),
         f"{row['rate']:g}{' (ships)' if row['ships'] else ''}", f"{row['loss']:.3f}", _ratio(row)]
        for row in rows
    ]  # fmt: skip
    yield table(("", "shards", "rate", "loss", "ratio"), lines)


def _draw(path: Path, rows: Sequence[Row]) -> None:
    with figure(
        path, "Quality lost against the best single adapter, and work for a leaver"
    ) as axes:
        for name, seed in dict.fromkeys((row["collection"], row["seed"]) for row in rows):
            of = [r for r in _shipped(rows) if (r["collection"], r["seed"]) == (name, seed)]
            lost = [100 * (row["ratio"] - 1) for row in of]
            work = [100 * _again(row["shards"]) for row in of]
            axes.plot(work, lost, "o-", label=f"{name}, seed {seed}")
            for row, *place in zip(of, work, lost, strict=True):
                axes.annotate(str(row["shards"]), place, (4, 4), textcoords="offset points")
        for name, lost in _private():
            axes.plot([100], [lost], "x", label=name)
        axes.axhline(100 * (GOAL - 1), color="#333333", linestyle="--", linewidth=1)
        axes.set_xscale("log")
        ticks = sorted({100 * _again(row["shards"]) for row in rows} | {100})
        axes.set_xticks(ticks, [f"{each:.1f}" for each in ticks])
        axes.minorticks_off()
        axes.set_xlabel("% of a full training that one leaver costs (points: number of shards)")
        axes.set_ylabel("% above the best single adapter")
        axes.legend(fontsize=8)


def _private() -> Iterable[tuple[str, float]]:
    """Yield each epsilon, and the % above the same adapter that is not private (one slice)."""
    if PRIVATE.exists():
        rows = json.loads(PRIVATE.read_text())["rows"]
        ships = mean(row["loss"] for row in rows if row["way"] == "ships")
        for epsilon in sorted({row["epsilon"] for row in rows if "epsilon" in row}):
            loss = mean(row["loss"] for row in rows if row.get("epsilon") == epsilon)
            yield f"one slice, private, epsilon {epsilon:.3g}", 100 * (loss / ships - 1)


def _shipped(rows: Sequence[Row]) -> list[Row]:
    return sorted((row for row in rows if row["ships"]), key=lambda row: row["shards"])


def _ratio(row: Row) -> str:
    low, high = row["interval"]
    return f"{row['ratio']:.3f} ({low:.3f} to {high:.3f})"
