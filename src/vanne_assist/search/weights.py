"""Weights of kinds of criteria, which a recruiter's opinions make, and what they add to a score.

The share of the asked criteria that somebody meets, by kind and weight, is added to their score.
With every weight at 1 nothing is reordered.
"""

from collections.abc import Mapping, Sequence

from vanne_assist.brief.criteria import Judgement, Kind
from vanne_assist.brief.judge import decisive

SHARE = 0.5
"""What the criteria that somebody meets can add at a weight of 2: as much as a half of meaning."""

_MET = {"met": 1.0, "partly": 0.5, "unknown": 0.25, "not-met": 0.0}
Weights = Mapping[Kind, float]


def added(judgements: Sequence[Judgement], by: Weights) -> float:
    """Return what the weights add to somebody's score.

    Nothing where no kind weighs more than 1, or none of those that do was asked.
    """
    asked = [each for each in decisive(judgements) if each.criterion.force != "not"]
    if not asked:
        return 0.0
    more = (_MET[each.state] * (by.get(each.criterion.kind, 1.0) - 1.0) for each in asked)
    return SHARE * sum(more) / len(asked)
