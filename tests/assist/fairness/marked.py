"""Briefs with what they ask marked: `Rust, {origin:native Russian}`; one a line, in files."""

import re
from dataclasses import dataclass
from pathlib import Path

from vanne_assist.fairness.protected import Ask, protected_asks

FOLDER = Path(__file__).parents[2] / "cases" / "protected"
_MARK = re.compile(r"\{(\w+):([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Marked:
    """A brief, and the attribute and place of each ask in it."""

    text: str
    asks: tuple[tuple[str, tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How many asks were found, how many were missed, how many were none."""

    found: int
    missed: int
    wrong: int
    said: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The share of what was found that is an ask."""
        return self.found / (self.found + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the asks that were found."""
        return self.found / (self.found + self.missed)


def briefs(name: str) -> list[Marked]:
    """Read a file."""
    return [_read(line) for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()]


def score(cases: list[Marked]) -> Score:
    """Compare what is found with the marks: the same attribute in a place that overlaps."""
    found = missed = wrong = 0
    said: list[str] = []
    for case in cases:
        asks = protected_asks(case.text)
        misses = [mark for mark in case.asks if not any(_meets(mark, ask) for ask in asks)]
        extras = [ask for ask in asks if not any(_meets(mark, ask) for mark in case.asks)]
        found, missed = found + len(case.asks) - len(misses), missed + len(misses)
        wrong += len(extras)
        if misses or extras:
            said.append(f"{case.text}: {misses} {extras}")
    return Score(found, missed, wrong, tuple(said))


def _meets(mark: tuple[str, tuple[int, int]], ask: Ask) -> bool:
    attribute, (start, end) = mark
    return attribute == ask.attribute and start < ask.span[1] and ask.span[0] < end


def _read(line: str) -> Marked:
    text, asks, last = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[last : mark.start()]
        asks.append((mark[1], (len(text), len(text) + len(mark[2]))))
        text += mark[2]
        last = mark.end()
    return Marked(text + line[last:], tuple(asks))
