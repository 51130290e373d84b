"""The made-up network: everybody, everything of theirs, every choice, from a seed.

>>> from datetime import UTC, datetime
>>> make_network(1, 10, datetime(2026, 1, 1, tzinfo=UTC)).members[0].member_id
'm00001'
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vanne.demo.choices import choices_of
from vanne.demo.items import own_items
from vanne.demo.links import Circle, shared_items
from vanne.demo.people import Person, person
from vanne.demo.public import held_out_texts, public_texts
from vanne.terms import Choice, Item, Member, MemberId

__all__ = [
    "Network",
    "held_out_texts",
    "iter_choices",
    "iter_items",
    "iter_members",
    "make_network",
    "names",
    "public_texts",
]


@dataclass(frozen=True, slots=True)
class Network:
    """Members, their items, and the choices in the order in which they were made."""

    members: tuple[Member, ...]
    items: tuple[Item, ...]
    choices: tuple[Choice, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many there are of what, for a summary."""
        return {
            "total": {
                "members": len(self.members),
                "items": len(self.items),
                "choices": len(self.choices),
            },
            "regions": _count(member.region for member in self.members),
            "languages": _count(item.lang for item in self.items if item.text),
            "categories": _count(item.category for item in self.items),
        }


def make_network(seed: int, members: int, as_of: datetime, media: Path | None = None) -> Network:
    """Return the network of a seed, as it is at that time; write its photos into a media folder.

    Raises:
        StorageError: a photo cannot be written.
    """
    return Network(
        tuple(iter_members(seed, members, as_of)),
        tuple(iter_items(seed, members, as_of, media)),
        tuple(
            sorted(
                iter_choices(seed, members, as_of), key=lambda choice: (choice.at, choice.member_id)
            )
        ),
    )


def iter_members(seed: int, members: int, as_of: datetime) -> Iterator[Member]:
    """Yield the members one by one."""
    return (each.member for each in _people(seed, members, as_of))


def iter_items(
    seed: int, members: int, as_of: datetime, media: Path | None = None
) -> Iterator[Item]:
    """Yield the items one by one, member by member, so that a large network needs little memory."""
    for each in _people(seed, members, as_of):
        yield from own_items(each, as_of, media)
        yield from shared_items(Circle(each, seed, members, as_of), media)


def iter_choices(seed: int, members: int, as_of: datetime) -> Iterator[Choice]:
    """Yield the choices member by member; each member's oldest first."""
    for each in _people(seed, members, as_of):
        yield from choices_of(each, as_of)


def names(seed: int, members: int, as_of: datetime) -> dict[MemberId, str]:
    """Return the names that the members show, for pages that greet them."""
    return {each.member_id: each.name for each in _people(seed, members, as_of)}


def _people(seed: int, members: int, as_of: datetime) -> Iterator[Person]:
    return (person("network", seed, number, as_of) for number in range(1, members + 1))


def _count(values: Iterator[str | None]) -> dict[str, int]:
    counter = Counter("unknown" if value is None else value for value in values)
    return dict(sorted(counter.items()))
