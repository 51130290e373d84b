"""A member's items as groups that are decided alike: few are decided, however many there are.

Most items of one member differ by their id, their time and their words alone. Items of one *kind*
share all else that decides: that is gathered once, as items do not change. For a question, kinds
about which the rules see the same (`People.profile`) are one group, parted at the moments at which
what they see changes. An item for which somebody chose is a group of its own.
"""

from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain, islice

import numpy as np

from vanne.corpus.choice_index import sought
from vanne.corpus.living import Row
from vanne.decide import People
from vanne.decide.item_columns import UNDATED, Rows, firsts, ranges, refined
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
    def _first(self) -> int:
        """The time of the oldest item that has one."""
        return int(self._times[self._times != UNDATED].min(initial=np.iinfo(np.int64).max))

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

    def kind_of(self, item_id: ItemId) -> str | None:
        """The category of an item; None also where there is no such item any more."""
        return next((self.each[place].category for place in self.ids.get(item_id, ())), None)

    def of_category(self, category: Category) -> list[int]:
        """The places of all items of a category."""
        is_it = np.array([item.category == category for item in self._samples], np.bool_)
        places: list[int] = np.flatnonzero(is_it[self._kinds]).tolist()
        return places

    @cached_property
    def _parties(self) -> tuple[list[tuple[MemberId, ...]], list[Rows], Rows]:
        """The sets of people who have a part in an item, and of each kind which of them owns it,
        wrote it for another, and is in it besides; then all else of each kind.
        """
        sets, abouts = dict[tuple[MemberId, ...], int](), dict[Hashable, int]()
        roles, rest = list[list[int]](), list[int]()
        for item in self._samples:
            author = None if item.author == item.owner else item.author
            parts = {item.owner}, {author}, {*item.subjects} - {item.owner}
            named = (tuple(sorted(person for person in part if person)) for part in parts)
            roles.append([sets.setdefault(part, len(sets)) for part in named])
            mine = item.owner == self._member_id, item.author == self._member_id
            rest.append(abouts.setdefault((_about(item), mine), len(abouts)))
        by_role = np.array(roles, np.int64).reshape(-1, 3).T
        return list(sets), list(by_role), np.array(rest, np.int64)

    # What is asked

    def groups(self, people: People) -> Rows:
        """Say of each item in which group it is: what is in one group is decided alike.

        Two people of whom the rules see the same part their items at moments of their own. So what
        counts of an item is which of these are still to come, and not when they were.
        """
        (sets, roles, kinds), first = self._parties, self._first
        numbers, seen = dict[Hashable, int](), {who: people.profile(who) for who in self.people}
        sights, ends, sizes = list[int](), list[tuple[int, int]](), list[int]()
        for each in sets:
            views = sorted((numbers.setdefault(seen[p][0], len(numbers)), seen[p][1]) for p in each)
            sights.append(numbers.setdefault(tuple(sight for sight, _ in views), len(numbers)))
            moments = ((n, end) for n, end in enumerate(chain(*(at for _, at in views))))
            ends += (found := [(n, at) for n, end in moments if (at := _micros(end)) > first])
            sizes.append(len(found))
        for role in roles:
            kinds = refined(kinds, np.array(sights, np.int64)[role])
        groups = kinds[self._kinds]
        if ends:
            groups = refined(groups, self._to_come(np.array(sizes), np.array(ends).T))
        if oldest := people.rules.oldest(people.as_of):
            groups = refined(groups, (self._times >= _micros(oldest)).astype(np.int64))
        return refined(groups, self._chosen(people))

    def _to_come(self, sizes: Rows, ends: Rows) -> Rows:
        """Number what is still to come of the moments of the people of each item.

        Each set of people has so many moments: a name within the set, and a time.
        """
        names, times, of_kind = list[Rows](), list[Rows](), list[Rows]()
        starts = np.cumsum(sizes) - sizes
        for number, role in enumerate(self._parties[1]):
            rows = ranges(starts[role], starts[role] + sizes[role])
            names.append(ends[0, rows] * len(self._parties[1]) + number)
            times.append(ends[1, rows])
            of_kind.append(np.repeat(np.arange(len(role)), sizes[role]))
        name, at, kind = map(np.concatenate, (names, times, of_kind))
        order = np.lexsort((at, kind))
        scale = np.unique(at)
        steps = kind[order] * (len(scale) + 1) + np.searchsorted(scale, at[order], "right")
        of_items = self._kinds * (len(scale) + 1) + np.searchsorted(scale, self._times, "right")
        passed = np.searchsorted(steps, of_items, "right")  # of all moments, kind by kind
        last = np.searchsorted(kind[order], self._kinds, "right")
        cells = refined(passed, last - passed)
        numbers: dict[Hashable, int] = {(): 0}
        rows = firsts(cells)
        ranges_left = zip(passed[rows].tolist(), last[rows].tolist(), strict=True)
        left = (tuple(sorted(name[order[start:end]].tolist())) for start, end in ranges_left)
        return np.array([numbers.setdefault(each, len(numbers)) for each in left], np.int64)[cells]

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
