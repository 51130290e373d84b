"""The items of an inspection with their verdicts: the first ones are kept, others are read again.

An archive may hold millions of items, and a browser has little memory. So an inspection counts all
items and keeps those that come first, up to `KEPT_BYTES`. Of a small archive these are all. Whoever
asks for others has the archives read once more, as far as needed: the next page of a list goes on
where the last one ended.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import chain, islice
from threading import Lock
from typing import overload

from vanne.report.evaluate import Decided
from vanne.report.states import Audience, ItemState, State

KEPT_BYTES = 16 << 20
_ITEM_BYTES = 600
"""What an item takes beside its text and its fields, roughly."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are asked for; what is empty asks for all."""

    words: str = ""
    category: str | None = None
    network: str = ""
    state: State | None = None
    """What the network says of the item."""

    def fits(self, each: Decided) -> bool:
        """Say whether an item is asked for."""
        item = each.item
        return self.fits_state(each.network, item.category or "", each.state) and (
            not self.words
            or self.words.casefold() in f"{item.text or ''} {item.media or ''}".casefold()
        )

    def fits_state(self, network: str, category: str, state: ItemState) -> bool:
        """Say whether items of a network, a category and a state are asked for, but for words."""
        return (
            self.category in (None, category)
            and self.network in ("", network)
            and self.state in (None, state.state)
        )


class _FirstItems(list[Decided]):
    """The first of many items, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._room = KEPT_BYTES

    def add(self, each: Decided) -> None:
        """Keep an item; from the first one that finds no room on, none is kept."""
        fields = sum(map(len, each.item.fields.values()))
        self._room -= _ITEM_BYTES + len(each.item.text or "") + fields
        if self._room >= 0:
            self.append(each)


class ItemSearch(Sequence[Decided]):
    """The items that a filter asks for, read as far as somebody asks.

    `count` says how many there are, if that is known; else everything is read once to count them.
    """

    def __init__(self, items: Collection[Decided], wanted: ItemFilter, count: int | None) -> None:
        self._items, self._wanted, self._count = items, wanted, count
        self._first = _FirstItems()
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._place, self._matches = 0, self._read()

    def _read(self) -> Iterator[Decided]:
        for each in filter(self._wanted.fits, self._items):
            if self._place == len(self._first):
                self._first.add(each)
            self._place += 1
            yield each

    def __len__(self) -> int:
        if self._count is None:
            self._move(None)
            self._count = self._place
        return self._count

    @overload
    def __getitem__(self, at: int) -> Decided: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Decided]: ...
    def __getitem__(self, at: int | slice) -> Decided | Sequence[Decided]:
        if isinstance(at, int):
            return self[at : at + 1][0]
        start, stop, _ = at.indices(len(self))
        if stop > len(self._first):
            return self._move(start, stop)
        return self._first[start:stop]

    def _move(self, start: int | None, stop: int = 0) -> list[Decided]:
        """Read to a place, from the start if it was passed, and return what follows; or to the end.

        Reading that fails begins anew the next time.
        """
        with self._lock:
            if start is None or start < self._place:
                self._begin()
            try:
                for _ in islice(self._matches, start and start - self._place):
                    pass
                return list(islice(self._matches, max(0, stop - self._place)))
            except BaseException:
                self._begin()
                raise


class InspectedItems(Collection[Decided]):
    """Every item of an inspection in the order of reading; `again` reads them once more."""

    def __init__(self, again: Callable[[], Iterator[Decided]]) -> None:
        self._again = again
        self._first, self._count = _FirstItems(), 0
        self._last: tuple[ItemFilter, ItemSearch] | None = None
        self._audience: Audience = "unknown"
        self._by_audience: dict[Audience, InspectedItems] = {}
        self._origin: InspectedItems | None = None

    def answered(self, audience: Audience) -> "InspectedItems":
        """Return the same items for a member whose posts are seen by that audience."""
        origin = self._origin or self
        if audience == "unknown":
            return origin
        if audience not in self._by_audience:
            same = copy(origin)
            same._audience, same._last, same._origin = audience, None, origin
            self._by_audience[audience] = same
        return self._by_audience[audience]

    def add(self, each: Decided) -> None:
        """Count one more item, and keep it if there is room."""
        self._first.add(each)
        self._count += 1

    def forget(self) -> None:
        """Keep no item any more: whoever asks for one has it read again."""
        self._first.clear()

    def search(self, wanted: ItemFilter, count: int | None) -> ItemSearch:
        """Return the items that a filter asks for; the last search goes on where it was."""
        if self._last is None or self._last[0] != wanted:
            self._last = None  # two would take the room of two
            self._last = wanted, ItemSearch(self, wanted, count)
        return self._last[1]

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Decided]:
        kept = len(self._first)
        again = islice(self._again(), kept, None) if kept < self._count else ()
        for each in chain(self._first, again):
            yield each.answered(self._audience)

    def __contains__(self, each: object) -> bool:
        return any(each == other for other in self)
