"""Turn the measurements of `benchmarks/audit` into the section of the docs."""

import json
from pathlib import Path

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from vanne_audit.auditing import HEAD, sentences
from vanne_audit.auditing import table as rows_of


def write(results: Path, page: Path) -> None:
    """Write the section from the largest measurement that is kept."""
    everything = [json.loads(path.read_text()) for path in results.glob("audit-*.json")]
    found = max(everything, key=lambda one: one["members"])
    before, after = found["audits"]
    parts = [
        "## What the model gives away",
        f"`{found['command']}`. {sentence(found['machine'])}; {found['cpu_seconds']:,} s of CPU in "
        f"all. A demo network of {found['members']} members and {found['canaries']} canaries; then "
        "half of the canaries say no and are forgotten, and that model is audited. "
        "*Here* is each person's own shard's adapter, all shards together, or the merged model; "
        "*never trained* are the same people in models that never saw them.",
        "### Before",
        table(HEAD, rows_of(before)[1:]),
        "\n".join(f"* {line}" for line in sentences(before, "en")),
        "### After forgetting",
        table(HEAD, rows_of(after)[1:]),
        "\n".join(f"* {line}" for line in sentences(after, "en")),
    ]
    write_section(page, "audit", "\n\n".join(parts))
