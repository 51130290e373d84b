"""Decide whether an item may be used for a purpose, and give the reason.

In come items, a policy for one purpose, the members and their choices, and the time of asking. Out
comes a `Reason` for each item: `allowed`, or the one reason for a denial. Always true: an unknown
value denies; the first rule that denies gives the reason; nothing reads the clock, since *as of* is
an input. `reference` is the specification in plain Python, and every other engine gives the same
reasons.

* `people`, `reference`: what is known of people; the rules, one short function each
* `request`, `bulk`: tables in, reasons out in file order, by any engine
* `item_columns`, `member_columns`, `kernel`: the same rules in arrays, for whole tables
* `sql`: the same rules as one SELECT, for the engine that holds the data
* `difference`, `witnesses`: what a change of policy would do, with data and without
* `explain`: one verdict for the person whose item it is
* `loader`: imports choices from a file into the ledger
"""

from vanne.decide.people import People
from vanne.decide.reference import decide, decide_member

__all__ = ["People", "decide", "decide_member"]
