"""Turn the measurements of `benchmarks/audit` into the section and the charts of the docs."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from vanne_audit.plots import draw
from vanne_audit.report import sentences, worst

Found = dict[str, Any]
HEAD = ("", "standing", "where", "here", "never trained", "difference", "p, corrected", "")


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the charts from the largest measurement that is kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("audit-*.json")]
    found = max(everything, key=lambda one: one["members"])
    before, after = found["audits"]
    charts.mkdir(parents=True, exist_ok=True)
    pictures = list(_charts(after, charts))
    parts = [
        "## What the model gives away",
        f"`{found['command']}`. {sentence(found['machine'])}; {found['cpu_seconds']:,} s of CPU in "
        f"all. A demo network of {found['members']} members and {found['canaries']} canaries; then "
        "half of the canaries say no and are forgotten, and that model is audited. "
        "*Here* is each person's own shard's adapter, all shards together, or the merged model; "
        "*never trained* are the same people in models that never saw them.",
        "### Before",
        table(HEAD, _rows(before)),
        "\n".join(f"* {line}" for line in sentences(before, "en")),
        "### After forgetting",
        table(HEAD, _rows(after)),
        "\n".join(f"* {line}" for line in sentences(after, "en")),
        *(f"![{_about(name)}](_static/{name})" for name in pictures),
    ]
    write_section(page, "audit", "\n\n".join(parts))


def _rows(found: Found) -> Iterator[list[str]]:
    for standing in ("in", "forgotten", "never"):
        for who in ("members", "canaries"):
            for view in ("all shards", "merged"):
                some = [
                    row
                    for row in found["membership"]
                    if "auc" in row
                    and (row["standing"], row["who"], row["view"]) == (standing, who, view)
                ]
                if some:
                    row = worst(some)
                    low, high = row["difference"]["low"], row["difference"]["high"]
                    yield [f"AUC, {row['attack']}, {who}", standing, view,
                           f"{row['auc']['value']:.2f}", f"{row['never_trained']['value']:.2f}",
                           f"{row['difference']['value']:+.2f} ({low:+.2f} to {high:+.2f})",
                           *_judged(row)]  # fmt: skip
        for row in found["exposure"]:
            if row["standing"] == standing and row["view"] in ("all shards", "merged"):
                bits, never = row["bits"], row["bits_never_trained"]
                figures = f"{bits:.1f}", f"{never:.1f}", f"{bits - never:+.1f}"
                what = "exposure of canaries, bits"
                yield [what, standing, row["view"], *figures, *_judged(row)]
        for row in found["extraction"]:
            if row["standing"] == standing and row["view"] in ("all shards", "merged"):
                here, never = row["extracted"], row["by_never_trained"]
                yield [f"extracted {row['what']}s of {row['attempts']}", standing, row["view"],
                       str(here), str(never), f"{here - never:+}", *_judged(row)]  # fmt: skip


def _judged(row: Found) -> tuple[str, str]:
    return f"{row['p_corrected']:.3f}", "**found**" if row["found"] else "not found"


def _charts(found: Found, charts: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        for picture in draw(found, Path(folder)):
            name = f"bench-audit-{picture.name}"
            (charts / name).write_bytes(picture.read_bytes())
            yield name


def _about(picture: str) -> str:
    """Say in words what a picture shows, by its name."""
    part = picture.removeprefix("bench-audit-").removesuffix(".svg").replace("-", ", ")
    return f"The audit's {part.replace('roc', 'ROC curves')}"
