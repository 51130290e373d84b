"""What people who are no members said, as the ledger holds it: who objects, to what, until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.terms import MemberId, Objection, Purpose

CHANNEL, REVIEW = "objection", "review"
"""How a choice came about: a match, or a person who looked (`review/` and their role)."""


@dataclass(frozen=True, slots=True)
class Objector:
    """Somebody who objected, by the index of their entry; `until` is when they took it back."""

    index: int
    objection: Objection
    until: datetime | None = None

    @property
    def in_force(self) -> bool:
        """Say whether the objection still stands."""
        return self.until is None

    @property
    def member_id(self) -> MemberId:
        """In whose name the choices for items are that only a name connects with them."""
        return f"objection:{self.index}"

    @property
    def notice(self) -> str:
        """What the choices that follow from the objection refer to."""
        return f"objection/{self.index}"


def objectors(ledger: Ledger) -> list[Objector]:
    """Return everybody who ever objected, oldest first.

    Who says the same again has objected once; who takes it back and says it again, twice.
    """
    found: list[Objector] = []
    open_ones: dict[tuple[str, str | None, Purpose], int] = {}
    for index, said in ledger.objections():
        key = (said.name, said.profile, said.purpose)
        if not said.on and key not in open_ones:
            open_ones[key] = len(found)
            found.append(Objector(index, said))
        elif said.on and key in open_ones:
            place = open_ones.pop(key)
            found[place] = replace(found[place], until=said.at)
    return found


def object_to(
    ledger: Ledger,
    name: str,
    profile: str | None,
    purposes: Sequence[Purpose],
    at: datetime,
    *,
    channel: str,
    key: str | None = None,
) -> range:
    """Record the objection of somebody who is no member; the same `key` again changes nothing."""
    said = [Objection(name, profile, purpose, False, at, channel) for purpose in purposes]
    return ledger.append(said, key=key)


def withdraw(
    ledger: Ledger, indices: Iterable[int], at: datetime, *, channel: str, key: str | None = None
) -> range:
    """Record that objections are taken back; the same `key` again changes nothing.

    Raises:
        InputError: there is no such objection.
    """
    said = dict(ledger.objections())
    wanted = [said.get(index) for index in indices]
    taken_back = [replace(o, on=True, at=at, channel=channel) for o in wanted if o and not o.on]
    if len(taken_back) != len(wanted):
        raise InputError("there is no such objection")
    return ledger.append(taken_back, key=key)


def objector(ledger: Ledger, index: int) -> Objector:
    """Return who objected with that entry.

    Raises:
        InputError: nobody did, or they had said so before.
    """
    found = next((each for each in objectors(ledger) if each.index == index), None)
    if found is None:
        raise InputError(f"entry {index} is no objection", todo="see `vanne objections list`")
    return found
