"""Redact columns of texts: RE2 finds the few that hint at something, the exact rules read those."""

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from vanne.screening.hints import ODD, hints, spark
from vanne.screening.kinds import KINDS
from vanne.screening.screen import found_in, replaced

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1 << 18
"""How many texts are best screened at once: RE2 needs some 50 ms to know its way in a column."""


def redact_column(
    texts: "pa.Array", kinds: Collection[str] = KINDS
) -> "tuple[pa.Array, Counter[str]]":
    """Return a column of texts with placeholders, and how many there are of each kind.

    What `redact` gives for each text; null stays null.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    counts: Counter[str] = Counter()
    rows = _holding(texts, spark()) if kinds else pa.array([], pa.uint64())
    some = texts.take(rows)
    mask, given = np.zeros(len(texts), np.bool_), []
    for row, text, looked_for in zip(
        rows.to_pylist(), some.to_pylist(), _hinted(some), strict=True
    ):
        if looked_for and (spans := found_in(text, looked_for, kinds)):
            new, found = replaced(text, spans)
            counts.update(found)
            given.append(new)
            mask[row] = True
    if not given:
        return texts, counts
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(given, texts.type)), counts


def _hinted(texts: "pa.Array") -> list[tuple[str, ...]]:
    """Return the kinds that each text hints at."""
    found: list[tuple[str, ...]] = [()] * len(texts)
    for kinds, pattern in (*hints().items(), (KINDS, ODD)):
        for row in _holding(texts, pattern).to_pylist():
            found[row] += kinds
    return found


def _holding(texts: "pa.Array", pattern: str) -> "pa.UInt64Array":
    """Return at which places the texts are that hold a pattern."""
    import pyarrow.compute as pc

    return pc.indices_nonzero(pc.match_substring_regex(texts, pattern).fill_null(False))


class Screening:
    """Counts what is taken out of texts that come one by one: many are screened at once."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = kinds
        self._texts: list[str] = []
        self._size = 0
        self._counts: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Take one more text."""
        self._texts.append(text)
        self._size += len(text)
        if self._size > _MOST_LETTERS:
            self._screen()

    def counts(self) -> Counter[str]:
        """Return how often each kind was in the texts so far."""
        self._screen()
        return self._counts

    def _screen(self) -> None:
        import pyarrow as pa

        self._counts.update(redact_column(pa.array(self._texts, pa.large_string()), self._kinds)[1])
        self._texts, self._size = [], 0


_MOST_LETTERS = 2 << 20
