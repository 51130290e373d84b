"""A source as something DuckDB can read: a file, a folder, a pattern of files, or a query.

Nothing is guessed and nothing is left out in silence: the columns of a CSV file are those of its
header, all as text; the keys of JSON Lines are looked for in every line; the files of a folder must
be of one kind and have the same columns; a file that cannot be read refuses the folder.
"""

import csv
import os
import re
from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from vanne.errors import InputError, StorageError, phrase, phrase_back, storing
from vanne.sources.schema import Column

if TYPE_CHECKING:
    import duckdb

OURS = "vanne: "
"""What our own errors inside a query begin with."""

_QUERY = re.compile(r"\s*(select|from|with)\s", re.IGNORECASE)
_READERS = {
    ".parquet": "read_parquet",
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}


def relation_of(
    connection: "duckdb.DuckDBPyConnection", source: str, columns: Sequence[Column]
) -> tuple[str, Mapping[str, str]]:
    """Return the SQL of a source, and the type of each of its columns.

    Raises:
        InputError: it is nothing that can be read, or its files differ.
        StorageError: there is no such file.
    """
    if not source.strip():
        empty = phrase("the name of a table is empty")
        raise InputError(empty, todo=phrase("give a file, a folder or a query"))
    if is_query(source):
        relation = f"({source.strip().rstrip(';')}\n)"
        return relation, _described(connection, relation)
    paths = _paths(source)
    suffix = paths[0].suffix.lower()
    literals = "[" + ", ".join(_literal(path) for path in paths) + "]"
    if _READERS[suffix] == "read_csv":
        relation = _csv(source, paths, literals, "\\t" if suffix == ".tsv" else ",")
        return relation, _described(connection, relation)
    if _READERS[suffix] == "read_json":
        return _json_lines(connection, literals, columns)
    kinds = [_described(connection, f"read_parquet({_literal(path)})") for path in paths]
    if any(kind != kinds[0] for kind in kinds):
        different = phrase("%(table)s: its files have different columns", table=source)
        raise InputError(different, todo=phrase("give them the same"))
    return f"read_parquet({literals})", kinds[0]


def is_query(source: str) -> bool:
    """Say whether a source is a query; a file or a folder of that name goes first."""
    return bool(_QUERY.match(source)) and not os.path.exists(source)  # noqa: PTH110  any length


def named(source: str) -> str:
    """Return how an error names a source: the words of a query may hold ids."""
    return phrase("the query") if is_query(source) else source


def row_count(source: str) -> int | None:
    """Return the number of rows of Parquet files, which they say at once; None for other sources.

    For progress: what is wrong with a source is said by who reads it.
    """
    import pyarrow.parquet as pq

    if is_query(source):
        return None
    path = Path(source)
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if any(file.suffix != ".parquet" or not file.is_file() for file in files):
        return None
    try:
        return sum(int(pq.read_metadata(file).num_rows) for file in files)
    except (OSError, ValueError):
        return None


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _described(connection: "duckdb.DuckDBPyConnection", relation: str) -> dict[str, str]:
    rows = connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {name: type_ for name, type_, *_ in rows}


def _literal(path: Path) -> str:
    """Return a path as an SQL string in which nothing is a pattern."""
    plain = re.sub(r"([*?\[])", r"[\1]", str(path))
    return "'" + plain.replace("'", "''") + "'"


def _paths(source: str) -> list[Path]:
    """Return the files of a source, in order of their names."""
    path = Path(source)
    if path.is_dir():
        paths = sorted(entry for entry in path.iterdir() if entry.name[0] not in "._")
        strange = [entry.name for entry in paths if entry.suffix.lower() not in _READERS]
        if strange or not paths:
            message = phrase("the folder `%(folder)s` holds no tables", folder=source)
            if strange:
                held = {"folder": source, "file": strange[0]}
                template = phrase("the folder `%(folder)s` holds `%(file)s`, which is no table")
                message = phrase(template, **held)
            known = ", ".join(_READERS)
            todo = phrase("give a folder with files of one kind: %(kinds)s", kinds=known)
            raise InputError(message, todo=todo)
    else:
        paths = [path] if path.exists() else [Path(name) for name in sorted(glob(source))]  # noqa: PTH207
    if not paths:
        missing = phrase("no such file: %(where)s", where=f"`{source}`")
        raise StorageError(missing, todo=phrase("check the path"))
    kinds = {entry.suffix.lower() for entry in paths}
    if len(kinds) > 1 or not kinds <= set(_READERS):
        raise InputError(
            phrase("`%(table)s` is not a table that can be read", table=source),
            todo=phrase(
                "give a .parquet, .csv, .tsv or .jsonl file, a folder of one kind, or a query"
            ),
        )
    return paths


