"""Show a text as a difference against the member's own words, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Op = Literal["kept", "added", "left-out"]
_PIECE = re.compile(r"\s*(?:[^\W_]+|[^\w\s]|_|$)")


@dataclass(frozen=True, slots=True)
class Change:
    """A run of text that both have, that only the draft has, or only the member's words."""

    op: Op
    text: str


def difference(own: str, draft: str) -> list[Change]:
    """Return the way from the member's words to a draft: what is kept and added is the draft.

    A comma or a line break that both have keeps no words apart that were changed around it.

    >>> [(each.op, each.text) for each in difference("I fixed it", "I mended it")]
    [('kept', 'I'), ('left-out', ' fixed'), ('added', ' mended'), ('kept', ' it')]
    """
    before, after = _PIECE.findall(own), _PIECE.findall(draft)
    one, other = ([piece.strip().casefold() for piece in pieces] for pieces in (before, after))
    found: list[Change] = []
    left, added = "", ""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for op, start, end, there, stop in matcher.get_opcodes():
        if op == "equal" and any(map(str.isalnum, "".join(other[there:stop]))):
            found += [Change("left-out", left), Change("added", added)]
            found.append(Change("kept", "".join(after[there:stop])))
            left, added = "", ""
        else:
            left += "".join(before[start:end])
            added += "".join(after[there:stop])
    found += [Change("left-out", left), Change("added", added)]
    return [each for each in found if each.text]
