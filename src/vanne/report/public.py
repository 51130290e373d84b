"""A public item, and the header `Content-Usage` that tells crawlers whether AI may train on it.

The header follows IETF AIPREF. It is `train-ai=n` wherever the item is not allowed. It is
`train-ai=y` only where the owner, and everybody else who wrote the item or is in it, opted in by a
choice that covers it. An item that is allowed by a default alone has no header: its people stated
nothing. An item counts as allowed only if two agree: the current corpus, and the rules as of now
with all choices since.
"""

from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus.choice_index import choosers
from vanne.decide import People, decide
from vanne.policy.schedule import policy_at
from vanne.report.member_items import (
    find_item,
    involved,
    members_of,
    open_ledger,
)
from vanne.terms import MAIN_PURPOSE, Item, ItemId, Reason

PUBLIC = "public"
NO, YES = "train-ai=n", "train-ai=y"


@dataclass(frozen=True, slots=True)
class PublicItem:
    """An item that everybody may read, and the value of its `Content-Usage`, if it has one."""

    item: Item
    usage: str | None


def public_item(
    home: Home, item_id: ItemId, verdict: Reason | None, now: datetime
) -> PublicItem | None:
    """Return an item if it is public; `verdict` is that of the current corpus, None if unknown."""
    item = find_item(home, item_id)
    rules = policy_at(home, now).purpose(MAIN_PURPOSE)
    if item is None or item.visibility != PUBLIC or item.category in rules.never:
        return None
    return PublicItem(item, NO if verdict is not Reason.ALLOWED else usage_of(home, item, now))


def usage_of(home: Home, item: Item, now: datetime) -> str | None:
    """Return the `Content-Usage` of an item by the rules as of now; None if nothing was said."""
    ids = involved([item])
    with open_ledger(home) as ledger:
        ids |= choosers(home, ledger, {item.item_id}).get(item.item_id, set())
        histories = ledger.histories(sorted(ids)).values()
    choices = [choice for history in histories for _, choice in history]
    policy = policy_at(home, now)
    people = People.of(members_of(home, ids), choices, policy, MAIN_PURPOSE, now)
    if decide(item, people) is not Reason.ALLOWED:
        return NO
    places = (("all", None), ("category", item.category), ("item", item.item_id))
    for person in ids:  # each must have chosen on: for all, for the kind or for the item
        stands = people.stands.get(person, {})
        if not any(stands[place].on for place in places if place in stands):
            return None
    return YES
