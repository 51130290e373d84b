"""The pictures of an audit: impact ratios with their intervals, beside four fifths."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vanne.plots import COLOURS, figure

FOUR_FIFTHS = 0.8
"""A rule of thumb of the US Equal Employment Opportunity Commission; no pass mark."""
_MOST_ROWS = 30


def draw(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the picture of each attribute and intersection that has ratios; return the paths."""
    drawn = []
    for number, about in enumerate([*document["attributes"], *document["intersections"]], start=1):
        if any(row["ratio"] is not None for row in about["selection"]["categories"]):
            drawn.append(_ratios(about, document["top"], folder / f"impact-{number}.svg"))
    return drawn


def _ratios(about: Mapping[str, Any], top: int, path: Path) -> Path:
    rows = [row for row in about["selection"]["categories"] if row["ratio"] is not None]
    rows = rows[:_MOST_ROWS][::-1]
    title = f"Among the first {top}, by {about['attribute']}: impact ratio, 95 % interval"
    with figure(path, title, size=(7.6, 1.4 + 0.35 * len(rows))) as axes:
        for place, row in enumerate(rows):
            if row["ratio_interval"]:
                axes.plot(row["ratio_interval"], [place, place], color=COLOURS[0], linewidth=2)
            axes.plot([row["ratio"]], [place], "o", color=COLOURS[0])
        axes.axvline(FOUR_FIFTHS, color=COLOURS[1], linestyle="--", linewidth=1)
        axes.set_yticks(range(len(rows)), [row["category"] for row in rows])
        axes.set_xlim(left=0)
        axes.set_xlabel("rate / highest rate (dashed: four fifths)")
    return path
