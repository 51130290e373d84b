"""Read the rows of a JSON document of any size, one after the other.

A document is an array of rows, an object whose arrays hold rows, or one value on each line. Rows
that lie further down are found by their path: `Activity.Logins`, or `Chats.*` where `*` is any key.
The decoder of the standard library reads row after row from a window of the text. A row that is
valid JSON and cannot be used (half a letter, too deep) is listed alone. Where the text is no longer
valid JSON, that row is listed, and everything after it is listed as one more row: no export writes
such a row, and the text after it may be anything. In a file with one value per line, a broken line
is listed alone.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vanne.words import Message

MAX_ROW = 16 << 20
MAX_DEPTH = 64
TOO_LARGE = Message("large-row", n=MAX_ROW >> 20)
TOO_DEEP = Message("nested-too-deep", n=MAX_DEPTH)
_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile("[ \t\r\n]*")
_LINE_END = re.compile(r"[\r\n]")
_HALF = re.compile(r"\\u[dD]")
_LONE = re.compile("[\ud800-\udfff]")
ANY_KEY = "*"
KeyPath = tuple[str, ...]
"""The keys on the way from a document to what lies in it."""
_LONGEST_WORD = len("-Infinity")
"""A fault so near the end of the window may be a word of JSON that goes on behind it."""


class Node(NamedTuple):
    """A row: under which key of the document it lies, its value, or what is wrong with it.

    `is_row` is not set for a value that lies alone under a key.
    """

    key: str
    value: Any = None
    fault: Message | None = None
    is_row: bool = True


class _BrokenError(Exception):
    """The text cannot be read from here on; the node says under which key, and why."""

    def __init__(self, node: Node) -> None:
        super().__init__(str(node.fault))
        self.node = node


class _Window:
    """The part of the text that is being read, from `at` on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self.text = ""
        self.at = 0
        self.is_end = False

    def fill(self) -> bool:
        """Take more of the text in, as much again as there is; `False` at its end."""
        wanted = max(len(self.text) - self.at, 1)
        parts = [self.text[self.at :]]
        size = 0
        while size < wanted and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            size += len(piece)
        self.text, self.at = "".join(parts), 0
        self.is_end = not size
        return size > 0

    def peek(self) -> str:
        """Return the next sign that is no space; nothing at the end."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.fill():
                return ""

    def skip(self, sign: str) -> bool:
        """Go past a sign if it comes next."""
        if self.peek() != sign:
            return False
        self.at += 1
        return True

    def value(self, key: str = "", *, is_row: bool = True) -> Node:
        """Read the value that comes next; it may be one that cannot be used.

        Raises:
            _BrokenError: it cannot be read.
        """

        def broken(fault: Message) -> _BrokenError:
            return _BrokenError(Node(key, None, fault, is_row))

        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError:
                raise broken(TOO_DEEP) from None
            except json.JSONDecodeError as error:
                is_open = error.msg.startswith("Unterminated")  # a string has no end yet
                if not is_open and error.pos + _LONGEST_WORD < len(self.text):
                    raise broken(Message("not-json")) from None
                if len(self.text) - self.at > MAX_ROW:
                    raise broken(TOO_LARGE) from None
                if self.is_end or not self.fill():
                    is_cut = is_open or not self.text[error.pos :].strip()
                    fault = Message("truncated") if is_cut else Message("not-json")
                    raise broken(fault) from None
                continue
            if end == len(self.text) and not self.is_end and self.fill():
                continue  # a number may go on
            written, self.at = self.text[self.at : end], end
            if len(written) > MAX_ROW:
                return Node(key, None, TOO_LARGE, is_row)
            brackets = written.count("{") + written.count("[")
            is_plain = brackets < MAX_DEPTH and written.isascii() and not _HALF.search(written)
            return Node(key, value, None if is_plain else fault_of(value), is_row)

    def fault(self, key: str) -> _BrokenError:
        """Return the error of a sign that has no place here, or of none at all."""
        fault = Message("not-json") if self.peek() else Message("truncated")
        return _BrokenError(Node(key, fault=fault))

    def pass_line(self) -> bool:
        """Go to behind the end of the line; `False` if the text ended in it."""
        while (match := _LINE_END.search(self.text, self.at)) is None:
            self.at = len(self.text)
            if not self.fill():
                return False
        self.at = match.end()
        return True

    def drain(self) -> None:
        """Go to the end of the text: damage of the file shows itself there."""
        self.text = ""
        deque(self._pieces, maxlen=0)


def fault_of(value: Any) -> Message | None:
    """Say what makes a decoded value unusable: depth, or halves of letters."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                if not one.isascii() and _LONE.search(one):
                    return Message("not-text")
            elif isinstance(one, dict):
                below.extend(one.values())
                below.extend(one)
            elif isinstance(one, list):
                below.extend(one)
        if not below:
            return None
        level = below
    return TOO_DEEP


