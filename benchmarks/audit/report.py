"""Turn the measurements of `benchmarks/audit` into the section of the docs."""

import json
from pathlib import Path

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from vanne_audit.auditing import AuditDocument, sentences

HEAD = ("who", "standing", "where", "tried", "AUC", "never trained", "difference", "p", "")


def write(results: Path, page: Path) -> None:
    """Write the section from the largest measurement that is kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("audit-*.json")]
    found = max(everything, key=lambda one: one["members"])
    before, after = found["audits"]
    parts = [
        "## What the model gives away",
        f"`{found['command']}`\n\n{sentence(found['machine'])}, {found['cpu_seconds']:,} s of CPU "
        f"in all. A demo network of {found['members']} members and {found['canaries']} canaries "
        "is audited. Then half of the canaries opt out and are forgotten, and the new model is "
        "audited. *Never trained* are the same people in models that never saw them. [What the "
        "columns mean](reference/audit.md).",
        "### Before",
        table(HEAD, rows_of(before)),
        "\n".join(f"* {line}" for line in sentences(before)),
        "### After forgetting",
        table(HEAD, rows_of(after)),
        "\n".join(f"* {line}" for line in sentences(after)),
    ]
    write_section(page, "audit", "\n\n".join(parts))


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
