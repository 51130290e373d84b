"""Pick the member who says no: the one whose forgetting costs what it typically costs."""

from collections import defaultdict
from collections.abc import Iterator

from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.errors import InputError
from vanne.sources.tables import read_items, read_members
from vanne.terms import Item, MemberId
from vanne.train.model import Model, items_in
from vanne.train.shards import Slot


def typical_member(home: Home, model: Model, prefer: MemberId | None = None) -> MemberId:
    """Return the member of median cost to forget, or the preferred one if the model holds them.

    Raises:
        InputError: the model holds nobody.
    """
    slots = slots_of_members(home, model)
    if prefer in slots:
        return prefer
    if not slots:
        raise InputError(
            "the model holds nobody's items", todo="make the network larger: --members"
        )
    costs = sorted((cost(model, touched), member) for member, touched in slots.items())
    return costs[len(costs) // 2][1]


def slots_of_members(home: Home, model: Model) -> dict[MemberId, set[Slot]]:
    """Return for each member the slices that hold an item which their no would take out."""
    places = items_in(home.model, model)
    members = {member.member_id for member in read_members(str(members_table(home)))}
    slots: defaultdict[MemberId, set[Slot]] = defaultdict(set)
    for item in read_items(str(home.items / "items.parquet"), with_text=False):
        if item.item_id in places:
            for person in people_in(item):
                slots[person].add(places[item.item_id])
    return {person: touched for person, touched in slots.items() if person in members}


def people_in(item: Item) -> Iterator[MemberId]:
    """Yield everybody whose no takes the item out: the owner, the author, the subjects."""
    for person in (item.owner, item.author, *item.subjects):
        if person is not None:
            yield person


def cost(model: Model, touched: set[Slot]) -> int:
    """Return the tokens to train again: in each touched shard, from the first touched slice on."""
    first: dict[int, int] = {}
    for shard, slice_ in touched:
        first[shard] = min(slice_, first.get(shard, slice_))
    return sum(
        note.tokens for shard, start in first.items() for note in model.shards[shard][start:]
    )
