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

from vanne.errors import ConfigError, Phrase, did_you_mean, phrase, phrase_back
from vanne.terms import word

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""A day outside of these is a slip of the pen: `0205-11-03` for 2025."""

CENTURY = date(2000, 1, 1)
"""No use of data for AI that a policy could name started before this day."""

_HEADER = re.compile(r"^\s*\[\[?([^\]]+)\]\]?")
_ASSIGNMENT = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*[\w"'-]+)*)\s*=""")

_KINDS: dict[type, tuple[Phrase, Phrase, Phrase]] = {
    str: (
        phrase("must be a string"),
        phrase("put it in quotes"),
        phrase("add it: it is a string"),
    ),
    int: (
        phrase("must be a whole number"),
        phrase("write it without quotes and without a point"),
        phrase("add it: it is a whole number"),
    ),
    list: (
        phrase("must be a list"),
        phrase("write `[...]`"),
        phrase("add it: it is a list"),
    ),
    dict: (
        phrase("must be a table"),
        phrase("write `{ ... }` or a table `[%(where)s]`"),
        phrase("add a table `[%(where)s]`"),
    ),
    date: (
        phrase("must be a day"),
        phrase("write the day alone and without quotes, such as `2025-11-03`"),
        phrase("add it: it is a day"),
    ),
}
"""What a value must be, how that is written, and what to do where it is missing."""

_NO_KEY = phrase("is not a key of this table")


def syntax_error(error: ValueError) -> str:
    """Say where the syntax of a TOML file is wrong and, as far as we have words for it, why."""
    return phrase_back(str(error), _SYNTAX)


_SYNTAX = (
    phrase("%(why)s (at end of document)"),
    phrase("%(why)s (at line %(line)s, column %(column)s)"),
    phrase("Cannot declare %(key)s twice"),
    phrase("Cannot mutate immutable namespace %(key)s"),
    phrase("Cannot overwrite a value"),
    phrase("Cannot redefine namespace %(key)s"),
    phrase("Duplicate inline table key %(key)s"),
    phrase("Escaped character is not a Unicode scalar value"),
    phrase("Expected %(sign)s after a key in a key/value pair"),
    phrase("Expected %(sign)s at the end of a table declaration"),
    phrase("Expected %(sign)s at the end of an array declaration"),
    phrase("Expected newline or end of document after a statement"),
    phrase("Expected %(sign)s"),
    phrase("Found invalid character %(sign)s"),
    phrase("Illegal character %(sign)s"),
    phrase("Invalid date or datetime"),
    phrase("Invalid hex value"),
    phrase("Invalid initial character for a key part"),
    phrase("Invalid statement"),
    phrase("Invalid value"),
    phrase("Unclosed array"),
    phrase("Unclosed inline table"),
    phrase("Unescaped '\\' in a string"),
    phrase("Unterminated string"),
)
"""What Python's reader of TOML says; the more exact goes first."""


