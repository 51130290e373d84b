"""What a change of policy would do to the items of some tables; nothing is written.

One scan of the items answers for the old and the new policy (`vanne.decide.kernel.judge`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vanne.decide.kernel import judge
from vanne.decide.request import EvaluationRequest, Tables
from vanne.ids import Hashes, hashes_of
from vanne.terms import REASONS, Reason

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int], None]
Pair = tuple[EvaluationRequest, EvaluationRequest]

_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Shift:
    """How many items, of how many members, go from one reason to another."""

    before: Reason
    after: Reason
    items: int
    members: int

    @property
    def permits(self) -> bool:
        """True for no → yes."""
        return self.after is Reason.ALLOWED

    @property
    def forbids(self) -> bool:
        """True for yes → no."""
        return self.before is Reason.ALLOWED


def shifts(
    tables: Tables, pairs: Sequence[Pair], progress: Progress | None = None
) -> list[list[Shift]]:
    """Count, for each (before, after), what changes; first no → yes, then yes → no, then the rest.

    Raises:
        ConfigError: a policy does not have the purpose.
        InputError: a table cannot be read.
    """
    by_pair: list[dict[int, _Changed]] = [{} for _ in pairs]
    done = 0
    for judged in judge(tables, [question for pair in pairs for question in pair]):
        for number, changed in enumerate(by_pair):
            before, after = judged.codes[2 * number : 2 * number + 2]
            ways = before.astype(np.uint16) * len(REASONS) + after
            for way in np.unique(ways[before != after]):
                rows = np.flatnonzero(ways == way)
                owners = judged.items.owners(rows)
                changed.setdefault(int(way), _Changed()).add(len(rows), owners)
        done += len(judged.items)
        if progress:
            progress(done)
    shifts_by_pair = []
    for changed in by_pair:
        of_pair = []
        for way, each in changed.items():
            before_code, after_code = divmod(way, len(REASONS))
            reasons = REASONS[before_code], REASONS[after_code]
            of_pair.append(Shift(*reasons, each.items, each.members()))
        of_pair.sort(key=lambda shift: (not shift.permits, not shift.forbids, -shift.items))
        shifts_by_pair.append(of_pair)
    return shifts_by_pair


class _Changed:
    """How many items changed in one way, and the hashes (64 bits) of their owners, each once."""

    def __init__(self) -> None:
        self.items = 0
        self._owners: list[Hashes] = []
        self._waiting = 0

    def add(self, items: int, owners: "pa.Array") -> None:
        self.items += items
        known = owners.unique()
        self._owners.append(hashes_of(known) if len(known) else np.empty(0, np.uint64))
        self._waiting += len(known)
        if self._waiting > max(_MANY, 2 * len(self._owners[0])):
            self.members()

    def members(self) -> int:
        known: Hashes = np.unique(np.concatenate(self._owners))
        self._owners, self._waiting = [known], 0
        return len(known)
