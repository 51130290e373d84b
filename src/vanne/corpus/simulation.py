"""Say whom a change of policy would touch, before it takes effect: counts, and nothing is written.

Every item of the corpus is decided twice, by the policy in force and by the new one, as of the same
time. The columns are those that are stored beside the corpus, so that no data file is opened. The
counts are by reason, region and category, and name no member.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus.building import (
    ALLOWED,
    Inputs,
    decided,
    gather,
    living_rows,
    locked,
    never_file,
)
from vanne.corpus.contract import NEVER_PREFIX
from vanne.corpus.indexes import item_index_of, member_table_of
from vanne.decide.item_columns import NOBODY
from vanne.decide.member_columns import CATEGORIES, MemberTable
from vanne.decide.request import EvaluationRequest
from vanne.ids import UNKNOWN
from vanne.ledger import Ledger
from vanne.policy.policy import Policy
from vanne.terms import REASONS, Purpose, Reason

Keys = npt.NDArray[np.int64]
_REASONS, _CATEGORIES = len(REASONS), len(CATEGORIES) + 1  # the last one is none that we know


@dataclass(frozen=True, slots=True)
class TouchedGroup:
    """How many items, of how many members, of one region and category go from reason to reason.

    `region` and `category` are None where they are not known.
    """

    before: str
    after: str
    region: str | None
    category: str | None
    items: int
    members: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a change would do. A member counts once in `*_members`, however many items are touched.

    `items` are all that were decided.
    """

    items: int
    opened_items: int
    opened_members: int
    closed_items: int
    closed_members: int
    groups: tuple[TouchedGroup, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        return asdict(self)

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> "Simulation":
        """Read what `as_json` wrote."""
        groups = tuple(TouchedGroup(**group) for group in document["groups"])
        return cls(**{**document, "groups": groups})


def simulate(
    home: Home, before: Policy, after: Policy, purpose: Purpose, as_of: datetime
) -> Simulation:
    """Decide every item by two policies, as of one time, and count what changes.

    Both policies must have the purpose (see `vanne.decide.difference.with_purpose`).

    Raises:
        InputError: there is no data file, or one holds what the new policy does not keep out.
        VerificationError: what is stored beside the corpus is damaged.
    """
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        inputs = gather(home, ledger, as_of, next(iter(before.purposes)), again=False)
        both = [
            replace(inputs, question=EvaluationRequest(policy, purpose, as_of))
            for policy in (before, after)
        ]
        table = member_table_of(home, inputs.members_sha256)
    total, parts = 0, [np.empty(0, np.int64)]
    for rows, keys in _files(home, both, table):
        total += rows
        parts.append(keys)
    return _counted(total, np.concatenate(parts), table)


def _files(home: Home, both: list[Inputs], table: MemberTable) -> Iterator[tuple[int, Keys]]:
    """Yield of each data file its rows, and a key for each row whose reason changes."""
    for name, sha256 in both[0].files.items():
        if name.startswith(NEVER_PREFIX):  # what the new policy does not keep out is an error
            never = never_file(home, both[1], name, sha256)
            yield living_rows(home, never), np.empty(0, np.int64)
            continue
        index = item_index_of(home, name, sha256)
        items, rows_of = index.items, [(index.items, index.ids.hashes[:-1])]
        (old,), (new,) = (decided(home, inputs, rows_of) for inputs in both)
        deleted = both[0].deleted_rows(home, name)
        rows = np.setdiff1d(np.flatnonzero(old != new), deleted)
        places = np.append(table.index.find(items.people), UNKNOWN)  # of nobody the last
        person = places[np.where(items.owner[rows] == NOBODY, -1, items.owner[rows])]
        known = {category: number for number, category in enumerate(CATEGORIES)}
        numbers = [known.get(str(value), len(CATEGORIES)) for value in items.category.values]
        category = np.array([*numbers, 0])[items.category.codes[rows]]
        way = old[rows].astype(np.int64) * _REASONS + new[rows]
        yield (
            len(items) - len(deleted),
            ((person.astype(np.int64) + 1) * _CATEGORIES + category) * _REASONS**2 + way,
        )


def _counted(total: int, keys: Keys, table: MemberTable) -> Simulation:
    """Count rows by their keys: whom they concern, which category, from which reason to which."""
    distinct, items = np.unique(keys, return_counts=True)
    rest, way = np.divmod(distinct, _REASONS**2)
    person, category = np.divmod(rest, _CATEGORIES)
    before, after = np.divmod(way, _REASONS)
    opened, closed, is_known = after == ALLOWED, before == ALLOWED, person > 0
    return Simulation(
        total,
        int(items[opened].sum()),
        len(np.unique(person[opened & is_known])),
        int(items[closed].sum()),
        len(np.unique(person[closed & is_known])),
        tuple(sorted(_groups(way, person, category, items, table), key=_order)),
    )


def _groups(
    way: Keys, person: Keys, category: Keys, items: Keys, table: MemberTable
) -> Iterator[TouchedGroup]:
    """Join the rows of all members of one region: each row is of one member and one way."""
    regions = np.append(table.region, UNKNOWN)[person - 1].astype(np.int64) + 1
    joined = (regions * _CATEGORIES + category) * _REASONS**2 + way
    groups, of_group = np.unique(joined, return_inverse=True)
    counts = np.bincount(of_group, items), np.bincount(of_group, person > 0)
    names, places = [*CATEGORIES, None], [None, *table.regions]
    for group, touched, members in zip(groups.tolist(), *counts, strict=True):
        rest, way_of = divmod(group, _REASONS**2)
        region, kind = divmod(rest, _CATEGORIES)
        before, after = (REASONS[code].value for code in divmod(way_of, _REASONS))
        yield TouchedGroup(before, after, places[region], names[kind], int(touched), int(members))


def _order(group: TouchedGroup) -> tuple[bool, bool, int, str, str]:
    """Put what opens first, then what closes, then the rest; the most items first."""
    yes = Reason.ALLOWED.value
    place = group.region or "", group.category or ""
    return group.after != yes, group.before != yes, -group.items, *place
