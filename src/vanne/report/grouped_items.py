"""A member's items as groups that are decided alike: few are decided, however many there are.

Most items of one member differ by their id, their time and their words alone. Items of one *kind*
share all else that decides: that is gathered once, as items do not change. For a question, kinds
about which the rules see the same (`People.profile`) are one group, parted at the moments at which
what they see changes. An item for which somebody chose is a group of its own.
"""

from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice

import numpy as np

from vanne.corpus.choice_index import sought
from vanne.corpus.living import Row
from vanne.decide import People
from vanne.decide.item_columns import UNDATED, Rows, firsts, refined
from vanne.ids import Hashes
from vanne.terms import Category, Item, ItemId, MemberId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemberItems(Mapping[Row, Item]):
    """The items that a member owns, wrote or is in, by data file and row, in file order."""

    def __init__(self, member_id: MemberId, by_row: Mapping[Row, Item]) -> None:
        self._member_id, self._by_row = member_id, dict(by_row)
        self.each = tuple(self._by_row.values())
        """The items; the place of an item is its number here."""

    def __getitem__(self, row: Row) -> Item:
        return self._by_row[row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._by_row)

    def __len__(self) -> int:
        return len(self.each)

    def row(self, place: int) -> Row:
        """The data file and row of an item."""
        return next(islice(self._by_row, place, None))

    # What is gathered once

    @cached_property
    def ids(self) -> Mapping[ItemId, list[int]]:
        """The places of each id."""
        places: dict[ItemId, list[int]] = {}
        for place, item in enumerate(self.each):
            places.setdefault(item.item_id, []).append(place)
        return places

    @cached_property
    def hashes(self) -> Hashes:
        """What the index of choices looks the ids up by."""
        return sought(self.ids)

    @cached_property
    def files(self) -> Mapping[str, tuple[Rows, Rows]]:
        """The places of the items of each data file, and their rows."""
        pairs: dict[str, list[tuple[int, int]]] = {}
        for place, (name, row) in enumerate(self._by_row):
            pairs.setdefault(name, []).append((place, row))
        return {name: tuple(np.array(of_file, np.int64).T) for name, of_file in pairs.items()}

    @cached_property
    def _times(self) -> Rows:
        made = (UNDATED if i.created_at is None else _micros(i.created_at) for i in self.each)
        return np.array(list(made), np.int64)

    @cached_property
    def newest_first(self) -> Rows:
        """The places in the order of time; what has none counts as made in 1970."""
        return np.argsort(-np.where(self._times == UNDATED, 0, self._times), kind="stable")

    @cached_property
    def _kinds(self) -> Rows:
        """The kind of each item."""
        numbers: dict[Hashable, int] = {}
        keys = ((*_about(i), i.owner, i.author, i.subjects) for i in self.each)
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)

    @cached_property
    def _samples(self) -> list[Item]:
        """One item of each kind."""
        return [self.each[place] for place in firsts(self._kinds)]

    @cached_property
    def people(self) -> frozenset[MemberId]:
        """Everybody who is in an item."""
        named = (person for i in self._samples for person in (i.owner, i.author, *i.subjects))
        return frozenset(person for person in named if person is not None)

    def of_category(self, category: Category) -> list[int]:
        """The places of all items of a category."""
        is_it = np.array([item.category == category for item in self._samples], np.bool_)
        places: list[int] = np.flatnonzero(is_it[self._kinds]).tolist()
        return places

    # What is asked

    def groups(self, people: People) -> Rows:
        """Say of each item in which group it is: what is in one group is decided alike."""
        first = min(int(self._times.min(initial=UNDATED)), _micros(people.as_of))
        since = _EPOCH + timedelta(microseconds=first)
        oldest = people.rules.oldest(people.as_of)
        seen = {person: people.profile(person, since) for person in (*self.people, None)}
        numbers: dict[Hashable, int] = {}
        alike, moments = list[int](), list[list[int]]()
        for item in self._samples:
            others = {item.author, *item.subjects} - {None, item.owner}
            key = (
                _about(item),
                (item.owner == self._member_id, item.author == self._member_id),
                item.author in (None, item.owner),
                seen[item.owner],
                seen[item.author],
                frozenset(seen[each] for each in item.subjects if each in others),
            )
            if key not in numbers:
                ends = {each for person in {item.owner, *others} for each in people.moments(person)}
                moments.append(sorted(map(_micros, ends | ({oldest} if oldest else set()))))
            alike.append(numbers.setdefault(key, len(numbers)))
        groups = np.array(alike, np.int64)[self._kinds]
        return refined(refined(groups, self._between(groups, moments)), self._chosen(people))

    def _between(self, groups: Rows, moments: list[list[int]]) -> Rows:
        """Say of each item how many of the moments of its group are not after it."""
        narrow = groups.astype(np.min_scalar_type(len(moments)))  # few are sorted by radix
        order = np.argsort(narrow, kind="stable")
        starts = np.cumsum([0, *np.bincount(groups, minlength=len(moments))])
        passed = np.zeros(len(groups), np.int64)
        for ends, start, end in zip(moments, starts, starts[1:], strict=False):
            rows = order[start:end]
            passed[rows] = np.searchsorted(ends, self._times[rows], "right")
        return passed

    def _chosen(self, people: People) -> Rows:
        """Number the items for which anybody chose; 0 is for all others."""
        chosen = {
            target
            for stands in people.stands.values()
            for scope, target in stands
            if scope == "item" and target in self.ids
        }
        places = [place for item in chosen if item for place in self.ids[item]]
        numbers = np.zeros(len(self), np.int64)
        numbers[places] = np.arange(1, len(places) + 1)
        return numbers


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _about(item: Item) -> tuple[Hashable, ...]:
    """Return what the rules see of an item besides its people, its time and its id."""
    return (
        item.category,
        item.visibility,
        item.tags,
        item.reservation,
        bool(item.unreadable),
        item.created_at is None,
        bool(item.text),
    )
