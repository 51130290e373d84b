"""Gather what a member's report is made of: their items, who is in these, and what all chose.

Somebody who is no member may have objected to an item that does not list them: who chose for an
item is asked too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus.choice_index import choosers
from vanne.errors import MissingError
from vanne.ledger import Ledger
from vanne.report.belongings import Row, find_member, items_of, members_of
from vanne.terms import Choice, Item, ItemId, Member, MemberId


@dataclass(frozen=True, slots=True)
class Gathered:
    """One member, the items that they own, wrote or are in, and everybody who is in these.

    `choices` are those of all these people, `history` the member's own, with their receipts.
    """

    member: Member
    items: Mapping[Row, Item]
    people: Sequence[Member]
    choices: Sequence[Choice]
    history: Sequence[tuple[int, Choice]]


def gather(home: Home, member_id: MemberId, until: datetime | None = None) -> Gathered:
    """Gather what is there of one member, with all that was chosen, or what was until a time.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    member = find_member(home, member_id)
    if member is None:
        raise MissingError("no such member", todo="check the id")
    items = items_of(home, member_id)
    people = involved(items.values()) | {member_id}
    with open_ledger(home) as ledger:
        people = people.union(*choosers_of(home, ledger, items.values()).values())
        said = ledger.histories(sorted(people), until)
    choices = [choice for history in said.values() for _, choice in history]
    return Gathered(member, items, members_of(home, people), choices, said[member_id])


def choosers_of(
    home: Home, ledger: Ledger, items: Iterable[Item]
) -> Mapping[ItemId, set[MemberId]]:
    """Return who chose for each of some items, whoever's they are."""
    return choosers(home, ledger, {item.item_id for item in items})


def involved(items: Iterable[Item]) -> set[MemberId]:
    """Return everybody who is in some items, as owner, author or subject."""
    people = {person for item in items for person in (item.owner, item.author, *item.subjects)}
    return {person for person in people if person is not None}


def open_ledger(home: Home, *, writable: bool = False) -> Ledger:
    """Open the ledger of a home, and never make an empty one in the place of a lost one.

    Raises:
        MissingError: it is not there.
    """
    return Ledger.of(home, read_only=not writable, create=False)
