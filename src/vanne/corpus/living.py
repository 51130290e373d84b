"""Read single items from the data files by a query: those that are deleted are not there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vanne.config import Home
from vanne.corpus.contract import deleted_rows
from vanne.errors import storing
from vanne.sources.relation import literal
from vanne.sources.tables import read_items, unnamed
from vanne.terms import Item

Row = tuple[str, int]
"""A data file's name and a row in it, from 0."""


def living_items(
    home: Home, paths: Sequence[Path], where: Callable[[Mapping[str, str]], str]
) -> Iterator[tuple[Row, Item]]:
    """Yield the items of some data files that a condition holds for, with their rows.

    The condition is SQL. It is made from the Arrow types of the columns that are there.

    Raises:
        StorageError: a data file cannot be read.
        VerificationError: a list of deleted rows is not the one that was put there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[str, str] = {}
    for path in paths:
        with storing(f"`{path.name}`"), suppress(pa.ArrowException):  # the query says what is wrong
            types |= {field.name: str(field.type) for field in pq.read_schema(path)}
    place = "concat(filename, ':', file_row_number) AS source"
    columns = f"* REPLACE ({place})" if "source" in types else f"*, {place}"
    files = ", ".join(literal(str(path)) for path in paths)
    options = "union_by_name = true, filename = true, file_row_number = true"
    query = f"SELECT {columns} FROM read_parquet([{files}], {options}) WHERE {where(types)}"
    gone = {path.name: frozenset(deleted_rows(home, path.name).tolist()) for path in paths}
    with unnamed("the data files"):
        for item in read_items(query) if paths else ():
            file, _, number = (item.source or "").rpartition(":")
            row = (Path(file).name, int(number))
            if row[1] not in gone[row[0]]:
                yield row, item
