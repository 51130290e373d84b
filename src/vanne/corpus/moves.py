"""Follow items from data files that are gone to where they are now.

When data files are compacted, `corpus/moved` notes for each one, by its checksum, in which rows of
which files its items are afterwards. An item that was updated is in another file than before, too:
there its id says so. Files may move again; the links lead to those of today.

A deleted item is in no file afterwards. The note keeps its row, its owner, a hash of its id and
whether it had a text, for as long as a version with the file is kept: so the owner can still read
which versions and models held it. The note keeps neither its words nor its id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus.contract import NEVER_PREFIX, deleted_rows
from vanne.corpus.contract import load as load_contract
from vanne.corpus.indexes import item_index_of
from vanne.decide.item_columns import Flags
from vanne.ids import Hashes
from vanne.terms import MemberId

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "vanne/moved/2"
_BEFORE = "vanne/moved/1"
"""Has no departed rows: of the rows that moved nowhere nothing is known."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of a file of some time, and in which rows of a file of today these items are.

    Without `rows` it is the file itself: each row is where it was.
    """

    file: str
    rows: Rows | None = None
    rows_now: Rows | None = None


@dataclass(frozen=True, slots=True)
class Departed:
    """Rows of one file, by its checksum, whose items are deleted: an owner, an item and a row each.

    `item_ids` is empty where only the `hashes` of the ids are kept.
    """

    file: str
    owners: "pa.Array"
    rows: Rows
    hashes: Hashes
    has_text: Flags
    item_ids: Sequence[str] = ()

    @classmethod
    def none(cls, sha256: str) -> "Departed":
        """Return that no row of a file departed."""
        import pyarrow as pa

        rows, owners = np.zeros(0, np.int64), pa.array([], pa.large_string())
        return cls(sha256, owners, rows, rows.astype(np.uint64), rows > 0)


Links = Mapping[str, tuple[Link, ...]]
"""By the checksum of a file of some time. A file without an entry went, and nothing is known."""


def save(home: Home, moved: Sequence[Link], departed: Departed) -> None:
    """Note where the items of a file went, and which of them went nowhere: the deleted ones."""
    saved: dict[str, arrays.Array] = {
        "gone.rows": departed.rows.astype(np.int32),
        "gone.hashes": departed.hashes,
        "gone.has_text": departed.has_text,
        "gone.owners": departed.owners,
    }
    for number, link in enumerate(moved):
        assert link.rows is not None and link.rows_now is not None
        saved |= {f"rows.{number}": link.rows.astype(np.int32)}
        saved |= {f"now.{number}": link.rows_now.astype(np.int32)}
    files = [link.file for link in moved]
    about = {"schema": SCHEMA, "files": files}
    arrays.save(_path(home, departed.file), about, saved, small=True)


def _load(home: Home, sha256: str) -> list[Link]:
    about, saved = arrays.load(_path(home, sha256))
    return [
        Link(file, saved[f"rows.{n}"].astype(np.int64), saved[f"now.{n}"].astype(np.int64))
        for n, file in enumerate(about["files"])
    ]


def departed_from(home: Home, sha256: str) -> Departed | None:
    """Return what is kept of the deleted rows of a file that is gone; None if that is not known."""
    about, saved = arrays.load(_path(home, sha256))
    if about["schema"] == _BEFORE:
        return None
    owners, rows = saved["gone.owners"], saved["gone.rows"].astype(np.int64)
    has_text = saved["gone.has_text"].view(np.bool_)
    return Departed(sha256, owners, rows, saved["gone.hashes"], has_text)


def noted(home: Home) -> tuple[str, ...]:
    """Return the checksums of the files that are gone and of which it is noted where they went."""
    return tuple(sorted(path.stem for path in (home.corpus / "moved").glob("*.arrow")))


def erase(home: Home, member_id: MemberId) -> None:
    """Take a member out of what is kept of deleted rows."""
    import pyarrow.compute as pc

    for sha256 in noted(home):
        departed = departed_from(home, sha256)
        if departed and member_id in departed.owners.to_pylist():
            stays = pc.not_equal(departed.owners, member_id)
            kept = stays.to_numpy(zero_copy_only=False)
            left = replace(
                departed,
                owners=departed.owners.filter(stays),
                rows=departed.rows[kept],
                hashes=departed.hashes[kept],
                has_text=departed.has_text[kept],
            )
            save(home, _load(home, sha256), left)


def _path(home: Home, sha256: str) -> Path:
    return home.corpus / "moved" / f"{sha256}.arrow"


def sweep(home: Home, used: Collection[str]) -> None:
    """Remove what is noted of files that no version has, and to which no other file leads."""
    there = {path.stem: path for path in (home.corpus / "moved").glob("*.arrow")}
    wanted, left = set[str](), list(used)
    while left:
        if (name := left.pop()) in there and name not in wanted:
            wanted.add(name)
            left += [link.file for link in _load(home, name)]
    for name in there.keys() - wanted:
        arrays.remove(there[name])


def links(home: Home, files: Mapping[str, str]) -> Links:
    """Return where the items of files that were there at some time are today, in `files`."""
    deleted = tuple(sorted(load_contract(home).deleted.items()))
    return _links(home, tuple(sorted(files.items())), noted(home), deleted)


@lru_cache(maxsize=2)
def _links(
    home: Home,
    files: tuple[tuple[str, str], ...],
    noted: tuple[str, ...],
    deleted: tuple[tuple[str, str], ...],
) -> dict[str, tuple[Link, ...]]:
    found = {
        sha256: (Link(sha256), *_replaced(home, name, files, dict(deleted)))
        for name, sha256 in files
    }
    for sha256 in noted:
        waiting = [sha256]  # a file may have moved several times: the last move first
        while waiting:
            moved = _load(home, waiting[-1])
            further = [link.file for link in moved if link.file not in found]
            if any(file not in noted or file in waiting for file in further):
                break  # one went in another way: nothing is known
            waiting += further
            if not further:
                through = (_through(a, b) for a in moved for b in found[a.file])
                name = waiting.pop()  # its own rows, too: what was deleted there went no further
                found.setdefault(name, (Link(name), *through))
    return found


def _replaced(
    home: Home, name: str, files: tuple[tuple[str, str], ...], deleted: Mapping[str, str]
) -> tuple[Link, ...]:
    """Return where the items are now whose rows in a file were deleted: those that were updated."""
    import pyarrow as pa

    if name not in deleted or name.startswith(NEVER_PREFIX):
        return ()
    rows = deleted_rows(home, name)
    ids = item_index_of(home, name, dict(files)[name]).items.item_ids.take(pa.array(rows))
    found = list[Link]()
    for other, other_sha256 in files:
        if other != name and not other.startswith(NEVER_PREFIX):
            places = item_index_of(home, other, other_sha256).ids.find(ids).astype(np.int64)
            places[np.isin(places, deleted_rows(home, other))] = -1
            if (places >= 0).any():
                found.append(Link(other_sha256, rows[places >= 0], places[places >= 0]))
    return tuple(found)


def _through(first: Link, then: Link) -> Link:
    """Return where two links lead, one after the other."""
    assert first.rows is not None and first.rows_now is not None
    if then.rows is None or then.rows_now is None:
        return Link(then.file, first.rows, first.rows_now)
    now = np.full(int(max(first.rows_now.max(initial=-1), then.rows.max(initial=-1))) + 1, -1)
    now[then.rows] = then.rows_now
    places = now[first.rows_now]
    return Link(then.file, first.rows[places >= 0], places[places >= 0])
