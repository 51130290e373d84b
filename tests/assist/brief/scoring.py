"""How well criteria agree with those that are expected: read from the cases, compared, counted."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vanne_assist.brief.criteria import OF_WORK, Criterion, Kind
from vanne_assist.brief.job_titles import title_value
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import named
from vanne_assist.brief.text import folded_phrase

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    lang: str
    text: str
    expect: frozenset[str]


def cases(name: str) -> list[Case]:
    entries = tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))["brief"]
    return [
        Case(each["lang"], each["text"], frozenset(_expected(each["expect"], each["lang"])))
        for each in entries
    ]


def _expected(said: str, lang: str) -> Iterable[str]:
    for part in filter(None, (each.strip() for each in said.split(";"))):
        if "words" in part.split("=")[0]:
            continue
        found = re.fullmatch(
            r"(?:(nice|not) )?(?:(past|now) )?(\w+)\s*(?:=(.+?)|((?:[<>]=\d+)+))(?::(\w+))?(?:@([\w.]+))?",
            part,
        )
        assert found, part
        force, time, kind, value, bounds, level, km = found.groups()
        if kind == "education" and level:
            value, level = f"{value}:{level}", None
        if kind == "company" and value == "size":
            value, level = f"size:{level}", None
        if kind == "years_tenure":
            kind, value = "years", "tenure"
        least = re.search(r">=(\d+)", bounds or "")
        most = re.search(r"<=(\d+)", bounds or "")
        yield _line(
            force or "must", time, kind, _value(kind, value or "experience", lang), level,
            float(least[1]) if least else None, float(most[1]) if most else None,
            float(km) if km and km[0].isdigit() else None,
        )  # fmt: skip


def _value(kind: str, value: str, lang: str) -> str:
    if kind == "title":
        return title_value(value, lang)
    if kind == "place":
        return named(value)[0].value
    if kind == "skill":
        terms = [t for t in book().look(folded_phrase(value)) if t.kind is Kind.SKILL]
        return terms[0].value if terms else value
    return value


def _line(
    force: str,
    time: str | None,
    kind: str,
    value: str,
    level: str | None,
    least: float | None,
    most: float | None,
    km: float | None,
) -> str:
    more = [
        f"{k}={v}"
        for k, v in (("level", level), ("least", least), ("most", most), ("km", km))
        if v is not None
    ]
    return " ".join([force, time or "", kind, value, *more])


def lines_of(text: str) -> set[str]:
    """What is read of a brief, of the kinds that the cases have labels of."""
    unlabelled = OF_WORK | {Kind.WORDS}
    return {line_of(each) for each in read_brief(text).criteria if each.kind not in unlabelled}


def line_of(criterion: Criterion) -> str:
    time = {True: "past", False: "now", None: None}[criterion.is_past]
    return _line(
        criterion.force,
        time,
        criterion.kind.value,
        criterion.value,
        criterion.level,
        criterion.least,
        criterion.most,
        criterion.within_km,
    )


@dataclass
class Score:
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def score(of: Iterable[Case]) -> Score:
    total = Score()
    for case in of:
        got = lines_of(case.text)
        total.right += len(got & case.expect)
        total.wrong += len(got - case.expect)
        total.missed += len(case.expect - got)
    return total


def differences(case: Case) -> tuple[list[str], list[str]]:
    got = lines_of(case.text)
    return sorted(got - case.expect), sorted(case.expect - got)