def _csv(source: str, paths: Sequence[Path], literals: str, delimiter: str) -> str:
    headers = {_csv_header(path, "\t" if delimiter == "\\t" else ",") for path in paths}
    if len(headers) != 1:
        different = phrase("the files of `%(folder)s` have different headers", folder=source)
        raise InputError(different, todo=phrase("give them one"))
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in headers.pop())
    return (
        f"read_csv({literals}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', comment = '', strict_mode = true)"
    )


def _csv_header(path: Path, delimiter: str) -> tuple[str, ...]:
    with storing(f"`{path}`"), path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = next(csv.reader(file, delimiter=delimiter), [])
        except (csv.Error, UnicodeDecodeError) as error:
            message = phrase("%(file)s: not a CSV file in UTF-8", file=path)
            raise InputError(message, todo=phrase("convert it")) from error
    if not header or len(set(header)) < len(header):
        found = phrase("%(file)s: the header line is missing", file=path)
        if header:
            found = phrase("%(file)s: the header line names a column twice", file=path)
        raise InputError(found, todo=phrase("mend the first line"))
    return tuple(header)


def _json_lines(
    connection: "duckdb.DuckDBPyConnection", literals: str, columns: Sequence[Column]
) -> tuple[str, dict[str, str]]:
    """Read every column as text; its keys are those of all lines, so that a late one counts."""
    lines = f"read_ndjson_objects({literals})"
    keys = connection.sql(f"SELECT DISTINCT unnest(json_keys(json)) FROM {lines}").fetchall()
    names = [name for (name,) in keys] or [column.name for column in columns]
    texts = ", ".join(f"{quoted(column.name)}: 'VARCHAR'" for column in columns)
    relation = f"read_json({literals}, format = 'newline_delimited', columns = {{{texts}}})"
    return relation, dict.fromkeys(sorted(names), "VARCHAR")


_PLACES = re.compile(
    r"on Line: \d+|in line \d+|at byte \d+|unterminated quote|"
    r"Expected Number of Columns: \d+ Found: \d+|Malformed JSON|too small to be a Parquet file|"
    r"[Nn]o magic bytes|[Mm]aximum line size"
)
_PLACES_SAID = (
    phrase("%(one)s, %(other)s"),
    phrase("Expected Number of Columns: %(expected)s Found: %(found)s"),
    phrase("Line: %(line)s"),
    phrase("Malformed JSON"),
    phrase("No magic bytes"),
    phrase("at byte %(byte)s"),
    phrase("in line %(line)s"),
    phrase("maximum line size"),
    phrase("no magic bytes"),
    phrase("on Line: %(line)s"),
    phrase("too small to be a Parquet file"),
    phrase("unterminated quote"),
)
_OURS_SAID = (phrase("column `%(column)s` holds a number that is not a whole one"),)
TABLES = {"items": phrase("items"), "members": phrase("members"), "choices": phrase("choices")}
"""What the tables hold, in words."""


def input_error(error: Exception, source: str, table: str) -> Exception:
    """Turn what DuckDB says into one line that holds no value of the data.

    Of an error in the data only what is known to name a place or a kind of fault is passed on; an
    error in the words of a query is the user's own and is passed on.
    """
    import duckdb

    if isinstance(error, (InputError, StorageError)):
        return error
    said, source = str(error), named(source)
    if "No space left" in said:
        return StorageError(
            phrase("no space left on the disk while reading %(table)s", table=source),
            todo=phrase("free some space and run this again; what was there before is whole"),
        )
    if OURS in said:
        why = phrase_back(said.split(OURS, 1)[1].splitlines()[0], _OURS_SAID)
        return InputError(phrase("%(table)s: %(why)s", table=source, why=why))
    if "utf-8" in said.lower() or isinstance(error, UnicodeDecodeError):
        message = phrase("%(table)s: not UTF-8", table=source)
        if places := ", ".join(re.findall(r"Line: \d+", said)):
            message = phrase(
                "%(table)s: not UTF-8 (%(where)s)", table=source, where=_placed(places)
            )
        return InputError(message, todo=phrase("convert it and run this again"))
    own = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
    if isinstance(error, own):
        why = said.split("Error:", 1)[-1].strip().splitlines()[0]
    else:
        places = ", ".join(dict.fromkeys(_PLACES.findall(said)))
        why = _placed(places) if places else phrase("a value does not fit its column")
    where = {"table": source, "kind": TABLES.get(table, table), "why": why}
    return InputError(
        phrase("%(table)s: cannot be read as a table of %(kind)s: %(why)s", **where),
        todo=phrase("mend or replace it"),
    )


def _placed(places: str) -> str:
    return phrase_back(places, _PLACES_SAID)
