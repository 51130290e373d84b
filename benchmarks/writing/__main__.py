"""`./run python benchmarks/writing`: what the guard marks and what it lets stand.

The prompts with traps lie in `tests/cases/writing`. Of each prompt an honest draft and one that
falls into the trap are judged.
"""

import json
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import ROOT, table, write_section
from vanne_assist.writing.guard import Ground, GroundSource, check, check_whole

CASES = ROOT / "tests" / "cases" / "writing"
PAGE = ROOT / "docs" / "reference" / "writing.md"
LANGUAGES = ("fr", "en", "de", "it")


def main() -> None:
    """Run, keep what was measured, and write it into the docs."""
    ArgumentParser(description=__doc__).parse_args()
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/writing/1",
        "command": machine.command("writing", sys.argv[1:]),
        "machine": machine.about(),
        "guard": [_guard(lang) for lang in LANGUAGES],
    }
    path = ROOT / "benchmarks" / "results" / "writing.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_section(PAGE, "writing", _section(found))


def _cases(lang: str) -> list[dict[str, Any]]:
    path = CASES / "drafts" / f"{lang}.toml"
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["case"])


def _ground(lang: str, facts: Iterable[str]) -> Ground:
    return Ground(tuple(GroundSource(fact, lang) for fact in facts))


def _guard(lang: str) -> dict[str, Any]:
    """Count what passes and what is marked, held-out prompts apart."""
    row: dict[str, Any] = {"lang": lang}
    for name, is_held_out in (("tuned", False), ("held_out", True)):
        cases = [case for case in _cases(lang) if case.get("held_out", False) is is_held_out]
        marked = passed = 0
        for case in cases:
            ground = _ground(lang, case["facts"])
            kinds = {each.kind for each in check(case["invents"], ground, lang)}
            marked += case["trap"] in kinds
            passed += not check_whole(case["honest"], ground, lang)
        row[name] = {"prompts": len(cases), "honest_passed": passed, "traps_marked": marked}
    return row


def _section(found: dict[str, Any]) -> str:
    parts = [
        f"## Measured\n\n`{found['command']}`, {found['machine']['day']}. {_WRITTEN}",
        table(_GUARD_HEAD, [_guard_row(row) for row in found["guard"]]),
    ]
    return "\n\n".join(parts)


_GUARD_HEAD = (
    "prompts with traps",
    "traps marked",
    "honest passed",
    "held out: marked",
    "held out: passed",
)
_WRITTEN = (
    "Each prompt has an honest draft and one that falls into a trap. The same authors wrote both "
    "before the guard. The traps are plain ones: figures, names and addresses."
)


def _guard_row(row: dict[str, Any]) -> list[str]:
    counts = [
        f"{row[part][what]} of {row[part]['prompts']}"
        for part in ("tuned", "held_out")
        for what in ("traps_marked", "honest_passed")
    ]
    return [row["lang"], *counts]


if __name__ == "__main__":
    main()
