"""Score what is read of briefs, and which requests are stopped, against the labels of others.

A criterion that somebody labelled is *right* if what was read of the same words has its kind, its
force and, where both are numbers, places or languages, its value. It is *softer* if it must be and
is taken as a wish, *wrong* if another thing was read of the words, and *dropped* if nothing was.
A criterion that must be or must not be, filters, and is right for no label is a *wrong must*.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vanne_assist.brief.criteria import Brief, Criterion, Force, Kind
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import named
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.protected import protected_asks
from vanne_assist.recruiting.reading import ModelCriterion, combined

HANDS = Path(__file__).parent / "hands"
Label = Mapping[str, Any]

OPEN = frozenset({"skill", "other", "degree", "industry", "employer", "past_title"})
_NAMES = frozenset({"words", "skill", "industry", "company", "career", "education"})
"""Kinds without an end of names: to look for the words as they are said is right too, and so is a
name of another of them («no agencies» is a kind of employer, and labelled `other`)."""
_KINDS = {
    "title": {"title"}, "past_title": {"title"}, "skill": {"skill"}, "town": {"place"},
    "region": {"place"}, "country": {"place"}, "years": {"years"}, "language": {"language"},
    "degree": {"education"}, "seniority": {"seniority"}, "pay": {"pay"}, "workload": {"workload"},
    "contract": {"contract", "workload"}, "remote": {"remote"}, "availability": {"availability"},
    "employer_size": {"employer-size", "company"}, "industry": {"industry", "company"},
    "employer": {"company", "industry", "career"}, "led": {"led"},
    "other": {"place", "contract"},
}  # fmt: skip
_KIND_OF_LABEL = {
    "past_title": Kind.TITLE, "town": Kind.PLACE, "region": Kind.PLACE, "country": Kind.PLACE,
    "degree": Kind.EDUCATION, "employer_size": Kind.SIZE, "employer": Kind.COMPANY,
    "other": Kind.WORDS,
}  # fmt: skip
FORCES: Mapping[str, Force] = {"must": "must", "wish": "nice", "not": "not"}
_RANKS = frozenset({"title", "words"})
"""Kinds that put people in order and keep nobody out."""
_COVERED = 0.5
"""So much of the words of a label must be read, of a kind whose values are not compared."""
_CLOSED = frozenset({"contract", "availability", "seniority"})
"""Kinds of few values, which any word of a label tells."""
_FLUENT = frozenset({"c1", "c2", "native"})


def read_lines(part: str, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the lines of a part (`dev`, `read`, `sealed`), each with the hand that wrote it."""
    for file in sorted((HANDS / part).glob(f"*-{what}.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield file.name.partition("-")[0], json.loads(line)


Reader = Callable[[Mapping[str, Any]], Brief]


def by_rules(line: Mapping[str, Any]) -> Brief:
    """Read the text of a line by the rules."""
    return read_brief(line["text"])


def by_labels(line: Mapping[str, Any]) -> Brief:
    """Read it as if a model had answered the labels themselves: no model does better."""
    rows = [
        ModelCriterion(
            quote=each["quote"],
            kind=_KIND_OF_LABEL.get(each["kind"]) or Kind(each["kind"]),
            force=FORCES[each["polarity"]],
            either=each.get("any_of"),
        )
        for each in line["criteria"]
    ]
    return combined(by_rules(line), rows, "labels") if rows else by_rules(line)


def briefs(part: str, read_by: Reader = by_rules) -> dict[str, Any]:
    """Count right, softer, wrong and dropped criteria of a part, whole and by language."""
    counts: Counter[str] = Counter()
    read = Counter[str]()
    by: dict[str, Counter[str]] = {}
    for _, line in read_lines(part, "briefs"):
        states, found = judged(line, read_by)
        read.update(found)
        read["briefs"] += 1
        for state in states:
            counts[state] += 1
            by.setdefault(line["language"], Counter())[state] += 1
    return {"labels": dict(counts), "read": dict(read), "by": {k: dict(v) for k, v in by.items()}}


def judged(line: Mapping[str, Any], read_by: Reader = by_rules) -> tuple[list[str], Counter[str]]:
    """Return the state of each label of a brief, and the counts of what was read of it."""
    brief = read_by(line)
    criteria = brief.criteria
    used: set[int] = set()
    states = []
    for label in line["criteria"]:
        start = line["text"].index(label["quote"])
        end = start + len(label["quote"])
        states.append(_state(label, (start, end), criteria, used))
    wrong = sum(
        each.force != "nice" and each.kind.value not in _RANKS and at not in used
        for at, each in enumerate(criteria)
    )
    found = Counter[str](notice.trouble for notice in brief.notices)
    found.update(criteria=len(criteria), wrong_musts=wrong)
    return states, found


def _state(
    label: Label, where: tuple[int, int], criteria: Iterable[Criterion], used: set[int]
) -> str:
    state = "dropped"
    for at, each in enumerate(criteria):
        start, end = each.span or (0, 0)
        shared = min(end, where[1]) - max(start, where[0])
        if shared <= 0:
            continue
        if not same(label, each, shared / (where[1] - where[0])):
            state = "wrong" if state == "dropped" else state
        elif each.force == FORCES[label["polarity"]]:
            used.add(at)
            return "right"
        elif label["polarity"] == "must" and each.force == "nice":
            used.add(at)
            state = "softer"
        else:
            state = "wrong" if state == "dropped" else state
    return state


def same(label: Label, read: Criterion, covered: float) -> bool:
    """Say whether a criterion is what a label says, but for its force."""
    kind, value = read.kind.value, label["value"]
    if kind not in _KINDS[label["kind"]] and not (kind in _NAMES and label["kind"] in OPEN):
        return False
    if label["kind"] == "past_title" and kind == "title" and read.is_past is False:
        return False
    told: Callable[[], bool] | None = {
        "place": lambda: _same_place(value, read),
        "language": lambda: _same_language(value, read),
        "years": lambda: _same_numbers(value, read),
        "pay": lambda: _same_numbers(value, read),
        "led": lambda: _same_numbers(value, read),
        "employer-size": lambda: _same_numbers(value, read),
        "workload": lambda: _same_numbers(value, read),
        "remote": lambda: (
            value.split()[0].strip(",") in (read.value, "on") or read.value == "office"
        ),
    }.get(kind)
    return told() if told else kind in _CLOSED or covered >= _COVERED


def _same_numbers(value: str, read: Criterion) -> bool:
    """Say whether numbers are those of a label; a label without any leaves it open."""
    match = re.search(r"(>=|<=|<|>)?\s?(\d+(?:\.\d+)?)(?:\s?-\s?(\d+(?:\.\d+)?))?", value)
    if not match or "hours" in value or "lessons" in value or "day week" in value:
        return True
    sign, one, other = match[1], float(match[2]), match[3] and float(match[3])
    if other:
        return (read.least, read.most) == (one, other)
    if sign in ("<", "<="):
        return read.most == one
    if sign:
        return read.least == one
    return one in (read.least, read.most)


def _same_place(value: str, read: Criterion) -> bool:
    plain = re.sub(r"\(.*?\)|within .* of | area$|near ", "", value).strip()
    known = [place.value for place in named(plain)]
    return not known or read.value in known


def _same_language(value: str, read: Criterion) -> bool:
    name, _, level = value.partition(" ")
    known = {term.value for term in book().exact(name) if term.kind.value == "language"}
    level = level.lower()
    if known and read.value not in known:
        return False
    if level == "fluent":
        return read.level in _FLUENT or read.level is None
    return not re.fullmatch("[abc][12]", level) or read.level == level


# Requests that discriminate


def fairness(part: str) -> dict[str, Any]:
    """Count which requests are stopped, and which are stopped or told to a person, by language."""
    found: dict[str, Counter[str]] = {}
    for _, line in read_lines(part, "fairness"):
        kind = "lawful" if not line["discriminates"] else "direct" if line["direct"] else "indirect"
        stopped = bool(protected_asks(line["text"]))
        told = stopped or bool(doubts(line["text"]))
        for key in ("all", line["language"]):
            counts = found.setdefault(key, Counter())
            counts[kind] += 1
            counts[f"{kind}-stopped"] += stopped
            counts[f"{kind}-told"] += told
    return {key: dict(counts) for key, counts in found.items()}
