"""What an experiment may vary: parts of the pages, never who is found, shown or ranked how.

A part has two looks; the first is that of everybody who is in no experiment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vanne_assist.use.events import Task


class Part(StrEnum):
    """A part of the pages that knows two looks."""

    FIND_CRITERIA = "find.criteria"
    WRITE_FORM = "write.form"


@dataclass(frozen=True, slots=True)
class Looks:
    """The two looks of a part, the usual one first, and the task that it belongs to."""

    task: Task
    usual: str
    other: str


LOOKS: Mapping[Part, Looks] = {
    # On a page of results: whether the fields that change the criteria are folded away.
    Part.FIND_CRITERIA: Looks(Task.FIND, "closed", "open"),
    # On the page to write a post: which of its two forms comes first.
    Part.WRITE_FORM: Looks(Task.WRITE, "answers", "text"),
}
