"""What has left the corpus and is still in the model: how many items, for which reasons."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from vanne.config import Home
from vanne.corpus import Manifest
from vanne.corpus.item_index import item_index_of
from vanne.corpus.patch import sidecar_of
from vanne.terms import REASONS, ItemId, MemberId

GONE = "gone"
"""The reason of an item that no data file holds any more."""
NO_TEXT = "no-text"
"""The reason of an item that may be used and of which no text is left."""


@dataclass(frozen=True, slots=True)
class Departure:
    """An item that a model holds and its corpus no longer does. `owner` is None if it is gone."""

    item_id: ItemId
    owner: MemberId | None
    reason: str


def departures(home: Home, manifest: Manifest, items: Collection[ItemId]) -> list[Departure]:
    """Say of each of some items, which are no documents of a corpus, why they are not.

    Raises:
        VerificationError: a sidecar is damaged.
    """
    if not items:
        return []
    found = {each.item_id: each for each in _found(home, manifest, items)}
    return [found.get(item) or Departure(item, None, GONE) for item in sorted(items)]


def _found(home: Home, manifest: Manifest, items: Collection[ItemId]) -> Iterator[Departure]:
    import pyarrow as pa

    wanted = pa.array(sorted(items), pa.large_string())
    for file in manifest.files:
        if file.sidecar is None:
            continue
        index = item_index_of(home, file.path, file.sha256)
        codes = sidecar_of(home, manifest, file).codes
        for row in index.rows_with(wanted).tolist():
            place = int(index.items.owner[row])
            owner = index.items.people[place].as_py() if place >= 0 else None
            reason = REASONS[int(codes[row])].value if codes[row] else NO_TEXT
            yield Departure(index.items.item_ids[row].as_py(), owner, reason)


def counted(left: Collection[Departure]) -> dict[str, int]:
    """Return how many items left for each reason, by name."""
    return dict(sorted(Counter(each.reason for each in left).items()))
