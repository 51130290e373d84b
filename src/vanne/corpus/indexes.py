"""Index each data file and the members' table, so that a verdict need not read them again.

An index holds no text. A data file never changes, so its checksum names its index. The index finds
a row by its id, and the rows that a person is in, as owner, author or subject. So the cost of a
choice grows with the items of its member alone.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus.contract import NEVER_PREFIX
from vanne.decide.item_columns import (
    CODED,
    NOBODY,
    CodedColumn,
    Flags,
    ItemColumns,
    Rows,
    columns_of,
    concatenated,
    ranges,
)
from vanne.decide.member_columns import MemberTable, member_table
from vanne.ids import IdIndex, Ordinals
from vanne.sources.batches import item_batches, map_items, member_batches
from vanne.sources.schema import ITEMS

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA, IDS_SCHEMA = "vanne/facts/2", "vanne/ids/3"
_PLAIN = ("owner", "other_row", "other", "is_author", "created_at", "unreadable")
_UNUSED = ("media", "lang", "source")
_BUT_IDS = tuple(column.name for column in ITEMS if column.name != "item_id")


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """The columns of one data file, and what finds rows in it. `has_text` says which have a text.

    Person `i` of `people` is in the rows `rows[starts[i]:starts[i + 1]]`.
    """

    items: ItemColumns
    has_text: Flags
    people: IdIndex
    starts: Rows
    rows: Ordinals
    ids: IdIndex

    def rows_of(self, people: "pa.Array") -> Rows:
        """Return the rows in which any of the people is, ascending."""
        places = self.people.find(people)
        known = places[places >= 0]
        return np.unique(self.rows[ranges(self.starts[known], self.starts[known + 1])])

    def rows_with(self, item_ids: "pa.Array") -> Rows:
        """Return the rows of these items, ascending."""
        places = self.ids.find(item_ids)
        return np.unique(places[places >= 0]).astype(np.int64)


def item_index_of(
    home: Home, name: str, sha256: str, *, check: bool = False, folder: Path | None = None
) -> ItemIndex:
    """Return the index of a data file; make it from the file if it is not there yet.

    With `check` every byte of it is looked at. A file that is not added yet lies in a `folder`.
    """
    path, source = _path(home, name, sha256), (folder or home.items) / name
    return arrays.derived(path, source, sha256, _make, partial(load, check=check))


def is_indexed(home: Home, name: str, sha256: str) -> bool:
    """Say whether a data file has an index."""
    return _path(home, name, sha256).exists()


def _path(home: Home, name: str, sha256: str) -> Path:
    ids = ".ids" if name.startswith(NEVER_PREFIX) else ""
    return home.corpus / "facts" / f"{sha256}{ids}.arrow"


def id_index_of(home: Home, name: str, sha256: str, *, folder: Path | None = None) -> IdIndex:
    """Return what finds an id in a data file; of one that is never used nothing else is read."""
    if not name.startswith(NEVER_PREFIX):
        return item_index_of(home, name, sha256, folder=folder).ids
    path = _path(home, name, sha256)

    def make(data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        import pyarrow as pa

        ids = [pa.array([], pa.large_string())]
        for batch in item_batches(str(data), skip=_BUT_IDS):
            ids.append(batch["item_id"].cast(pa.large_string()))
        index = IdIndex(pa.concat_arrays(ids))
        return {"schema": IDS_SCHEMA}, {"item_ids": index.ids} | index.parts

    def take(path: Path) -> IdIndex:
        _, saved = arrays.load(path, schema=IDS_SCHEMA)
        return IdIndex(saved["item_ids"], saved)

    return arrays.derived(path, (folder or home.items) / name, sha256, make, take)


def _make(data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    parts, texts = [columns_of(_no_items())], [np.zeros(0, np.bool_)]

    def with_text(batch: "pa.RecordBatch") -> tuple[ItemColumns, Flags]:
        return columns_of(batch), batch["text"].is_valid().to_numpy(zero_copy_only=False)

    for part, has_text in map_items(str(data), with_text, skip=_UNUSED):
        parts.append(part)
        texts.append(has_text)
    items = concatenated(parts)
    owned = np.flatnonzero(items.owner != NOBODY)
    involved = np.concatenate((items.owner[owned], items.other))
    order = np.argsort(involved, kind="stable")
    counts = np.bincount(involved, minlength=len(items.people))
    starts = np.concatenate(([0], np.cumsum(counts)))
    rows = np.concatenate((owned, items.other_row))[order].astype(np.int32)
    saved: dict[str, Any] = {name: getattr(items, name) for name in _PLAIN}
    about: dict[str, Any] = {"schema": SCHEMA}
    for name in CODED:
        column: CodedColumn = getattr(items, name)
        saved[name] = column.codes.astype(np.min_scalar_type(len(column.values)))
        about[name] = column.values
    saved |= {"item_ids": items.item_ids, "people": items.people, "starts": starts, "rows": rows}
    saved["has_text"] = np.concatenate(texts)
    for kind, ids in (("people", items.people), ("items", items.item_ids)):
        saved |= {f"{kind}.{part}": array for part, array in IdIndex(ids).parts.items()}
    return about, saved


def load(path: Path, *, check: bool = False) -> ItemIndex:
    """Take up the index of a data file from where it is kept; `check` every byte of it.

    Raises:
        VerificationError: the file is damaged, or of another version.
    """
    about, saved = arrays.load(path, check=check, schema=SCHEMA)
    columns: dict[str, Any] = {name: saved[name] for name in _PLAIN}
    for name in ("is_author", "unreadable"):
        columns[name] = saved[name].view(np.bool_)
    for name in CODED:
        values = (tuple(value) if isinstance(value, list) else value for value in about[name])
        columns[name] = CodedColumn(saved[name], tuple(values))
    people, ids = (
        IdIndex(ids, {part: saved[f"{kind}.{part}"] for part in ("order", "hashes", "starts")})
        for kind, ids in (("people", saved["people"]), ("items", saved["item_ids"]))
    )
    items = ItemColumns(item_ids=saved["item_ids"], people=saved["people"], **columns)
    has_text = saved["has_text"].view(np.bool_)
    return ItemIndex(items, has_text, people, saved["starts"], saved["rows"], ids)


def _no_items() -> "pa.RecordBatch":
    import pyarrow as pa

    texts = dict.fromkeys(("item_id", "owner", "author", "category"), pa.string())
    lists = dict.fromkeys(("subjects", "tags"), pa.list_(pa.string()))
    others = {"visibility": pa.string(), "reservation": pa.string()}
    numbers = {"created_at": pa.int64(), "unreadable": pa.bool_()}
    schema = pa.schema(list((texts | lists | others | numbers).items()))
    return pa.RecordBatch.from_pylist([], schema)


# The table of the members, in the form in which they are looked up


MEMBERS_SCHEMA = "vanne/register/2"
_MEMBER_COLUMNS = ("region", "birth_day", "sign_of", "sign")


def member_table_of(home: Home, members_sha256: str, *, check: bool = False) -> MemberTable:
    """Return the members; make their index from the table if it is not there yet.

    With `check` every byte of it is looked at.

    Raises:
        InputError: the table cannot be read, or lists a member twice.
    """
    path = home.corpus / "facts" / f"members-{members_sha256}.arrow"

    def make(members: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        table = member_table(member_batches(str(members)))
        about = {"schema": MEMBERS_SCHEMA, "regions": table.regions, "signs": table.signs}
        columns = {name: getattr(table, name) for name in _MEMBER_COLUMNS}
        return about, columns | {"ids": table.index.ids} | table.index.parts

    def take(path: Path) -> MemberTable:
        about, saved = arrays.load(path, check=check, schema=MEMBERS_SCHEMA)
        columns = {name: saved[name] for name in _MEMBER_COLUMNS}
        lists = {name: about[name] for name in ("regions", "signs")}
        return MemberTable(index=IdIndex(saved["ids"], saved), **lists, **columns)

    return arrays.derived(path, home.members, members_sha256, make, take)
