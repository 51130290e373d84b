"""Would the search find the same people if a title, a name or a pronoun were of the other gender?

In a brief: «Verkäufer» for «Verkäuferin» and back; the two lists of results are compared. In the
profiles: an index made of profiles with everything swapped must rank the same people. What is
swapped are pairs in data files, and each language is swapped by its own. The figure is the overlap
of two lists: how many people are in both, of the longer one. At least 0.99 is asked of titles.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Find = Callable[[str, int], Sequence[str]]
"""A search: a brief and how many are wanted, to member ids, the best first."""
What = Literal["titles", "names", "pronouns"]
ALL: tuple[What, ...] = ("titles", "names", "pronouns")
GOAL = 0.99
LANGUAGES = ("fr", "en", "de", "it")


@dataclass(frozen=True, slots=True)
class Difference:
    """A brief and its swapped form, and how much of the lists is the same."""

    brief: str
    swapped: str
    overlap: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a test over many briefs; `worst` are those with the least overlap, at most ten.

    `empty` is how many briefs found nobody either way: they show nothing and are not in the mean.
    """

    lang: str
    briefs: int
    empty: int
    overlap: float | None
    same_order: float | None
    worst: tuple[Difference, ...]

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if nothing was found to compare."""
        return None if self.overlap is None else self.overlap >= GOAL


@cache
def pairs(lang: str, what: What) -> tuple[tuple[str, str], ...]:
    """Return what is swapped with what."""
    source = files("vanne_assist.fairness") / "pairs" / f"{lang}.toml"
    return tuple((one, other) for one, other in tomllib.loads(source.read_text("utf-8"))[what])


def swap(text: str, lang: str, what: Iterable[What] = ALL) -> str:
    """Return a text with each word of a pair replaced by the other one, in the same case.

    >>> swap("Sie sucht einen Verkäufer: VERKÄUFER in Bern", "de", ["titles"])
    'Sie sucht einen Verkäuferin: VERKÄUFERIN in Bern'
    """
    pattern, other = _swaps(lang, tuple(what))
    return pattern.sub(lambda match: _cased(other[match[0].casefold()], match[0]), text)


@cache
def _swaps(lang: str, what: tuple[What, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    other: dict[str, str] = {}
    for kind in what:
        for one, two in pairs(lang, kind):
            other.setdefault(one.casefold(), two)
            other.setdefault(two.casefold(), one)
    words = "|".join(re.escape(word) for word in sorted(other, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), other


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word[:1].lower() + word[1:]


def title_briefs(lang: str) -> list[tuple[str, str]]:
    """Return the titles of a language as briefs, each with its other form."""
    return list(pairs(lang, "titles"))


def compare(
    find: Find,
    briefs: Sequence[tuple[str, str]],
    lang: str,
    *,
    count: int = 10,
    other: Find | None = None,
) -> Comparison:
    """Compare what is found for each brief and for its other form (in another index, if given)."""
    found, orders, empty = [], [], 0
    for brief, swapped in briefs:
        one, two = list(find(brief, count)), list((other or find)(swapped, count))
        if not one and not two:
            empty += 1
            continue
        found.append(Difference(brief, swapped, overlap(one, two)))
        orders.append(one == two)
    worst = sorted((each for each in found if each.overlap < 1), key=lambda each: each.overlap)
    return Comparison(
        lang=lang,
        briefs=len(briefs),
        empty=empty,
        overlap=sum(each.overlap for each in found) / len(found) if found else None,
        same_order=sum(orders) / len(orders) if orders else None,
        worst=tuple(worst[:10]),
    )


def overlap(one: Sequence[str], two: Sequence[str]) -> float:
    """Return how many are in both lists, as a share of the longer.

    >>> overlap(["a", "b"], ["b", "c"]), overlap([], [])
    (0.5, 1.0)
    """
    return len({*one} & {*two}) / max(len(one), len(two)) if one or two else 1.0
