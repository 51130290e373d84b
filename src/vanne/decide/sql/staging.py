"""Decide tables with an SQL engine: DuckDB here, or Spark on a cluster.

The tables become Parquet files in the typed form that SQL engines read. Items that are already in
Parquet files of that form are read where they are. Other items are converted once, into a folder
that is deleted after the work. Each engine asks Python for the meaning of the words of the tables
(`vanne.decide.sql.text.says`) and runs the one SELECT of `vanne.decide.sql.text`.

Every engine numbers the items by file and row, and that number puts each verdict in its place. No
engine keeps the order of rows through a join, and a verdict that moved by one place would be
another item's.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.decide.member_columns import micros
from vanne.decide.people import fold
from vanne.decide.request import EvaluationRequest, Tables
from vanne.decide.sql.text import CHOICE_TYPES, ITEM_TYPES, MEMBER_TYPES, WORD_TYPES, Kind, says
from vanne.errors import InputError, VanneError
from vanne.ids import IdIndex, Uniqueness
from vanne.sources.batches import (
    FIRST_TIME,
    LAST_TIME,
    SEVERAL,
    item_batches,
    member_batches,
)
from vanne.sources.relation import Source, quoted, relation_of
from vanne.sources.scan import connected
from vanne.sources.schema import ITEMS
from vanne.terms import REASONS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

FILE_ROWS = 2**40
"""The number of an item is the place of its file times this, plus its row."""

_FILE = "000000.parquet"
BATCH_ROWS = 131_072
_UNDECIDED = 255


@dataclass(frozen=True, slots=True)
class Staged:
    """The three tables as files. `columns` are those that the files of the items have.

    `choices` are those that count for the question. `written`: by us, so that the ids are known to
    be unique.
    """

    source: Source
    items: Path
    files: tuple[Path, ...]
    columns: frozenset[str]
    members: Path
    choices: Path
    written: bool

    @property
    def rows(self) -> list[int]:
        """The number of rows of each file of the items."""
        import pyarrow.parquet as pq

        return [pq.read_metadata(path).num_rows for path in self.files]

    def select(self, types: Mapping[str, str], time: str | None = None) -> list[str]:
        """Return the SQL of each column of the items, in the types of a dialect.

        `time` says how a time is read; a column that the files do not have is null.
        """
        columns = []
        for name, kind in ITEM_TYPES.items():
            as_stored = (
                time if time and kind == "time" else f"CAST({{0}} AS {types[kind]}) AS {{0}}"
            )
            nothing = "FALSE" if kind == "flag" else f"CAST(NULL AS {types[kind]})"
            form = as_stored if name in self.columns else f"{nothing} AS {{0}}"
            columns.append(form.format(name))
        return columns


Verdicts = Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.generic]]]
"""Numbers and codes of items, in any order."""

Run = Callable[[Staged, EvaluationRequest], Verdicts]
"""What an engine does: it decides all items that were staged."""


def decide_with(
    run: Run, tables: Tables, question: EvaluationRequest
) -> "Iterator[pa.RecordBatch]":
    """Yield `item_id` (string) and `code` (uint8: `Reason.code`), in the order of the items.

    Raises:
        ConfigError: the policy does not have that purpose.
        InputError: a table cannot be read.
        MissingError: the engine is not installed, or nobody said where it is.
        StorageError: the engine cannot be reached, or the disk is full.
    """
    question.rules  # noqa: B018  (a purpose that is not there is said before anything is read)
    with TemporaryDirectory(prefix="vanne-") as folder:
        staged = stage(tables, question, Path(folder))
        places = CodesInPlace(staged.rows)
        for numbers, codes in run(staged, question):
            places.put(numbers, codes)
        yield from in_file_order(staged, places)


# The tables, as files


def stage(tables: Tables, question: EvaluationRequest, folder: Path) -> Staged:
    """Bring the tables to files in their typed form, in a folder of ours.

    Raises:
        InputError: as reading the tables does; or a member is listed twice, or a choice is for a
        purpose that looks misspelt.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    members, choices, items = (folder / name for name in ("members", "choices", "items"))
    for path in (members, choices, items):
        path.mkdir()
    _write(member_batches(tables.members), MEMBER_TYPES, members)
    ids = pq.read_table(members / _FILE, columns=["member_id"])["member_id"]
    repeated = IdIndex(ids.cast(pa.large_string()).combine_chunks()).repeated()
    if repeated is not None:
        raise InputError(
            f"members: row {repeated + 1} repeats the member of an earlier row",
            todo="give each member one row",
        )
    _write(_choices(tables, question), CHOICE_TYPES, choices)
    plain = plain_files(tables.items)
    if plain is None:
        _write(item_batches(tables.items), ITEM_TYPES, items)
        names, columns = [items / _FILE], frozenset(ITEM_TYPES)
    else:  # links have names that say their place and that no engine takes for patterns
        names = [items / f"{place:06}.parquet" for place in range(len(plain[0]))]
        for link, path in zip(names, plain[0], strict=True):
            link.symlink_to(path.resolve())
        columns = plain[1] & (ITEM_TYPES.keys() - _OURS)
    return Staged(tables.items, items, tuple(names), columns, members, choices, plain is None)


