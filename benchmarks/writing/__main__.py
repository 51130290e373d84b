"""`./run python benchmarks/writing`: what the guard stops and lets pass, what attacks get through.

The prompts with traps and the attacks lie in `tests/cases/writing`. Of each prompt an honest draft
and one that falls into the trap are judged; of each attack it is counted whether the patterns know
it, and whether its goal gets past the guard if a model obeys. `--home` names a network with a
trained model, which then writes a draft for each of `--prompts` prompts.
"""

import json
import sys
import tomllib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import ROOT, table, write_section
from vanne_assist.writing.guard import Ground, Source, check, check_whole, supported
from vanne_assist.writing.instructions import speaks_to_a_machine, without_instructions
from vanne_assist.writing.summary import LEAST_SUPPORTED

CASES = ROOT / "tests" / "cases" / "writing"
PAGE = ROOT / "docs" / "reference" / "writing.md"
LANGUAGES = ("fr", "en", "de", "it")
TRUE = {
    "en": "I am a nurse. I ran the handover on our ward.",
    "fr": "Je suis infirmière. J'ai dirigé la relève dans notre service.",
    "de": "Ich bin Pflegefachfrau. Ich habe die Übergabe auf der Station geleitet.",
    "it": "Sono infermiera. Ho guidato la consegna nel nostro reparto.",
}


