"""The facts of a data file, kept beside the corpus: made once, decided from ever after.

They hold no text. Data files never change, so that a file's facts are named by its checksum. With
them go an index from people to the rows that they are in, as owner, author or subject, and one from
ids to rows: what somebody says costs as much as they have items.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.corpus import arrays
from vanne.decide.facts import CODED, NOBODY, Coded, Facts, Flags, Rows, facts_of, joined, ranges
from vanne.errors import VerificationError
from vanne.ids import IdIndex, Ordinals
from vanne.sources.batches import item_batches, map_items
from vanne.sources.schema import ITEMS

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "vanne/facts/2"
_PLAIN = ("owner", "other_row", "other", "is_author", "created_at", "unreadable")
_UNUSED = ("media", "lang", "source")
_BUT_IDS = tuple(column.name for column in ITEMS if column.name != "item_id")


@dataclass(frozen=True, slots=True)
class Kept:
    """The facts of one data file, and what finds rows in it. `has_text` says which have a text."""

    facts: Facts
    has_text: Flags
    people: IdIndex
    starts: Rows
    rows: Ordinals
    items: IdIndex

    def __len__(self) -> int:
        return len(self.facts)

    def rows_of(self, people: "pa.Array") -> Rows:
        """Return the rows in which any of the people is, ascending."""
        places = self.people.find(people)
        known = places[places >= 0]
        return np.unique(self.rows[ranges(self.starts[known], self.starts[known + 1])])

    def rows_with(self, item_ids: "pa.Array") -> Rows:
        """Return the rows of these items, ascending."""
        places = self.items.find(item_ids)
        return np.unique(places[places >= 0]).astype(np.int64)


def keep(data: Path, path: Path) -> None:
    """Make the facts of a data file and write them to `path`.

    Raises:
        InputError: the data file cannot be read as items.
    """
    parts, texts = [], []
    for part, has_text in map_items(str(data), _with_text, skip=_UNUSED):
        parts.append(part)
        texts.append(has_text)
    facts = joined(parts or [facts_of(_no_items())])
    starts, rows = _rows_of_people(facts)
    saved: dict[str, Any] = {name: getattr(facts, name) for name in _PLAIN}
    about: dict[str, Any] = {"schema": SCHEMA}
    for name in CODED:
        column: Coded = getattr(facts, name)
        saved[name] = column.codes.astype(np.min_scalar_type(len(column.values)))
        about[name] = column.values
    saved |= {"item_ids": facts.item_ids, "people": facts.people, "starts": starts, "rows": rows}
    saved["has_text"] = np.concatenate([np.zeros(0, np.bool_), *texts])
    for kind, ids in (("people", facts.people), ("items", facts.item_ids)):
        saved |= {f"{kind}.{part}": array for part, array in IdIndex(ids).parts.items()}
    arrays.save(path, about, saved)


def _with_text(batch: "pa.RecordBatch") -> tuple[Facts, Flags]:
    return facts_of(batch), batch["text"].is_valid().to_numpy(zero_copy_only=False)


def load(path: Path, *, check: bool = False) -> Kept:
    """Take up the facts of a data file from where they were kept; `check` every byte of them.

    Raises:
        VerificationError: the file is damaged, or of another version.
    """
    about, saved = _taken_up(path, check=check)
    flags = {name: saved[name].view(np.bool_) for name in ("is_author", "unreadable")}
    columns: dict[str, Any] = {name: saved[name] for name in _PLAIN} | flags
    columns |= {name: Coded(saved[name], _values(about[name])) for name in CODED}
    people, items = (
        IdIndex(ids, {part: saved[f"{kind}.{part}"] for part in ("order", "hashes", "starts")})
        for kind, ids in (("people", saved["people"]), ("items", saved["item_ids"]))
    )
    facts = Facts(item_ids=saved["item_ids"], people=saved["people"], **columns)
    has_text = saved["has_text"].view(np.bool_)
    return Kept(facts, has_text, people, saved["starts"], saved["rows"], items)


def keep_ids(data: Path, path: Path) -> None:
    """Write the ids of a data file to `path`: of files that are never used nothing else is kept.

    Raises:
        InputError: they cannot be read.
    """
    import pyarrow as pa

    ids = [pa.array([], pa.large_string())]
    for batch in item_batches(str(data), skip=_BUT_IDS):
        ids.append(batch["item_id"].cast(pa.large_string()))
    arrays.save(path, {"schema": SCHEMA}, {"item_ids": pa.concat_arrays(ids)})


def load_ids(path: Path) -> "pa.Array":
    """Take up the ids of a data file from where they were kept.

    Raises:
        VerificationError: the file is damaged, or of another version.
    """
    return _taken_up(path)[1]["item_ids"]


def _taken_up(path: Path, *, check: bool = False) -> tuple[dict[str, Any], dict[str, arrays.Array]]:
    about, saved = arrays.load(path, check=check)
    if about.get("schema") != SCHEMA:
        raise VerificationError(
            f"`{path.name}` was written by another version of Vanne",
            todo="remove it and run `vanne corpus refresh`",
        )
    return about, saved


def _values(written: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in written)


def _rows_of_people(facts: Facts) -> tuple[Rows, Ordinals]:
    """Return where each person's rows start in a list of rows, and that list."""
    owned = np.flatnonzero(facts.owner != NOBODY)
    people = np.concatenate((facts.owner[owned], facts.other))
    order = np.argsort(people, kind="stable")
    counts = np.bincount(people, minlength=len(facts.people))
    starts = np.concatenate(([0], np.cumsum(counts)))
    return starts, np.concatenate((owned, facts.other_row))[order].astype(np.int32)


def _no_items() -> "pa.RecordBatch":
    import pyarrow as pa

    texts = dict.fromkeys(("item_id", "owner", "author", "category"), pa.string())
    lists = dict.fromkeys(("subjects", "tags"), pa.list_(pa.string()))
    others = {"visibility": pa.string(), "reservation": pa.string()}
    numbers = {"created_at": pa.int64(), "unreadable": pa.bool_()}
    schema = pa.schema(list((texts | lists | others | numbers).items()))
    return pa.RecordBatch.from_pylist([], schema)
