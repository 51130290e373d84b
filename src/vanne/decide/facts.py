"""What a verdict needs of items, in numbers: no text, and each word and each person once.

Facts depend on the items alone, neither on a policy nor on what anybody chose: they are made once
from a batch or a data file and decided as often as somebody asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.ids import Ordinals

if TYPE_CHECKING:
    import pyarrow as pa

Times = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
"""A time that no item has: who is off since then is not off."""
UNDATED = NEVER - 1
"""The time of an item without one: later than any, so that every off covers it."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few distinct values: the value of row i is `values[codes[i]]`."""

    codes: Ordinals
    values: Sequence[object]


@dataclass(frozen=True, slots=True)
class Facts:
    """n items in file order; times are microseconds since 1970 in UTC.

    `owner` holds places in `people`, `NOBODY` for none. The other people in the items are pairs of
    a row and a place in `people`, the authors first: `other_row`, `other`, `is_author`.
    """

    item_ids: "pa.Array"
    people: "pa.Array"
    owner: Ordinals
    other_row: Rows
    other: Ordinals
    is_author: Flags
    category: Coded
    created_at: Times
    visibility: Coded
    tags: Coded
    reservation: Coded
    unreadable: Flags

    def __len__(self) -> int:
        return len(self.owner)


def facts_of(batch: "pa.RecordBatch") -> Facts:
    """Return the facts of items in plain form (see `vanne.sources.batches`)."""
    import pyarrow as pa

    author_rows, authors = _given(batch["author"])
    subject_rows, subjects = values_of(batch["subjects"])
    everybody = pa.concat_arrays([batch["owner"], authors, subjects]).dictionary_encode()
    places = everybody.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False)
    owner, other = places[: len(batch)], places[len(batch) :]
    other_row = np.concatenate((author_rows, subject_rows))
    apart = other != owner[other_row]  # the owner is nobody else in an item
    return Facts(
        item_ids=batch["item_id"],
        people=everybody.dictionary,
        owner=owner,
        other_row=other_row[apart],
        other=other[apart],
        is_author=(np.arange(len(other)) < len(authors))[apart],
        category=_coded(batch["category"]),
        created_at=batch["created_at"].fill_null(UNDATED).to_numpy(),
        visibility=_coded(batch["visibility"]),
        tags=_coded_lists(batch["tags"]),
        reservation=_coded(batch["reservation"]),
        unreadable=batch["unreadable"].to_numpy(zero_copy_only=False),
    )


def values_of(lists: "pa.Array") -> "tuple[Rows, pa.Array]":
    """Return the values in all lists, and the row of each."""
    import pyarrow.compute as pc

    if lists.null_count == len(lists):
        return np.zeros(0, np.int64), lists.slice(0, 0).flatten()
    return pc.list_parent_indices(lists).to_numpy(), lists.flatten()


def _given(column: "pa.Array") -> "tuple[Rows, pa.Array]":
    """Return the values of a column that are there, and the row of each."""
    if column.null_count == len(column):
        return np.zeros(0, np.int64), column.slice(0, 0)
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    return rows, column.drop_null()


def _coded(column: "pa.Array") -> Coded:
    if column.null_count == len(column):
        return Coded(np.zeros(len(column), np.int32), (None,))
    encoded = column.dictionary_encode(null_encoding="encode")
    return Coded(encoded.indices.to_numpy(), tuple(encoded.dictionary.to_pylist()))


def _coded_lists(column: "pa.Array") -> Coded:
    """Code lists of words as wholes: few items have any, and most of those the same ones."""
    rows, lists = _given(column)
    codes = np.zeros(len(column), np.int32)
    values: dict[tuple[str, ...], int] = {(): 0}
    if len(rows):
        codes[rows] = [values.setdefault(tuple(words), len(values)) for words in lists.to_pylist()]
    return Coded(codes, tuple(values))