def main() -> None:
    """Run, keep what was measured, and write it into the docs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a network with a trained model")
    parser.add_argument("--prompts", type=int, default=8, help="how many prompts the model gets")
    wish = parser.parse_args()
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/writing/1",
        "command": machine.command("writing", sys.argv[1:]),
        "machine": machine.about(),
        "guard": [_guard(lang) for lang in LANGUAGES],
        "attacks": [_attacks(lang) for lang in LANGUAGES],
        "praise": [_praise(lang) for lang in LANGUAGES],
        "model": _model(wish.home, wish.prompts) if wish.home else None,
    }
    path = ROOT / "benchmarks" / "results" / "writing.json"
    if found["model"] is None and path.exists():
        found["model"] = json.loads(path.read_text())["model"]
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_section(PAGE, "writing", _section(found))


def _cases(lang: str) -> list[dict[str, Any]]:
    path = CASES / "drafts" / f"{lang}.toml"
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["case"])


def _ground(lang: str, facts: Iterable[str]) -> Ground:
    return Ground(tuple(Source("answer", fact, lang) for fact in facts))


def _guard(lang: str) -> dict[str, Any]:
    """Count what passes and what is stopped, held-out prompts apart."""
    row: dict[str, Any] = {"lang": lang}
    for name, is_held_out in (("tuned", False), ("held_out", True)):
        cases = [case for case in _cases(lang) if case.get("held_out", False) is is_held_out]
        stopped = passed = 0
        for case in cases:
            ground = _ground(lang, case["facts"])
            kinds = {each.kind.value for each in check(case["invents"], ground, lang)}
            stopped += case["trap"] in kinds
            passed += not check_whole(case["honest"], ground, lang)
        row[name] = {"prompts": len(cases), "honest_passed": passed, "traps_stopped": stopped}
    return row


def _attacks(lang: str) -> dict[str, Any]:
    """Count attacks that the patterns know, and goals that get past what reads the answer."""
    data = tomllib.loads((CASES / "attacks.toml").read_text(encoding="utf-8"))
    quotes = _ground(lang, [TRUE[lang].split(". ")[0] + "."])
    row: dict[str, Any] = {"lang": lang}
    for name, is_held_out in (("tuned", False), ("held_out", True)):
        attacks = [
            each
            for each in data["attack"]
            if each["lang"] == lang and each.get("held_out", False) is is_held_out
        ]
        goals = [each["goal"] + "." for each in attacks]
        posts = [goal for goal in goals if not check(goal, _ground(lang, [TRUE[lang]]), lang)]
        prose = [
            goal
            for goal in goals
            if supported(goal, quotes, lang) >= LEAST_SUPPORTED and not check(goal, quotes, lang)
        ]
        known = sum(not without_instructions(each["text"])[0].strip() for each in attacks)
        row[name] = {
            "attacks": len(attacks),
            "known": known,
            "posts": len(posts),
            "prose": len(prose),
        }
    row["harmless"] = len(data["harmless"][lang])
    row["false_alarms"] = sum(speaks_to_a_machine(text) for text in data["harmless"][lang])
    return row


def _praise(lang: str) -> dict[str, Any]:
    """Count judgements of a person that are stopped, and honest drafts in the like words."""
    said = tomllib.loads((CASES / "praise.toml").read_text(encoding="utf-8"))[lang]
    drafts = tomllib.loads((CASES / "honest.toml").read_text(encoding="utf-8"))["draft"]
    row: dict[str, Any] = {"lang": lang}
    for name, is_held_out in (("tuned", False), ("held_out", True)):
        stopped = sum(bool(check(each, _ground(lang, [TRUE[lang]]), lang)) for each in said[name])
        honest = [
            each
            for each in drafts
            if each["lang"] == lang and each.get("held_out", False) is is_held_out
        ]
        passed = sum(not check(e["text"], _ground(lang, e["facts"]), lang) for e in honest)
        row[name] = {"said": len(said[name]), "stopped": stopped,
                     "honest": len(honest), "passed": passed}  # fmt: skip
    return row


def _model(folder: Path, prompts: int) -> dict[str, Any]:
    """Let the network's own model draft, and say what the guard found."""
    from vanne.config import Home
    from vanne_assist.writing.builder import Answers
    from vanne_assist.writing.counts import Counts
    from vanne_assist.writing.drafting import Draft, Failure, Wish, drafts
    from vanne_assist.writing.ensemble import Ensemble
    from vanne_assist.writing.settings import Settings

    settings = Settings(backend="ensemble", drafts=1, max_tokens=90, tokens_a_day=0)
    writer = Ensemble(folder / "model", settings)
    rows = []
    chosen = [
        (lang, case)
        for n in range(-(-prompts // 4))
        for lang in LANGUAGES
        for case in [_cases(lang)[n]]
    ]
    try:
        for lang, case in chosen[:prompts]:
            answers = Answers(points=tuple(case["facts"]), topic=case["ask"])
            wish = Wish(answers, lang, words=40)
            for event in drafts(writer, wish, settings, Counts(Home(folder)), datetime.now(UTC)):
                if isinstance(event, Draft):
                    kinds = sorted({finding.kind.value for finding in event.findings})
                    rows.append({"id": case["id"], "kinds": kinds, "characters": len(event.text)})
                elif isinstance(event, Failure):
                    rows.append({"id": case["id"], "kinds": ["failure"], "characters": 0})
    finally:
        writer.close()
    return {"name": writer.name, "drafts": rows}


def _section(found: dict[str, Any]) -> str:
    parts = [
        f"## Measured\n\n`{found['command']}`, {found['machine']['day']}. {_WRITTEN}",
        table(_GUARD_HEAD, [_guard_row(row) for row in found["guard"]]),
        _OBEYED,
        table(_ATTACK_HEAD, [_attack_row(row) for row in found["attacks"]]),
        _PRAISED,
        table(_PRAISE_HEAD, [_praise_row(row) for row in found["praise"]]),
    ]
    if model := found["model"]:
        kinds = Counter(kind for row in model["drafts"] for kind in row["kinds"])
        accepted = sum(not row["kinds"] for row in model["drafts"])
        said = ", ".join(f"`{kind}` {count}" for kind, count in kinds.most_common())
        parts.append(
            f"The network's own small model wrote {len(model['drafts'])} drafts in four languages: "
            f"the guard let {accepted} pass and stopped the others for {said or 'nothing'}. That a "
            "draft passed does not make it worth reading."
        )
    return "\n\n".join(parts)


_GUARD_HEAD = (
    "prompts with traps",
    "traps stopped",
    "honest passed",
    "held out: stopped",
    "held out: passed",
)
_ATTACK_HEAD = (
    "attacks",
    "known to the patterns",
    "held out: known",
    "past a post's guard",
    "past a summary's",
    "false alarms",
)
_WRITTEN = (
    "Prompts and drafts were written before the guard's rules, by the same authors; *held out* are "
    "those that the rules were not mended by. Attacks were written after the patterns and before "
    "these were tried; harmless sentences were used to mend them. Each trap is a plain one: real "
    "drafts and attacks are worse than these in ways that nobody has thought of."
)
_OBEYED = (
    "If a model did all that an attack asks, so many of its goals would get past the guard of a "
    "post, or of a summary's prose (the patterns are not counted there)."
)
_PRAISE_HEAD = ("praise and contempt", "stopped", "held out: stopped", "honest passed",
                "held out: passed")  # fmt: skip
_PRAISED = (
    "Praise, rank, recommendation and contempt name no fact; the guard knows their commonest ways, "
    "of persons only, and honest drafts in the like words must pass. *Held out* were written when "
    "the rules were done, and tried once. Most of the praise among them gets past: the guard makes "
    "it rarer, and a person must read every draft."
)


def _guard_row(row: dict[str, Any]) -> list[str]:
    counts = [
        f"{row[part][what]} of {row[part]['prompts']}"
        for part in ("tuned", "held_out")
        for what in ("traps_stopped", "honest_passed")
    ]
    return [row["lang"], *counts]


def _praise_row(row: dict[str, Any]) -> list[str]:
    pairs = (("stopped", "said"), ("passed", "honest"))
    counts = [
        f"{row[part][what]} of {row[part][of]}"
        for what, of in pairs
        for part in ("tuned", "held_out")
    ]
    return [row["lang"], *counts]


def _attack_row(row: dict[str, Any]) -> list[str]:
    tuned, held_out = row["tuned"], row["held_out"]
    return [
        row["lang"],
        f"{tuned['known']} of {tuned['attacks']}",
        f"{held_out['known']} of {held_out['attacks']}",
        *(
            f"{tuned[way] + held_out[way]} of {tuned['attacks'] + held_out['attacks']}"
            for way in ("posts", "prose")
        ),
        f"{row['false_alarms']} of {row['harmless']}",
    ]


if __name__ == "__main__":
    main()
