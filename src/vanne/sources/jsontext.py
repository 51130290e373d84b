"""Reads the rows of a JSON document of any size, and goes on after one that is broken.

A document is an array of rows, an object whose arrays hold rows, or one value on each line. The
decoder of the standard library reads row after row from a window of the text: a row that it cannot
read is passed over, to where the row ends by its brackets or, if these are broken too, to where the
next row begins like those before. So a broken row costs itself and no more.
"""

import json
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vanne.words import Message

MAX_ROW = 16 << 20
MAX_DEPTH = 64
PAGE = "{"
"""The key of the node before what is in a page that is broken."""
TOO_LARGE = Message("large-row", n=MAX_ROW >> 20)
TOO_DEEP = Message("nested-too-deep", n=MAX_DEPTH)
_DECODER = json.JSONDecoder(strict=False)
_BLANKS = " \t\r\n"
_SPACE = re.compile(f"[{_BLANKS}]*")
_SIGN = re.compile(r'["\[\]{},]')
_LINE_END = re.compile(r"[\r\n]")
_FIRST_KEY = re.compile(r'\{\s*"((?:[^"\\]|\\.)*)"\s*:')
_HALF = re.compile(r"\\u[dD]")
_LONE = re.compile("[\ud800-\udfff]")


class Node(NamedTuple):
    """A row: under which key of the document it lies, its value, or what is wrong with it.

    `is_row` is not set for a value that lies alone under a key.
    """

    key: str
    value: Any = None
    fault: Message | None = None
    is_row: bool = True


