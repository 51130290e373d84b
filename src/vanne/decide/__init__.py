"""What is in, and why not.

In come an item, a policy for one purpose, the members and their choices, and the time of asking;
out comes a `Reason`: `allowed`, or the one reason why not. Always true: whatever is not known
denies, the first rule that speaks is the reason, and the clock is never read: *as of* is an input.
"""

from vanne.decide.people import People
from vanne.decide.reference import decide, decide_member

__all__ = ["People", "decide", "decide_member"]
