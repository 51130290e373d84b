"""Counting rows by their keys, in a table that grows."""

import random
from collections import Counter

from vanne.sources.archives import RowCounter

MANY = 60_000
"""So many that every part of the table grew several times."""


def test_counts_are_right_while_the_table_grows() -> None:
    dice, tally, counts = random.Random(1), RowCounter(), Counter[str]()
    keys = [f"{dice.getrandbits(64):016x}" for _ in range(MANY)]
    for key in (*keys, *keys[::50], *keys[::500]):
        counts[key] += 1
        assert tally.add(key) == counts[key]
    assert all(tally[key] == count for key, count in counts.items())
    assert not any(tally[f"{dice.getrandbits(64):016x}"] for _ in range(10_000))
