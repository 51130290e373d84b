"""Index the ledger's choices by member, in sorted columns beside the corpus.

The index is made of segments of consecutive entries. A segment's name gives its entries and the
root of the tree that ends with them, so a segment of another ledger is never used. New entries make
a new segment, merged with the earlier segments that are not much larger. So there are few segments,
and an entry is written a few times whatever the length of the ledger (the logarithmic method,
Bentley and Saxe 1980). A look-up of one person reads no choices of others; so does a look-up of
those who chose for an item.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays
from vanne.decide.item_columns import SIDES, Rows, ranges
from vanne.errors import StorageError, VerificationError, storing
from vanne.files import make_folder
from vanne.ids import Hashes, hashes_of
from vanne.ledger import Ledger
from vanne.terms import ItemId, MemberId

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("vanne.corpus")

SCHEMA = "vanne/choices/4"
_LARGER = 2
_TEXTS = ("member_id", "purpose", "scope", "target")
_NUMBERS = ("at", "since", "position")


@dataclass(frozen=True, slots=True)
class Segment:
    """The entries from `start` to before `end`, sorted by the hash of the member's id.

    `items` are the hashes of the items that any is for, sorted, and `of_item` the row of each.
    """

    start: int
    end: int
    hashes: Hashes
    batch: "pa.RecordBatch"
    items: Hashes
    of_item: Rows
    path: Path

    def of(self, people: "pa.Array") -> "pa.RecordBatch":
        """Return the choices of these people, and perhaps of a few others with the same hash."""
        return self.batch.take(_places(self.hashes, sought(people)))

    def about(self, items: Hashes) -> "pa.RecordBatch":
        """Return the choices for any of the `sought` items, and perhaps a few others."""
        return self.batch.take(np.sort(self.of_item[_places(self.items, items)]))

    def chosen(self, people: "pa.Array") -> "pa.Array":
        """Return the items for which these people chose, and perhaps a few others."""
        import pyarrow.compute as pc

        choices = self.of(people)
        return choices["target"].filter(pc.equal(choices["scope"], "item"))

    def heard(self, known: int) -> "pa.Array":
        """Return who chose since `known` entries were known."""
        import pyarrow.compute as pc

        return self.batch["member_id"].filter(pc.greater_equal(self.batch["position"], known))


def sought(ids: Iterable[str]) -> Hashes:
    """Return what segments look some ids up by."""
    import pyarrow as pa

    return np.sort(hashes_of(pa.array(ids, pa.large_string())))


def _places(hashes: Hashes, wanted: Hashes) -> Rows:
    """Return the places among sorted hashes of the wanted ones, which are sorted; ascending."""
    if len(hashes) < len(wanted):
        near = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        return np.flatnonzero(wanted[near] == hashes)
    first, last = (np.searchsorted(hashes, wanted, side) for side in SIDES)
    return np.unique(ranges(first, last))


def segments(folder: Path, ledger: Ledger, size: int, *, check: bool = False) -> list[Segment]:
    """Return the first `size` entries of the ledger in segments; write what is not there yet.

    With `check` every byte of those that are there is looked at, and so is each entry that they
    hold. Damaged ones are made again.

    Raises:
        VerificationError: an entry of the ledger does not open.
    """
    try:
        chain = list(_own_segments(folder, ledger, size, check))
    except VerificationError as error:
        log.warning("vanne: %s: the choices are taken from the ledger again", error.title)
        drop(folder)
        chain = []
    start = known = chain[-1].end if chain else 0
    for _ in ledger.batches(0, known if check else 0):
        pass  # opens each entry: else nobody notices damage until the copy here is lost
    if known == size:
        return chain
    while chain and start - chain[-1].start <= _LARGER * (size - start):
        start = chain.pop().start
    with storing(f"`{folder.name}`"):
        make_folder(folder)
    path = folder / _name(start, size, ledger)
    _save(path, ledger, start, size)
    for other in folder.glob("*.arrow"):  # segments of fewer entries that lie within these
        first, last = (int(number) for number in other.stem.split("-")[:2])
        if start <= first and last <= size and last - first < size - start:
            arrays.remove(other)
    return [*chain, taken_up(path)]


def drop(folder: Path) -> None:
    """Remove all segments: they hold choices that were erased from the ledger."""
    for path in folder.glob("*.arrow"):
        arrays.remove(path)


def kept_segments(folder: Path, ledger: Ledger) -> list[Segment]:
    """Return the segments that are there, of the first entries; nothing is written.

    They may be fewer than there were: one may be damaged, or be replaced at this very moment.
    """
    chain: list[Segment] = []
    with suppress(VerificationError, StorageError):
        for segment in _own_segments(folder, ledger, ledger.size, check=False):
            chain.append(segment)
    return chain


def _own_segments(folder: Path, ledger: Ledger, size: int, check: bool) -> Iterator[Segment]:
    """Follow the longest chain of segments that are this ledger's own."""
    names = [path.stem for path in folder.glob("*.arrow")]
    start = 0
    while start < size:
        ends = sorted(int(n.split("-")[1]) for n in names if int(n.split("-")[0]) == start)
        ours = (
            (end, path)
            for end in reversed(ends)
            if end <= size and (path := folder / _name(start, end, ledger)).exists()
        )
        if (longest := next(ours, None)) is None:
            return
        start, path = longest
        yield taken_up(path, check=check)


