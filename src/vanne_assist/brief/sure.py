"""Say how sure it is that what was read is asked, by the words around it: learnt, not listed.

A brief also tells of the head office, the team and who went before, in more ways than a list holds.
A logistic regression weighs the signs of each thing that was read: the words before and after it in
its part of the sentence, the heading above, what the rules say. It was learnt of briefs of others
by `benchmarks/search/learn_forces.py`. A must of which it is not sure is a wish.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import exp

from vanne_assist.brief.criteria import Criterion, Force, Kind
from vanne_assist.brief.text import Word

_SENTENCE, _PART = frozenset(".;!?"), frozenset(".;!?,:()|•–—/")
_STEM, _NEAR, _HEAD, _FARTHEST = 5, 3, 3, 60
"""Letters of a word, words close by, words of a heading, words to the end of a sentence."""
SHORT = 25
"""Words from which a brief also tells what it does not ask."""
_MOST_SIZE, _STEP = 6, 25
"""Sizes are told in steps: a brief of 20 words is unlike one of 200."""
Roles = Callable[[str, int, int], bool]
"""Whether words of a role begin from one word on and before another."""
ROLES = ("not", "nice", "must", "past", "past-after", "now", "who-asks", "not-after")
SURE: dict[Force, float] = {"must": 0.65, "nice": 0.7}
"""From which probability a must stays one, and a wish becomes one."""
RANKS = frozenset({Kind.TITLE, Kind.WORDS})
"""Kinds that rank and keep nobody out: they stay what the rules say."""


def signs(
    text: str, words: Sequence[Word], places: Sequence[tuple[int, int]],
    criteria: Sequence[Criterion], has: Roles,
) -> Iterator[frozenset[str]]:  # fmt: skip
    """Yield the signs of each criterion, whose first and last words `places` tells."""
    near = _Around(text, words)
    counts, seen = Counter(each.kind for each in criteria), Counter[str]()
    long = min(_MOST_SIZE, len(words) // _STEP)
    for (first, last), each in zip(places, criteria, strict=True):
        kind, force, number = each.kind, each.force, min(2, seen[each.kind])
        seen[kind] += 1
        about = (f"{kind} {force}", f"{force} {long}", f"{force} {kind} {number}")
        several = f"several {kind} {min(4, counts[kind])}"
        capital = f"{'A' if words[first].is_capital else 'a'} {kind}"
        yield frozenset((*about, several, capital, *near.signs(first, last, kind, force, has)))


class _Around:
    """The words of a brief, as signs."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self._words = words
        self._stems = ["0" if word.folded[:1].isdigit() else word.folded[:_STEM] for word in words]
        self._lines = [0, *(
            at for at in range(1, len(words))
            if "\n" in text[words[at - 1].end : words[at].start]
        )]  # fmt: skip
        self._begins = frozenset(self._lines)
        self._heads = list(self._headings())

    def signs(self, first: int, last: int, kind: str, force: str, has: Roles) -> Iterator[str]:
        stems = self._stems
        start, end = self._bounds(first, last, _SENTENCE)
        since, until = self._bounds(first, last, _PART)
        before, after = stems[start:first], stems[last:end]
        yield from (f"< {stem}" for stem in stems[since:first])
        yield from (f"> {stem}" for stem in stems[last:until])
        yield from (f"<< {stem}" for stem in before[-_NEAR:])
        yield from (f">> {stem}" for stem in after[:_NEAR])
        yield from (f"= {stem}" for stem in stems[first:last])
        yield from (f"^ {stem}" for stem in stems[start : start + 2])
        yield from (f"- {stem}" for stem in stems[max(0, start - _HEAD) : start])
        yield from (f"# {stem}" for stem in self._heads[bisect_right(self._lines, start) - 1])
        beside = before[-1] if before else "^"
        yield from (f"<1 {beside}", f"{kind} {beside}", f">1 {after[0] if after else '$'}")
        yield f"{force} long {min(_MOST_SIZE, (end - start) // 4)}"
        yield f"from {min(_MOST_SIZE, first - since)}"
        yield f"to {min(_MOST_SIZE, until - last)}"
        for role in ROLES:
            yield from (f"{role} before" for _ in range(has(role, since, first)))
            yield from (f"{role} after" for _ in range(has(role, last, until + 1)))
            yield from (f"{role} near" for _ in range(has(role, start, end)))

    def _bounds(self, first: int, last: int, marks: frozenset[str]) -> tuple[int, int]:
        """Return where the part around some words begins and ends, from mark to mark or line."""
        words, start, end, begins = self._words, first, last, self._begins
        least, most = max(0, first - _FARTHEST), min(len(words), last + _FARTHEST)
        while start > least and start not in begins and words[start - 1].folded not in marks:
            start -= 1
        while end < most and end not in begins and words[end].folded not in marks:
            end += 1
        return start, end

    def _headings(self) -> Iterator[Sequence[str]]:
        """Yield for each line the last above that ends with a colon or has three words at most."""
        heading: Sequence[str] = ()
        for start, end in pairwise((*self._lines, len(self._words))):
            yield heading
            if end - start <= _HEAD or self._words[end - 1].folded == ":":
                heading = self._stems[start:end][-_FARTHEST:]


def firm(
    criteria: Sequence[Criterion], told: Iterable[frozenset[str]], said: Sequence[bool], size: int
) -> list[Force]:
    """Return the forces of criteria, given what the rules say and the signs around each.

    What is `said` in so many words («mandatory», «not needed») is no matter of signs.

    Nobody is asked for two lengths of experience: the surer one is the must. A telegram (`size`
    is its words) tells nothing but what it asks.
    """
    if size < SHORT:
        return [each.force for each in criteria]
    signs_ = list(told)
    forces = [
        each.force if is_said else _firm(each, some)
        for each, some, is_said in zip(criteria, signs_, said, strict=True)
    ]
    lengths = [
        at for at, each in enumerate(criteria)
        if each.kind is Kind.YEARS and each.value == "experience" and forces[at] == "must"
    ]  # fmt: skip
    for at in sorted(lengths, key=lambda at: -probability(signs_[at]))[1:]:
        forces[at] = "nice"
    return forces


def _firm(each: Criterion, told: frozenset[str]) -> Force:
    if each.force == "not" and each.kind is Kind.YEARS:
        return "nice"  # «no certificate, 3 to 6 years»
    if each.force == "not" or each.kind in RANKS:
        return each.force
    return "must" if probability(told) >= SURE[each.force] else "nice"


def probability(told: frozenset[str]) -> float:
    """Return how likely others would call something a must."""
    weights = learnt()
    total = weights[""] + sum(weights.get(sign, 0) for sign in told)
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


@cache
def learnt() -> dict[str, float]:
    """Return the weight of each sign; that of the empty sign is where they start."""
    lines = (files("vanne_assist.brief") / "sure.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return {sign: int(weight) / 100 for sign, weight in rows}
