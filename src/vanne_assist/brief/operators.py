"""What is said of each criterion: must, nice or not; past or now; an alternative of another.

The words that say so have a reach, to the next comma at most. «Not», «formerly», «now» reach over
what is listed after them; «ideally» to the end of its part; «a plus», «von Vorteil», «un atout»
reach back to what stands just before, and to what «and» or «or» joins to it.

What is listed with an «or» in it is an alternative («Java, Kotlin or Scala»), and so are titles and
places that are listed at all: nobody lives in two towns. «Java and Kotlin» are both asked.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, pairwise

from vanne_assist.brief.criteria import Force, Kind
from vanne_assist.brief.phrases import FoldedLine, any_of
from vanne_assist.brief.text import Word

_ENDS = frozenset(",;.()!?|•/:\n")
_JOINERS = frozenset(
    {"and", "or", "et", "ou", "und", "oder", "e", "o", "ed", "ni", "sowie", "&", "y"}
)
_TURNS = frozenset({"but", "mais", "aber", "sondern", "ma", "bensi", "who", "qui", "che"})
_GAP = 4
"""So many words that ask nothing may stand between: «ideally with some experience in»."""
_FARTHEST = 80
"""So many words at most lie between what says so and what it is said of."""


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """Something that is asked, by its words."""

    kind: Kind
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Operators:
    """What is said of a span."""

    force: Force
    is_past: bool | None


_IN_TIME = frozenset({Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY})


class Reach:
    """The triggers of a brief, and what they reach."""

    def __init__(self, words: Sequence[Word], spans: Sequence[AskedSpan], taken: set[int]) -> None:
        self._words = words
        self._firsts = sorted(each.first for each in spans)
        self._inside = {at for each in spans for at in range(each.first, each.last)}
        line = FoldedLine.of(words)
        roles = ("not", "nice", "past", "past-after", "now")
        self._at = {
            role: [each for each in line.find(role) if not taken & set(range(*each))]
            for role in roles
        }
        self._ends = [
            at for at, word in enumerate(words) if word.folded in _ENDS and at not in self._inside
        ]
        self._stops = [at for at, word in enumerate(words) if word.folded in (".", ";", "\n")]
        self._openers = [each for each in self._at["nice"] if self._opens(*each)]

    @property
    def used(self) -> set[int]:
        """The words of all triggers."""
        return {at for spans in self._at.values() for span in spans for at in range(*span)}

    def of(self, asked: AskedSpan) -> Operators:
        """Say what is said of something."""
        force: Force = "must"
        if self._is_nice(asked):
            force = "nice"
        if self._reached(asked, "not") is not None:
            force = "not"
        return Operators(force, self._time(asked) if asked.kind in _IN_TIME else None)

    def _part(self, at: int) -> tuple[int, int]:
        """Return the part between marks in which a word stands."""
        place = bisect_left(self._ends, at)
        first = self._ends[place - 1] + 1 if place else 0
        return first, self._ends[place] if place < len(self._ends) else len(self._words)

    def _from_to(self, role: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return the triggers that begin from one word on and before another."""
        triggers = self._at[role]
        return triggers[bisect_left(triggers, (first, 0)) : bisect_left(triggers, (last, 0))]

    def _reached(self, asked: AskedSpan, role: str, *, is_loose: bool = False) -> int | None:
        """Return the trigger before something, if only few words and what is asked lie between."""
        first, _ = self._part(asked.first)
        from_ = max(first, asked.first - _FARTHEST)
        for start, end in reversed(self._from_to(role, from_, asked.first)):
            if end > asked.first:
                continue
            between = [at for at in range(end, asked.first) if at not in self._inside]
            turned = any(self._words[at].folded in _TURNS for at in between)
            plain = [at for at in between if self._words[at].folded not in _JOINERS]
            passed = _JOINERS | (any_of("stop") - _TURNS if is_loose else frozenset())
            listed = all(
                self._words[at].folded in passed or at in self._inside
                for at in range(self._first_after(end) or end, asked.first)
            )
            return start if not turned and len(plain) <= _GAP and listed else None
        return None

    def _first_after(self, at: int) -> int | None:
        """Return where the first thing begins that is asked after a word."""
        place = bisect_left(self._firsts, at)
        return self._firsts[place] if place < len(self._firsts) else None

    def _is_nice(self, asked: AskedSpan) -> bool:
        first, last = self._part(asked.first)
        from_ = max(first, asked.first - _FARTHEST)
        for start, end in self._from_to("nice", from_, min(last, asked.last + _FARTHEST) + 1):
            said = " ".join(word.folded for word in self._words[start:end])
            following = self._first_after(end)
            if said in any_of("back") or following is None or following >= last:
                if asked.last <= start and self._joined_to(asked, start):
                    return True
            elif asked.first >= end:
                return True
        return self._opened(first, asked)

    def _opens(self, start: int, end: int) -> bool:
        """Say whether a colon follows a wish: «nice to have: X, Y»."""
        said = " ".join(word.folded for word in self._words[start:end])
        is_back = said in any_of("back") and said != "nice to have"
        return not is_back and end < len(self._words) and self._words[end].folded == ":"

    def _opened(self, first: int, asked: AskedSpan) -> bool:
        """Say whether a wish with a colon opens the sentence in which something stands."""
        stop = bisect_left(self._stops, asked.first)
        since = self._stops[stop - 1] if stop else 0
        place = bisect_left(self._openers, since, key=lambda opener: opener[1])
        start, end = (
            self._openers[place] if place < len(self._openers) else (first, len(self._words))
        )
        return start <= first and end < asked.first

    def _joined_to(self, asked: AskedSpan, start: int) -> bool:
        """Say whether something stands just before a place, or is joined by «and» to what does."""
        between = range(asked.last, start)
        joiners = [at for at in between if self._words[at].folded in _JOINERS]
        loose = [at for at in between if at not in self._inside and at not in joiners]
        others = self._firsts[
            bisect_left(self._firsts, asked.last) : bisect_left(self._firsts, start)
        ]
        is_joined = all(
            other <= asked.last + 1 or (joiners and joiners[0] < other) for other in others
        )
        return len(loose) <= _GAP and is_joined

    def _time(self, asked: AskedSpan) -> bool | None:
        past = self._reached(asked, "past", is_loose=True)
        now = self._reached(asked, "now", is_loose=True)
        if past is not None or now is not None:
            return (past if past is not None else -1) > (now if now is not None else -1)
        first, last = self._part(asked.first)
        later = self._from_to("past-after", max(asked.last, last - _FARTHEST), last)
        after = any(end >= last - 1 for _, end in later)
        return True if after and first <= asked.first else None