def _name(start: int, end: int, ledger: Ledger) -> str:
    return f"{start}-{end}-{ledger.root(end).hex()[:32]}.arrow"


def _save(path: Path, ledger: Ledger, start: int, end: int) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches(list(ledger.batches(start, end)))
    hashes = np.concatenate([hashes_of(part) for part in table["member_id"].chunks])
    order = np.argsort(hashes, kind="stable")
    texts = {
        name: table[name].fill_null("").cast(pa.large_string()).combine_chunks().take(order)
        for name in _TEXTS
    }
    numbers = {name: table[name].to_numpy()[order] for name in ("on", *_NUMBERS)}
    rows = np.flatnonzero(pc.equal(texts["scope"], "item").to_numpy(zero_copy_only=False))
    items = hashes_of(texts["target"].take(rows))
    by_item = np.argsort(items, kind="stable")
    lookups = {"hashes": hashes[order], "items": items[by_item], "of_item": rows[by_item]}
    arrays.save(path, {"schema": SCHEMA}, texts | numbers | lookups)


def taken_up(path: Path, *, check: bool = False) -> Segment:
    """Return the segment that a file holds; `check` every byte of it.

    Raises:
        VerificationError: it is damaged.
    """
    import pyarrow as pa

    start, end = (int(number) for number in path.stem.split("-")[:2])
    _, saved = arrays.load(path, check=check, schema=SCHEMA)
    columns = {name: saved[name] for name in _TEXTS}
    columns |= {"on": pa.array(saved["on"].view(np.bool_))}
    columns |= {name: pa.array(saved[name]) for name in _NUMBERS}
    batch = pa.record_batch(list(columns.values()), names=list(columns))
    return Segment(start, end, saved["hashes"], batch, saved["items"], saved["of_item"], path)


# Who chose for an item


Choosers = dict[ItemId, set[MemberId]]


def choosers(
    home: Home, ledger: Ledger, item_ids: Set[ItemId], hashes: Hashes | None = None
) -> Choosers:
    """Return who chose for each of some items, whoever's they are; nothing is written.

    Who asks for many items again and again keeps the `hashes` of their ids (`sought`).

    Somebody who is no member may have objected to an item. Of the entries since the last build or
    refresh this process reads each once and remembers who is in it; what these people say now is
    always read in the ledger.
    """
    there = kept_segments(home.corpus / "choices", ledger)
    start = there[-1].end if there else 0
    wanted, who = sought(item_ids) if hashes is None else hashes, Choosers()
    for segment in there:
        _add(who, segment.about(wanted))
    later, size = _later_choosers(home, ledger.vkey, start), ledger.size
    with later.lock:
        if later.end > size or (later.root and ledger.root(later.end) != later.root):
            later.end, later.who = start, Choosers()  # of another ledger nothing stays
        if size > later.end:
            for batch in ledger.batches(later.end, size):
                _add(later.who, batch)
            later.end, later.root = size, ledger.root(size)
        for item in later.who.keys() & item_ids:
            who.setdefault(item, set()).update(later.who[item])
    return {item: people for item, people in who.items() if item in item_ids}


def _add(who: Choosers, batch: "pa.RecordBatch") -> None:
    import pyarrow.compute as pc

    rows = batch.filter(pc.equal(batch["scope"], "item")).select(["target", "member_id"])
    for row in rows.to_pylist():
        who.setdefault(row["target"], set()).add(row["member_id"])


@dataclass(slots=True)
class _LaterChoosers:
    """Who chose for which item in the entries up to `end`, as far as this process has read them."""

    end: int
    root: bytes = b""
    who: Choosers = field(default_factory=Choosers)
    lock: threading.Lock = field(default_factory=threading.Lock)


@lru_cache(maxsize=2)
def _later_choosers(home: Home, vkey: str, start: int) -> _LaterChoosers:
    """Return what this process remembers of a ledger from an entry on."""
    return _LaterChoosers(start)
