"""Labelled texts: `[[kind|what must go]]`, one text a line, a file for each language.

A line break inside a text is written `\\n`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vanne.screening import Span, find

CASES = Path(__file__).parents[1] / "cases" / "screening"
LANGUAGES = ("fr", "en", "de", "it")
Counts = Counter[tuple[str, str, str]]
"""How often something is `found`, `missed` or `false`, by language and kind."""
_MARK = re.compile(r"\[\[([\w-]+)\|(.*?)\]\](?!\])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, and what must be taken out of it."""

    lang: str
    text: str
    marks: tuple[Span, ...]


def labelled(folder: str) -> list[Labelled]:
    """Read the texts of a folder: `labelled`, from which rules are made, or others."""
    return [
        _read(lang, line.replace(r"\n", "\n"))
        for lang in LANGUAGES
        for line in (CASES / folder / f"{lang}.txt").read_text(encoding="utf-8").split("\n")
        if line and not line.startswith("#")
    ]


def _read(lang: str, line: str) -> Labelled:
    text, last, marks = "", 0, []
    for mark in _MARK.finditer(line):
        text += line[last : mark.start()]
        marks.append(Span(len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        last = mark.end()
    return Labelled(lang, text + line[last:], tuple(marks))


def score(texts: list[Labelled]) -> Counts:
    """Count by language and kind what is `found`, `missed` and `false`.

    A mark is found if no digit of it stays and half of its letters go, under its own kind; what is
    taken out is false if it touches no mark of that kind.
    """
    counts: Counts = Counter()
    for each in texts:
        spans = find(each.text)
        for mark in each.marks:
            counts[
                each.lang, mark.kind, "missed" if _stays(each.text, mark, spans) else "found"
            ] += 1
        for span in spans:
            if not any(_touch(span, mark) for mark in each.marks):
                counts[each.lang, span.kind, "false"] += 1
    return counts


def rates(counts: Counts, by: int) -> Iterator[tuple[str, int, float, float]]:
    """Yield each language (`by` 0) or kind (1) with its marks, precision and recall."""
    for name in dict.fromkeys(key[by] for key in counts):
        of = {s: sum(n for k, n in counts.items() if k[by] == name and k[2] == s) for s in _STATES}
        marks, taken = of["found"] + of["missed"], of["found"] + of["false"]
        yield name, marks, of["found"] / max(taken, 1), of["found"] / max(marks, 1)


@cache
def scored(folder: str) -> Counts:
    """Count what is found in the texts of a folder, once."""
    return score(labelled(folder))


_STATES = ("found", "missed", "false")


def _stays(text: str, mark: Span, spans: list[Span]) -> bool:
    own = [span for span in spans if span.kind == mark.kind]
    rest = [
        text[at]
        for at in range(mark.start, mark.end)
        if not any(span.start <= at < span.end for span in own)
    ]
    letters = sum(map(str.isalpha, text[mark.start : mark.end]))
    return any(map(str.isdigit, rest)) or 2 * sum(map(str.isalpha, rest)) > letters


def _touch(span: Span, mark: Span) -> bool:
    return span.kind == mark.kind and span.start < mark.end and mark.start < span.end
