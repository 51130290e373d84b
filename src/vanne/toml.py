"""Read a TOML table key by key; an error about a wrong or unknown key names file and line.

A value must state something. A blank text, an empty list, and a number or a day outside any
sensible range are errors, because such a slip could permit something unnoticed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, NoReturn
from unicodedata import category

from vanne.errors import ConfigError, did_you_mean
from vanne.terms import word
from vanne.words import Message

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""A day outside of these is a slip of the pen: `0205-11-03` for 2025."""

CENTURY = date(2000, 1, 1)
"""No use of data for AI that a policy could name started before this day."""

_HEADER = re.compile(r"^\s*\[\[?([^\]]+)\]\]?")
_ASSIGNMENT = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*[\w"'-]+)*)\s*=""")

_NO_KEY = Message("no-such-key")
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp"))


def _of_kind(kind: type, where: str) -> tuple[Message, Message, Message]:
    """Say what a value must be, how that is written, and what to do where it is missing."""
    if kind is str:
        return Message("must-be-string"), Message("put-in-quotes"), Message("add-string")
    if kind is int:
        return Message("must-be-number"), Message("write-number"), Message("add-number")
    if kind is list:
        return Message("must-be-list"), Message("write-list"), Message("add-list")
    if kind is date:
        return Message("must-be-day"), Message("write-day"), Message("add-day")
    return (
        Message("must-be-table"),
        Message("write-table", where=where),
        Message("add-table", where=where),
    )


def syntax_error(error: ValueError) -> str:
    """Quote what the reader of TOML says of the syntax: its sentences are English alone."""
    return f"`{error}`"


def is_unseen(sign: str) -> bool:
    """Say whether a sign is invisible, or turns the order of others around.

    Lines, soft hyphens and what joins two signs are part of a text.

    >>> [is_unseen(sign) for sign in "\x1b\u202ea\u00ad"]
    [True, True, False, False]
    """
    return sign not in "\n\t\u00ad\u200c\u200d" and category(sign) in _UNSEEN


def refuse_unseen(data: dict[str, Any], file: str, text: str) -> None:
    """Refuse a file in which a key or a text has an invisible sign: a terminal may obey it.

    Raises:
        ConfigError: one has: the file, the line and the key.
    """
    for path, key, nth, value in _texts(data):
        if sign := next(filter(is_unseen, f"{key}{value}"), None):
            unseen = Message("holds-unseen", code=f"U+{ord(sign):04X}")
            seen = "".join(" " if is_unseen(each) else each for each in key)
            TomlTable(data, path, file, text, nth).fail(seen, unseen, todo=Message("take-it-out"))


def _texts(
    value: object, path: str = "", key: str = "", nth: int = 0
) -> Iterator[tuple[str, str, int, str]]:
    """Yield each text with the table, the key and the number of the row in which it is."""
    if isinstance(value, dict):
        inner = f"{path}.{key}".strip(".")
        for each, held in value.items():
            yield inner, each, nth, ""
            yield from _texts(held, inner, each, nth)
    elif isinstance(value, list):
        for row, held in enumerate(value):
            yield from _texts(held, path, key, row)
    elif isinstance(value, str):
        yield path, key, nth, value


