"""`python -m tests.sources.fuzz --seconds CPU`: every reader on what nobody would send on purpose.

A case takes a fixture, damages it in a way that fits its form (bytes, fields of CSV, values of JSON
and CBOR, tags of XML, parts of a Word file, the zip around all of them) and reads it. What must
hold: an error is one of ours; no case takes longer than `SECONDS` of CPU or more than `BYTES`;
counts close; every text can be written down. Where one row alone was changed and the document is
still whole, as many rows are counted as before and the items of the others are the same.

A case is made from a number alone, so that a finding is `--case NUMBER`.
"""

import copy
import csv
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.errors import VanneError
from vanne.sources import read_archives
from vanne.sources.reading import Reading

FIXTURES = Path(__file__).parents[1] / "fixtures"
SECONDS = 20
BYTES = 3 << 30
_ROWS = 6
_MADE = 1_780_000_000
_SIGNS = (
    b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b":", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0",
    b"<", b">", b"&", b"</", b"/>", b"<!DOCTYPE a [", b"&x;", b"<![CDATA[", b"]]>", b"null", b"true",
    b"1e999", b"-1", b"99999999999999999999", b"NaN", b"\\ud800", b"\\u0000", b"\xff", b"\xfe\xff",
    b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"obj", b"endobj", b"stream", b"xref",
    b"%PDF-", b"PK\x03\x04", b"\xa2eroots", b"\xd8*", b"\x9f", b"\xff\xff\xff\xff\x0f", b"\xbf",
    b"2026-02-30", b"0000-00-00", b"=", b"window.YTD.", b"@", b"//", b"..",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308, "", " ", "x", "é" * 40, "\u0000", "\u2028",
    "2026-02-30", "0", "1e9", "\ufeff", "\U0001f600", "a\nb", '"', "<b>", [], {}, [[]], [{}], {"": ""},
    {"name": None}, {"value": [1]}, ["a", 1, None], {"timestamp": "x"}, {"data": {"post": []}},
    "https://[::1", "//", "%", "%zz", "C:\\x", "../x",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """What is read: the files, and what of it must come out if that is known.

    `others` are the items of the rows that were not changed, `rows` how many rows there are.
    """

    what: str
    files: dict[str, bytes]
    is_zip: bool = False
    damage: Callable[[bytes], bytes] | None = None
    rows: int | None = None
    others: Counter[tuple[object, ...]] | None = None


class TooLongError(Exception):
    """A case took longer than any may."""


def seeds() -> list[Path]:
    """Return the files that cases are made from."""
    found = (path for path in sorted(FIXTURES.rglob("*")) if path.is_file())
    return [path for path in found if path.suffix != ".jpg"]


def run(case: Case, folder: Path) -> Reading | None:
    """Read a case and check what must hold; `None` if it is refused whole.

    Raises:
        AssertionError: it does not hold.
    """
    given = _written(case, folder)
    try:
        reading = read_archives([given])
    except VanneError as error:
        assert "\n" not in str(error), "an error of several lines"
        assert case.rows is None, f"refused: {error}"
        return None
    for file in reading.files:
        assert file.rows == len(file.items) + len(file.listed), "counts that do not close"
    for item in reading.items:
        json.dumps([item.text, item.media, item.author], ensure_ascii=False).encode()
        assert item.created_at is None or item.created_at.tzinfo is not None
    for text in (
        *map(str, reading.notes),
        *(str(one.reason) for f in reading.files for one in f.listed),
    ):
        assert text.encode().isascii() or "\n" not in text
    if case.rows is not None:
        assert reading.rows == case.rows, f"{case.rows} rows became {reading.rows}"
        assert case.others is not None
        lost = case.others - _said(reading)
        assert not lost, f"{lost.total()} items of other rows were lost"
    return reading


def _said(reading: Reading) -> Counter[tuple[object, ...]]:
    """Return the items without what hangs on who the member is, which one row can change."""
    return Counter((item.text, item.created_at, item.source) for item in reading.items)


def _written(case: Case, folder: Path) -> Path:
    """Write a case; its files are of one second, since that is the time of what has none."""
    if not case.is_zip:
        for name, data in case.files.items():
            path = folder / "case" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (_MADE, _MADE))
        return folder / "case"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in case.files.items():
            archive.writestr(name, data)
    data = packed.getvalue()
    path = folder / "case.zip"
    path.write_bytes(case.damage(data) if case.damage else data)
    return path


