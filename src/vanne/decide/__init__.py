"""What is in, and why not.

In come items, a policy for one purpose, the members and their choices, and the time of asking; out
comes a `Reason` for each item: `allowed`, or the one reason why not. Always true: whatever is not
known denies, the first rule that speaks is the reason, and the clock is never read: *as of* is an
input. `reference` is the specification in plain Python, and every other engine gives its reasons.

* `people`, `reference`: what is known of people; the rules, one short function each
* `request`, `bulk`: tables in, reasons out in file order, by any engine
* `item_columns`, `member_columns`, `kernel`: the same rules in arrays, for whole tables
* `sql`: the same rules as one SELECT, for the engine that holds the data
* `difference`, `witnesses`: what a change of policy would do, with data and without
* `explain`: one verdict for the person whose item it is
* `loader`: choices from a file into the ledger
"""

from vanne.decide.people import People
from vanne.decide.reference import decide, decide_member

__all__ = ["People", "decide", "decide_member"]
