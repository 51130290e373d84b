"""What DuckDB and the operating system say when a table cannot be read, in one line for people.

The cause reaches the person: which file is not there, which extension is missing, what of a query
is wrong. No value of the data does: of an error in the data only what is known to name a place or
a kind of fault is passed on. An error in the words of a query is the user's own.
"""

import re

from vanne.errors import (
    InputError,
    MissingError,
    StorageError,
    VanneError,
    storage_error,
)
from vanne.sources.relation import named
from vanne.words import Message

NOT_WHOLE = "vanne: not-a-whole-number: "
"""What a query of ours ends with where an id is no whole number; the column follows."""

_PLACES = re.compile(
    r"on Line: \d+|in line \d+|at byte \d+|unterminated quote|"
    r"Expected Number of Columns: \d+ Found: \d+|Malformed JSON|too small to be a Parquet file|"
    r"[Nn]o magic bytes|[Mm]aximum line size"
)
TABLES = {
    "items": Message("table-items"),
    "members": Message("table-members"),
    "choices": Message("table-choices"),
}
"""What the tables hold, in words."""


_EXTENSION = re.compile(r"required extension '(\w+)|exists in the (\w+) extension")
_NO_FILE = re.compile(r'No files found that match the pattern "(.+?)"')


def input_error(error: Exception, source: str, table: str) -> Exception:
    """Turn what DuckDB says into one line that holds no value of the data."""
    import duckdb

    if isinstance(error, VanneError):
        return error
    text, where = str(error), named(source)
    # The first line of what DuckDB says, in its words: they are English alone.
    first_line = f"`{text.split('Error:', 1)[-1].strip().split(chr(10))[0]}`"
    if "No space left" in text:  # a table is read, so what was written is something else
        path = re.search(r'file "(.+?)"', text)
        full = Message("disk-full", what=f"`{path[1]}`" if path else Message("some-file"))
        return StorageError(full, todo=Message("free-space"))
    if isinstance(error, duckdb.OutOfMemoryException):
        memory = Message("out-of-memory-reading", table=where)
        return VanneError(memory, todo=Message("use-larger-machine"))
    if NOT_WHOLE in text:
        column = text.split(NOT_WHOLE, 1)[1].splitlines()[0]
        whole = Message("not-a-whole-number", column=column)
        return InputError(Message("table-refused", table=where, why=whole))
    if extension := _EXTENSION.search(text):
        name = extension[1] or extension[2]
        install = f"python -I -c \"import duckdb; duckdb.sql('INSTALL {name}')\""
        lacking = Message("extension-missing", table=where, name=name)
        return MissingError(lacking, todo=Message("run-command", command=install))
    if isinstance(error, OSError) and error.errno:
        return storage_error(error, f"`{where}`")
    if "utf-8" in text.lower() or "UTF8" in text or isinstance(error, UnicodeDecodeError):
        message = Message("table-not-utf8", table=where)
        if line := re.search(r"Line: (\d+)", text):
            message = Message("table-not-utf8-at", table=where, line=line[1])
        return InputError(message, todo=Message("convert-and-repeat"))
    if isinstance(error, (duckdb.IOException, duckdb.HTTPException, duckdb.PermissionException)):
        # Which file or address could not be opened is passed on: no data were read.
        missing = _NO_FILE.search(text)
        message = Message("table-refused", table=where, why=first_line)
        if missing:
            message = Message("no-such-file", where=f"`{missing[1]}`")
        return StorageError(message, todo=Message("check-path"))
    todo = Message("mend-table")
    of_values = (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
        duckdb.TypeMismatchException,
        ValueError,
    )
    why: Message | str
    if isinstance(error, (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)):
        why = first_line
    elif places := ", ".join(dict.fromkeys(_PLACES.findall(text))):
        why = f"`{places}`"
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counts and int(counts[2]) > int(counts[1]):
            todo = Message("quote-separators")
    elif isinstance(error, of_values):
        why = Message("value-does-not-fit")
    else:
        why = Message("duckdb-stopped", kind=type(error).__name__)
    kind = TABLES.get(table, table)
    return InputError(Message("table-unreadable", table=where, kind=kind, why=why), todo=todo)