def case_of(number: int) -> Case:
    """Make the case of a number."""
    dice = random.Random(number)
    path = dice.choice(seeds())
    if path.suffix == ".pdf" and dice.random() < 0.9:  # each takes a process of its own
        path = dice.choice([p for p in seeds() if p.suffix != ".pdf"])
    name, data = str(path.relative_to(FIXTURES)), path.read_bytes()
    ways: list[Callable[[], Case | None]] = [lambda: _by_bytes(dice, name, data)]
    if path.suffix == ".csv":
        ways += [lambda: _one_field(dice, name, data)] * 2
    if path.suffix in (".json", ".jsonld", ".js"):
        ways += [lambda: _one_record(dice, name, data), lambda: _any_value(dice, name, data)] * 2
    if path.suffix in (".xml", ".html", ".htm"):
        ways += [lambda: _tags(dice, name, data)] * 2
    if path.suffix == ".docx":
        ways += [lambda: _word(dice, name, data)] * 3
    if path.suffix == ".car":
        ways += [lambda: _cbor(dice, name, data)] * 2
    ways.append(lambda: _container(dice, path))
    try:
        made = dice.choice(ways)()
    except RecursionError:  # deeper than Python itself can write
        made = None
    return made or _by_bytes(dice, name, data)


def damaged(dice: random.Random, data: bytes, most: int = 5) -> bytes:
    """Return bytes with some flipped, cut out, doubled, put elsewhere or put in."""
    text = bytearray(data)
    for _ in range(dice.randint(1, most)):
        at, end = sorted(dice.randrange(len(text) + 1) for _ in "12")
        end = min(end, at + dice.choice((1, 4, 30, 400)))
        way = dice.randrange(7)
        if way == 0 and text:
            text[at % len(text)] ^= 1 << dice.randrange(8)
        elif way == 1:
            del text[at:end]
        elif way == 2:
            text[at:at] = text[at:end] * dice.choice((1, 1, 2, 50))
        elif way == 3:
            part = text[at:end]
            del text[at:end]
            to = dice.randrange(len(text) + 1)
            text[to:to] = part
        elif way == 4:
            text[at:end] = dice.choice(_SIGNS)
        elif way == 5:
            text[at:at] = dice.choice(_SIGNS) * dice.choice((1, 1, 3, 500))
        elif dice.random() < 0.3:
            del text[at:]
    return bytes(text)


def _by_bytes(dice: random.Random, name: str, data: bytes) -> Case:
    if dice.random() < 0.1:
        data = data.decode("utf-8", "replace").encode(dice.choice(("utf-16", "utf-16-le", "cp1252")), "replace")  # fmt: skip
    suffix = dice.choice((Path(name).suffix,) * 5 + (".txt", ".json", ".csv", ".html", ""))
    name = str(Path(name).with_suffix(suffix))
    return Case("bytes", {name: damaged(dice, data)}, is_zip=dice.random() < 0.5)


