r"""Read the rows of a text or a page that is written for people: blocks of names and values, chats.

A block is `Name: value` line by line. The first name of the file begins each block; a line without
one of the names goes on with the value above it, since a comment may have several lines. A page has
its blocks below a heading, and an empty line ends each. A chat has a line for each message (time,
name, text), below a line that says with whom.

>>> rows = rows_of_blocks(["Day: 1", "Said: Fine", "Thanks", "", "Day: 2", "Said: A"])
>>> [row.value for row in rows]
[{'Day': '1', 'Said': 'Fine\nThanks'}, {'Day': '2', 'Said': 'A'}]
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice

from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.csvtext import CsvSample
from vanne.sources.file_reader import FileReader
from vanne.sources.jsontext import MAX_ROW, TOO_LARGE, Node
from vanne.sources.markup import pieces_of
from vanne.sources.readers import NetworkRecord, record_kinds
from vanne.sources.records import Records
from vanne.sources.row_kinds import is_named
from vanne.sources.streams import decode, lines_of, text_of
from vanne.terms import is_unicode
from vanne.words import Message

BLOCKS, CHAT, PAGE = "blocks", "chat:", "page:"
_NAMED = re.compile(r"([^:]{1,60}):(?: (.*))?")
_SAID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: UTC)? ([^:]{1,200}): ?(.*)")
"""The time, the name and the text of a message."""
_LINES_LOOKED_AT = 200
_HEADINGS = frozenset(("h1", "h2", "h3"))
_LINE_TAGS = frozenset(("br", "p", "div", "li", "tr", *_HEADINGS))

Part = tuple[str, bool, str, str]
"""Under which heading, whether a row begins here, the name of its field, and text of that field."""
RowsOfLines = Callable[[Iterable[str]], Iterator[Node]]


def open_text(archive: Archive, entry: ArchiveMember, sample: CsvSample) -> FileReader | None:
    """Open a text of a network; `None` if it is none of theirs."""
    lines = sample.text.removeprefix("\ufeff").splitlines()
    found = _kind_of_text(lines, entry.path)
    if found is None:
        return None
    kind, rows = found

    def nodes() -> Iterator[Node]:
        written = chain.from_iterable(lines_of(text_of(entry.chunks(), sample.encoding)))
        return rows(line.rstrip("\r\n") for line in written)

    return Records(archive, entry, {"": kind}, nodes).opened(sample.warnings)


def _kind_of_text(lines: list[str], path: str) -> tuple[NetworkRecord, RowsOfLines] | None:
    """Return the kind of the rows of a text, and how they are read."""
    first: dict[str, str] = next((n.value for n in rows_of_blocks(lines) if n.value), {})
    for kind in record_kinds():
        for key in kind.keys:
            mark = key.removeprefix(CHAT)
            if key == BLOCKS and is_named(kind, path) and _fits(kind, first):
                return kind, rows_of_blocks
            if mark != key and any(line.startswith(mark) for line in lines[:_LINES_LOOKED_AT]):
                return kind, partial(rows_of_chats, mark=mark)
    return None


def _fits(kind: NetworkRecord, row: Iterable[str]) -> bool:
    names = set(row)
    has_any = not kind.any or not names.isdisjoint(kind.any)
    return bool(names) and names.issuperset(kind.has) and has_any and names.isdisjoint(kind.lacks)


def open_blocks_of_page(archive: Archive, entry: ArchiveMember, head: bytes) -> FileReader | None:
    """Open a page that has blocks of a network under a heading; `None` if it has none."""
    kinds: dict[str, NetworkRecord] = {}
    for node in rows_of_page(decode(head).text):
        for kind in record_kinds():
            if f"{PAGE}{node.key}" in kind.keys and _fits(kind, node.value or ()):
                kinds.setdefault(node.key, kind)
    if not kinds:
        return None

    def nodes() -> Iterator[Node]:
        return rows_of_page(decode(entry.read()).text)

    return Records(archive, entry, kinds, nodes).opened(decode(head).warnings)


def rows_of_blocks(lines: Iterable[str]) -> Iterator[Node]:
    """Yield the rows of a text of blocks."""
    return _rows(_parts_of_blocks(lines))


def _parts_of_blocks(lines: Iterable[str]) -> Iterator[Part]:
    rest = iter(lines)
    head = list(islice(rest, _LINES_LOOKED_AT))
    names = _names_in(head)
    for line in chain(head, rest):
        match = _NAMED.fullmatch(line)
        name = match[1].strip() if match else ""
        if match and name in names:
            yield "", name == names[0], name, match[2] or ""
        elif line.strip():
            yield "", False, "", line


def _names_in(lines: Iterable[str]) -> list[str]:
    """Return the names of the first block that another one has too, if there is one.

    What a comment says may look like a name and a value.
    """
    blocks: list[dict[str, None]] = []
    for match in filter(None, map(_NAMED.fullmatch, lines)):
        name = match[1].strip()
        if not blocks or name == next(iter(blocks[0])):
            blocks.append({})
        blocks[-1][name] = None
    first, others = (blocks or [{}])[0], set(chain.from_iterable(blocks[1:]))
    return [name for name in first if len(blocks) < 2 or name in others]


def rows_of_chats(lines: Iterable[str], mark: str) -> Iterator[Node]:
    """Yield the messages of a text of chats; a line that begins with the mark says with whom.

    >>> [row.value for row in rows_of_chats(["> With Bram::", "2026-01-02 10:00:00 ana: Hoi"], ">")]
    [{'time': '2026-01-02 10:00:00', 'from': 'ana', 'with': 'With Bram', 'text': 'Hoi'}]
    """
    return _rows(_parts_of_chats(lines, mark))


def _parts_of_chats(lines: Iterable[str], mark: str) -> Iterator[Part]:
    partner = ""
    for line in lines:
        if line.startswith(mark):
            partner = line.removeprefix(mark).strip(" :")
        elif match := _SAID.fullmatch(line):
            values = {"time": match[1], "from": match[2], "with": partner, "text": match[3]}
            for name, text in values.items():
                yield "", name == "time", name, text
        elif line.strip():
            yield "", False, "", line


def rows_of_page(html: str) -> Iterator[Node]:
    """Yield the rows of a page of blocks; the key of each is the heading above it.

    The first line of a block may have no name, such as an address: it is called `line`.
    """
    return _rows(_parts_of_page(html))


def _parts_of_page(html: str) -> Iterator[Part]:
    heading, begins = "", True
    for is_heading, line in _lines_of_page(html):
        if is_heading or not line:
            heading, begins = line if is_heading else heading, True
            continue
        match = _NAMED.fullmatch(line)
        is_named_line = match is not None and not (match[2] or "").startswith("//")
        name, text = (match[1].strip(), match[2] or "") if match and is_named_line else ("", line)
        yield heading, begins, name or ("line" if begins else ""), text.removesuffix(",")
        begins = False


def _lines_of_page(html: str) -> Iterator[tuple[bool, str]]:
    """Yield the lines that a reader sees, empty ones too, and whether each is a heading."""
    parts: list[str] = []
    is_heading = False
    for kind, value, _ in pieces_of(html):
        if kind == "text":
            parts.append(value)
        elif kind in ("start", "end") and value in _LINE_TAGS:
            line = " ".join("".join(parts).split())
            if line or value == "br":
                yield is_heading, line
            parts.clear()
            is_heading = kind == "start" and value in _HEADINGS
    if line := " ".join("".join(parts).split()):
        yield is_heading, line


def _rows(parts: Iterable[Part]) -> Iterator[Node]:
    """Yield the rows that parts make; a part without a name goes on with the field above it."""
    row: dict[str, list[str]] | None = None
    key, last, size = "", "", 0

    def node(row: dict[str, list[str]]) -> Node:
        value = {name: "\n".join(lines) for name, lines in row.items()}
        is_text = all(map(is_unicode, chain(value, value.values())))
        fault = TOO_LARGE if size > MAX_ROW else None if is_text else Message("not-text")
        return Node(key, None if fault else value, fault)

    for heading, begins, name, text in parts:
        if begins:
            if row is not None:
                yield node(row)
            row, key, last, size = {}, heading, name, 0
        elif row is None:
            yield Node(heading, fault=Message("unknown-part"))
            continue
        size += len(text)
        if size <= MAX_ROW:
            last = name or last
            row.setdefault(last, []).append(text)
    if row is not None:
        yield node(row)