class Table:
    """One table of a policy file. Every key is taken once; `close` refuses what is left."""

    def __init__(self, data: dict[str, Any], path: str, file: str, text: str, nth: int = 0) -> None:
        self.data, self.path, self.file, self.text, self.nth = dict(data), path, file, text, nth
        self.known: list[str] = []

    def fail(self, key: str, what: str, todo: str = "") -> NoReturn:
        """Raise a `ConfigError` that names the file, the line and the key.

        If `what` is no phrase, as in the checks of our own files, it is English as a whole.
        """
        line = str(line_of(self.text, self.path, key, self.nth))
        place = {"file": self.file, "line": line, "key": self._inner(key) if key else self.path}
        message = phrase("%(file)s, line %(line)s: `%(key)s` %(what)s", **place, what=what)
        raise ConfigError(message if isinstance(what, Phrase) else str(message), todo=todo)

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """Take the value of a key, of that kind; without a default it must be there."""
        self.known.append(key)
        if key not in self.data:
            if default is ...:
                for near in get_close_matches(key, self.data, n=1):
                    meant = phrase("did you mean `%(word)s`?", word=key)
                    self.fail(near, _NO_KEY, todo=meant)
                add = phrase(_KINDS[kind][2], where=self._inner(key))
                self.fail(key, phrase("is missing"), todo=add)
            return default
        value = self.data.pop(key)
        wrong = not isinstance(value, kind) or (kind is date and isinstance(value, datetime))
        if wrong or (kind is int and isinstance(value, bool)):
            must, how, _ = _KINDS[kind]
            self.fail(key, must, todo=phrase(how, where=self._inner(key)))
        if isinstance(value, str) and not value.strip():
            self.fail(key, phrase("is blank"), todo=phrase("say something or take the key out"))
        return value

    def number(self, key: str, low: int, high: int, default: Any = ...) -> Any:
        """Take a whole number within bounds."""
        value = self.take(key, int, default)
        if value is not default and not low <= value <= high:
            self._fail_outside(key, value, low, high)
        return value

    def day(self, key: str, default: Any = ..., *, first: date = FIRST_DAY) -> Any:
        """Take a day, `first` or later."""
        value = self.take(key, date, default)
        if value is not default and not first <= value <= LAST_DAY:
            self._fail_outside(key, value, first, LAST_DAY)
        return value

    def _fail_outside(self, key: str, value: object, low: object, high: object) -> NoReturn:
        bounds = phrase("it must be between %(low)s and %(high)s", low=str(low), high=str(high))
        self.fail(key, phrase("is %(value)s", value=str(value)), todo=bounds)

    def word(self, key: str, words: Iterable[str], default: Any = ...) -> Any:
        """Take a value that is one of a few words."""
        words = list(words)
        if isinstance(self.data.get(key), bool):
            first, *others = [f'`"{word}"`' for word in words]
            quoted: str = first
            for other in others:
                quoted = phrase("%(one)s or %(other)s", one=quoted, other=other)
            self.fail(key, _KINDS[str][0], todo=phrase("write %(what)s", what=quoted))
        value = self.take(key, str, default)
        if value not in words and value is not default:
            self.fail(key, phrase("is `%(value)s`", value=value), todo=did_you_mean(value, words))
        return value

    def strings(self, key: str, default: Any = ..., *, none: bool = False) -> tuple[str, ...]:
        """Take a list of strings, none of them blank or there twice; `none`: it may be empty."""
        values = self.take(key, list, default)
        if values is default:
            return tuple(values)
        if not all(isinstance(v, str) for v in values):
            must = phrase("must be a list of strings")
            self.fail(key, must, todo=phrase("put each part in quotes"))
        if not values and not none:
            self.fail(key, phrase("is empty"), todo=phrase("name at least one"))
        if any(not v.strip() for v in values):
            self.fail(key, phrase("holds a blank text"), todo=phrase("take it out"))
        for value in sorted(v for v, n in Counter(values).items() if n > 1):
            twice = phrase("names `%(value)s` twice", value=value)
            self.fail(key, twice, todo=phrase("take one of them out"))
        return tuple(values)

    def tags(self, key: str, default: Any = ...) -> frozenset[str]:
        """Take a list of tags or signs, however they are spelt."""
        spelt = self.strings(key, default)
        for tag, n in Counter(map(word, spelt)).items():
            if n > 1:
                twice = phrase("names `%(value)s` twice", value=tag)
                self.fail(key, twice, todo=phrase("take one of the spellings out"))
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
            write = phrase("write %(what)s", what=f"`[[{inner}]]`")
            self.fail(key, phrase("must be one or more tables"), todo=write)
        return [Table(row, inner, self.file, self.text, nth) for nth, row in enumerate(rows)]

    def close(self) -> None:
        """Refuse keys that nobody took: a misspelt key must never be silent."""
        for key in self.data:
            self.fail(key, _NO_KEY, todo=did_you_mean(key, self.known))

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