def _one_field(dice: random.Random, name: str, data: bytes) -> Case | None:
    """Change one field of a table in whose other rows nothing is odd."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline="")))
    rows = [row for row in rows if row]
    if b"\\" in data or len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return None
    head, below = rows[0], [rows[1 + at % (len(rows) - 1)] for at in range(_ROWS)]
    before = _reading_of({name: _table([head, *below])})
    if before.rows != _ROWS:
        return None
    row = dice.randrange(1, _ROWS)
    changed = [list(each) for each in below]
    changed[row][dice.randrange(len(head))] = dice.choice(
        ("", "x", 'say "yes"', "a,b;c", "a\nb\r\nc", "é" * 900, "2026-13-45 99:99:99", "\u2028", "=1+1",
         "' OR 1", "1\t2", "\ufeff", "1" * 5000)
    )  # fmt: skip
    del below[row]
    others = _said(_reading_of({name: _table([head, *below])}))
    return Case("field", {name: _table([head, *changed])}, rows=_ROWS, others=others)


def _table(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return out.getvalue().encode()


def _reading_of(files: dict[str, bytes]) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        return read_archives([_written(Case("", files), Path(folder))])


def _parsed(data: bytes) -> tuple[str, Any] | None:
    """Return what stands before a document, as X writes it, and its value."""
    text = data.decode("utf-8-sig", "replace")
    before = text[: text.find("=") + 1] if text.lstrip().startswith("window.") else ""
    try:
        return before, json.loads(text[len(before) :])
    except ValueError:
        return None


def _one_record(dice: random.Random, name: str, data: bytes) -> Case | None:
    """Put another value somewhere into one row of a document whose other rows are whole."""
    parsed = _parsed(data)
    if parsed is None:
        return None
    before, document = parsed
    rows = _rows_in(document)
    if rows is None:
        return None
    rows[:] = [copy.deepcopy(rows[at % len(rows)]) for at in range(_ROWS)]
    for trial in (document, _with_lists(document, 0), _with_lists(document, 2)):
        if _reading_of({name: _text(before, trial)}).rows != _ROWS:
            return None  # a record is not one row: there are rows in it
    at = dice.randrange(1, _ROWS)
    changed = copy.deepcopy(document)
    of_changed = _rows_in(changed)
    assert of_changed is not None
    del rows[at]
    others = _said(_reading_of({name: _text(before, document)}))
    of_changed[at] = _changed(dice, of_changed[at], whole=0.2)
    return Case("record", {name: _text(before, changed)}, rows=_ROWS, others=others)


def _with_lists(document: Any, times: int) -> Any:
    """Return a document in whose rows every list is empty, or holds all of its own twice."""
    other = copy.deepcopy(document)
    rows = _rows_in(other)
    assert rows is not None
    rows[:] = [_repeated(row, times) for row in rows]
    return other


def _repeated(value: Any, times: int) -> Any:
    if isinstance(value, dict):
        return {key: _repeated(each, times) for key, each in value.items()}
    return [_repeated(each, times) for each in value] * times if isinstance(value, list) else value


def _rows_in(document: Any) -> list[Any] | None:
    """Return the only array of rows of a document."""
    found = [document] if isinstance(document, list) else []
    if isinstance(document, dict):
        found = [value for value in document.values() if isinstance(value, list)]
    return found[0] if len(found) == 1 and found[0] else None


def _text(before: str, document: Any) -> bytes:
    return (before + json.dumps(document, ensure_ascii=False)).encode("utf-8", "replace")


def _changed(dice: random.Random, value: Any, whole: float = 0.1) -> Any:
    """Return a value in which one somewhere is another, is gone, is doubled or lies deeper."""
    if dice.random() < whole or not isinstance(value, dict | list) or not value:
        way = dice.randrange(4)
        if way == 0:
            return _nested(value, dice.choice((1, 3, 70, 2000)))
        return [value, value] if way == 1 else copy.deepcopy(dice.choice(_VALUES))
    key = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if dice.random() < 0.1:
        del value[key]
    elif dice.random() < 0.1 and isinstance(value, dict):
        value[dice.choice(("", "x", "data", "é", "\u0000", str(key) * 3))] = value.pop(key)
    else:
        value[key] = _changed(dice, value[key])
    return value


def _nested(value: Any, depth: int) -> Any:
    for level in range(depth if depth < 500 else 400):
        value = [value] if level % 2 else {"a": value}
    return value


def _any_value(dice: random.Random, name: str, data: bytes) -> Case | None:
    parsed = _parsed(data)
    if parsed is None:
        return None
    before, document = parsed
    for _ in range(dice.randint(1, 6)):
        document = _changed(dice, document, whole=0.02)
    written = _text(before, document)
    return Case("values", {name: damaged(dice, written, 1) if dice.random() < 0.2 else written})


def _tags(dice: random.Random, name: str, data: bytes) -> Case:
    """Take tags and what is between them away, double them, or put them into each other."""
    parts = data.replace(b">", b">\0").replace(b"<", b"\0<").split(b"\0")
    for _ in range(dice.randint(1, 6)):
        at, to = dice.randrange(len(parts)), dice.randrange(len(parts))
        way = dice.randrange(5)
        if way == 0:
            del parts[at : at + dice.choice((1, 2, 8))]
        elif way == 1:
            parts[to:to] = parts[at : at + dice.choice((1, 3, 12))] * dice.choice((1, 2, 300))
        elif way == 2:
            parts[at], parts[to] = parts[to], parts[at]
        elif way == 3:
            parts[at] = dice.choice(_SIGNS)
        else:
            parts[at:at] = [b"<a>"] * dice.choice((1, 300, 5000))
        parts = parts or [b""]
    return Case("tags", {name: b"".join(parts)})


def _word(dice: random.Random, name: str, data: bytes) -> Case:
    """Damage a part of a Word file and pack it again, or damage the pack."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {each: packed.read(each) for each in packed.namelist()}
    part = dice.choice(list(parts))
    way = dice.randrange(4)
    if way == 0:
        del parts[part]
    elif way == 1:
        parts[part] = next(iter(_tags(dice, part, parts[part]).files.values()))
    else:
        parts[part] = damaged(dice, parts[part])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for each, text in parts.items():
            packed.writestr(each, text)
    return Case("word", {name: out.getvalue() if way < 3 else damaged(dice, data)})


