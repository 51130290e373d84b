"""What people who are no members said, as the ledger holds it: who objects, to what, until when."""

from dataclasses import dataclass, replace
from datetime import datetime

from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.terms import MemberId, Objection, Purpose

_ENTRY = "objection"
"""`objection/INDEX` as the notice of a record: that it refers to an objection."""

_IN_NAME = "objection:"


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
        return f"{_IN_NAME}{self.index}"

    @property
    def notice(self) -> str:
        """What the choices that follow from the objection refer to."""
        return f"{_ENTRY}/{self.index}"


def is_objector(member_id: MemberId) -> bool:
    """Say whether choices in a name follow from an objection, and are no person's own words."""
    return member_id.startswith(_IN_NAME)


def objectors(ledger: Ledger) -> list[Objector]:
    """Return everybody who ever objected, oldest first.

    Who says the same again has objected once; who takes it back and says it again, twice.
    """
    return _followed(ledger)[0]


def standing(ledger: Ledger) -> frozenset[int]:
    """Return the entries with an objection that was not taken back since."""
    return _followed(ledger)[1]


def _followed(ledger: Ledger) -> tuple[list[Objector], frozenset[int]]:
    """Follow what was said, and return who objected and which entries still stand.

    Anybody can give somebody else's name. So what is taken back by naming an entry is that entry
    alone, and the objection is in force for as long as one stands that says the same.
    """
    everybody: list[Objector] = []
    open_ones: dict[tuple[str, str | None, Purpose], tuple[int, set[int]]] = {}
    for index, objection in ledger.objections():
        key = (objection.name, objection.profile, objection.purpose)
        if not objection.on:
            if key not in open_ones:
                open_ones[key] = len(everybody), set()
                everybody.append(Objector(index, objection))
            open_ones[key][1].add(index)
        elif key in open_ones:
            place, entries = open_ones[key]
            entries.difference_update(_taken_back(objection, entries))
            if not entries:
                del open_ones[key]
                everybody[place] = replace(everybody[place], until=objection.at)
    return everybody, frozenset().union(*(entries for _, entries in open_ones.values()))


def _taken_back(objection: Objection, entries: set[int]) -> set[int]:
    """Return which of the entries that say the same are taken back: all, unless one is named."""
    kind, _, index = (objection.notice or "").partition("/")
    if kind != _ENTRY:
        return set(entries)
    return {entry for entry in entries if str(entry) == index}


def object_to(
    ledger: Ledger,
    name: str,
    profile: str | None,
    purpose: Purpose,
    at: datetime,
    *,
    channel: str,
    notice: str | None = None,
    key: str | None = None,
) -> int:
    """Record the objection of somebody who is no member; the same `key` again changes nothing.

    The `notice` is the words that they were shown.
    """
    objection = Objection(name, profile, purpose, False, at, channel, notice)
    return ledger.append([objection], key=key)[0]


def withdraw(
    ledger: Ledger,
    index: int,
    at: datetime,
    *,
    channel: str,
    key: str | None = None,
    only: bool = False,
) -> int:
    """Record that an objection is taken back; the same `key` again changes nothing.

    With `only` nothing but that entry: whoever asks has shown that it is theirs, and not that
    nobody else said the same.

    Raises:
        InputError: there is no such objection.
    """
    objection = dict(ledger.objections()).get(index)
    if objection is None or objection.on:
        raise InputError("there is no such objection")
    notice = f"{_ENTRY}/{index}" if only else None
    taken_back = replace(objection, on=True, at=at, channel=channel, notice=notice)
    return ledger.append([taken_back], key=key)[0]


def objector(ledger: Ledger, index: int) -> Objector:
    """Return who objected with that entry.

    Raises:
        InputError: nobody did, or they had said so before.
    """
    match = next((each for each in objectors(ledger) if each.index == index), None)
    if match is None:
        raise InputError(f"entry {index} is no objection", todo="see `vanne objections show`")
    return match
