"""Redact columns of texts: RE2 finds the few that hint at something, the exact rules read those."""

from collections import Counter
from collections.abc import Collection, Iterable
from functools import reduce
from typing import TYPE_CHECKING

from vanne.screening.hints import hint, spark
from vanne.screening.kinds import KINDS
from vanne.screening.screen import found_in, replaced

if TYPE_CHECKING:
    import pyarrow as pa


def redact_column(
    texts: "pa.Array", kinds: Collection[str] = KINDS
) -> "tuple[pa.Array, Counter[str]]":
    """Return a column of texts with placeholders, and how many there are of each kind.

    What `redact` gives for each text; null stays null.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    counts: Counter[str] = Counter()
    if not kinds or not len(texts):
        return texts, counts
    rows = pc.indices_nonzero(pc.match_substring_regex(texts, spark()).fill_null(False))
    some = texts.take(rows)
    changed, given = [], []
    for row, text, hints in zip(rows.to_pylist(), some.to_pylist(), _hinted(some), strict=True):
        if hints and (spans := found_in(text, hints, kinds)):
            new, found = replaced(text, spans)
            counts += found
            changed.append(row)
            given.append(new)
    if not changed:
        return texts, counts
    import numpy as np

    mask = np.zeros(len(texts), np.bool_)
    mask[changed] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(given, texts.type)), counts


def _hinted(texts: "pa.Array") -> Iterable[tuple[str, ...]]:
    """Return the kinds that each text hints at."""
    import pyarrow.compute as pc

    columns = []
    for kind in KINDS:
        groups = [
            reduce(pc.and_, (pc.match_substring_regex(texts, pattern) for pattern in group))
            for group in hint(kind)
        ]
        columns.append(reduce(pc.or_, groups).to_pylist())
    names = [dict(zip((False, True), ((), (kind,)), strict=True)) for kind in KINDS]
    for row in zip(*columns, strict=True):
        yield sum((names[at][said] for at, said in enumerate(row)), ())
