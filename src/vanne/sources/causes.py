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
    phrase,
    phrase_back,
    storage_error,
)
from vanne.sources.relation import named

OURS = "vanne: "
"""What our own errors inside a query begin with."""

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


_EXTENSION = re.compile(r"required extension '(\w+)|exists in the (\w+) extension")
_NO_FILE = re.compile(r'No files found that match the pattern "(.+?)"')


def input_error(error: Exception, source: str, table: str) -> Exception:
    """Turn what DuckDB says into one line that holds no value of the data."""
    import duckdb

    if isinstance(error, VanneError):
        return error
    text, where = str(error), named(source)
    if "No space left" in text:
        return _disk_full(text)
    if isinstance(error, duckdb.OutOfMemoryException):
        memory = phrase("out of memory while reading %(table)s", table=where)
        return VanneError(memory, todo=phrase("close other programs or use a larger machine"))
    if OURS in text:
        why = phrase_back(text.split(OURS, 1)[1].splitlines()[0], _OURS_SAID)
        return InputError(phrase("%(table)s: %(why)s", table=where, why=why))
    if extension := _EXTENSION.search(text):
        return _no_extension(where, extension[1] or extension[2])
    if isinstance(error, OSError) and error.errno:
        return storage_error(error, f"`{where}`")
    if "utf-8" in text.lower() or "UTF8" in text or isinstance(error, UnicodeDecodeError):
        message = phrase("%(table)s: not UTF-8", table=where)
        if places := ", ".join(re.findall(r"Line: \d+", text)):
            message = phrase("%(table)s: not UTF-8 (%(where)s)", table=where, where=_placed(places))
        return InputError(message, todo=phrase("convert it and run this again"))
    if isinstance(error, (duckdb.IOException, duckdb.HTTPException, duckdb.PermissionException)):
        return _not_opened(text, where)
    return _not_understood(error, where, table)


def _disk_full(text: str) -> StorageError:
    """Say that the disk is full: a table is read, so what was written is something else."""
    path = re.search(r'file "(.+?)"', text)
    return StorageError(
        phrase(
            "no space left on the disk while writing %(what)s",
            what=f"`{path[1]}`" if path else phrase("a file"),
        ),
        todo=phrase("free some space and run this again; what was there before is whole"),
    )


def _no_extension(where: str, name: str) -> MissingError:
    install = f"python -I -c \"import duckdb; duckdb.sql('INSTALL {name}')\""
    return MissingError(
        phrase("%(table)s: DuckDB's extension `%(name)s` is not installed", table=where, name=name),
        todo=phrase("run `%(command)s`", command=install),
    )


def _not_opened(text: str, where: str) -> StorageError:
    """Pass on which file or address could not be opened; no data were read."""
    if missing := _NO_FILE.search(text):
        no_file = phrase("no such file: %(where)s", where=f"`{missing[1]}`")
        return StorageError(no_file, todo=phrase("check the path"))
    why = text.split("Error:", 1)[-1].strip().splitlines()[0]
    return StorageError(
        phrase("%(table)s: %(why)s", table=where, why=why), todo=phrase("check the path")
    )


def _not_understood(error: Exception, where: str, table: str) -> InputError:
    import duckdb

    text, todo = str(error), phrase("mend or replace it")
    of_values = (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
        duckdb.TypeMismatchException,
        ValueError,
    )
    why: str
    if isinstance(error, (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)):
        why = text.split("Error:", 1)[-1].strip().splitlines()[0]
    elif places := ", ".join(dict.fromkeys(_PLACES.findall(text))):
        why = _placed(places)
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counts and int(counts[2]) > int(counts[1]):
            todo = phrase("put what holds the separator, such as a decimal comma, into quotes")
    elif isinstance(error, of_values):
        why = phrase("a value does not fit its column")
    else:
        why = phrase("DuckDB stopped (%(kind)s)", kind=type(error).__name__)
    values = {"table": where, "kind": TABLES.get(table, table), "why": why}
    return InputError(
        phrase("%(table)s: cannot be read as a table of %(kind)s: %(why)s", **values), todo=todo
    )


def _placed(places: str) -> str:
    return phrase_back(places, _PLACES_SAID)