@cache
def small_words() -> frozenset[str]:
    """Return words that say nothing by themselves."""
    roles = ("stop", "experience", "year", "place", "near", "of", "must", "over", "speaks", "at")
    return frozenset(word for role in roles for said in any_of(role) for word in said.split())


_OR = frozenset({"or", "ou", "oder", "o", "bzw", "resp", "respectively", "respektive"})
_AND = frozenset({"and", "et", "und", "e", "ed", "&", "sowie"})
_MARKS = frozenset({",", "/", "."})
_ONE_AT_A_TIME = frozenset({Kind.TITLE, Kind.PLACE})
_LISTED_KINDS = _ONE_AT_A_TIME | {
    Kind.SKILL,
    Kind.LANGUAGE,
    Kind.INDUSTRY,
    Kind.EDUCATION,
    Kind.COMPANY,
}


def alternatives_in(words: Sequence[Word], spans: Sequence[AskedSpan]) -> list[int | None]:
    """Return for each asked the number of the alternatives it belongs to, None for none."""
    found: list[int | None] = [None] * len(spans)
    numbers = count()
    for kind in Kind:
        places = [
            at for at, each in enumerate(spans) if each.kind is kind and kind in _LISTED_KINDS
        ]
        places.sort(key=lambda at: spans[at].first)
        for run in _runs(words, spans, places):
            number = next(numbers)
            for at in run:
                found[at] = number
    return found


def _runs(
    words: Sequence[Word], spans: Sequence[AskedSpan], places: Sequence[int]
) -> list[list[int]]:
    """Return the lists among spans of one kind whose members are alternatives."""
    runs: list[list[int]] = []
    run, is_or = list(places[:1]), False
    for before, at in pairwise(places):
        link = _link(words, spans[before], spans[at])
        if link is None:
            runs += [[*run]] if is_or else []
            run, is_or = [at], False
        else:
            run.append(at)
            is_or = is_or or link
    return runs + ([[*run]] if is_or else [])


def _link(words: Sequence[Word], before: AskedSpan, after: AskedSpan) -> bool | None:
    """Say whether what stands between two makes alternatives of them; None if it joins them not."""
    if after.first < before.last:
        return None
    between = {word.folded for word in words[before.last : after.first]}
    joins = between & (_OR | _AND | _MARKS)
    if not joins or joins == {"."} or between - joins - small_words():
        return None
    is_one = before.kind in _ONE_AT_A_TIME
    return bool(joins & _OR) or is_one
