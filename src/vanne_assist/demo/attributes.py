"""Attributes of made-up people, for trying an audit: what real people would have to say themselves.

They lie in a table apart, as `vanne_assist.fairness.audit` reads it. A part of the people say
nothing, like people do.
"""

from collections.abc import Iterator
from datetime import datetime

from vanne.demo.dice import Dice
from vanne.demo.people import DemoPerson, person

_SILENT = 0.2
_BANDS = ((25, "under 25"), (35, "25 to 34"), (45, "35 to 44"), (55, "45 to 54"))


def attribute_rows(seed: int, members: int, as_of: datetime) -> Iterator[tuple[str, str, str]]:
    """Yield who says what: member id, attribute, value."""
    for number in range(1, members + 1):
        each = person("network", seed, number, as_of)
        for attribute, value in _of(each, as_of):
            if not Dice(*each.seed, "attribute", attribute).chance(_SILENT):
                yield each.member_id, attribute, value


def _of(each: DemoPerson, as_of: datetime) -> Iterator[tuple[str, str]]:
    yield "sex", "women" if each.is_woman else "men"
    age = each.age(as_of.date())
    yield "age", next((band for limit, band in _BANDS if age < limit), "55 and over")
    yield "names", each.home.names
