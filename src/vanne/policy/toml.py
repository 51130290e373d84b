"""Read a TOML table key by key, and say file and line when a key is wrong or unknown."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, NoReturn

from vanne.errors import ConfigError, did_you_mean

_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?")


class Table:
    """One table of a policy file. Every key is taken once; `close` refuses what is left."""

    def __init__(self, data: dict[str, Any], path: str, file: str, text: str, nth: int = 0) -> None:
        self.data, self.path, self.file, self.text, self.nth = dict(data), path, file, text, nth
        self._known: list[str] = []

    def fail(self, key: str, message: str, todo: str = "") -> NoReturn:
        """Raise a `ConfigError` that names the file, the line and the key."""
        line = line_of(self.text, self.path, key, self.nth)
        where = ".".join(part for part in (self.path, key) if part)
        raise ConfigError(f"{self.file}, line {line}: `{where}` {message}", todo=todo)

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """Take the value of a key, of that kind; without a default it must be there."""
        self._known.append(key)
        if key not in self.data:
            if default is ...:
                for near in get_close_matches(key, self.data, n=1):
                    self.fail(near, "is not a key of this table", todo=f"did you mean `{key}`?")
                self.fail(key, "is missing", todo=f"add it; it is {_kind(kind)}")
            return default
        value = self.data.pop(key)
        wrong = not isinstance(value, kind) or (kind is date and isinstance(value, datetime))
        if wrong or (kind is int and isinstance(value, bool)):
            self.fail(key, f"must be {_kind(kind)}")
        return value

    def word(self, key: str, words: Iterable[str], default: Any = ...) -> Any:
        """Take a value that is one of a few words."""
        value, words = self.take(key, str, default), list(words)
        if value not in words and value is not default:
            self.fail(key, f"is `{value}`", todo=did_you_mean(value, words))
        return value

    def strings(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """Take a list of strings."""
        values = self.take(key, list, default)
        if not all(isinstance(v, str) for v in values):
            self.fail(key, "must be a list of strings")
        return tuple(values)

    def table(self, key: str, default: Any = ...) -> "Table":
        """Take a table inside this one."""
        return Table(self.take(key, dict, default), self._inner(key), self.file, self.text)

    def tables(self, key: str) -> list["Table"]:
        """Take a list of tables (`[[...]]`)."""
        rows = self.take(key, list)
        if not rows or not all(isinstance(row, dict) for row in rows):
            self.fail(key, "must be one or more tables", todo=f"write `[[{self._inner(key)}]]`")
        inner = self._inner(key)
        return [Table(row, inner, self.file, self.text, nth) for nth, row in enumerate(rows)]

    def close(self) -> None:
        """Refuse keys that nobody took: a misspelt key must never be silent."""
        for key in self.data:
            self.fail(key, "is not a key of this table", todo=did_you_mean(key, self._known))

    def _inner(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def line_of(text: str, path: str, key: str, nth: int = 0) -> int:
    """Find the line of a key in the nth table of that path, or of the table's header."""
    table, seen, header = "", -1, 1
    assignment = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            table = match.group(1).replace('"', "").replace(" ", "")
            seen += table == path
            if table in (path, f"{path}.{key}", key if not path else "") and seen in (-1, nth):
                header = number
        elif table == path and max(seen, 0) == nth and assignment.match(line):
            return number
    return header


def _kind(kind: type) -> str:
    names = {
        str: "a string",
        int: "a whole number",
        list: "a list",
        dict: "a table",
        date: "a date",
    }
    return names[kind]
