"""Differential privacy for members: what a model may show of anybody is bounded (DP-SGD).

Each step draws members, each with the chance `drawn` and independently of the others (Abadi et al.,
2016, arXiv 1607.00133; per person: McMahan et al., 2018, arXiv 1710.06963). The gradient of all
that a member wrote into the slice is cut to the norm `clip`, the gradients are added up, and
Gaussian noise of `noise * clip` goes on top. A member is in two slices at most: their own, and the
last one of their shard, with what others can take out too.

Draws and noise are derived from a secret of the slice, which depends on the salt of the store and
on all that the slice's name does. So training it again gives the same bits, and forgetting stays
exact. With other texts in it draws and noise are others: two versions never share noise, which
their difference would else take away. Whoever knows the salt can take the noise away.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vanne.train.digests import digest

if TYPE_CHECKING:
    from vanne.train.settings import TrainingSettings
    from vanne.train.tokens import Example

_ORDERS = (*range(2, 64), 64, 80, 96, 128, 192, 256, 384, 512)


def steps_in(settings: "TrainingSettings") -> int:
    """Return how many steps a slice makes, so that each text is read `epochs` times on average."""
    return math.ceil(settings.epochs / settings.drawn)


def epsilon_of(settings: "TrainingSettings") -> float:
    """Return the epsilon of one version of a model, at the settings' delta; infinity without noise.

    By Rényi divergences of whole orders, whose formula is exact (Mironov, Talwar and Zhang, 2019,
    arXiv 1908.10530, 3.3), and from there by Canonne, Kamath and Steinke (2020, arXiv 2004.00010,
    proposition 12): an upper bound.
    """
    noise, drawn, delta = settings.noise, settings.drawn, settings.delta
    if noise is None:
        return math.inf
    steps = steps_in(settings) * min(2, settings.slices)
    bounds: Iterator[float] = (
        steps * _divergence(noise, drawn, order)
        + math.log1p(-1 / order)
        - math.log(delta * order) / (order - 1)
        for order in _ORDERS
    )
    return max(0.0, min(bounds))


def _divergence(noise: float, drawn: float, order: int) -> float:
    """Return the Rényi divergence of one step at a whole order."""
    if drawn == 1:
        return order / (2 * noise * noise)
    terms = [
        math.lgamma(order + 1)
        - math.lgamma(k + 1)
        - math.lgamma(order - k + 1)
        + k * math.log(drawn)
        + (order - k) * math.log1p(-drawn)
        + k * (k - 1) / (2 * noise * noise)
        for k in range(order + 1)
    ]
    most = max(terms)
    return (most + math.log(sum(math.exp(term - most) for term in terms))) / (order - 1)


def facts_of(settings: "TrainingSettings") -> dict[str, Any]:
    """Return what is promised of one version, for a certificate and a model card."""
    return {
        "unit": "member",
        "epsilon": math.ceil(epsilon_of(settings) * 1000) / 1000,
        "delta": settings.delta,
    }


def draws(examples: Sequence["Example"], settings: "TrainingSettings") -> list[list["Example"]]:
    """Return whom each step of a slice reads; perhaps nobody."""
    limit = int(settings.drawn * 2**64)
    ordered = sorted(examples, key=lambda row: (row.member, row.id))
    return [
        [row for row in ordered if int(digest(row.member, step)[:16], 16) < limit]
        for step in range(steps_in(settings))
    ]


def by_member(batch: Sequence["Example"]) -> list[list["Example"]]:
    """Return the texts of each member of a batch."""
    found = defaultdict(list)
    for row in batch:
        found[row.member].append(row)
    return list(found.values())


def noise_on(
    learnt: Mapping[str, Any], settings: "TrainingSettings", secret: str, step: int
) -> dict[Any, Any]:
    """Return the noise of a step for each parameter that learns, by the parameter."""
    assert settings.noise
    size = settings.noise * settings.clip
    return {
        each: size * gaussian(secret, step, name, each.shape).to(each.device)
        for name, each in learnt.items()
    }


def gaussian(secret: str, step: int, name: str, shape: Sequence[int]) -> Any:
    """Return a tensor of normal numbers, derived from a secret: the same on each run.

    52 bits of SHAKE-256 for each, through the inverse of the normal distribution.
    """
    import numpy as np
    import torch

    count = math.prod(shape)
    stream = hashlib.shake_256(digest("vanne/gaussian/1", secret, step, name).encode())
    bits = np.frombuffer(stream.digest(8 * count), "<u8") >> np.uint64(12)
    uniform = (bits.astype(np.float64) + 0.5) / 2**52
    return torch.special.ndtri(torch.from_numpy(uniform)).float().reshape(tuple(shape))
