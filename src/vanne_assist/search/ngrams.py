"""Titles as runs of letters: what two spellings share, for names that no encoder knows.

Each word, with a blank on both sides, is cut into runs of three and four letters; a run counts by
how rare it is (TF-IDF with cosine, Salton and Buckley 1988). Compounds share most of their runs
with their parts, which is why this beats stems on German titles.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from vanne.folding import fold
from vanne.screening import without_placeholders

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

SIZES = (3, 4)
_WORD = re.compile(r"[^\W_](?:[\w+#]|\.(?=\w))*|\.[^\W_]\w*")


def folded_words(text: str) -> list[str]:
    """Return the words of a text, folded; «c++» and «.net» are words.

    >>> folded_words("Zürcher C++-Entwickler, Œuvre")
    ['zurcher', 'c++', 'entwickler', 'oeuvre']
    """
    return _WORD.findall(fold(without_placeholders(text)))


def runs(text: str) -> list[str]:
    """Return the runs of letters of a text."""
    return [
        padded[start : start + size]
        for word in folded_words(text)
        for padded in [f" {word} "]
        for size in SIZES
        for start in range(max(1, len(padded) - size + 1))
    ]


def weighed(text: str, rare: Mapping[str, float], size: int) -> dict[str, float]:
    """Return how much each run of a text counts that is known, of which `rare` says how rare.

    The others are as rare as can be among `size` texts: they make the text longer, no more.
    """
    counts = Counter(runs(text))
    weights = {run: (1 + log(n)) * rare[run] for run, n in counts.items() if run in rare}
    unknown = sum(n for run, n in counts.items() if run not in rare)
    length = sum(each**2 for each in weights.values()) + unknown * (log(1 + size) + 1) ** 2
    return {run: each / sqrt(length) for run, each in weights.items()}


@dataclass(frozen=True, slots=True)
class NgramIndex:
    """An inverted index: of each run, which texts have it and how much it counts there."""

    known: Mapping[str, int]
    rare: Floats
    starts: npt.NDArray[np.int64]
    texts: Ints
    weights: Floats
    size: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "NgramIndex":
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
        score = np.zeros(self.size, np.float32)
        known = {
            run: float(self.rare[at])
            for run in runs(text)
            if (at := self.known.get(run)) is not None
        }
        for run, each in weighed(text, known, self.size).items():
            number = self.known[run]
            part = slice(self.starts[number], self.starts[number + 1])
            score[self.texts[part]] += self.weights[part] * np.float32(each)
        return score
