"""What a person has to look at: items that only a name connects with whoever objected.

While they wait they are denied. «It is this person» says so once more, by whoever looked; «it is
somebody else» is an on of the same objection for that item, and lifts it. Both are entries of the
ledger; who decided is in them as a role and never as a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.config import Home
from vanne.corpus.contract import NEVER_PREFIX
from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.objections.names import LONGEST, name_of, sentence_with
from vanne.objections.record import Objector, objector, objectors
from vanne.sources.tables import read_items, unnamed
from vanne.terms import Channel, Choice, Item, ItemId


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
            todo="`vanne objections show` names those that wait",
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
    return {
        (doubt.objector.index, doubt.item_id): _excerpt(doubt, items[doubt.item_id])
        for doubt in doubts
        if doubt.item_id in items
    }


def _excerpt(doubt: Doubt, item: Item) -> str:
    text, name = item.text or "", name_of(doubt.objector.objection.name)
    if name is None:
        return text[:LONGEST]
    people = (person for person in (item.author, *item.subjects) if person and name.is_in(person))
    return sentence_with(name, text) if name.is_in(text) else next(people, text[:LONGEST])


def _items(home: Home, wanted: set[ItemId]) -> list[Item]:
    """Return some items: one query for all files, filtered where the data lies."""
    paths = sorted(home.items.glob("*.parquet"))
    files = [path for path in paths if not path.name.startswith(NEVER_PREFIX)]
    if not files or not wanted:
        return []
    listed = ", ".join(_literal(str(path)) for path in files)
    ids = ", ".join(map(_literal, sorted(wanted)))
    table = f"read_parquet([{listed}], union_by_name = true)"
    with unnamed("the data files"):
        return list(read_items(f"SELECT * FROM {table} WHERE item_id IN ({ids})"))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
