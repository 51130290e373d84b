"""Encode items as columns of numbers for the kernel, with each word and person once.

The columns hold no text. They depend on the items alone, and on no policy and no choice. So they
are made once from a batch or a data file, and serve any number of decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

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
class CodedColumn:
    """A column of few distinct values: the value of row i is `values[codes[i]]`."""

    codes: Ordinals
    values: Sequence[object]

    def at(self, rows: Rows | slice) -> "CodedColumn":
        """Return the same of some rows."""
        return CodedColumn(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """n items in file order; times are microseconds since 1970 in UTC.

    `owner` holds places in `people`, `NOBODY` for none; the same person may have several places.
    The other people in the items are pairs of a row and a place in `people`: `other_row`
    (ascending), `other`, `is_author`.
    """

    item_ids: "pa.Array"
    people: "pa.Array"
    owner: Ordinals
    other_row: Rows
    other: Ordinals
    is_author: Flags
    category: CodedColumn
    created_at: Times
    visibility: CodedColumn
    tags: CodedColumn
    reservation: CodedColumn
    unreadable: Flags

    def __len__(self) -> int:
        return len(self.owner)

    def at(self, rows: Rows) -> "ItemColumns":
        """Return the columns of some rows, which ascend, and of the people in them alone."""
        first, last = (np.searchsorted(self.other_row, rows, side) for side in SIDES)
        pairs = ranges(first, last)
        places = np.concatenate(([NOBODY], self.owner[rows], self.other[pairs]))
        people, places = np.unique(places, return_inverse=True)
        places = places.astype(np.int32) - 1  # the first of all is nobody
        return replace(
            self,
            item_ids=self.item_ids.take(rows),
            people=self.people.take(people[1:]),
            owner=places[1 : len(rows) + 1],
            other_row=np.repeat(np.arange(len(rows)), last - first),
            other=places[len(rows) + 1 :],
            is_author=self.is_author[pairs],
            created_at=self.created_at[rows],
            unreadable=self.unreadable[rows],
            **{name: getattr(self, name).at(rows) for name in CODED},
        )

    def owners(self, rows: Rows) -> "pa.Array":
        """Return who owns any of some rows; somebody may be named twice."""
        owner = self.owner[rows]
        return self.people.take(np.unique(owner[owner != NOBODY]))

    def between(self, first: int, last: int) -> "ItemColumns":
        """Return the columns of the rows from `first` to before `last`, without copying any."""
        lower, upper = np.searchsorted(self.other_row, (first, last))
        pairs, rows = slice(lower, upper), slice(first, last)
        return replace(
            self,
            item_ids=self.item_ids[first:last],
            owner=self.owner[rows],
            other_row=self.other_row[pairs] - first,
            other=self.other[pairs],
            is_author=self.is_author[pairs],
            created_at=self.created_at[rows],
            unreadable=self.unreadable[rows],
            **{name: getattr(self, name).at(rows) for name in CODED},
        )


CODED = ("category", "visibility", "tags", "reservation")
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def ranges(first: Rows, last: Rows) -> Rows:
    """Return all numbers from each first to before its last.

    >>> ranges(np.array([2, 9]), np.array([4, 10]))
    array([2, 3, 9])
    """
    counts = last - first
    ends = np.cumsum(counts)
    numbers: Rows = np.repeat(first - (ends - counts), counts)
    return numbers + np.arange(len(numbers))


def refined(groups: Rows, facet: Rows) -> Rows:
    """Part groups of rows by one facet more; both are counted from 0.

    >>> refined(np.array([0, 0, 1, 1]), np.array([5, 2, 5, 5]))
    array([1, 0, 2, 2])
    """
    pairs = groups * (facet.max(initial=0) + 1) + facet
    is_there = np.zeros(pairs.max(initial=-1) + 1, np.bool_)
    is_there[pairs] = True
    numbers: Rows = (np.cumsum(is_there) - 1)[pairs]
    return numbers


def firsts(groups: Rows) -> Rows:
    """Return the first row of each group.

    >>> firsts(np.array([1, 0, 2, 2]))
    array([1, 0, 2])
    """
    rows = np.zeros(groups.max(initial=-1) + 1, np.int64)
    rows[groups[::-1]] = np.arange(len(groups))[::-1]  # of several the last assigned stays
    return rows


def concatenated(parts: Sequence[ItemColumns]) -> ItemColumns:
    """Return the columns of several batches as those of one, in order, and each person once."""
    import pyarrow as pa

    everybody = pa.chunked_array([part.people.cast(pa.large_string()) for part in parts])
    encoded = everybody.dictionary_encode().combine_chunks()
    places = encoded.indices.to_numpy()
    starts = np.cumsum([0, *(len(part) for part in parts)])
    people = np.cumsum([0, *(len(part.people) for part in parts)])
    owner = [
        np.where(part.owner == NOBODY, NOBODY, places[people[i] :][part.owner]).astype(np.int32)
        for i, part in enumerate(parts)
    ]
    coded = {}
    for name in CODED:
        values: dict[object, int] = {}
        codes = []
        for column in (getattr(part, name) for part in parts):
            numbers = [values.setdefault(value, len(values)) for value in column.values]
            codes.append(np.array(numbers, np.int32)[column.codes])
        coded[name] = CodedColumn(np.concatenate(codes), tuple(values))
    return ItemColumns(
        item_ids=pa.concat_arrays([part.item_ids.cast(pa.large_string()) for part in parts]),
        people=encoded.dictionary,
        owner=np.concatenate(owner),
        other_row=np.concatenate([part.other_row + starts[i] for i, part in enumerate(parts)]),
        other=np.concatenate([places[people[i] + part.other] for i, part in enumerate(parts)]),
        is_author=np.concatenate([part.is_author for part in parts]),
        created_at=np.concatenate([part.created_at for part in parts]),
        unreadable=np.concatenate([part.unreadable for part in parts]),
        **coded,
    )


def columns_of(batch: "pa.RecordBatch") -> ItemColumns:
    """Return the columns of items in plain form (see `vanne.sources.batches`).

    Texts of few values may be dictionaries.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    owners, owner = _coded_people(batch["owner"])
    author_rows, authors = _present(batch["author"])
    subject_rows, subjects = values_of(batch["subjects"])
    others = pa.concat_arrays([_decoded(authors), subjects.cast(pa.string())])
    other_row = np.concatenate((author_rows, subject_rows))
    # The owner is nobody else in an item.
    differ = pc.not_equal(others, _decoded(batch["owner"].take(pa.array(other_row))))
    apart = np.flatnonzero(differ.fill_null(True).to_numpy(zero_copy_only=False))
    apart = apart[np.argsort(other_row[apart], kind="stable")]
    return ItemColumns(
        item_ids=batch["item_id"],
        people=pa.concat_arrays([owners, others.take(pa.array(apart))]),
        owner=owner,
        other_row=other_row[apart],
        other=len(owners) + np.arange(len(apart), dtype=np.int32),
        is_author=apart < len(authors),
        category=_coded(batch["category"]),
        created_at=batch["created_at"].fill_null(UNDATED).to_numpy(),
        visibility=_coded(batch["visibility"]),
        tags=_coded_lists(batch["tags"]),
        reservation=_coded(batch["reservation"]),
        unreadable=batch["unreadable"].to_numpy(zero_copy_only=False),
    )


