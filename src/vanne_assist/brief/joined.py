"""A brief as one folded line, in which phrases of the grammar are found by regular expressions."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief.grammar import any_of
from vanne_assist.brief.text import Word


@dataclass(frozen=True, slots=True)
class Joined:
    """The words with one space between them, and where each begins in that line."""

    line: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> "Joined":
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
        for found in pattern(role).finditer(self.line):
            yield self.words(found.start(), found.end())


@cache
def pattern(role: str) -> re.Pattern[str]:
    """Return what finds the phrases of a role in all languages."""
    return re.compile(rf"(?<!\S){alternatives(role)}(?!\S)")


@cache
def alternatives(role: str) -> str:
    """Return a group of the phrases of a role, the longest first."""
    phrases = sorted(any_of(role), key=lambda each: (-len(each), each))
    return "(?:" + "|".join(map(re.escape, phrases)) + ")"
