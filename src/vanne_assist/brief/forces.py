"""Tells whether something must, would better or must not be; and whether it is past or present.

What says so has a reach, to the next comma at most. «Not», «formerly», «now» reach over what is
listed after them; «ideally» to the end of its part; «a plus», «von Vorteil», «un atout» reach
back to what stands just before, and to what is joined to it by «and» or «or».
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief.criteria import Force, Kind
from vanne_assist.brief.grammar import any_of
from vanne_assist.brief.joined import Joined
from vanne_assist.brief.text import Word

_ENDS = frozenset(",;.()!?|•/:\n")
_JOINERS = frozenset(
    {"and", "or", "et", "ou", "und", "oder", "e", "o", "ed", "ni", "sowie", "&", "y"}
)
_TURNS = frozenset({"but", "mais", "aber", "sondern", "ma", "bensi", "who", "qui", "che"})
_GAP = 4
_FARTHEST = 80
"""So many words at most lie between what says so and what it is said of."""


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
        self._firsts = sorted(each.first for each in stretches)
        self._inside = {at for each in stretches for at in range(each.first, each.last)}
        self._taken = taken
        joined = Joined.of(words)
        roles = ("not", "nice", "past", "past-after", "now")
        self._at = {role: self._triggers(joined, role) for role in roles}
        self._ends = [at for at in range(len(words)) if self._is_end(at)]
        self._stops = [at for at, word in enumerate(words) if word.folded in (".", ";", "\n")]
        self._openers = [each for each in self._at["nice"] if self._opens(*each)]

    @property
    def used(self) -> set[int]:
        """The words of all triggers."""
        return {at for spans in self._at.values() for span in spans for at in range(*span)}

    def of(self, stretch: Stretch) -> Said:
        """Say what is said of something."""
        force: Force = "must"
        if self._is_nice(stretch):
            force = "nice"
        if self._reached(stretch, "not") is not None:
            force = "not"
        return Said(force, self._time(stretch) if stretch.kind in _IN_TIME else None)

    def _triggers(self, joined: Joined, role: str) -> list[tuple[int, int]]:
        found = joined.find(role)
        return [span for span in found if not self._taken & set(range(*span))]

    def _part(self, at: int) -> tuple[int, int]:
        """Return the part between marks in which a word stands."""
        place = bisect_left(self._ends, at)
        first = self._ends[place - 1] + 1 if place else 0
        return first, self._ends[place] if place < len(self._ends) else len(self._words)

    def _from_to(self, role: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return the triggers that begin from one word on and before another."""
        triggers = self._at[role]
        return triggers[bisect_left(triggers, (first, 0)) : bisect_left(triggers, (last, 0))]

    def _is_end(self, at: int) -> bool:
        return self._words[at].folded in _ENDS and at not in self._inside

    def _reached(self, stretch: Stretch, role: str, *, is_loose: bool = False) -> int | None:
        """Return the trigger before something, if only few words and what is asked lie between."""
        first, _ = self._part(stretch.first)
        from_ = max(first, stretch.first - _FARTHEST)
        for start, end in reversed(self._from_to(role, from_, stretch.first)):
            if end > stretch.first:
                continue
            between = [at for at in range(end, stretch.first) if at not in self._inside]
            turned = any(self._words[at].folded in _TURNS for at in between)
            plain = [at for at in between if self._words[at].folded not in _JOINERS]
            passed = _JOINERS | (any_of("stop") - _TURNS if is_loose else frozenset())
            listed = all(
                self._words[at].folded in passed or at in self._inside
                for at in range(self._first_after(end) or end, stretch.first)
            )
            return start if not turned and len(plain) <= _GAP and listed else None
        return None

    def _first_after(self, at: int) -> int | None:
        """Return where the first thing begins that is asked after a word."""
        place = bisect_left(self._firsts, at)
        return self._firsts[place] if place < len(self._firsts) else None

    def _is_nice(self, stretch: Stretch) -> bool:
        first, last = self._part(stretch.first)
        from_ = max(first, stretch.first - _FARTHEST)
        for start, end in self._from_to("nice", from_, min(last, stretch.last + _FARTHEST) + 1):
            said = " ".join(word.folded for word in self._words[start:end])
            following = self._first_after(end)
            if said in any_of("back") or following is None or following >= last:
                if stretch.last <= start and self._joined_to(stretch, start):
                    return True
            elif stretch.first >= end:
                return True
        return self._opened(first, stretch)

    def _opens(self, start: int, end: int) -> bool:
        """Say whether a colon follows a wish: «nice to have: X, Y»."""
        said = " ".join(word.folded for word in self._words[start:end])
        is_back = said in any_of("back") and said != "nice to have"
        return not is_back and end < len(self._words) and self._words[end].folded == ":"

    def _opened(self, first: int, stretch: Stretch) -> bool:
        """Say whether a wish with a colon opens the sentence in which something stands."""
        stop = bisect_left(self._stops, stretch.first)
        since = self._stops[stop - 1] if stop else 0
        place = bisect_left(self._openers, since, key=lambda opener: opener[1])
        start, end = (
            self._openers[place] if place < len(self._openers) else (first, len(self._words))
        )
        return start <= first and end < stretch.first

    def _joined_to(self, stretch: Stretch, start: int) -> bool:
        """Say whether something stands just before a place, or is joined by «and» to what does."""
        between = range(stretch.last, start)
        joiners = [at for at in between if self._words[at].folded in _JOINERS]
        loose = [at for at in between if at not in self._inside and at not in joiners]
        others = self._firsts[
            bisect_left(self._firsts, stretch.last) : bisect_left(self._firsts, start)
        ]
        is_joined = all(
            other <= stretch.last + 1 or (joiners and joiners[0] < other) for other in others
        )
        return len(loose) <= _GAP and is_joined

    def _time(self, stretch: Stretch) -> bool | None:
        past = self._reached(stretch, "past", is_loose=True)
        now = self._reached(stretch, "now", is_loose=True)
        if past is not None or now is not None:
            return (past if past is not None else -1) > (now if now is not None else -1)
        first, last = self._part(stretch.first)
        later = self._from_to("past-after", max(stretch.last, last - _FARTHEST), last)
        after = any(end >= last - 1 for _, end in later)
        return True if after and first <= stretch.first else None


@cache
def small_words() -> frozenset[str]:
    """Return words that say nothing by themselves."""
    roles = ("stop", "experience", "year", "place", "near", "of", "must", "over", "speaks", "at")
    return frozenset(word for role in roles for said in any_of(role) for word in said.split())
