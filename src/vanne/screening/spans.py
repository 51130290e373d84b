"""Stretches of a text of which no two overlap."""

from bisect import bisect_left, insort


class Taken:
    """Remembers which stretches are taken, so that asking costs little however many there are.

    >>> taken = Taken()
    >>> [taken.take(*span) for span in ((5, 9), (0, 5), (8, 12))]
    [True, True, False]
    """

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def is_free(self, start: int, end: int) -> bool:
        """Say whether nothing of a stretch is taken."""
        at = bisect_left(self._spans, (start, end))
        ends_before = at == 0 or self._spans[at - 1][1] <= start
        return ends_before and (at == len(self._spans) or self._spans[at][0] >= end)

    def take(self, start: int, end: int) -> bool:
        """Take a stretch if nothing of it is taken; say whether."""
        if not self.is_free(start, end):
            return False
        insort(self._spans, (start, end))
        return True
