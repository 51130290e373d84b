"""Tells whether something must, would better or must not be; and whether it is past or present.

What says so has a reach, to the next comma at most. «Not», «formerly», «now» reach over what is
listed after them; «ideally» to the end of its part; «a plus», «von Vorteil», «un atout» reach
back to what stands just before, and to what is joined to it by «and» or «or».
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from vanne.assist.brief.criteria import Force, Kind
from vanne.assist.brief.grammar import any_of
from vanne.assist.brief.joined import Joined
from vanne.assist.brief.text import Word

_ENDS = frozenset(",;.()!?|•/:\n")
_JOINERS = frozenset(
    {"and", "or", "et", "ou", "und", "oder", "e", "o", "ed", "ni", "sowie", "&", "y"}
)
_TURNS = frozenset({"but", "mais", "aber", "sondern", "ma", "bensi", "who", "qui", "che"})
_GAP = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that is asked, by its words."""

    kind: Kind
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of it."""

    force: Force
    is_past: bool | None


_IN_TIME = frozenset({Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY})


class Reach:
    """The triggers of a brief, and what they reach."""

    def __init__(
        self, words: Sequence[Word], stretches: Sequence[Stretch], taken: set[int]
    ) -> None:
        self._words = words
        self._stretches = stretches
        self._inside = {at for each in stretches for at in range(each.first, each.last)}
        self._taken = taken
        joined = Joined.of(words)
        roles = ("not", "nice", "past", "past-after", "now")
        self._at = {role: list(self._triggers(joined, role)) for role in roles}

    @property
    def used(self) -> set[int]:
        """The words of all triggers."""
        return {at for spans in self._at.values() for span in spans for at in range(*span)}

    def of(self, stretch: Stretch) -> Said:
        """Say what is said of something."""
        force: Force = "must"
        if self._is_nice(stretch):
            force = "nice"
        if self._reached(stretch, self._at["not"]) is not None:
            force = "not"
        return Said(force, self._time(stretch) if stretch.kind in _IN_TIME else None)

    def _triggers(self, joined: Joined, role: str) -> list[tuple[int, int]]:
        found = joined.find(role)
        return [span for span in found if not self._taken & set(range(*span))]

    def _part(self, at: int) -> tuple[int, int]:
        """Return the part between marks in which a word stands."""
        first = at
        while first > 0 and not self._is_end(first - 1):
            first -= 1
        last = at
        while last < len(self._words) and not self._is_end(last):
            last += 1
        return first, last

    def _is_end(self, at: int) -> bool:
        return self._words[at].folded in _ENDS and at not in self._inside

    def _reached(
        self, stretch: Stretch, triggers: list[tuple[int, int]], *, is_loose: bool = False
    ) -> int | None:
        """Return the trigger before something, if only few words and what is asked lie between."""
        first, _ = self._part(stretch.first)
        for start, end in reversed(triggers):
            if not first <= start < stretch.first or end > stretch.first:
                continue
            between = [at for at in range(end, stretch.first) if at not in self._inside]
            turned = any(self._words[at].folded in _TURNS for at in between)
            plain = [at for at in between if self._words[at].folded not in _JOINERS]
            passed = _JOINERS | (any_of("stop") - _TURNS if is_loose else frozenset())
            listed = all(
                self._words[at].folded in passed or at in self._inside
                for at in range(self._first_after(end), stretch.first)
            )
            if not turned and len(plain) <= _GAP and listed:
                return start
            return None
        return None

    def _first_after(self, at: int) -> int:
        """Return where the first thing that is asked ends after a trigger."""
        later = [each for each in self._stretches if each.first >= at]
        return min(later, key=lambda each: each.first).first if later else at

    def _is_nice(self, stretch: Stretch) -> bool:
        first, last = self._part(stretch.first)
        for start, end in self._at["nice"]:
            if not first <= start <= last:
                continue
            said = " ".join(word.folded for word in self._words[start:end])
            follows = any(each.first >= end and each.first < last for each in self._stretches)
            if said in any_of("back") or not follows:
                if stretch.last <= start and self._joined_to(stretch, start):
                    return True
            elif stretch.first >= end:
                return True
        return self._opened(first, stretch)

    def _opened(self, first: int, stretch: Stretch) -> bool:
        """Say whether the part opens with a wish that a colon follows: «nice to have: X, Y»."""
        for start, end in self._at["nice"]:
            said = " ".join(word.folded for word in self._words[start:end])
            if said in any_of("back") and said != "nice to have":
                continue
            if end < len(self._words) and self._words[end].folded == ":" and end < stretch.first:
                between = (w.folded for w in self._words[end + 1 : stretch.first])
                if not any(mark in (".", ";", "\n") for mark in between) and start <= first:
                    return True
        return False

    def _joined_to(self, stretch: Stretch, start: int) -> bool:
        """Say whether something stands just before a place, or is joined by «and» to what does."""
        loose = 0
        for at in range(stretch.last, start):
            if at in self._inside or self._words[at].folded in _JOINERS:
                continue
            loose += 1
        others = [e for e in self._stretches if e.first >= stretch.last and e.last <= start]
        joined = all(self._is_joined(stretch.last, other.first) for other in others)
        return loose <= _GAP and joined

    def _is_joined(self, start: int, end: int) -> bool:
        return end - start <= 1 or any(
            self._words[at].folded in _JOINERS for at in range(start, end)
        )

    def _time(self, stretch: Stretch) -> bool | None:
        past = self._reached(stretch, self._at["past"], is_loose=True)
        now = self._reached(stretch, self._at["now"], is_loose=True)
        if past is not None or now is not None:
            return (past if past is not None else -1) > (now if now is not None else -1)
        first, last = self._part(stretch.first)
        after = any(stretch.last <= s < last and e >= last - 1 for s, e in self._at["past-after"])
        return True if after and first <= stretch.first else None


@cache
def small_words() -> frozenset[str]:
    """Return words that say nothing by themselves."""
    roles = ("stop", "experience", "year", "place", "near", "of", "must", "over", "speaks", "at")
    return frozenset(word for role in roles for said in any_of(role) for word in said.split())
