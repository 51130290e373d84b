"""The objections of people who are no members, and the reviews of items that may be about them.

An item that only a name connects with an objector waits for a review, and is denied meanwhile. The
answer «It is this person» confirms the denial. The answer «it is somebody else» is an on of the
same objection for that item, and lifts the denial. Both answers are entries of the ledger; they
hold the reviewer's role and never a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.config import Home
from vanne.corpus.contract import NEVER_PREFIX, data_files
from vanne.corpus.living import living_items
from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.objections.names import LONGEST, name_of, sentence_with
from vanne.sources.relation import literal
from vanne.terms import Channel, Choice, Item, ItemId, MemberId, Objection, Purpose

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
            kind, _, named = (objection.notice or "").partition("/")
            taken_back = {entry for entry in entries if kind != _ENTRY or str(entry) == named}
            entries -= taken_back
            if not entries:
                del open_ones[key]
                everybody[place] = replace(everybody[place], until=objection.at)
    return everybody, frozenset().union(*(entries for _, entries in open_ones.values()))


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
        raise InputError(f"entry {index} is no objection", todo="see `vanne objections review`")
    return match


@dataclass(frozen=True, slots=True)
class Doubt:
    """An item that may be about somebody who objected: a person has to look."""

    objector: Objector
    item_id: ItemId


def waiting(ledger: Ledger, each: Objector) -> list[Doubt]:
    """Return the items that wait for a person, in the order in which they were found.

    Of somebody who took the objection back none does.
    """
    last: dict[ItemId, Choice] = {}
    for _, choice in ledger.history(each.member_id) if each.in_force else ():
        if choice.target is not None:
            last[choice.target] = choice
    return [
        Doubt(each, item)
        for item, choice in last.items()
        if Channel.of(choice.channel or "") is not Channel.REVIEW
    ]


def all_waiting(ledger: Ledger) -> list[Doubt]:
    """Return all items that wait for a person, by whoever objected last."""
    return [doubt for each in reversed(objectors(ledger)) for doubt in waiting(ledger, each)]


def review(
    ledger: Ledger,
    index: int,
    item_id: ItemId,
    *,
    same: bool,
    at: datetime,
    role: str,
    by_hand: bool = False,
) -> int:
    """Record what a person saw: that the item is about whoever objected, or about somebody else.

    `by_hand` permits to say of an item that no name found that it is about them.

    Raises:
        InputError: there is no such objection in force, or it does not concern that item.
    """
    each = objector(ledger, index)
    if not each.in_force:
        raise InputError(f"objection {index} was taken back", todo="there is nothing to decide")
    before = [(n, c) for n, c in ledger.history(each.member_id) if c.target == item_id]
    if not before and not (by_hand and same):
        raise InputError(
            f"objection {index} does not concern such an item",
            todo="`vanne objections review` names those that wait",
        )
    choice = Choice(
        member_id=each.member_id,
        purpose=each.objection.purpose,
        scope="item",
        on=not same,
        at=at,
        target=item_id,
        channel=f"{Channel.REVIEW}/{role}",
        notice=each.notice,
    )
    if before and replace(before[-1][1], at=at, claimed_at=None) == choice:  # clicked twice
        return before[-1][0]
    (entry,) = ledger.append([choice])
    return entry


def is_there(home: Home, item_id: ItemId) -> bool:
    """Say whether there is such an item among those that may be read."""
    return bool(_items(home, {item_id}))


# The one place where a person has to see what is about somebody


def excerpts(home: Home, doubts: Sequence[Doubt]) -> dict[tuple[int, ItemId], str]:
    """Return of each item what names whom it may be about: a sentence, its author, who is in it.

    Raises:
        InputError: the items cannot be read.
    """
    items = {item.item_id: item for item in _items(home, {doubt.item_id for doubt in doubts})}
    excerpts_of: dict[tuple[int, ItemId], str] = {}
    for doubt in doubts:
        if (item := items.get(doubt.item_id)) is None:
            continue
        text, name = item.text or "", name_of(doubt.objector.objection.name)
        excerpt = text[:LONGEST]
        if name is not None:
            people = (one for one in (item.author, *item.subjects) if one and name.is_in(one))
            excerpt = sentence_with(name, text) if name.is_in(text) else next(people, excerpt)
        excerpts_of[doubt.objector.index, doubt.item_id] = excerpt
    return excerpts_of


def _items(home: Home, wanted: set[ItemId]) -> list[Item]:
    """Return some items: one query for all files, filtered where the data lies."""
    files = [path for path in data_files(home) if not path.name.startswith(NEVER_PREFIX)]
    if not files or not wanted:
        return []
    ids = ", ".join(map(literal, sorted(wanted)))
    rows = living_items(home, files, lambda types: f"item_id IN ({ids})")
    return [item for _, item in rows]
