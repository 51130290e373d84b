"""How many shards a model needs, so that each night's leavers fit into the hours of a night.

With x leavers a shard since the last training, evenly spread over L slices that are trained one
after the other, the share of the model that is still clean is the mean over j = 1..L of
exp(-x j / L). What is not clean is what must be trained again: nothing else matters, neither the
number of members nor that of shards. More shards make a night cheaper and the model weaker, so the
fewest that fit are the right ones (`docs/benchmarks.md`, a year of opt-outs).
"""

from dataclasses import dataclass
from math import exp, inf, sqrt

from vanne.errors import InputError

NIGHT_HOURS = 4.0
MOST_SHARDS = 65_536
OF_OTHERS = 1.35
"""A leaver also is in items of other people, in other shards: by so much a night costs more."""
BAD_NIGHT = 3.0
"""Standard deviations above the mean: one night in 700 has more leavers (Poisson)."""
FIRST = 0.75
"""The share of the hours for the first training; the rest is for who leaves meanwhile."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """The fewest shards that fit: what a bad night then takes, in hours and of everything.

    `leavers_a_shard` is of a usual day. `fits` is false where no number of shards does.
    """

    shards: int
    slices: int
    full_hours: float
    night_hours: float
    share_trained: float
    leavers_a_shard: float
    fits: bool


def share_that_serves(leavers_a_shard: float, slices: int) -> float:
    """Return the share of a model that is clean after so many leavers a shard.

    >>> round(share_that_serves(0.1, 4), 3)
    0.94
    """
    return sum(exp(-leavers_a_shard * j / slices) for j in range(1, slices + 1)) / slices


def night(leavers: float, shards: int, slices: int) -> float:
    """Return what share of everything a night trains after so many leavers."""
    return min(1.0, OF_OTHERS * (1 - share_that_serves(leavers / shards, slices)))


def bad_night(leavers_a_day: float, shards: int, slices: int) -> float:
    """Return what share of everything a night trains that has many leavers.

    >>> [round(bad_night(37, shards, 4), 2) for shards in (4, 256)]
    [1.0, 0.17]
    """
    return night(leavers_a_day + BAD_NIGHT * sqrt(leavers_a_day), shards, slices)


def most_leavers(shards: int, slices: int, full_hours: float, hours: float) -> float:
    """Return with how many leavers a day a bad night just fits; infinity if everything fits.

    >>> most_leavers(4, 4, 2, 4)
    inf
    >>> round(most_leavers(256, 4, 25, 4))
    24
    """
    fits = FIRST * hours
    if full_hours <= fits:
        return inf
    low, high = 0.0, 1.0
    while bad_night(high, shards, slices) * full_hours <= fits:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        is_below = bad_night(middle, shards, slices) * full_hours <= fits
        low, high = (middle, high) if is_below else (low, middle)
    return low


def fewest_shards(
    leavers_a_day: float, full_hours: float, *, slices: int = 4, hours: float = NIGHT_HOURS
) -> Sizing:
    """Return the smallest power of two of shards with which even a bad night fits into some hours.

    `full_hours` is what a training of everything takes here. One shard is right where that fits.

    Raises:
        InputError: a number is not above zero.

    >>> [fewest_shards(37, hours).shards for hours in (2, 25)]
    [1, 512]
    """
    if min(leavers_a_day, full_hours, hours, slices) <= 0:
        raise InputError("leavers, hours and slices are numbers above 0")
    shards = 1
    while True:
        share = bad_night(leavers_a_day, shards, slices)
        night_hours, leavers = share * full_hours, leavers_a_day / shards
        fits = night_hours <= FIRST * hours
        if fits or shards >= MOST_SHARDS:
            return Sizing(shards, slices, full_hours, night_hours, share, leavers, fits)
        shards *= 2