class _Window:
    """The part of the text that is being read, from `at` on."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self.text = ""
        self.at = 0
        self.is_end = False
        self.is_behind = True

    def fill(self) -> bool:
        """Take more of the text in, as much again as there is; `False` at its end."""
        wanted = max(len(self.text) - self.at, 1)
        parts = [self.text[self.at :]]
        got = 0
        while got < wanted and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            got += len(piece)
        self.text, self.at = "".join(parts), 0
        self.is_end = not got
        return got > 0

    def peek(self) -> str:
        """Return the next sign that is no space; nothing at the end."""
        while True:
            if (sign := self.text[self.at : self.at + 1]) and sign not in _BLANKS:
                return sign
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

    def value(self) -> tuple[Any, Message | None]:
        """Read a value, or say why it cannot be read; `is_behind` says whether it was passed."""
        self.is_behind = False
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError:
                return None, TOO_DEEP
            except ValueError:
                if len(self.text) - self.at > MAX_ROW:
                    return None, TOO_LARGE
                if self.is_end or not self.fill():
                    return None, Message("not-json")
                continue
            if end == len(self.text) and not self.is_end and self.fill():
                continue  # a number may go on
            written, self.at, self.is_behind = self.text[self.at : end], end, True
            if len(written) > MAX_ROW:
                return None, TOO_LARGE
            return value, None if _is_plain(written) else fault_of(value)

    def pass_over(self, first_key: str | None, ends: str, *, by_line: bool = False) -> bool:
        """Go to behind a broken row; `False` if the text ended in it."""
        if by_line:
            return self._pass_line()
        if first_key is None and (here := _FIRST_KEY.match(self.text, self.at)):
            first_key = _plain(f'"{here[1]}"')
        return self._pass_brackets(self._next_alike(first_key) if first_key else None, ends)

    def _next_alike(self, first_key: str) -> int | None:
        """Return where the next row begins that begins like the others, counted from `at`."""
        pattern = re.compile(r",\s*(?=\{\s*" + re.escape(json.dumps(first_key)) + r"\s*:)")
        match = pattern.search(self.text, self.at + 1, self.at + MAX_ROW)
        while match is not None:
            try:
                _DECODER.raw_decode(self.text, match.end())
            except (ValueError, RecursionError):
                match = pattern.search(self.text, match.end(), self.at + MAX_ROW)
                continue
            return match.start() - self.at
        return None

    def _pass_line(self) -> bool:
        while True:
            match = _LINE_END.search(self.text, self.at)
            if match:
                self.at = match.end()
                return True
            self.at = len(self.text)
            if not self.fill():
                return False

    def _pass_brackets(self, again: int | None, ends: str) -> bool:
        """Go to the sign of `ends` that is behind a value, but not further than `again` signs."""
        depth, passed = 0, 0
        while True:
            match = _SIGN.search(self.text, self.at)
            if match is None:
                passed += len(self.text) - self.at
                self.at = len(self.text)
                if not self.fill():
                    return False
                continue
            sign = match[0]
            if again is not None and passed + match.start() - self.at >= again:
                self.at += again - passed
                return True
            if depth == 0 and sign in ends:
                self.at = match.start()
                return True
            passed += match.end() - self.at
            self.at = match.end()
            depth = max(depth + {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0), 0)
            if sign == '"':
                size = self._pass_string(None if again is None else again - passed)
                if size is None:
                    return False
                passed += size

    def _pass_string(self, most: int | None) -> int | None:
        """Go to behind the quote that ends a string, or `most` signs; `None` if none does."""
        passed = 0
        while True:
            end = self.text.find('"', self.at)
            if most is not None and passed + (end if end >= 0 else len(self.text)) - self.at > most:
                self.at += max(most - passed, 0)
                return most
            if end < 0:
                keep = 64 if len(self.text) - self.at > 64 else 0
                passed += len(self.text) - self.at - keep
                self.at = len(self.text) - keep
                before = len(self.text) - self.at
                if not self.fill():
                    return None
                if len(self.text) == before:
                    return None
                if not keep:
                    continue
                end = self.text.find('"', self.at)
                if end < 0:
                    continue
            slashes = end - len(self.text[self.at : end].rstrip("\\")) - self.at
            passed += end + 1 - self.at
            self.at = end + 1
            if slashes % 2 == 0:
                return passed


def _is_plain(written: str) -> bool:
    """Say whether a value as it is written can have no fault: not deep, no halves of letters."""
    brackets = written.count("{") + written.count("[")
    return brackets < MAX_DEPTH and written.isascii() and not _HALF.search(written)


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


def nodes_of(
    pieces: Iterable[str], end: str = "", *, pages: Collection[str] = ()
) -> Iterator[Node]:
    """Yield the rows of a document and the values under its keys, in their order.

    `end` may stand behind it. The arrays under the keys `pages` hold pages that hold rows: what is
    in one that is broken comes as if it were the document, behind a node `PAGE`.
    """
    window = _Window(pieces)
    start = window.peek()
    if start == "[":
        window.at += 1
        yield from _elements(window, "", pages=pages)
    elif start == "{":
        window.at += 1
        yield from _members(window, pages=pages)
    elif start:
        yield Node("", fault=Message("not-json"), is_row=False)
        return
    if end:
        window.skip(end)
    if window.peek():
        yield Node("", fault=Message("more-behind-end"), is_row=False)


def nodes_of_lines(pieces: Iterable[str]) -> Iterator[Node]:
    """Yield the rows of a text that has one JSON value on each line."""
    window = _Window(pieces)
    while window.peek():
        value, fault = window.value()
        yield Node("", value, fault)
        if not window.is_behind and not window.pass_over(None, "", by_line=True):
            return


def _elements(
    window: _Window, key: str, *, pages: Collection[str] = ()
) -> Generator[Node, None, bool]:
    """Yield the elements of an array that has begun; return whether the text ended in it."""
    first_key: str | None = None
    while (sign := window.peek()) != "]":
        if not sign:
            yield Node(key, fault=Message("truncated"))
            return True
        value, fault = window.value()
        if fault is None and isinstance(value, dict) and value:
            first_key = next(iter(value))
        if key in pages and not window.is_behind and window.skip("{"):
            yield Node(PAGE, is_row=False)
            below = [other for other in pages if other != key]
            if (yield from _members(window, pages=below)):
                return True
        elif not window.is_behind and not window.pass_over(first_key, ",]"):
            yield Node(key, fault=Message("truncated") if fault == Message("not-json") else fault)
            return True
        else:
            yield Node(key, value, fault)
        if window.peek() not in ",]":
            if not window.pass_over(first_key, ",]"):
                yield Node(key, fault=Message("truncated"))
                return True
            yield Node(key, fault=Message("not-json"))
        if not window.skip(",") and window.peek() not in ("]", ""):
            return False  # a bracket of another kind: the caller says so
    window.at += 1
    return False


def _members(window: _Window, *, pages: Collection[str] = ()) -> Generator[Node, None, bool]:
    """Yield what lies under the keys of an object that has begun; return as `_elements` does."""
    while (sign := window.peek()) != "}":
        key, fault = window.value() if sign == '"' else (None, Message("not-json"))
        if fault is not None or not isinstance(key, str) or not window.skip(":"):
            yield Node(
                "",
                fault=Message("truncated") if not window.peek() else Message("not-json"),
                is_row=False,
            )
            window.at = len(window.text)
            while window.fill():
                window.at = len(window.text)
            return True
        if window.skip("["):
            if (yield from _elements(window, key, pages=pages)):
                return True
        else:
            value, fault = window.value()
            if not window.is_behind and not window.pass_over(None, ",}"):
                yield Node(key, fault=Message("truncated"), is_row=False)
                return True
            yield Node(key, value, fault, is_row=False)
        window.skip(",")
    window.at += 1
    return False


@dataclass(frozen=True, slots=True)
class Outline:
    """What a document begins with: its bracket, its keys, those of the first rows under each.

    Of several rows, since the first may be the broken one.
    """

    bracket: str
    keys: tuple[str, ...] = ()
    first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The keys of the first rows under each key that has an array."""
    is_lines: bool = False


