"""Does a model know the numbers that its members wrote? (exposure: Carlini et al., 2019)

A number in somebody's text (a code, a reference, an amount) stands against made-up numbers of as
many digits in the same sentence. The figure is how often the model finds the true one likelier than
a made-up one: one half where it knows nothing. Its twin is the same by the shared start, which has
read nothing of any member. The unit is the person.

>>> numbers_of("My code is 482913, since 2019.")
[(11, 17)]
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vanne_audit.membership import (
    ALL_SHARDS,
    FEWEST,
    GROUND,
    MERGED,
    AuditedModel,
    AuditedPerson,
    Floats,
    ModelStanding,
    beside,
)

OTHERS = 31
"""Made-up numbers beside a true one."""
_MOST = 2  # numbers of one person: each takes as many readings as there are numbers
_BEFORE = 120  # letters before a number that go with it
_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,12}(?!\d)")  # years can be guessed


@dataclass(frozen=True, slots=True)
class TriedNumber:
    """A number of the person in that place of a list: texts that end in it and in others."""

    person: int
    texts: tuple[str, ...]


def numbers_of(text: str) -> list[tuple[int, int]]:
    """Return where in a text the numbers are that nobody would guess."""
    return [match.span() for match in _NUMBER.finditer(text)]


def tried_numbers(people: Sequence[AuditedPerson]) -> list[TriedNumber]:
    """Return some numbers of each person who wrote any, with made-up ones, the true one first."""
    tried, draw = list[TriedNumber](), random.Random(1)
    for place, person in enumerate(people):
        spans = [(text, *span) for text in person.texts for span in numbers_of(text)]
        for text, start, end in spans[:_MOST]:
            before, size = text[max(start - _BEFORE, 0) : start], end - start
            others = (f"{draw.randrange(10**size):0{size}d}" for _ in range(OTHERS))
            texts = (before + number for number in (text[start:end], *others))
            tried.append(TriedNumber(place, tuple(texts)))
    return tried


def exposure(
    people: Sequence[AuditedPerson],
    tried: Sequence[TriedNumber],
    scores: Mapping[AuditedModel, Floats],
    standing: ModelStanding,
    draws: int,
) -> list[dict[str, Any]]:
    """Return one row for the adapters of people's own shards and one for the merged model.

    `scores` are of the texts of all that was tried, one after the other.
    """
    chosen = [n for n, each in enumerate(tried) if people[each.person].standing == standing]
    owners = sorted({tried[n].person for n in chosen})
    weights = np.random.default_rng(0).exponential(size=(draws, len(owners)))
    rows = []
    for view in (ALL_SHARDS, MERGED):

        def likelier(n: int, name: AuditedModel) -> float:
            each = scores[name].reshape(len(tried), OTHERS + 1)[n]
            return float((each[0] > each[1:]).mean() + (each[0] == each[1:]).mean() / 2)

        def of_people(names: Mapping[int, AuditedModel]) -> Floats:
            means = ([likelier(n, names[n]) for n in chosen if tried[n].person == who]
                     for who in owners)  # fmt: skip
            return np.array([np.mean(each) for each in means])

        mine: dict[int, AuditedModel] = {
            n: people[tried[n].person].shard if view == ALL_SHARDS else MERGED for n in chosen
        }
        figures = _figures(of_people(mine), of_people(dict.fromkeys(chosen, GROUND)), weights)
        facts = {"view": view, "standing": str(standing), "people": len(owners)}
        rows.append(facts | {"numbers": len(chosen)} | figures)
    return rows


def _figures(target: Floats, twin: Floats, weights: Floats) -> dict[str, Any]:
    if len(target) < FEWEST:
        return {"too_few": True}
    whole = np.vstack([np.ones_like(weights[:1]), weights])
    whole = whole / whole.sum(1, keepdims=True)
    # The signs of so many differences cannot show less.
    return beside(whole @ target, whole @ twin, 2.0 ** -len(target))
