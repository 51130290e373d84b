"""Read the public tables as Arrow batches in one plain form, in file order.

Values arrive as text, as lists of text, as microseconds since 1970 in UTC or as days since 1970,
whatever the file stored. An unreadable value never becomes another value. In items it makes the
item `unreadable`, which denies. In members an unreadable birth date is unknown, which denies too.
Anything else is an error that names the row.

Text forms: times are ISO 8601 (a time without a zone is UTC, a date is its first moment); a list is
a JSON array of strings or strings separated by `;`; a flag is true/false, on/off, yes/no or 1/0; an
empty text is a missing value.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from vanne.errors import InputError, did_you_mean
from vanne.fields import as_json, parsed, text_of
from vanne.ids import Uniqueness, hashes_of
from vanne.sources.relation import Source, named
from vanne.sources.scan import BATCH_ROWS, raw_batches
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS, Column
from vanne.terms import Category, Scope, is_unicode

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIRST_TIME, LAST_TIME = (
    (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for moment in (datetime.min, datetime.max)
)
"""The times that can be told: years 1 to 9999, in microseconds since 1970."""
_FIRST_DAY, _LAST_DAY = FIRST_TIME // 86_400_000_000, LAST_TIME // 86_400_000_000

TEXT = ("fields", "text", "media")
NO_PART = (*TEXT, "lang", "source")
"""The columns of items that have no part in a verdict."""
UNCHECKED = tuple(name for name in NO_PART if name != "fields")
"""Those of which nothing can be wrong."""

SEVERAL = r"^\[|;"
"""What a list of ids looks like that is written as a text."""

Flags = npt.NDArray[np.bool_]
T = TypeVar("T")


def item_batches(
    source: Source, *, skip: Sequence[str] = NO_PART, rows: int = BATCH_ROWS
) -> "Iterator[pa.RecordBatch]":
    """Yield items: the columns of `ITEMS` in plain form, and a flag `unreadable`.

    What is to `skip` stays unread and is not among the columns: what has no part in a verdict.

    Raises:
        InputError: the source is not what its name says, a required column or an id is missing, or
        an id comes twice.
    """
    for batch, faults in plain_items(source, skip=skip, rows=rows):
        yield _with_unreadable(batch, faults)


def plain_items(
    source: Source, *, skip: Sequence[str], rows: int = BATCH_ROWS
) -> "Iterator[tuple[pa.RecordBatch, dict[str, Flags]]]":
    """Yield items, and for some columns in which rows their value could not be understood.

    A text that is missing is rendered from the fields.

    Raises:
        InputError: as for `item_batches`; or the fields of an item are not those of its category.
    """
    unique, start = Uniqueness(), 0
    for raw in raw_batches(source, ITEMS, "items", skip=_unread(skip), rows=rows):
        yield _plain_items(raw, source, start, unique, skip)
        start += len(raw)
    _refuse_repeats(source, unique, rows)


def map_items(
    source: Source, function: "Callable[[pa.RecordBatch], T]", *, skip: Sequence[str] = NO_PART
) -> Iterator[T]:
    """Yield in file order what a function makes of each batch, as `item_batches` yields it.

    Texts of few values may be dictionaries. The function runs in threads, while this one reads.

    Raises:
        InputError: as for `item_batches`.
    """
    unique, start = Uniqueness(), 0

    def made(raw: "pa.RecordBatch", start: int) -> T:
        return function(_with_unreadable(*_plain_items(raw, source, start, unique, skip)))

    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[T]] = deque()
        for raw in raw_batches(source, ITEMS, "items", skip=_unread(skip), coded=True):
            waiting.append(pool.submit(made, raw, start))
            start += len(raw)
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    _refuse_repeats(source, unique, BATCH_ROWS)


_THREADS = max(1, min(4, os.cpu_count() or 1) - 1)
"""One thread reads and writes while the others decide; more than three would wait for it."""


def _unread(skip: Sequence[str]) -> list[str]:
    """Return the columns to leave unread: a text may have to be rendered from the fields."""
    return [name for name in skip if name != "fields" or "text" in skip]


def _plain_items(
    raw: "pa.RecordBatch", source: Source, start: int, unique: Uniqueness, skip: Sequence[str]
) -> "tuple[pa.RecordBatch, dict[str, Flags]]":
    _require(raw, "item_id", source, start)
    unique.add(raw["item_id"])
    batch, faults = _plain(raw, ITEMS)
    if "fields" not in batch.schema.names:
        return batch, faults
    batch = _with_fields(batch, source, start)
    return batch.drop_columns(["fields"]) if "fields" in skip else batch, faults


def _with_unreadable(batch: "pa.RecordBatch", faults: Mapping[str, Flags]) -> "pa.RecordBatch":
    import pyarrow as pa

    unreadable = np.logical_or.reduce([np.zeros(len(batch), np.bool_), *faults.values()])
    return batch.append_column("unreadable", pa.array(unreadable))


def _with_fields(batch: "pa.RecordBatch", source: Source, start: int) -> "pa.RecordBatch":
    """Check the fields of items, put them in order, and render from them each missing text."""
    import pyarrow as pa

    names, column = batch.schema.names, batch["fields"]
    if column.null_count == len(batch):
        return batch
    fields_of_rows: list[dict[str, str]] = []
    for row, (category, text) in enumerate(
        zip(batch["category"].to_pylist(), column.to_pylist(), strict=True)
    ):
        try:
            fields_of_rows.append(parsed(category, text) if text else {})
        except ValueError as error:
            refuse(source, start + row, "fields", str(error))
    plain = pa.array(map(as_json, fields_of_rows), column.type)
    batch = batch.set_column(names.index("fields"), "fields", plain)
    if "text" in names:
        texts = zip(batch["text"].to_pylist(), fields_of_rows, strict=True)
        filled = pa.array([text or text_of(fields) for text, fields in texts], pa.string())
        batch = batch.set_column(names.index("text"), "text", filled)
    return batch


def categories_of(source: Source) -> "list[tuple[str | None, int]]":
    """Return how many items of each category a table holds; no other column is read.

    Raises:
        InputError: as for items.
    """
    others = tuple(column.name for column in ITEMS if column.name != "category")
    counts: Counter[str | None] = Counter()
    for raw in raw_batches(source, ITEMS, "items", skip=others):
        pairs = raw["category"].value_counts().to_pylist()
        counts.update({pair["values"]: pair["counts"] for pair in pairs})
    return list(counts.items())


def find_item(source: Source, item_id: str) -> int | None:
    """Return the row (from 0) of an item; no other column is read.

    Raises:
        InputError: as for items.
    """
    import pyarrow.compute as pc

    others = tuple(column.name for column in ITEMS if column.name != "item_id")
    start = 0
    for raw in raw_batches(source, ITEMS, "items", skip=others):
        place = pc.index(raw["item_id"], item_id).as_py()
        if place >= 0:
            return int(start + place)
        start += len(raw)
    return None


def member_batches(source: Source) -> "Iterator[pa.RecordBatch]":
    """Yield members: the columns of `MEMBERS` in plain form.

    Raises:
        InputError: as for items; also if the signs of a member cannot be understood.
    """
    start = 0
    for raw in raw_batches(source, MEMBERS, "members"):
        _require(raw, "member_id", source, start)
        spaced = _spaced(raw["member_id"])
        if spaced.any():  # else an opt-out would be nobody's
            refuse(source, start + _first(spaced), "member_id", "has space around it")
        batch, faults = _plain(raw, MEMBERS)
        if faults["signs"].any():
            refuse(source, start + _first(faults["signs"]), "signs", "is not a list of strings")
        yield batch
        start += len(raw)


def choice_batches(source: Source) -> "Iterator[pa.RecordBatch]":
    """Yield choices: the columns of `CHOICES` in plain form; nothing in them is missing or wrong.

    Raises:
        InputError: as for items; also if any value of a choice cannot be understood.
    """
    start = 0
    for raw in raw_batches(source, CHOICES, "choices"):
        batch, faults = plain_choices(raw)
        for row, fault in faults.items():
            refuse(source, start + row, *fault)
        yield batch
        start += len(raw)


# Refusing


def refuse(source: Source, row: int, column: str, message: str, todo: str = "") -> NoReturn:
    """Refuse a table for what is in a row (counted from 0) of a column."""
    raise InputError(
        f"{named(source)}: row {row + 1}: `{column}` {message}", todo=todo or "mend that row"
    )


def _require(raw: "pa.RecordBatch", column: str, source: Source, start: int) -> None:
    if raw[column].null_count:
        missing = _flags(raw[column].is_null())
        refuse(source, start + _first(missing), column, "is empty", "give every row one")


def _refuse_repeats(source: Source, unique: Uniqueness, rows: int) -> None:
    """Look at the ids again whose hashes came twice: name the row of the first real repeat."""
    suspects = unique.suspects()
    if not len(suspects):
        return
    start, known = 0, set[str]()
    others = tuple(column.name for column in ITEMS if column.name != "item_id")
    for raw in raw_batches(source, ITEMS, "items", skip=others, rows=rows):
        ids = raw["item_id"]
        for row in np.flatnonzero(np.isin(hashes_of(ids), suspects)).tolist():
            if (item_id := ids[row].as_py()) in known:
                refuse(source, start + row, "item_id", "repeats the id of an earlier row")
            known.add(item_id)
        start += len(raw)


# Choices


Fault = tuple[str, str, str]
"""The column, what is wrong with it, and what to do (nothing: mend that row)."""


def plain_choices(
    raw: "pa.RecordBatch", *, strict: bool = False
) -> "tuple[pa.RecordBatch, dict[int, Fault]]":
    """Bring choices to their plain form; say of each row that is not understood what is wrong.

    `strict` is for what will be recorded, and not only read: of a choice for everything that names
    a target nobody knows which of the two was meant.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    batch, _ = _plain(raw, CHOICES)
    scope, target, texts = batch["scope"], batch["target"], raw["on"].dictionary_encode()
    switches = [_FLAGS.get(text.strip().lower()) for text in texts.dictionary.to_pylist()]
    on = pa.array(switches, pa.bool_()).take(texts.indices)
    narrow = ~_flags(pc.equal(scope, "all"))
    unknown = _flags(pc.equal(scope, "category")) & ~_flags(
        pc.is_in(target, value_set=pa.array(list(Category)))
    )
    choose, fill = "is not `all`, `category` or `item`", ("is empty", "give every row one")
    several = ("is given, and the scope is `all`", "empty it, or name its scope")
    unscoped = "is empty, and the scope is `{}`"
    checks: tuple[tuple[str, Flags, tuple[str, str]], ...] = (
        ("scope", ~_flags(pc.is_in(scope, value_set=pa.array(get_args(Scope)))), (choose, "")),
        ("target", narrow & _flags(target.is_null()), (unscoped, "")),
        ("target", unknown, ("is not a category", "")),
        ("target", strict & ~narrow & _flags(target.is_valid()), several),
        ("at", _flags(batch["at"].is_null()), ("is not a time", "")),
        ("on", _flags(on.is_null()), ("is not true or false", "")),
        ("member_id", _flags(batch["member_id"].is_null()), fill),
        ("member_id", _spaced(batch["member_id"]), ("has space around it", "")),
        ("purpose", _flags(batch["purpose"].is_null()), fill),
    )
    faults = dict[int, Fault]()
    for row in np.flatnonzero(np.logical_or.reduce([flags for _, flags, _ in checks])).tolist():
        column, flags, (problem, todo) = next(check for check in checks if check[1][row])
        if flags is unknown:
            todo = str(did_you_mean(target[row].as_py() or "", [each.value for each in Category]))
        faults[row] = (column, problem.format(scope[row].as_py()), todo)
    plain_target = pc.if_else(pa.array(narrow), target, pa.scalar(None, pa.string()))
    names = batch.schema.names
    batch = batch.set_column(names.index("target"), "target", plain_target)
    return batch.set_column(names.index("on"), "on", on), faults


