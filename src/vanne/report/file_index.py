"""What the data files of today are, and what is in a few rows of one: found without a scan."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vanne.config import Home
from vanne.corpus.checksum_cache import ChecksumCache
from vanne.corpus.item_index import ItemIndex, load
from vanne.decide.item_columns import NOBODY, UNDATED, ItemColumns
from vanne.errors import StorageError, VerificationError, storing
from vanne.fields import parsed, text_of
from vanne.terms import Item, ItemId, MemberId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def files_of(home: Home) -> dict[str, str]:
    """Return today's data files with their checksums, by name."""
    paths = sorted(home.items.glob("*.parquet"))
    return {path.name: digest for path in paths if (digest := digest_of(home, path))}


def digest_of(home: Home, path: Path) -> str | None:
    """Return a file's checksum, or None if there is no such file; read only if it looks new."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return _digest(home, path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=256)
def _digest(home: Home, path: Path, changed_ns: int, size_bytes: int) -> str | None:
    try:
        return ChecksumCache(home.corpus / "seen.json").sha256(path)
    except StorageError:
        return None


def indexed_items(home: Home, path: Path, member_id: MemberId) -> dict[int, Item] | None:
    """Return the items of a data file that a member owns, wrote or is in, by row, ascending.

    They are found by the index that the corpus keeps of who is in which row; None if it keeps none
    of this file. Texts are read of those rows alone that the member owns; an item of somebody else
    has the text `HIDDEN` if it has one. What is unreadable of an item is not said, only that it is.
    """
    index = _index(home.corpus / "facts" / f"{digest_of(home, path)}.arrow")
    if index is None:
        return None
    rows = index.rows_of(pa.array([member_id], pa.large_string()))
    items = dict(zip(rows.tolist(), _items(index.items.at(rows)), strict=True))
    own = [row for row, item in items.items() if item.owner == member_id and index.has_text[row]]
    told = _told(path, own)
    for row in items:
        if index.has_text[row]:
            items[row] = replace(items[row], **told.get(row, {"text": HIDDEN}))
    return items


def indexed_item(home: Home, path: Path, item_id: ItemId) -> list[Item] | None:
    """Return the item of that id, with its text, or none; None if no index is kept of this file."""
    index = _index(home.corpus / "facts" / f"{digest_of(home, path)}.arrow")
    if index is None:
        return None
    places = index.ids.find(pa.array([item_id], pa.large_string()))
    rows = places[places >= 0].astype(np.int64)
    told = _told(path, [int(row) for row in rows if index.has_text[row]])
    items = zip(rows.tolist(), _items(index.items.at(rows)), strict=True)
    return [replace(item, **told.get(row, {})) for row, item in items]


HIDDEN = "…"
"""What stands for a text that was not read, because it is not the member's to see."""


def _index(path: Path) -> ItemIndex | None:
    return _mapped(path) if path.exists() else None


@lru_cache(maxsize=128)
def _mapped(path: Path) -> ItemIndex | None:
    """Map the index of a file: it is named by the file's checksum, so that it never changes."""
    try:
        return load(path)
    except VerificationError:
        return None


def _items(facts: ItemColumns) -> Iterator[Item]:
    """Give the items that some facts are of, but for their texts and the languages of these."""
    people = [str(person) for person in facts.people.to_pylist()]
    starts = np.searchsorted(facts.other_row, np.arange(len(facts) + 1))
    for n, item_id in enumerate(facts.item_ids.to_pylist()):
        others = range(starts[n], starts[n + 1])
        named = [(people[facts.other[k]], bool(facts.is_author[k])) for k in others]
        coded = {
            name: getattr(facts, name).values[getattr(facts, name).codes[n]]
            for name in ("category", "visibility", "tags", "reservation")
        }
        yield Item(
            item_id=item_id,
            owner=None if facts.owner[n] == NOBODY else people[facts.owner[n]],
            author=next((person for person, is_author in named if is_author), None),
            subjects=tuple(person for person, is_author in named if not is_author),
            created_at=_moment(int(facts.created_at[n])),
            unreadable=("a value",) if facts.unreadable[n] else (),
            **coded,
        )


def _moment(micros: int) -> datetime | None:
    return None if micros == UNDATED else _EPOCH + timedelta(microseconds=micros)


def _told(path: Path, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Read what some items say: text, language and fields, in the groups of rows where they are."""
    found: dict[int, dict[str, Any]] = {}
    with storing(f"`{path.name}`"), path.open("rb") as data:
        file, start = pq.ParquetFile(data), 0
        wanted = ("category", "fields", "text", "lang")
        columns = [name for name in wanted if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if there := [row for row in rows if start <= row < end]:
                table = file.read_row_group(group, columns=columns)
                said = table.take([row - start for row in there]).to_pylist()
                found |= dict(zip(there, map(_saying, said), strict=True))
            start = end
    return found


def _saying(row: dict[str, Any]) -> dict[str, Any]:
    """Return the text, the language and the fields of a row; a missing text is rendered."""
    given = row.get("fields") or {}  # JSON, a struct or a map
    plain = given if isinstance(given, str) else json.dumps(dict(given))
    fields = parsed(row["category"], plain)
    return {"text": row.get("text") or text_of(fields), "lang": row.get("lang"), "fields": fields}