def _cbor(dice: random.Random, name: str, data: bytes) -> Case:
    """Change heads of values: the kind in the upper three bits, the length in the lower five."""
    text = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(text))
        kind = dice.randrange(8) << 5
        length = dice.choice((0, 1, 23, 24, 25, 26, 27, 31))
        text[at] = dice.choice((kind | text[at] & 31, text[at] & 224 | length, kind | length))
        if dice.random() < 0.2:
            text[at:at] = bytes([0x81]) * dice.choice((1, 70, 3000))
    return Case("cbor", {name: bytes(text)})


def _container(dice: random.Random, path: Path) -> Case:
    """Damage the zip of a whole export, or files in it."""
    root = FIXTURES / path.relative_to(FIXTURES).parts[0]
    files = {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.suffix != ".pdf"
    }
    for name in dice.sample(sorted(files), min(len(files), dice.randint(0, 3))):
        data = files.pop(name)
        data = damaged(dice, data) if dice.random() < 0.7 else data
        other = name.replace("/", "\\") if dice.random() < 0.2 else name
        files[other if dice.random() < 0.7 else Path(name).name] = data
    hurt = dice.random() < 0.6
    return Case("container", files, True, (lambda d: damaged(dice, d, 3)) if hurt else None)


def check(number: int) -> str | None:
    """Run a case; say what is wrong with it."""

    def stop(*_: object) -> None:
        raise TooLongError

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    what = "making the case"
    try:
        case = case_of(number)
        what = case.what
        with tempfile.TemporaryDirectory() as folder:
            run(case, Path(folder))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return (
            f"{what}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        )
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def numbers(first: int, seconds: float) -> Iterator[int]:
    """Yield numbers from the first one on until so much CPU was used."""
    end = time.process_time() + seconds
    number = first
    while time.process_time() < end:
        yield number
        number += 1


def main() -> int:
    """Run cases, print each finding, and at the end how many there were."""
    parser = ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--case", type=int)
    wanted = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    if wanted.case is not None:
        case = case_of(wanted.case)
        print(case.what, {name: len(data) for name, data in case.files.items()})
        with tempfile.TemporaryDirectory() as folder:
            run(case, Path(folder))
        return 0
    count = 0
    found = 0
    for number in numbers(wanted.first, wanted.seconds):
        count += 1
        if (wrong := check(number)) is not None:
            found += 1
            print(f"{number}: {wrong}", flush=True)
    print(f"{count} cases from {wanted.first}, {found} findings, {time.process_time():.0f} CPU s")
    return found > 0


if __name__ == "__main__":
    sys.exit(main())