_FIRST_ROWS = 5
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s"\[\]{}:,]+')


def outline_of(text: str) -> Outline:
    """Find out what a document holds from its beginning, even if that is cut anywhere."""
    keys: list[str] = []
    first: dict[str, list[str]] = {}
    stack: list[str] = []
    counts: list[int] = []
    bracket, last, under, is_lines = "", "", "", False
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if not stack and bracket:
            is_lines = sign == "{" and bracket == "{"
            break
        if sign in "[{":
            if stack == ["{"] and sign == "[":
                under = keys[-1] if keys else ""
                first[under] = []
            bracket = bracket or sign
            if not stack and sign == "[":
                first[""] = []
            stack.append(sign)
            counts.append(0)
        elif sign in "]}":
            if not stack:
                break
            stack.pop()
            counts.pop()
        elif sign == ",":
            if counts:
                counts[-1] += 1
        elif sign == ":" and last.startswith('"'):
            key = _plain(last)
            if stack == ["{"]:
                keys.append(key)
            elif stack == ["{", "[", "{"] and counts[1] < _FIRST_ROWS:
                first[under].append(key)
            elif stack == ["[", "{"] and counts[0] < _FIRST_ROWS:
                first[""].append(key)
        last = sign
    rows = {key: tuple(names) for key, names in first.items()}
    return Outline(bracket, tuple(keys), rows, is_lines)


def keys_of_lines(text: str) -> tuple[str, ...]:
    """Return the keys of the objects on the first lines of a text."""
    found: dict[str, None] = {}
    for line in text.splitlines()[:_FIRST_ROWS]:
        try:
            value = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            continue
        found |= dict.fromkeys(value if isinstance(value, dict) else ())
    return tuple(found)


def _plain(sign: str) -> str:
    try:
        return str(json.loads(sign, strict=False))
    except ValueError:
        return sign[1:-1]
