"""What is counted: events, and occasions: from beginning something to the first useful result.

An occasion is one go at a task. It begins with the event that begins the task, unless one began
within the last hour and has no result yet: who corrects a brief or loads a page again is still at
it. It ends with the first useful event; without one within an hour it had no result.

Seconds are kept in steps (`STEPS`): nobody is told apart by how long they took.
"""

from bisect import bisect_right
from collections.abc import Mapping
from enum import StrEnum

STEPS = (10, 30, 60, 120, 300, 900)
"""Upper ends in seconds, exclusive; what took longer is in a last step of its own."""
LONGEST_SECONDS = 3600
"""After an hour an occasion is over."""


class Event(StrEnum):
    """Something that somebody did, worth a count."""

    BRIEF_ASKED = "brief-asked"
    PERSON_OPENED = "person-opened"
    PERSON_KEPT = "person-kept"
    WRITING_BEGUN = "writing-begun"
    DRAFT_KEPT = "draft-kept"
    SUGGESTIONS_SHOWN = "suggestions-shown"
    SUGGESTION_ACCEPTED = "suggestion-accepted"
    SUGGESTION_REFUSED = "suggestion-refused"


class Task(StrEnum):
    """What somebody wanted to get done."""

    FIND = "find"
    WRITE = "write"
    PROFILE = "profile"


BEGINS: Mapping[Event, Task] = {
    Event.BRIEF_ASKED: Task.FIND,
    Event.WRITING_BEGUN: Task.WRITE,
    Event.SUGGESTIONS_SHOWN: Task.PROFILE,
}
USEFUL: Mapping[Event, Task] = {
    Event.PERSON_OPENED: Task.FIND,
    Event.PERSON_KEPT: Task.FIND,
    Event.DRAFT_KEPT: Task.WRITE,
    Event.SUGGESTION_ACCEPTED: Task.PROFILE,
}


def step_of(seconds: int) -> int:
    """Return the number of the step that a duration is in.

    >>> step_of(0), step_of(9), step_of(10), step_of(3000)
    (0, 0, 1, 6)
    """
    return bisect_right(STEPS, seconds)
