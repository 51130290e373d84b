"""Redact columns of texts: RE2 selects the few with a hint, and the exact rules read those.

The matches come back as places in the column, which hold no text. So they can be stored, and
redacting the column again costs hardly more than copying it.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.screening.kinds import KINDS, known, placeholder
from vanne.screening.screen import ODD, SPARK, find, found_in, guards

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1 << 18
"""How many texts are best screened at once: RE2 needs some 50 ms to know its way in a column."""
_PLACEHOLDERS = tuple(placeholder(kind).encode() for kind in KINDS)


@dataclass(frozen=True, slots=True)
class MarkedPlaces:
    """Where things stand in a column of texts, in its order: arrays of one length.

    `rows` and `starts` and `ends` (int64; in bytes of UTF-8 from where the text begins), and
    `kinds` (uint8), which are places in `KINDS`.
    """

    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]

    @classmethod
    def joined(cls, parts: "Iterable[MarkedPlaces]", sizes: Iterable[int]) -> "MarkedPlaces":
        """Return those of columns one after the other; `sizes` says how long each is."""
        moved, first = [_NOWHERE], 0
        for each, size in zip(parts, sizes, strict=True):
            moved.append(replace(each, rows=each.rows + first))
            first += size
        return cls(
            *(
                np.concatenate([getattr(each, field.name) for each in moved])
                for field in fields(cls)
            )
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> "MarkedPlaces":
        """Return some of them."""
        return MarkedPlaces(self.rows[mask], self.starts[mask], self.ends[mask], self.kinds[mask])

    def of(self, kinds: Collection[str]) -> "MarkedPlaces":
        """Return those of these kinds."""
        return self.where(np.isin(self.kinds, [KINDS.index(kind) for kind in known(kinds)]))

    def between(self, first: int, last: int) -> "MarkedPlaces":
        """Return those of a slice of the column, as its own."""
        low, high = np.searchsorted(self.rows, (first, last)).tolist()
        inside = slice(low, high)
        return MarkedPlaces(
            self.rows[inside] - first, self.starts[inside], self.ends[inside], self.kinds[inside]
        )

    def counts(self) -> Counter[str]:
        """Return how many there are of each kind."""
        many = np.bincount(self.kinds, minlength=len(KINDS)).tolist()
        return Counter({kind: count for kind, count in zip(KINDS, many, strict=True) if count})


_NOWHERE = MarkedPlaces(*(np.zeros(0, np.int64),) * 3, np.zeros(0, np.uint8))


def places_in(texts: "pa.Array") -> MarkedPlaces:
    """Return where in a column of texts something stands that is taken out, of every kind."""
    import pyarrow.compute as pc

    def holding(column: "pa.Array", pattern: str) -> "pa.Array":
        return pc.indices_nonzero(pc.match_substring_regex(column, pattern).fill_null(False))

    rows = holding(texts, SPARK)
    some = texts.take(rows)
    odd = set(holding(some, ODD).to_pylist())
    hinted: list[list[str]] = [[] for _ in rows]
    for kinds, guard in guards():
        for at in holding(some, guard).to_pylist():
            hinted[at] += kinds
    marks = list[tuple[int, int, int, int]]()
    for at, (row, text) in enumerate(zip(rows.to_pylist(), some.to_pylist(), strict=True)):
        spans = find(text) if at in odd else found_in(text, hinted[at]) if hinted[at] else ()
        for span in spans:  # in bytes
            before = len(text[: span.start].encode())
            after = before + len(text[span.start : span.end].encode())
            marks.append((row, before, after, KINDS.index(span.kind)))
    columns = np.array(marks, np.int64).reshape(-1, 4).T
    return MarkedPlaces(columns[0], columns[1], columns[2], columns[3].astype(np.uint8))


def spliced(texts: "pa.Array", places: MarkedPlaces) -> "pa.Array":
    """Return a column of texts with placeholders at these places of it; null stays null."""
    import pyarrow as pa

    if not len(places.rows):
        return texts
    large = texts.cast(pa.large_string())
    offsets = np.frombuffer(large.buffers()[1], np.int64)
    offsets = offsets[large.offset : large.offset + len(large) + 1]
    starts, ends = offsets[places.rows] + places.starts, offsets[places.rows] + places.ends
    whole, last, parts = memoryview(large.buffers()[2]), int(offsets[0]), list[bytes | memoryview]()
    for start, end, kind in zip(starts.tolist(), ends.tolist(), places.kinds.tolist(), strict=True):
        parts += (whole[last:start], _PLACEHOLDERS[kind])
        last = end
    data = b"".join([*parts, whole[last : int(offsets[-1])]])
    widths = np.array([len(each) for each in _PLACEHOLDERS])[places.kinds] - (ends - starts)
    moved = np.zeros(len(offsets), np.int64)
    np.add.at(moved, places.rows + 1, widths)
    return pa.LargeStringArray.from_buffers(
        len(large),
        pa.py_buffer(offsets - offsets[0] + moved.cumsum()),
        pa.py_buffer(data),
        large.is_valid().buffers()[1],
    ).cast(texts.type)
