"""Who chose for an item, whoever's it is: somebody who is no member may have objected to it.

Of what was there at the last build or refresh, the kept choices know (`vanne.corpus.choices`). What
came since is read once by each process and remembered, so that a page costs what is new. What is
remembered only names people: what they say now is always read in the ledger.
"""

import threading
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.corpus import choices
from vanne.ledger import Ledger
from vanne.terms import ItemId, MemberId

if TYPE_CHECKING:
    import pyarrow as pa

Choosers = dict[ItemId, set[MemberId]]


def choosers(home: Home, ledger: Ledger, item_ids: Set[ItemId]) -> Choosers:
    """Return who chose for each of some items; nothing is written."""
    import pyarrow as pa

    kept = choices.kept(home.corpus / "choices", ledger)
    start = kept[-1].end if kept else 0
    wanted, who = choices.sought(pa.array(sorted(item_ids), pa.large_string())), Choosers()
    for segment in kept:
        _add(who, segment.about(wanted))
    since = _since(home, ledger.vkey, start).who(ledger, item_ids)
    found = {item: who.get(item, set()) | since.get(item, set()) for item in item_ids}
    return {item: people for item, people in found.items() if people}


def _add(who: Choosers, batch: "pa.RecordBatch") -> None:
    import pyarrow.compute as pc

    said = batch.filter(pc.equal(batch["scope"], "item")).select(["target", "member_id"])
    for row in said.to_pylist():
        who.setdefault(row["target"], set()).add(row["member_id"])


class _Since:
    """Who chose for which item in the entries from `start` on, as far as they were read."""

    def __init__(self, start: int) -> None:
        self._start, self._lock = start, threading.Lock()
        self._end, self._root, self._who = start, b"", Choosers()

    def who(self, ledger: Ledger, items: Set[ItemId]) -> Mapping[ItemId, Set[MemberId]]:
        """Read what is new; return who chose for these items. Of another ledger nothing stays."""
        size = ledger.size
        with self._lock:
            if self._end > size or (self._root and ledger.root(self._end) != self._root):
                self._end, self._who = self._start, Choosers()
            if size > self._end:
                for batch in ledger.batches(self._end, size):
                    _add(self._who, batch)
                self._end, self._root = size, ledger.root(size)
            return {item: frozenset(self._who[item]) for item in items & self._who.keys()}


@lru_cache(maxsize=2)
def _since(home: Home, vkey: str, start: int) -> _Since:
    """Return what this process remembers of a ledger from an entry on."""
    return _Since(start)
