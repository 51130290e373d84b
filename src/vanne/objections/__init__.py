"""Find the people and items that objections of non-members are about, and opt them out.

In come the objections of the ledger and the items. Out go choices in the ledger on behalf of the
people who objected; the engines treat them like any other choice. Always true: only an address
makes a match certain; an item that a name matches is denied until a person has reviewed it; no name
and no text is in a message, a log or a count; a second run adds only what is new.

* `record`: the objections, their withdrawals, the items that wait for a review, and its answers
* `names`: whether a text names somebody
* `matching`: one pass through all items, and what follows from it, as choices in the ledger
"""

from vanne.objections.matching import Matching, match, unmatched
from vanne.objections.record import (
    Doubt,
    Objector,
    all_waiting,
    excerpts,
    is_objector,
    is_there,
    object_to,
    objector,
    objectors,
    review,
    standing,
    waiting,
    withdraw,
)

__all__ = [
    "Doubt",
    "Matching",
    "Objector",
    "all_waiting",
    "excerpts",
    "is_objector",
    "is_there",
    "match",
    "object_to",
    "objector",
    "objectors",
    "review",
    "standing",
    "unmatched",
    "waiting",
    "withdraw",
]