class RowPaths:
    """Where the rows of a document lie: paths of keys, in which `*` is any key."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self.ends = {tuple(path.split(".")) for path in paths}
        self._known = {end[:at] for end in self.ends for at in range(1, len(end) + 1)}

    def below(self, place: KeyPath, key: str) -> KeyPath | None:
        """Return the path to a key below a place of a path, if there is one."""
        steps = ((*place, step) for step in (key, ANY_KEY))
        return next((path for path in steps if path in self._known), None)


def nodes_of(pieces: Iterable[str], end: str = "", paths: Iterable[str] = ()) -> Iterator[Node]:
    """Yield the rows of a document and the values under its keys, in their order.

    Rows lie in arrays under the keys of the document, and at the end of `paths`. The key of a node
    is its path. `end` may stand behind the document.
    """
    window = _Window(pieces)
    try:
        if window.skip("["):
            yield from _elements(window, "")
        elif window.skip("{"):
            yield from _members(window, RowPaths(paths), ())
        elif window.peek():
            raise window.fault("")
    except _BrokenError as error:
        yield error.node
        window.drain()
        if error.node.fault != Message("truncated"):
            yield Node("", fault=Message("rest-unread"))
        return
    if end:
        window.skip(end)
    if window.peek():
        window.drain()
        yield Node("", fault=Message("more-behind-end"), is_row=False)


def _members(window: _Window, paths: RowPaths, place: KeyPath) -> Iterator[Node]:
    """Yield what lies in an object that has begun."""
    while (sign := window.peek()) != "}":
        key = window.value(is_row=False).value if sign == '"' else None
        if not isinstance(key, str) or not window.skip(":"):
            raise window.fault("")
        path = paths.below(place, key)
        name = ".".join(path or (*place, key))
        if path and path not in paths.ends and window.skip("{"):
            yield from _members(window, paths, path)
        elif window.skip("["):
            yield from _elements(window, name)
        else:
            yield window.value(name, is_row=False)
        window.skip(",")
    window.at += 1


def nodes_of_lines(pieces: Iterable[str]) -> Iterator[Node]:
    """Yield the rows of a text that has one JSON value on each line."""
    window = _Window(pieces)
    while window.peek():
        try:
            yield window.value()
        except _BrokenError as error:
            fault = error.node.fault
            yield Node("", fault=Message("not-json") if fault == Message("truncated") else fault)
            if not window.pass_line():
                return


def _elements(window: _Window, key: str) -> Iterator[Node]:
    """Yield the elements of an array that has begun."""
    while window.peek() != "]":
        yield window.value(key)
        if not window.skip(",") and window.peek() != "]":
            raise window.fault(key)
    window.at += 1


@dataclass(frozen=True, slots=True)
class Outline:
    """What a document begins with: its bracket, its keys, those of the first rows under each path.

    Of several rows, since the first may be the broken one.
    """

    bracket: str
    keys: tuple[str, ...] = ()
    first: Mapping[KeyPath, tuple[str, ...] | None] = field(default_factory=dict)
    """The keys of the first rows where an array lies, and nothing where another value does."""
    is_lines: bool = False


_FIRST_ROWS = 5
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s"\[\]{}:,]+')


@dataclass(slots=True)
class _Level:
    """A bracket that is open.

    `place` is where it lies, if no array is around it. `row` takes the keys of a row of an array.
    """

    bracket: str
    place: KeyPath | None = None
    row: list[str] | None = None
    key: str = ""
    count: int = 0


def outline_of(text: str) -> Outline:
    """Find out what a document holds from its beginning, even if that is cut anywhere."""
    rows: dict[KeyPath, list[str] | None] = {}
    levels: list[_Level] = []
    bracket, last, is_lines = "", "", False
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if not levels and bracket:
            is_lines = sign == "{" and bracket == "{"
            break
        if sign in "[{":
            level, above = _Level(sign), levels[-1] if levels else _Level("{", place=())
            if above.bracket == "{" and above.place is not None:
                level.place = (*above.place, above.key) if levels else ()
                if sign == "[":
                    rows[level.place] = []
            elif above.bracket == "[" and above.place is not None and above.count < _FIRST_ROWS:
                level.row = rows[above.place]
            bracket = bracket or sign
            levels.append(level)
        elif sign in "]}":
            if not levels:
                break
            levels.pop()
        elif sign == "," and levels:
            levels[-1].count += 1
        elif sign == ":" and last.startswith('"') and levels:
            try:
                key = str(json.loads(last, strict=False))
            except ValueError:
                key = last[1:-1]
            level = levels[-1]
            level.key = key
            if level.bracket == "{" and level.place is not None:
                rows.setdefault((*level.place, key), None)
            elif level.bracket == "{" and level.row is not None:
                level.row.append(key)
        last = sign
    first = {path: keys if keys is None else tuple(keys) for path, keys in rows.items()}
    return Outline(bracket, tuple(path[0] for path in rows if len(path) == 1), first, is_lines)


def keys_of_lines(text: str) -> tuple[str, ...]:
    """Return the keys of the objects on the first lines of a text."""
    keys: dict[str, None] = {}
    for line in text.splitlines()[:_FIRST_ROWS]:
        try:
            value = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            continue
        keys |= dict.fromkeys(value if isinstance(value, dict) else ())
    return tuple(keys)
