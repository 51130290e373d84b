"""What a model is measured on: texts of people who are in no network, and the losses of each.

Two sets of people: `measured` is what is reported; `tuning` is who a factor is chosen on. Neither
has anything to do with any member, so that a number chosen on them may be a setting.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vanne.demo.network import held_out_items

SEEDS = {"measured": 7, "tuning": 8}
PER_PERSON = 2
RESAMPLES = 2000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of somebody, in a language."""

    owner: str
    lang: str
    text: str


def texts(which: str, count: int) -> list[Text]:
    """Return so many texts, at most two of each person."""
    found: list[Text] = []
    taken: defaultdict[str, int] = defaultdict(int)
    for item in held_out_items(SEEDS[which]):
        owner = item.owner or ""
        if taken[owner] < PER_PERSON:
            taken[owner] += 1
            found.append(Text(owner, item.lang or "", item.text or ""))
        if len(found) == count:
            break
    return found


@dataclass(frozen=True, slots=True)
class Losses:
    """Per text the summed loss (nats) and the number of tokens that were predicted."""

    sums: Floats
    counts: Floats

    def mean(self) -> float:
        """Return nats per token over all texts."""
        return float(self.sums.sum() / self.counts.sum())

    def by_language(self, rows: Sequence[Text]) -> dict[str, float]:
        """Return nats per token for each language."""
        langs = np.array([row.lang for row in rows])
        return {
            lang: float(self.sums[langs == lang].sum() / self.counts[langs == lang].sum())
            for lang in sorted(set(langs.tolist()))
        }


def interval(losses: Losses, rows: Sequence[Text], against: Losses | None = None) -> list[float]:
    """Return the 95 % interval of the loss, or of its ratio to another's, over resampled people.

    People and not texts are drawn: the texts of one person resemble one another.
    """
    owners = np.unique([row.owner for row in rows], return_inverse=True)[1]
    draws = np.random.default_rng(0).integers(0, owners.max() + 1, (RESAMPLES, owners.max() + 1))

    def resampled(one: Losses) -> Floats:
        sums, counts = np.bincount(owners, one.sums), np.bincount(owners, one.counts)
        drawn: Floats = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
        return drawn

    values = resampled(losses) / (resampled(against) if against else 1.0)
    return [float(value) for value in np.percentile(values, (2.5, 97.5))]
