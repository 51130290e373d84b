"""Titles as runs of letters: what two spellings share, for names that no encoder knows.

Each word, with a blank on both sides, is cut into runs of three and four letters; a run counts by
how rare it is (TF-IDF with cosine, Salton and Buckley 1988). Compounds share most of their runs
with their parts, which is why this beats stems on German titles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vanne.assist.search.folding import fold

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

SIZES = (3, 4)


def runs(text: str) -> list[str]:
    """Return the runs of letters of a text."""
    return [
        padded[start : start + size]
        for word in fold(text).split()
        for padded in [f" {word} "]
        for size in SIZES
        for start in range(max(1, len(padded) - size + 1))
    ]


@dataclass(frozen=True, slots=True)
class Letters:
    """An inverted index: of each run, which texts have it and how much it counts there."""

    known: Mapping[str, int]
    rare: Floats
    starts: npt.NDArray[np.int64]
    texts: Ints
    weights: Floats
    size: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Letters":
        """Index some texts."""
        known: dict[str, int] = {}
        cut = [[known.setdefault(run, len(known)) for run in runs(text)] for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(each) for each in cut]).astype(np.int64)
        flat = np.array([run for each in cut for run in each], np.int64)
        pairs, counts = np.unique(flat * max(len(texts), 1) + rows, return_counts=True)
        run, row = np.divmod(pairs, max(len(texts), 1))
        having = np.bincount(run, minlength=len(known))
        rare = np.log((1 + len(texts)) / (1 + having)) + 1
        weight = (1 + np.log(counts)) * rare[run]
        length = np.sqrt(np.bincount(row, weight**2, minlength=len(texts)))
        weight /= np.maximum(length[row], 1e-9)
        starts = np.concatenate([[0], np.cumsum(having)])
        return cls(
            known,
            rare.astype(np.float32),
            starts,
            row.astype(np.int32),
            weight.astype(np.float32),
            len(texts),
        )

    def similar(self, text: str) -> Floats:
        """Return the cosine of a text with each that is indexed."""
        found: dict[int, int] = {}
        unknown = 0
        for run in runs(text):
            if (number := self.known.get(run)) is None:
                unknown += 1
            else:
                found[number] = found.get(number, 0) + 1
        if not found:
            return np.zeros(self.size, np.float32)
        numbers = np.array(list(found), np.int64)
        weight = (1 + np.log(np.array(list(found.values())))) * self.rare[numbers]
        rarest = np.log(1 + self.size) + 1
        weight /= np.sqrt((weight**2).sum() + unknown * rarest**2)
        score = np.zeros(self.size, np.float32)
        for number, each in zip(numbers.tolist(), weight.tolist(), strict=True):
            part = slice(self.starts[number], self.starts[number + 1])
            score[self.texts[part]] += self.weights[part] * np.float32(each)
        return score