class TomlTable:
    """One table of a policy file. Every key is taken once; `close` refuses what is left."""

    def __init__(self, data: dict[str, Any], path: str, file: str, text: str, nth: int = 0) -> None:
        self.data, self.path, self.file, self.text, self.nth = dict(data), path, file, text, nth
        self.known: list[str] = []
        self.is_there = True

    def fail(self, key: str, what: Message | str, todo: Message | str = "") -> NoReturn:
        """Raise a `ConfigError` that names the file, the line and the key.

        If `what` is no message, as in the checks of our own files, it is English as a whole.
        """
        line = str(line_of(self.text, self.path, key, self.nth))
        where = self._inner(key) if key else self.path
        message = Message("key-wrong", file=self.file, line=line, key=where, what=what)
        raise ConfigError(message if isinstance(what, Message) else str(message), todo=todo)

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """Take the value of a key, of that kind; without a default it must be there."""
        self.known.append(key)
        if key not in self.data:
            if default is ...:
                for near in get_close_matches(key, self.data, n=1):
                    hint = Message("did-you-mean", word=key)
                    self.fail(near, _NO_KEY, todo=hint)
                _, _, add = _of_kind(kind, self._inner(key))
                self.fail(key, Message("is-missing"), todo=add)
            return default
        value = self.data.pop(key)
        wrong = not isinstance(value, kind) or (kind is date and isinstance(value, datetime))
        if wrong or (kind is int and isinstance(value, bool)):
            must, how, _ = _of_kind(kind, self._inner(key))
            self.fail(key, must, todo=how)
        if isinstance(value, str) and not value.strip():
            self.fail(key, Message("is-blank"), todo=Message("say-or-take-out"))
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
        bounds = Message("must-be-between", low=str(low), high=str(high))
        self.fail(key, Message("is-value", value=str(value)), todo=bounds)

    def word(self, key: str, words: Iterable[str], default: Any = ...) -> Any:
        """Take a value that is one of a few words."""
        words = list(words)
        if isinstance(self.data.get(key), bool):
            first, *others = [f'`"{word}"`' for word in words]
            quoted: Message | str = first
            for other in others:
                quoted = Message("one-or-other", one=quoted, other=other)
            self.fail(key, Message("must-be-string"), todo=Message("write-this", what=quoted))
        value = self.take(key, str, default)
        if value not in words and value is not default:
            self.fail(key, Message("is-quoted", value=value), todo=did_you_mean(value, words))
        return value

    def strings(self, key: str, default: Any = ..., *, none: bool = False) -> tuple[str, ...]:
        """Take a list of strings, none of them blank or there twice; `none`: it may be empty."""
        values = self.take(key, list, default)
        if values is default:
            return tuple(values)
        if not all(isinstance(v, str) for v in values):
            must = Message("must-be-strings")
            self.fail(key, must, todo=Message("quote-each"))
        if not values and not none:
            self.fail(key, Message("is-empty"), todo=Message("name-at-least-one"))
        if any(not v.strip() for v in values):
            self.fail(key, Message("holds-blank"), todo=Message("take-it-out"))
        for value in sorted(v for v, n in Counter(values).items() if n > 1):
            twice = Message("names-twice", value=value)
            self.fail(key, twice, todo=Message("take-one-out"))
        return tuple(values)

    def tags(self, key: str, default: Any = ...) -> frozenset[str]:
        """Take a list of tags or signs, however they are spelt."""
        spelt = self.strings(key, default)
        for tag, n in Counter(map(word, spelt)).items():
            if n > 1:
                twice = Message("names-twice", value=tag)
                self.fail(key, twice, todo=Message("take-spelling-out"))
        return frozenset(map(word, spelt))

    def table(self, key: str, default: Any = ...) -> "TomlTable":
        """Take a table inside this one."""
        return TomlTable(self.take(key, dict, default), self._inner(key), self.file, self.text)

    def optional(self, key: str) -> "TomlTable":
        """Take a table that need not be there; one that is not is empty."""
        is_there = key in self.data
        table = self.table(key, {})
        table.is_there = is_there
        return table

    def tables(self, key: str) -> list["TomlTable"]:
        """Take a list of tables (`[[...]]`)."""
        inner = self._inner(key)
        rows = self.data.pop(key, None)
        self.known.append(key)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            write = Message("write-this", what=f"`[[{inner}]]`")
            self.fail(key, Message("must-be-tables"), todo=write)
        return [TomlTable(row, inner, self.file, self.text, nth) for nth, row in enumerate(rows)]

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
    nearest, length = 1, 0
    for line, keys, count in _places(text):
        same = keys == wanted[: len(keys)] and (count == nth or len(keys) < len(wanted) - 1)
        if same and len(keys) > length:
            nearest, length = line, len(keys)
        elif length < len(around) and keys[: len(around)] == around:
            nearest, length = line, len(around)  # a table that has no header of its own
    return nearest


def _places(text: str) -> Iterator[tuple[int, list[str], int]]:
    """Yield the line of each header and key, its whole path, and the how-manieth such table."""
    table: list[str] = []
    headers: Counter[str] = Counter()
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not quote:
            if match := _HEADER.match(line):
                table = _parts(match[1])
                headers[".".join(table)] += 1
                yield number, table, headers[".".join(table)] - 1
            elif match := _ASSIGNMENT.match(line):
                yield number, table + _parts(match[1]), max(headers[".".join(table)] - 1, 0)
        opened = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
        quote = opened if not quote else "" if quote == opened else quote


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
