"""The words around a criterion (not, ideally, at least, near, fluent...), and where they stand.

A file per language (`grammar/*.toml`), each entry a role with its phrases. A brief may mix
languages, so the phrases of all are looked for together. `FoldedLine` is a brief as one line, in
which regular expressions find phrases and say between which words.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vanne_assist.brief.lexicon import LANGS
from vanne_assist.brief.text import Word, folded_phrase


@dataclass(frozen=True, slots=True)
class Grammar:
    """The phrases of each role, folded; the longest first."""

    roles: dict[str, tuple[str, ...]]

    def of(self, role: str) -> frozenset[str]:
        """Return the phrases of a role."""
        return frozenset(self.roles.get(role, ()))

    @property
    def tails(self) -> tuple[str, ...]:
        """What German compounds end in that says nothing of their meaning."""
        return self.roles.get("tails", ())


@cache
def grammar(lang: str) -> Grammar:
    """Return the grammar of a language."""
    text = (files("vanne_assist.brief") / "grammar" / f"{lang}.toml").read_text("utf-8")
    return Grammar({role: _phrases(said) for role, said in tomllib.loads(text).items()})


def _phrases(said: str) -> tuple[str, ...]:
    folded = {folded_phrase(each) or each.strip() for each in said.split(";") if each.strip()}
    return tuple(sorted(folded, key=lambda each: (-len(each), each)))


@cache
def any_of(role: str) -> frozenset[str]:
    """Return the phrases of a role in all languages."""
    return frozenset(phrase for lang in LANGS for phrase in grammar(lang).of(role))


@dataclass(frozen=True, slots=True)
class FoldedLine:
    """The words with one space between them, and where each begins in that line."""

    line: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> "FoldedLine":
        """Join words."""
        starts, place = [], 0
        for word in words:
            starts.append(place)
            place += len(word.folded) + 1
        return cls(" ".join(word.folded for word in words), tuple(starts))

    def words(self, start: int, end: int) -> tuple[int, int]:
        """Return which words stand between two places of the line."""
        return bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(start, end - 1))

    def find(self, role: str) -> Iterator[tuple[int, int]]:
        """Yield where phrases of a role stand, as words, the longest at each place."""
        for match in pattern(role).finditer(self.line):
            yield self.words(match.start(), match.end())


@cache
def pattern(role: str) -> re.Pattern[str]:
    """Return what finds the phrases of a role in all languages."""
    return re.compile(rf"(?<!\S){alternatives(role)}(?!\S)")


@cache
def alternatives(role: str) -> str:
    """Return a group of the phrases of a role, the longest first."""
    phrases = sorted(any_of(role), key=lambda each: (-len(each), each))
    return "(?:" + "|".join(map(re.escape, phrases)) + ")"