def _choices(tables: Tables, question: EvaluationRequest) -> "Iterator[pa.RecordBatch]":
    """Yield the choices that count for the question.

    The SELECT orders choices by their times, and a ledger by their places: of a ledger comes what
    holds at its end, a row for each person, scope and target.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if tables.has_ledger:
        rows = [
            (person, question.purpose, scope, target, stand.on, micros(stand.since))
            for person, stands in fold(question.counted(tables), question.purpose).items()
            for (scope, target), stand in stands.items()
        ]
        columns = zip(*rows, strict=True) if rows else [()] * len(CHOICE_TYPES)
        yield pa.record_batch(list(map(pa.array, columns)), names=list(CHOICE_TYPES))
        return
    for batch in question.counted_batches(tables):
        yield batch.filter(pc.equal(batch["purpose"], question.purpose))


_OURS = {"unreadable"}
"""Says what reading found; a column of that name in the files is none of the items'."""


def _write(batches: "Iterable[pa.RecordBatch]", kinds: Mapping[str, str], folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "time": pa.timestamp("us"),
        "date": pa.date32(),
        "flag": pa.bool_(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    with pq.ParquetWriter(folder / _FILE, schema, store_schema=False) as writer:
        for batch in batches:
            columns = [batch[field.name].cast(field.type) for field in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))


# Reading what was staged


def write_words(
    question: EvaluationRequest, vocabulary: Iterable[tuple[Kind, str]], staged: Staged
) -> Path:
    """Write the table `words`: what each (kind, value) means to the policy; return its folder."""
    import pyarrow as pa

    rows = [(kind, value, says(question.rules, kind, value)) for kind, value in vocabulary]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    folder = staged.members.parent / "words"
    folder.mkdir()
    arrays = [pa.array(column, pa.string()) for column in columns]
    batch = pa.record_batch(arrays, names=list(WORD_TYPES))
    _write([batch], WORD_TYPES, folder)
    return folder


# Verdicts, each in its place


class CodesInPlace:
    """One code for each item, put there by the number of the item; each once and none missing."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._starts = np.cumsum([0, *rows])
        self._codes = np.full(int(self._starts[-1]), _UNDECIDED, np.uint8)
        self._put = 0

    def put(self, numbers: npt.NDArray[np.int64], codes: npt.NDArray[np.generic]) -> None:
        """Put codes in the places of the items with those numbers."""
        files, rows = np.divmod(numbers, FILE_ROWS)
        self._codes[self._starts[files] + rows] = codes
        self._put += len(numbers)

    def codes(self) -> npt.NDArray[np.uint8]:
        """Return all codes in the order of the items.

        Raises:
            VanneError: an item has none, or had several: no verdict may be guessed.
        """
        if self._put != len(self._codes) or (self._codes >= len(REASONS)).any():
            raise VanneError(
                f"the engine gave {self._put} verdicts for {len(self._codes)} items",
                todo="report it; decide with another engine",
            )
        return self._codes


def in_file_order(staged: Staged, places: CodesInPlace) -> "Iterator[pa.RecordBatch]":
    """Yield `item_id` and `code` in the order of the items.

    Raises:
        InputError: an id comes twice.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    codes, unique, start = places.codes(), Uniqueness(), 0
    for path in staged.files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=["item_id"]):
                ids = batch["item_id"].cast(pa.string())
                if not staged.written:
                    unique.add(ids)
                own = pa.array(codes[start : start + len(ids)])
                start += len(ids)
                yield pa.record_batch([ids, own], names=["item_id", "code"])
    if not staged.written and len(unique.suspects()):
        for _ in item_batches(staged.source):  # which names the row, if the ids are the same
            pass