_FLAGS = {"true": True, "on": True, "yes": True, "1": True, "t": True, "y": True}
_FLAGS |= {"false": False, "off": False, "no": False, "0": False, "f": False, "n": False}


# The plain form


def _plain(
    raw: "pa.RecordBatch", columns: Sequence[Column]
) -> "tuple[pa.RecordBatch, dict[str, Flags]]":
    """Bring a batch to its plain form; say in which rows a value was not understood."""
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays: dict[str, pa.Array] = {}
    faults: dict[str, Flags] = {}
    for column in (column for column in columns if column.name in raw.schema.names):
        array = raw[column.name]
        if column.name == "author":
            # Of a dictionary each value is looked at once. What looks like a list is nobody's id.
            is_coded = pa.types.is_dictionary(array.type)
            texts = array.dictionary if is_coded else array
            flags, (*_, letters) = _spaced(texts), texts.buffers()
            marks = letters.to_pybytes() if letters else b""
            if b";" in marks or b"[" in marks:  # nearly never, and much cheaper than to match
                flags |= _flags(pc.match_substring_regex(texts, SEVERAL))
            if is_coded:
                flags = np.append(flags, False)  # the last is that of null
                flags = flags[array.indices.fill_null(len(flags) - 1).to_numpy()]
            faults["author"] = flags
        elif column.kind == "list":
            array, faults[column.name] = _lists(array)
        elif column.kind == "time":
            is_given = _flags(raw[f"{column.name} given"])
            array = _within(array, FIRST_TIME, LAST_TIME)
            faults[column.name] = is_given & _flags(array.is_null())
        elif column.kind == "date":
            array = _within(array, _FIRST_DAY, _LAST_DAY).cast(pa.int32())
        arrays[column.name] = array
    return pa.record_batch(list(arrays.values()), names=list(arrays)), faults