def _decoded(texts: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    return texts.cast(pa.string())


def _coded_people(column: "pa.Array") -> "tuple[pa.Array, Ordinals]":
    """Return the people of a column, and the place of each row's; `NOBODY` for none.

    A dictionary names each once. Otherwise each run of like ones is named once.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        return column.dictionary, column.indices.fill_null(NOBODY).to_numpy()
    runs = pc.run_end_encode(column)
    values, ends = runs.values, runs.run_ends.to_numpy()
    places = np.arange(len(values), dtype=np.int32)
    if values.null_count:
        there = values.is_valid().to_numpy(zero_copy_only=False)
        places = np.where(there, np.cumsum(there) - 1, NOBODY).astype(np.int32)
        values = values.drop_null()
    return values, np.repeat(places, np.diff(ends, prepend=0))


def values_of(lists: "pa.Array") -> "tuple[Rows, pa.Array]":
    """Return the values in all lists, and the row of each."""
    import pyarrow.compute as pc

    if lists.null_count == len(lists):
        return np.zeros(0, np.int64), lists.slice(0, 0).flatten()
    return pc.list_parent_indices(lists).to_numpy(), lists.flatten()


def _present(column: "pa.Array") -> "tuple[Rows, pa.Array]":
    """Return the values of a column that are there, and the row of each."""
    if column.null_count == len(column):
        return np.zeros(0, np.int64), column.slice(0, 0)
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    return rows, column.drop_null()


def _coded(column: "pa.Array") -> CodedColumn:
    import pyarrow as pa

    if column.null_count == len(column):
        return CodedColumn(np.zeros(len(column), np.int32), (None,))
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = (*column.dictionary.to_pylist(), None)
    return CodedColumn(column.indices.fill_null(len(values) - 1).to_numpy(), values)


def _coded_lists(column: "pa.Array") -> CodedColumn:
    """Code lists of words as wholes: few items have any, and nearly all of those one word."""
    import pyarrow.compute as pc

    rows, lists = _present(column)
    codes = np.zeros(len(column), np.int32)
    values: dict[tuple[str, ...], int] = {(): 0}
    sizes = pc.list_value_length(lists).to_numpy() if len(rows) else np.zeros(0, np.int32)
    words = lists.filter(pc.equal(pc.list_value_length(lists), 1)).flatten().dictionary_encode()
    places = [values.setdefault((word,), len(values)) for word in words.dictionary.to_pylist()]
    codes[rows[sizes == 1]] = np.array(places, np.int32)[words.indices.to_numpy()]
    several = np.flatnonzero(sizes > 1)
    codes[rows[several]] = [
        values.setdefault(tuple(words), len(values)) for words in lists.take(several).to_pylist()
    ]
    return CodedColumn(codes, tuple(values))
