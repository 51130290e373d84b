"""Name the occupations of ESCO that are nearest to a title, so that others can join what they know.

A title in any language of the encoder is compared with the centres of ESCO's occupations. No list
of names is needed, and none is shipped: of each occupation there is its number in ESCO and its
group in ISCO-08. How often the nearest is the right one is in docs/reference/search.md.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from vanne_assist.search.encoder import best, encode, fitted, shipped
from vanne_assist.titles import neutral

ESCO = "http://data.europa.eu/esco/occupation/"


@dataclass(frozen=True, slots=True)
class EscoOccupation:
    """An occupation by its address in ESCO and its group in ISCO-08, and its cosine."""

    esco: str
    isco: str
    likeness: float


@cache
def _known() -> tuple[list[str], list[str], npt.NDArray[np.float32]]:
    """Return the numbers, groups and centres of the occupations that have a number in ESCO."""
    concepts, groups = (shipped(name).astype(str) for name in ("concepts", "groups"))
    there = concepts != ""
    return concepts[there].tolist(), groups[there].tolist(), fitted().centres[there]


def occupations_near(title: str, lang: str | None = None, count: int = 5) -> list[EscoOccupation]:
    """Return the occupations that are nearest to a title, the nearest first.

    >>> occupations_near("infermiera")[0].isco  # nursing professionals
    '2221'
    """
    concepts, groups, centres = _known()
    (vector,) = fitted().white(encode([neutral(title, lang) or title]))
    near = centres @ vector
    return [
        EscoOccupation(ESCO + concepts[at], groups[at], round(float(near[at]), 4))
        for at in best(near, count).tolist()
    ]
