"""Reads files of postings: JSON-LD alone or in a page, an array, a `@graph`, JSON Lines.

Nothing is lost: each row, object or script becomes a posting or is listed with its reason. Other
things than postings in a page's JSON-LD (the site, the breadcrumbs) are listed as such.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

from vanne.errors import InputError, storing
from vanne.sources.markup import linked_data
from vanne_assist.jobs.jobposting import BadRowError, read_posting
from vanne_assist.jobs.posting import Posting

MOST_BYTES = 64 * 1024 * 1024
_LINES = (".jsonl", ".ndjson")
_WITHIN = ("@graph", "itemListElement", "item", "mainEntity", "mainEntityOfPage")
_MOST_DEPTH = 12
MOST_DIGITS = 15
_HALF_SIGNS = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that is no posting, and why. `row` counts from 1 in its file."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Postings:
    """What files hold: `rows` = postings + listed."""

    rows: int
    postings: tuple[Posting, ...]
    listed: tuple[Listed, ...]


def read_files(paths: list[Path]) -> Postings:
    """Read files of postings; of two with one id the first counts.

    Raises:
        InputError: a file is too large.
        StorageError: a file cannot be read.
    """
    kept: dict[str, Posting] = {}
    listed: list[Listed] = []
    count = 0
    for path in paths:
        for number, row in enumerate(_rows(path), 1):
            count += 1
            try:
                posting = read_posting(_posting_in(row))
            except BadRowError as error:
                listed.append(Listed(path.name, number, str(error)))
                continue
            if posting.posting_id in kept:
                listed.append(Listed(path.name, number, "same id as another"))
            else:
                kept[posting.posting_id] = posting
    return Postings(count, tuple(kept.values()), tuple(listed))


def _posting_in(row: object) -> dict[str, Any]:
    if isinstance(row, BadRowError):
        raise row
    if not isinstance(row, dict):
        raise BadRowError("not an object")
    if not _is_posting(row):
        raise BadRowError("not a job posting")
    return {key: _sound(value) for key, value in row.items()}


def _sound(value: object, depth: int = 0) -> object:
    """Return a value whose texts can be written and whose numbers can be counted with."""
    if isinstance(value, str):
        return _HALF_SIGNS.sub("\ufffd", value)
    if isinstance(value, float) and not isfinite(value):
        raise BadRowError("a number is too large")
    if isinstance(value, list | dict) and depth == _MOST_DEPTH:
        raise BadRowError("nested too deep")
    if isinstance(value, list):
        return [_sound(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {key: _sound(each, depth + 1) for key, each in value.items()}
    return value


def _number(digits: str) -> float:
    """Return a whole number; Python reads none of thousands of digits, and no row needs one."""
    return int(digits) if len(digits) <= MOST_DIGITS else inf


def _is_posting(row: dict[str, Any]) -> bool:
    types = row.get("@type")
    if types is None:
        return "title" in row
    names = types if isinstance(types, list) else [types]
    return any(str(name).rpartition("/")[2].rpartition(":")[2] == "JobPosting" for name in names)


def _rows(path: Path) -> Iterator[object]:
    """Yield what a file holds; what cannot be read is an error in its place."""
    with storing(f"`{path}`"):
        if path.stat().st_size > MOST_BYTES:
            mb = MOST_BYTES // 2**20
            raise InputError(f"`{path}` is larger than {mb} MB", todo="split it, as JSON Lines")
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if path.suffix.lower() in _LINES:
        yield from _of_lines(raw)
    elif path.suffix.lower() in (".html", ".htm") or raw.lstrip()[:1] == b"<":
        yield from _of_page(raw.decode("utf-8", "replace"))
    else:
        whole = _parsed(raw)
        if isinstance(whole, BadRowError) and b"\n" in raw.strip():
            yield from _of_lines(raw)
        else:
            yield from _spread(whole)


def _of_lines(raw: bytes) -> Iterator[object]:
    for line in raw.splitlines():
        if line.strip():
            yield from _spread(_parsed(line))


def _of_page(text: str) -> Iterator[object]:
    for script in linked_data(text):
        yield from _spread(_parsed(script.encode("utf-8", "replace")))


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"), parse_int=_number)
    except UnicodeDecodeError:
        return BadRowError("not UTF-8")
    except (ValueError, RecursionError):
        return BadRowError("broken JSON")


def _spread(value: object, depth: int = 0) -> Iterator[object]:
    """Yield the objects of lists and graphs one by one."""
    if isinstance(value, list) and depth < _MOST_DEPTH:
        for each in value:
            yield from _spread(each, depth + 1)
        return
    if isinstance(value, dict) and depth < _MOST_DEPTH and not _is_posting(value):
        held = [value[key] for key in _WITHIN if isinstance(value.get(key), dict | list)]
        if held:
            yield from _spread(held, depth + 1)
            return
    yield value