# Is it plain already? Then a Parquet file need not be written again before an engine reads it


_TYPES = {
    "text": {"VARCHAR"},
    "list": {"VARCHAR[]"},
    "time": {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"},
}
_IGNORED = {"lang", "fields", "text", "media", "source"}
_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `str.strip` strips."""


def plain_files(source: Source) -> tuple[list[Path], frozenset[str]] | None:
    """Return the Parquet files of a source and their columns if their items are plain, else None.

    Plain means that `vanne.sources.batches.item_batches` would change nothing: text, lists of text
    and times are stored as such, no text is empty, nothing has space around it that must not have
    any, and every time can be told. One scan over the columns says so; any doubt is a no.

    Raises:
        InputError: a column is missing or misspelt, or the source cannot be read at all.
    """
    import duckdb

    next(item_batches(source), None)  # which refuses a table that has the wrong columns
    with connected(os.cpu_count() or 1) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            relation, types = relation_of(connection, source, ITEMS)
            if not relation.startswith("read_parquet("):
                return None
            alone = relation.removesuffix(")") + ", hive_partitioning = false)"
            rows = connection.sql(f"DESCRIBE SELECT * FROM {alone}").fetchall()
            stored = {name: type_ for name, type_, *_ in rows}  # by the files themselves
            kinds = {c.name: c.kind for c in ITEMS if c.name in types and c.name not in _IGNORED}
            if any(types[name] != stored.get(name) for name in kinds):  # say, a folder's name
                return None
            if any(stored[name] not in _TYPES[kind] for name, kind in kinds.items()):
                return None
            if _is_unplain(connection, relation, kinds):
                return None
            named = f"SELECT file_index, any_value(filename) FROM {relation}"
            files = connection.sql(f"{named} GROUP BY ALL ORDER BY ALL").fetchall()
        except duckdb.Error:
            return None  # whoever reads the table in full says what is wrong
    return ([Path(name) for _, name in files], frozenset(kinds)) if files else None


def _is_unplain(
    connection: "duckdb.DuckDBPyConnection", relation: str, kinds: Mapping[str, str]
) -> bool:
    """Say whether any value would not stay what it is.

    The least of some texts is the empty one if it is among them; that and the first and last time
    are in a file's statistics, so that this costs little.
    """
    columns = [quoted(name) for name, kind in kinds.items() if kind == "text"]
    least = " OR ".join(f"coalesce(min({name}) = '', false)" for name in columns)
    since_1970 = (timedelta(microseconds=micros) for micros in (FIRST_TIME, LAST_TIME))
    moments = (datetime(1970, 1, 1, tzinfo=UTC) + age for age in since_1970)
    first, last = (f"TIMESTAMPTZ '{moment.isoformat()}'" for moment in moments)
    times = f"coalesce(min(created_at) < {first} OR max(created_at) > {last}, false)"
    query = f"SELECT {least} OR {times} OR count(item_id) < count(*) FROM {relation}"
    if connection.execute(query).fetchall() != [(False,)]:
        return True
    parts = []  # of tags `vanne.decide.sql.text.says` sees the space
    if "author" in kinds:
        parts.append(f"SELECT author FROM {relation} WHERE author IS NOT NULL")
        several = f"SELECT 1 FROM {relation} WHERE regexp_matches(author, ?) LIMIT 1"
        if connection.execute(several, [SEVERAL]).fetchone():
            return True
    if "subjects" in kinds:
        some = f"SELECT subjects FROM {relation} WHERE array_length(subjects) > 0"
        parts.append(f"SELECT unnest(subjects) FROM ({some})")
    spaced = " UNION ALL ".join(parts)
    query = f"SELECT 1 FROM ({spaced}) AS s(v) WHERE v IS NULL OR v = '' OR v <> trim(v, ?) LIMIT 1"
    return bool(parts) and connection.execute(query, [_SPACE]).fetchone() is not None
