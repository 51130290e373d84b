"""Read a TOML table key by key, and say file and line when a key is wrong or unknown.

What is written must say something: a blank text, an empty list, a number or a day out of any sense
is an error, because a slip there would permit in silence.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, NoReturn

from vanne.errors import ConfigError, did_you_mean
from vanne.terms import word

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""A day outside of these is a slip of the pen: `0205-11-03` for 2025."""

CENTURY = date(2000, 1, 1)
"""No use of data for AI that a policy could name started before this day."""

_HEADER = re.compile(r"^\s*\[\[?([^\]]+)\]\]?")
_ASSIGNMENT = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*[\w"'-]+)*)\s*=""")

_KINDS: dict[type, tuple[str, str]] = {
    str: ("a string", "put it in quotes"),
    int: ("a whole number", "write it without quotes and without a point"),
    list: ("a list", "write `[...]`"),
    dict: ("a table", "write `{{ ... }}` or a table `[{where}]`"),
    date: ("a day", "write the day alone and without quotes, such as `2025-11-03`"),
    object: ("a value", ""),
}
"""What a value must be, and how that is written."""


class Table:
    """One table of a policy file. Every key is taken once; `close` refuses what is left."""

    def __init__(self, data: dict[str, Any], path: str, file: str, text: str, nth: int = 0) -> None:
        self.data, self.path, self.file, self.text, self.nth = dict(data), path, file, text, nth
        self.known: list[str] = []

    def fail(self, key: str, message: str, todo: str = "") -> NoReturn:
        """Raise a `ConfigError` that names the file, the line and the key."""
        line = line_of(self.text, self.path, key, self.nth)
        where = self._inner(key) if key else self.path
        raise ConfigError(f"{self.file}, line {line}: `{where}` {message}", todo=todo)

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """Take the value of a key, of that kind; without a default it must be there."""
        self.known.append(key)
        what, how = _KINDS[kind]
        if key not in self.data:
            if default is ...:
                for near in get_close_matches(key, self.data, n=1):
                    self.fail(near, "is not a key of this table", todo=f"did you mean `{key}`?")
                add = f"a table `[{self._inner(key)}]`" if kind is dict else f"it: it is {what}"
                self.fail(key, "is missing", todo=f"add {add}")
            return default
        value = self.data.pop(key)
        wrong = not isinstance(value, kind) or (kind is date and isinstance(value, datetime))
        if wrong or (kind is int and isinstance(value, bool)):
            self.fail(key, f"must be {what}", todo=how.format(where=self._inner(key)))
        if isinstance(value, str) and not value.strip():
            self.fail(key, "is blank", todo="say something or take the key out")
        return value

    def number(self, key: str, low: int, high: int, default: Any = ...) -> Any:
        """Take a whole number within bounds."""
        value = self.take(key, int, default)
        if value is not default and not low <= value <= high:
            self.fail(key, f"is {value}", todo=f"it must be between {low} and {high}")
        return value

    def day(self, key: str, default: Any = ..., *, first: date = FIRST_DAY) -> Any:
        """Take a day, `first` or later."""
        value = self.take(key, date, default)
        if value is not default and not first <= value <= LAST_DAY:
            self.fail(key, f"is {value}", todo=f"it must be between {first} and {LAST_DAY}")
        return value

    def word(self, key: str, words: Iterable[str], default: Any = ...) -> Any:
        """Take a value that is one of a few words."""
        words = list(words)
        if isinstance(self.data.get(key), bool):
            quoted = " or ".join(f'`"{w}"`' for w in words)
            self.fail(key, "must be a string", todo=f"write {quoted}")
        value = self.take(key, str, default)
        if value not in words and value is not default:
            self.fail(key, f"is `{value}`", todo=did_you_mean(value, words))
        return value

    def strings(self, key: str, default: Any = ..., *, none: bool = False) -> tuple[str, ...]:
        """Take a list of strings, none of them blank or there twice; `none`: it may be empty."""
        values = self.take(key, list, default)
        if values is default:
            return tuple(values)
        if not all(isinstance(v, str) for v in values):
            self.fail(key, "must be a list of strings", todo="put each part in quotes")
        if not values and not none:
            self.fail(key, "is empty", todo="name at least one")
        if any(not v.strip() for v in values):
            self.fail(key, "holds a blank text", todo="take it out")
        for value in sorted(v for v, n in Counter(values).items() if n > 1):
            self.fail(key, f"names `{value}` twice", todo="take one of them out")
        return tuple(values)

    def tags(self, key: str, default: Any = ...) -> frozenset[str]:
        """Take a list of tags or signs, however they are spelt."""
        spelt = self.strings(key, default)
        for tag, n in Counter(map(word, spelt)).items():
            if n > 1:
                self.fail(key, f"names `{tag}` twice", todo="take one of the spellings out")
        return frozenset(map(word, spelt))

    def table(self, key: str, default: Any = ...) -> "Table":
        """Take a table inside this one."""
        return Table(self.take(key, dict, default), self._inner(key), self.file, self.text)

    def table_if_there(self, key: str) -> "Table | None":
        """Take a table that need not be there."""
        return self.table(key) if key in self.data else self.take(key, dict, None)

    def tables(self, key: str) -> list["Table"]:
        """Take a list of tables (`[[...]]`)."""
        inner = self._inner(key)
        rows = self.data.pop(key, None)
        self.known.append(key)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            self.fail(key, "must be one or more tables", todo=f"write `[[{inner}]]`")
        return [Table(row, inner, self.file, self.text, nth) for nth, row in enumerate(rows)]

    def close(self) -> None:
        """Refuse keys that nobody took: a misspelt key must never be silent."""
        for key in self.data:
            self.fail(key, "is not a key of this table", todo=did_you_mean(key, self.known))

    def _inner(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def line_of(text: str, path: str, key: str, nth: int = 0) -> int:
    """Find the line of a key in the nth table of that path, or the nearest table around it."""
    wanted = [part for part in (*path.split("."), key) if part]
    around = wanted[: len(wanted) - 1] if key else wanted
    found, length = 1, 0
    for line, keys, count in _places(text):
        same = keys == wanted[: len(keys)] and (count == nth or len(keys) < len(wanted) - 1)
        if same and len(keys) > length:
            found, length = line, len(keys)
        elif length < len(around) and keys[: len(around)] == around:
            found, length = line, len(around)  # a table that has no header of its own
    return found


def _places(text: str) -> Iterator[tuple[int, list[str], int]]:
    """Yield the line of each header and key, its whole path, and the how-manieth such table."""
    table: list[str] = []
    seen: Counter[str] = Counter()
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not quote:
            if match := _HEADER.match(line):
                table = _parts(match[1])
                seen[".".join(table)] += 1
                yield number, table, seen[".".join(table)] - 1
            elif match := _ASSIGNMENT.match(line):
                yield number, table + _parts(match[1]), max(seen[".".join(table)] - 1, 0)
        opened = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
        quote = opened if not quote else "" if quote == opened else quote


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
