"""Redact the texts and fields of items; store the places to redact beside the corpus.

The first reader of a data file finds the places. Neither a data file nor the rules of one digest
change, so both together name the stored places. The file of places holds no text, appears whole,
and is made again if it was altered.

The fields of an item are screened as one text, one line per field, because a line may need the line
above to be understood; dates are not screened. Words that are redacted in the text of an item are
redacted wherever its fields repeat them.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus.manifest import DataFile
from vanne.errors import StorageError, VerificationError, storing
from vanne.fields import DATES, as_json, parsed, text_of
from vanne.screening import KINDS, placeholder, rules_digest
from vanne.screening.bulk import BATCH_ROWS, MarkedPlaces, places_in, spliced
from vanne.terms import Fields

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "vanne/screened/2"
_MARK = ".screened-"
_NUMBER = re.compile(rb"\d(?:[\d.,' -]|\xe2\x80\x99){2,}\d")
"""A number that says something without the words around it; fewer digits are in many a text."""
_ARRAYS = tuple(array.name for array in fields(MarkedPlaces))


@dataclass(frozen=True, slots=True)
class Redactions:
    """What is taken out of some items: places in their texts, and in their fields as one text."""

    text: MarkedPlaces
    fields: MarkedPlaces

    def of(self, kinds: Collection[str]) -> "Redactions":
        """Return those of these kinds."""
        return Redactions(self.text.of(kinds), self.fields.of(kinds))

    def within(self, start: int, inside: npt.NDArray[np.bool_]) -> "Redactions":
        """Return those of the items from a row on that are `inside`, by their place from there."""
        some = (part.between(start, start + len(inside)) for part in (self.text, self.fields))
        return Redactions(*(part.where(inside[part.rows]) for part in some))

    @property
    def arrays(self) -> dict[str, Any]:
        """The arrays as they are kept, by name."""
        parts = {"text": self.text, "fields": self.fields}
        return {f"{n}.{a}": getattr(part, a) for n, part in parts.items() for a in _ARRAYS}

    @classmethod
    def of_arrays(cls, saved: dict[str, Any]) -> "Redactions":
        """Return what was kept."""
        return cls(
            *(MarkedPlaces(*(saved[f"{n}.{a}"] for a in _ARRAYS)) for n in ("text", "fields"))
        )


@dataclass(frozen=True, slots=True)
class Redacted:
    """How often something was taken out: by kind, and by category, field and kind.

    Of an item with a text and fields, `kinds` counts the text.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    fields: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def redact(
    batch: "pa.RecordBatch", here: Redactions, redacted: "Redacted | None" = None
) -> "pa.RecordBatch":
    """Take out of the texts and fields of items what is found there; render the missing texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names, counted = batch.schema.names, here.text
    texts = batch["text"] if "text" in names else pa.nulls(len(batch), pa.string())
    is_told = pc.not_equal(texts, "").fill_null(False).to_numpy(zero_copy_only=False)
    texts = spliced(texts, here.text)
    if "fields" in names:
        column = _as_json(batch["fields"])
        touched = _by_row(here.fields)
        untold = np.flatnonzero(~is_told & column.is_valid().to_numpy(zero_copy_only=False))
        texts_of: dict[int, str | None] = {}
        plain: dict[int, str | None] = {}
        for row in sorted({*touched, *untold.tolist()}):
            category = batch["category"][row].as_py()
            item_fields = parsed(category, column[row].as_py())
            item_fields, cut = _cut(item_fields, touched.get(row, ()))
            if redacted is not None:
                redacted.fields.update((category, name, kind) for name, kind in cut)
            texts_of[row], plain[row] = text_of(item_fields), as_json(item_fields)
        column = _replaced(column, plain)
        texts = _replaced(texts, {row: texts_of[row] for row in untold.tolist()})
        batch = batch.set_column(names.index("fields"), "fields", column)
        counted = MarkedPlaces.joined(
            [here.text, here.fields.where(~is_told[here.fields.rows])], [0, 0]
        )
    if redacted is not None:
        redacted.kinds.update(counted.counts())
    if "text" in names:
        return batch.set_column(names.index("text"), "text", texts)
    return batch.append_column("text", texts)


def _replaced(column: "pa.Array", values: dict[int, str | None]) -> "pa.Array":
    """Return a column with other values in some of its rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not values:
        return column
    mask = np.zeros(len(column), np.bool_)
    mask[list(values)] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array(values.values(), column.type))