def _within(numbers: "pa.Array", first: int, last: int) -> "pa.Array":
    """Return the numbers, null where one is out of range."""
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = pc.and_(pc.greater_equal(numbers, first), pc.less_equal(numbers, last))
    return pc.if_else(inside.fill_null(False), numbers, pa.scalar(None, numbers.type))


def _lists(array: "pa.Array") -> "tuple[pa.Array, Flags]":
    """Return lists of texts, and which were not understood; from those nothing is lost."""
    import pyarrow as pa
    import pyarrow.compute as pc

    none = np.zeros(len(array), np.bool_)
    if array.null_count == len(array):
        return pa.nulls(len(array), pa.list_(pa.string())), none
    if pa.types.is_string(array.type):
        parsed = [listed(text) for text in array.to_pylist()]
    else:
        values = array.flatten()
        if not values.null_count and not (_spaced(values) | _flags(pc.equal(values, ""))).any():
            return array, none
        parsed = [cleaned(values) for values in array.to_pylist()]
    lists = pa.array([values for values, _ in parsed], pa.list_(pa.string()))
    return lists, np.array([not understood for _, understood in parsed], np.bool_)


def cleaned(values: list[Any] | None) -> tuple[list[str] | None, bool]:
    """Return the texts of a list, and whether all of it was understood."""
    if values is None:
        return None, True
    texts = [value for value in values if isinstance(value, str) and value and is_unicode(value)]
    understood = len(texts) == len(values) and all(text == text.strip() for text in texts)
    return texts, understood


def listed(text: str | None) -> tuple[list[str] | None, bool]:
    """Return the parts of a list that is written as text, and whether it was understood."""
    if text is None:
        return None, True
    if not text.lstrip().startswith(("[", "{")):
        parts = [part for part in (part.strip() for part in text.split(";")) if part]
        return ([], False) if any("," in part for part in parts) else (parts, True)
    try:
        values = json.loads(text)
    except ValueError:
        return [], False
    if not isinstance(values, list):
        return [], False
    return cleaned(
        [str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    )


_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `str.strip` strips."""


def _spaced(array: "pa.Array") -> Flags:
    """Say of each text whether there is space around it."""
    import pyarrow.compute as pc

    if array.null_count == len(array):
        return np.zeros(len(array), np.bool_)
    trimmed = pc.utf8_trim(array, characters=_SPACE)
    return _flags(pc.not_equal(pc.binary_length(array), pc.binary_length(trimmed)))


def _flags(array: "pa.Array") -> Flags:
    """Return a Boolean array as numpy's; null is false."""
    flags: Flags = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.bool_)
    return flags


def _first(flags: Flags) -> int:
    return int(np.flatnonzero(flags)[0])
