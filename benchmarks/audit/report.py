"""Turn the measurements of `benchmarks/audit` into the section of the docs."""

import json
from pathlib import Path

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from benchmarks.plots import figure
from vanne_audit.auditing import AuditDocument, sentences

CHART = "bench-audit.svg"
HEAD = ("who", "standing", "where", "tried", "AUC", "never trained", "difference", "p", "")


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and its chart from the newest measurement that is kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("audit-*.json")]
    found = max(everything, key=lambda one: (one["machine"]["day"], one["members"]))
    before, after = found["audits"]
    _draw(charts / CHART, before, after)
    parts = [
        "## What the model gives away",
        f"`{found['command']}`\n\n{sentence(found['machine'])}, {found['cpu_seconds']:,} s of CPU "
        f"in all. A demo network of {found['members']} members and {found['canaries']} canaries "
        "is audited. Then half of the canaries opt out and are forgotten, and the new model is "
        "audited. *Never trained* are the same people in models that never saw them. [What the "
        "columns mean](reference/audit.md).",
        f"![How often people are told apart](_static/{CHART})",
        "### Before",
        table(HEAD, rows_of(before)),
        "\n".join(f"* {line}" for line in sentences(before)),
        "### After forgetting",
        table(HEAD, rows_of(after)),
        "\n".join(f"* {line}" for line in sentences(after)),
    ]
    write_section(page, "audit", "\n\n".join(parts))


def _draw(path: Path, *audits: AuditDocument) -> None:
    """Draw how often each group is told apart, with its interval, beside models without it."""
    rows = {
        f"{row['who']}, {row['standing']}, {row['view']} ({when})": row
        for when, document in zip(("before", "after"), audits, strict=True)
        for row in document["membership"]
        if "auc" in row
    }
    title = "How often people are told apart, of 1 (0.5: by chance)"
    with figure(path, title, size=(7.6, 1.2 + 0.36 * len(rows))) as axes:
        for shift, what, label in (
            (-0.12, "auc", "this model"),
            (0.12, "never_trained", "never trained"),
        ):
            found = [row[what] for row in rows.values()]
            value = [each["value"] for each in found]
            spread = [
                [each["value"] - each["low"] for each in found],
                [each["high"] - each["value"] for each in found],
            ]
            at = [place + shift for place in range(len(rows))]
            axes.errorbar(value, at, xerr=spread, fmt="o", label=label)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.invert_yaxis()
        axes.set_xlim(0, 1.02)
        axes.axvline(0.5, color="#333333", linestyle="--", linewidth=1)
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.07), ncols=2)


def rows_of(document: AuditDocument) -> list[tuple[str, ...]]:
    """Return one row per question that could be judged."""
    rows = list[tuple[str, ...]]()
    for row in document["membership"]:
        if "auc" in row:
            low, high = row["difference"]["low"], row["difference"]["high"]
            p = row["p_corrected"]
            rows.append(
                (
                    row["who"],
                    row["standing"],
                    row["view"],
                    f"{row['people']}/{row['others']}",
                    f"{row['auc']['value']:.2f}",
                    f"{row['never_trained']['value']:.2f}",
                    f"{row['difference']['value']:+.2f} ({low:+.2f} to {high:+.2f})",
                    "< 0.001" if p < 0.001 else f"{p:.3f}",
                    "found" if row["found"] else "",
                )
            )
    return rows
