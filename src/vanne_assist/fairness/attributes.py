"""Attributes that people gave of their own will, in a file apart, read for aggregates only.

A table in CSV with `member_id, attribute, value`: a row for each thing that somebody said. It lies
outside the folder of the search, which never opens it (a test watches the files), and nothing here
gives an attribute of one person: what comes out are mappings for `measures`, and figures over at
least ten people. Attributes made up for a demo network have the same form.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vanne.errors import InputError, did_you_mean, storing

COLUMNS = ("member_id", "attribute", "value")


@dataclass(frozen=True, slots=True)
class Attributes:
    """For each attribute the category of everybody who said one. Its repr tells nothing of them."""

    of: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        return f"Attributes({', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """What people were asked."""
        return tuple(sorted(self.of))

    def named(self, name: str) -> Mapping[str, str]:
        """Return the categories of an attribute.

        Raises:
            InputError: nobody said anything about it.
        """
        if name not in self.of:
            todo = did_you_mean(name, list(self.names))
            raise InputError(f"no attribute `{name}` in the file of attributes", todo=todo)
        return self.of[name]


def read_attributes(path: Path) -> Attributes:
    """Read a file of attributes.

    Raises:
        InputError: a column is missing, a row is empty, or somebody said two things.
        StorageError: it cannot be read.
    """
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        return Attributes(_collected(rows, path))
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8", todo="save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"`{path}` is no CSV: {error}", todo="check its quotes") from error


def _collected(rows: "csv.DictReader[str]", path: Path) -> dict[str, dict[str, str]]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        todo = f"it needs {', '.join(COLUMNS)}, with commas between them"
        raise InputError(f"no column `{missing[0]}` in `{path}`", todo=todo)
    of: dict[str, dict[str, str]] = {}
    for row in rows:
        member, attribute, value = ((row[name] or "").strip() for name in COLUMNS)
        where = f"line {rows.line_num} of `{path}`"
        if not member or not attribute or not value:
            raise InputError(f"{where} lacks a value", todo="take out rows of people who said none")
        if of.setdefault(attribute, {}).setdefault(member, value) != value:
            todo = "keep one row for each person and attribute"
            raise InputError(f"{where} says something else than a row before", todo=todo)
    return of