def _as_json(column: "pa.Array") -> "pa.Array":
    """Return a column of fields as JSON, also where a file holds them as structs or maps."""
    import pyarrow as pa

    if pa.types.is_struct(column.type) or pa.types.is_map(column.type):
        rows = (None if row is None else dict(row) for row in column.to_pylist())
        return pa.array([None if row is None else json.dumps(row) for row in rows], pa.string())
    return column.cast(pa.string())


def _by_row(places: MarkedPlaces) -> dict[int, list[tuple[int, int, int]]]:
    """Return where each row is cut, in order: start, end, kind."""
    cuts: dict[int, list[tuple[int, int, int]]] = {}
    columns = (getattr(places, name).tolist() for name in _ARRAYS)
    for row, start, end, kind in zip(*columns, strict=True):
        cuts.setdefault(row, []).append((start, end, kind))
    return cuts


def _cut(
    item_fields: Fields, places: Collection[tuple[int, int, int]]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return fields with a placeholder where their one text has a place, and each with its kind.

    A place may be in two fields.
    """
    screened, cut, first = dict(item_fields), list[tuple[str, str]](), 0
    for name, value in item_fields.items():
        if name in DATES:
            continue
        data, pieces, last = value.encode(), list[bytes](), 0
        for start, end, kind in places:
            low, high = max(start - first, 0), min(end - first, len(data))
            if low < high:
                pieces += [data[last:low], placeholder(KINDS[kind]).encode()]
                cut.append((name, KINDS[kind]))
                last = high
        screened[name] = b"".join([*pieces, data[last:]]).decode()
        first += len(data) + 1
    return screened, cut


def redactions_of(home: Home, file: DataFile, data: BinaryIO) -> Redactions:
    """Return what is taken out of the items of a data file, which is open; keep it if it can be.

    A disk that is full or may not be written is no reason not to read.
    """
    path = _path(home, file)
    if path.exists():
        with suppress(StorageError, VerificationError):
            return _saved(path, file)
    redactions = _redactions_in_file(data)
    with suppress(StorageError, OSError):
        arrays.save(path, _about(file), redactions.arrays)
    return redactions


def is_screened(home: Home, file: DataFile) -> bool:
    """Say whether it is kept what is taken out of the items of a data file."""
    return _path(home, file).exists()


def check_redactions(home: Home, file: DataFile) -> None:
    """Look for everything again and compare it with what was kept, if anything was.

    Raises:
        VerificationError: it is damaged, or another.
    """
    path = _path(home, file)
    if not path.exists():
        return
    saved = _saved(path, file, check=True)
    with storing(f"`{file.path}`"), (home.items / file.path).open("rb") as data:
        again = _redactions_in_file(data)
    if any(not np.array_equal(array, saved.arrays[name]) for name, array in again.arrays.items()):
        raise VerificationError(
            f"what is kept to be taken out of `{file.path}` is not what is in it",
            todo=f"remove `{path.name}`, it will be made again",
        )


def carry(
    home: Home, earlier: Sequence[tuple[str, npt.NDArray[np.integer]]], sha256: str, rows: int
) -> None:
    """Keep of a data file that was merged from others what was found in these.

    `earlier` gives the checksum of each, and where its rows are now (-1: nowhere). If nobody has
    looked through one of them yet, the new file is looked through by its first reader.
    """
    parts = list[Redactions]()
    for each, now in earlier:
        file = DataFile("", each, len(now), None)
        try:
            found = _saved(_path(home, file), file)
        except (StorageError, VerificationError, OSError):
            return
        parts.append(Redactions(_moved(found.text, now), _moved(found.fields, now)))
    texts, lines = [part.text for part in parts], [part.fields for part in parts]
    joined = Redactions(_sorted(texts), _sorted(lines))
    new = DataFile("", sha256, rows, None)
    arrays.save(_path(home, new), _about(new), joined.arrays)


def _moved(places: MarkedPlaces, now: npt.NDArray[np.integer]) -> MarkedPlaces:
    """Return places whose rows are in other rows now; -1: in none."""
    rows = now[places.rows].astype(np.int64)
    return replace(places, rows=rows).where(rows >= 0)


def _sorted(parts: Sequence[MarkedPlaces]) -> MarkedPlaces:
    """Return the places of one column, in its order."""
    whole = MarkedPlaces.joined(parts, [0] * len(parts))
    order = np.argsort(whole.rows, kind="stable")
    return MarkedPlaces(*(getattr(whole, name)[order] for name in _ARRAYS))


def is_outdated(path: Path) -> bool:
    """Say whether a kept file is of other rules than those of now."""
    return _MARK in path.name and _mark() not in path.name


def _saved(path: Path, file: DataFile, *, check: bool = False) -> Redactions:
    about, saved = arrays.load(path, check=check)
    if about != _about(file):
        raise VerificationError(
            f"`{path.name}` was made for something else", todo="remove it, it will be made again"
        )
    return Redactions.of_arrays(saved)


def _about(file: DataFile) -> dict[str, object]:
    return {"schema": SCHEMA, "data": file.sha256, "rows": file.rows, "rules": rules_digest()}


def _path(home: Home, file: DataFile) -> Path:
    return home.corpus / "facts" / f"{file.sha256}{_mark()}.arrow"


def _mark() -> str:
    return f"{_MARK}{rules_digest()[:16]}"


def _redactions_in_file(data: BinaryIO) -> Redactions:
    import pyarrow.parquet as pq

    data.seek(0)
    table = pq.ParquetFile(data)
    there = set(table.schema_arrow.names)
    says = ("category", "fields", "text") if "fields" in there else ("text",)
    wanted = [name for name in says if name in there]
    parts, sizes = list[Redactions](), list[int]()
    for batch in table.iter_batches(BATCH_ROWS, columns=wanted) if wanted else ():
        parts.append(_redactions_in(batch))
        sizes.append(len(batch))
    return Redactions(
        MarkedPlaces.joined([each.text for each in parts], sizes),
        MarkedPlaces.joined([each.fields for each in parts], sizes),
    )


def _redactions_in(batch: "pa.RecordBatch") -> Redactions:
    import pyarrow as pa

    names, nowhere = batch.schema.names, MarkedPlaces.joined([], [])
    text = places_in(batch["text"]) if "text" in names else nowhere
    if "fields" not in names or batch["fields"].null_count == len(batch):
        return Redactions(text, nowhere)
    pairs = zip(batch["category"].to_pylist(), _as_json(batch["fields"]).to_pylist(), strict=True)
    lines = [
        None
        if given is None
        else "\n".join(v for name, v in parsed(cat, given).items() if name not in DATES)
        for cat, given in pairs
    ]
    cuts = _by_row(places_in(pa.array(lines, pa.large_string())))
    for row, places in _by_row(text).items():
        if whole := (lines[row] or "").encode():
            written = batch["text"][row].as_py().encode()
            for start, end, kind in places:
                taken = written[start:end]
                for words in (taken, *_NUMBER.findall(taken)):
                    again = re.finditer(re.escape(words), whole)
                    cuts.setdefault(row, []).extend((*each.span(), kind) for each in again)
    rows = [(row, *place) for row in sorted(cuts) for place in _apart(cuts[row])]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Redactions(
        text, MarkedPlaces(columns[0], columns[1], columns[2], columns[3].astype(np.uint8))
    )


def _apart(places: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield places in order; one that begins within another goes on behind it."""
    last = 0
    for start, end, kind in sorted(places):
        if end > last:
            yield max(start, last), end, kind
            last = end
