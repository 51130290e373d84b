"""Show a text as a difference against the member's own words, word by word."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

ChangeKind = Literal["kept", "added", "left-out"]
MOST_PAIRS = 1_000_000
"""Two texts of a thousand words each are compared word by word."""
MOST_SAME = 20_000
"""Pairs of a word with itself: in a post of three hundred words some three thousand."""
_PIECE = re.compile(r"\s*(?:[^\W_]+|[^\w\s]|_|$)")


@dataclass(frozen=True, slots=True)
class DraftChange:
    """A run of text that both have, that only the draft has, or only the member's words."""

    op: ChangeKind
    text: str


def difference(own: str, draft: str) -> list[DraftChange]:
    """Return the way from the member's words to a draft: what is kept and added is the draft.

    A comma or a line break that both have keeps no words apart that were changed around it.

    >>> [(each.op, each.text) for each in difference("I fixed it", "I mended it")]
    [('kept', 'I'), ('left-out', ' fixed'), ('added', ' mended'), ('kept', ' it')]
    """
    before, after = _PIECE.findall(own), _PIECE.findall(draft)
    one, other = ([piece.strip().casefold() for piece in pieces] for pieces in (before, after))
    changes: list[DraftChange] = []
    left, added = "", ""
    for op, start, end, there, stop in _steps(one, other):
        if op == "equal" and any(map(str.isalnum, "".join(other[there:stop]))):
            changes += [DraftChange("left-out", left), DraftChange("added", added)]
            changes.append(DraftChange("kept", "".join(after[there:stop])))
            left, added = "", ""
        else:
            left += "".join(before[start:end])
            added += "".join(after[there:stop])
    changes += [DraftChange("left-out", left), DraftChange("added", added)]
    return [each for each in changes if each.text]


def _steps(one: list[str], other: list[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """Return what is equal and what is not; of very long texts, which take the product of their
    lengths, all between the first and the last difference is one change.
    """
    counts, others = Counter(one), Counter(other)
    same = sum(count * others[piece] for piece, count in counts.items())
    if len(one) * len(other) <= MOST_PAIRS and same <= MOST_SAME:
        return SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    begun = _shared(one, other)
    ended = _shared(one[begun:][::-1], other[begun:][::-1])
    left, added = len(one) - ended, len(other) - ended
    return (
        ("equal", 0, begun, 0, begun),
        ("replace", begun, left, begun, added),
        ("equal", left, len(one), added, len(other)),
    )


def _shared(one: list[str], other: list[str]) -> int:
    """Return with how many pieces both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
