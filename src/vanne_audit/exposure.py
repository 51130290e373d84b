"""Exposure: how far a canary's secret stands out among other secrets of its kind.

After Carlini et al., The Secret Sharer (2019): with the rank r of the secret's likelihood among n
others, exposure = log2(n + 1) - log2(r), at most log2(n + 1) bits. Beyond that it is extrapolated,
as there, with a skew-normal distribution fitted to the others (by moments), at most log2 of the
number of all secrets. The secret was drawn like the others, so r / (n + 1) is an exact p value for
a model that never saw it; those of several canaries are combined by Fisher's method.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vanne_audit.canaries import SPACE
from vanne_audit.chance import combined
from vanne_audit.looks import MERGED, Look, stranger
from vanne_audit.membership import ALL_SHARDS
from vanne_audit.people import Person, Standing

Floats = NDArray[np.float64]


def exposure(likelihoods: Floats) -> dict[str, float]:
    """Return rank, bits and p of the secret, which is the first; the others are candidates."""
    secret, others = likelihoods[0], likelihoods[1:]
    above, ties = int((others > secret).sum()), int((others == secret).sum())
    rank = 1 + above + ties / 2
    return {
        "rank": rank,
        "of": len(likelihoods),
        "bits": round(math.log2(len(likelihoods) / rank), 3),
        "bits_fitted": round(fitted_bits(float(secret), others), 3),
        "p": (1 + above + ties) / len(likelihoods),
    }


def fitted_bits(secret: float, others: Floats) -> float:
    """Return -log2 of the chance that a skew-normal fitted to the others is above the secret."""
    spread = float(others.std())
    if spread == 0:
        return 0.0
    skew = float(np.clip((((others - others.mean()) / spread) ** 3).mean(), -0.99, 0.99))
    power = abs(skew) ** (2 / 3)
    delta = math.copysign(
        math.sqrt(math.pi / 2 * power / (power + ((4 - math.pi) / 2) ** (2 / 3))), skew
    )
    shape = delta / math.sqrt(1 - delta**2)
    scale = spread / math.sqrt(1 - 2 * delta**2 / math.pi)
    z = (secret - float(others.mean())) / scale + delta * math.sqrt(2 / math.pi)
    steps = np.linspace(max(z, -12.0), max(z, -12.0) + 24, 4801)
    density = np.exp(-(steps**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([math.erfc(-shape * step / math.sqrt(2)) for step in steps])
    tail = float(np.trapezoid(density * below, steps))
    return min(max(-math.log2(max(tail, 1e-300)), 0.0), math.log2(SPACE))


def exposures(
    people: Sequence[Person], likelihoods: Mapping[Look, Sequence[Floats | None]], shards: int
) -> list[dict[str, Any]]:
    """Return one row per canary: in their own shard's adapter, merged, and where never seen."""
    rows = []
    for number, person in enumerate(people):
        looks: dict[str, Look] = {
            "own": person.shard,
            "merged": MERGED,
            "unseen": stranger(person.shard, shards),
        }
        found = {name: likelihoods[look][number] for name, look in looks.items()}
        rows.append(
            {
                "canary": number,
                "standing": str(person.standing),
                "shard": person.shard,
                "slice": person.slice,
            }
            | {name: exposure(each) for name, each in found.items() if each is not None}
        )
    return rows


def exposed(rows: Sequence[Mapping[str, Any]], standing: Standing) -> list[dict[str, Any]]:
    """Return one row per view: the mean exposure of its canaries beside where they are unseen."""
    mine = [row for row in rows if row["standing"] == standing]
    views = [str(shard) for shard in sorted({row["shard"] for row in mine})]
    found = []
    for view in [*views, ALL_SHARDS, MERGED] if mine else []:
        some = [row for row in mine if view in (str(row["shard"]), ALL_SHARDS, MERGED)]
        name = "merged" if view == MERGED else "own"
        found.append(
            {
                "view": view,
                "standing": str(standing),
                "canaries": len(some),
                "bits": _mean(some, name),
                "bits_never_trained": _mean(some, "unseen"),
                "most": max(row[name]["bits"] for row in some),
                "p": combined([row[name]["p"] for row in some]),
            }
        )
    return found


def _mean(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return round(float(np.mean([row[name]["bits"] for row in rows])), 3)
