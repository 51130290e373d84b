"""People who are no members: who objected, what is about them, and what a person must look at.

In come the objections of the ledger and the items; out go choices in the ledger, in the name of
whom they are about, that the engines hear like any other. Always true: what is certain is certain
because of an address and of nothing else; what a name finds is denied until a person has looked at
it; no name and no text is in a message, a log or a count; matching again adds only what is new.

* `record`: who objected, who took it back, which items wait for a person, what the person said;
* `names`: what of a text names somebody; `scan`: one look through all items;
* `matching`: what follows from both, as choices in the ledger.
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
