"""`./run python benchmarks/search/learn_forces.py`: learn what of a brief is asked, and how much.

The weights of `vanne_assist.brief.sure` are learnt of the labelled briefs of others (`hands/dev`,
`hands/read`) and of the cases of the tests, which are ours. `--without` leaves each hand out in
turn and says how its criteria are read then: what to expect of a stranger.
"""

import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.assist.brief.scoring import cases, line_of

from benchmarks.search import asked
from vanne_assist.brief import sure
from vanne_assist.brief.criteria import Criterion, Force
from vanne_assist.brief.parse import read_brief

OUT = Path(__file__).parents[2] / "src/vanne_assist/brief/sure.tsv"
DECAY, STEP, STEPS = 1e-3, 0.03, 120
FEWEST, LEAST = 5, 12
"""A sign must be seen so often; a weight of less than so many hundredths is left out."""
OURS = 3
"""So often our own cases count: they are short, and few."""
Row = tuple[str, frozenset[str], bool]
"""Of whom, its signs, and whether it is a must."""
Weights = dict[str, float]
Floats = npt.NDArray[np.float32]


def rows() -> Iterator[Row]:
    """Yield what is read of the briefs of the hands, and of ours."""
    for part in ("dev", "read"):
        for hand, line in asked.read_lines(part, "briefs"):
            for each, signs in read(line["text"]):
                if learns(each):
                    yield hand, signs, labelled(line, each) == "must"
    for case in (*cases("developed"), *cases("swiss")) * OURS:
        for each, signs in read(case.text):
            if learns(each) and line_of(each) in case.expect:
                yield "", signs, each.force == "must"


def learns(each: Criterion) -> bool:
    """Say whether weights tell of a criterion."""
    return each.force != "not" and each.kind not in sure.RANKS


def read(text: str) -> list[tuple[Criterion, frozenset[str]]]:
    """Return what the rules alone read of a brief, with the signs of each."""
    found: list[tuple[Criterion, frozenset[str]]] = []
    signs_of = sure.signs

    def signs(*told: object) -> Iterator[frozenset[str]]:
        all_ = list(signs_of(*told))  # type: ignore[arg-type]
        found.extend(zip(told[3], all_, strict=True))  # type: ignore[call-overload]
        return iter(all_)

    with patch.object(sure, "signs", signs), patch.object(sure, "firm", _as_ruled):
        read_brief(text)
    return found


def _as_ruled(criteria: Sequence[Criterion], *_: object) -> list[Force]:
    return [each.force for each in criteria]


def labelled(line: asked.Label, each: Criterion) -> str:
    """Return the force that a label gives what was read; `none` if no label does."""
    start, end = each.span or (0, 0)
    for label in line["criteria"]:
        first = line["text"].index(label["quote"])
        last = first + len(label["quote"])
        shared = min(end, last) - max(start, first)
        if shared > 0 and asked.same(label, each, shared / (last - first)):
            return asked.FORCES[label["polarity"]]
    return "none"


def learn(some: Sequence[Row]) -> Weights:
    """Return the weight of each sign, and under the empty one where they start."""
    counts = Counter(sign for _, signs, _ in some for sign in signs)
    hands = defaultdict(set)
    for hand, signs, _ in some:
        for sign in signs:
            hands[sign].add(hand)
    known = sorted(sign for sign in counts if counts[sign] >= FEWEST and len(hands[sign]) > 1)
    at = {sign: place for place, sign in enumerate(known)}
    table = np.zeros((len(some), len(known)), np.float32)
    for row, (_, signs, _) in enumerate(some):
        table[row, [at[sign] for sign in signs if sign in at]] = 1
    weights = _fit(table, np.array([row[2] for row in some]))
    return dict(zip(["", *known], weights.tolist(), strict=True))


def _fit(table: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> Floats:
    """Return the bias and the weights of a logistic regression, by Adam's steps."""
    table = np.hstack([np.ones((len(table), 1), np.float32), table])
    weights, mean, square = (np.zeros(table.shape[1], np.float32) for _ in range(3))
    decay = np.full(table.shape[1], DECAY, np.float32)
    decay[0] = 0
    for step in range(1, STEPS + 1):
        wrong = ((1 / (1 + np.exp(-(table @ weights))) - right) / len(table)).astype(np.float32)
        slope = wrong @ table + decay * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        pace = STEP * (1 - step / (STEPS + 1))
        weights -= pace * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
    return weights


def written(weights: Weights) -> str:
    """Return the weights as lines, in hundredths."""
    rounded = {sign: round(100 * weight) for sign, weight in weights.items()}
    kept = (f"{s}\t{w}\n" for s, w in rounded.items() if not s or abs(w) >= LEAST)
    return "sign\tmust\n" + "".join(kept)


def told(weights: Weights, hand: str) -> Counter[str]:
    """Count how the criteria of a hand are read with some weights."""
    counts = Counter[str]()
    with patch.object(sure, "learnt", lambda: weights):
        for part in ("dev", "read"):
            for each, line in asked.read_lines(part, "briefs"):
                if each == hand:
                    states, found = asked.judged(line)
                    counts += Counter(states) + found
    return counts


def main() -> None:
    """Write the weights, or say how each hand is read that was left out."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--without", action="store_true")
    found = list(rows())
    if not parser.parse_args().without:
        OUT.write_text(written(learn(found)), "utf-8")
        return
    for hand in sorted({row[0] for row in found} - {""}):
        print(hand, dict(told(learn([row for row in found if row[0] != hand]), hand)))


if __name__ == "__main__":
    main()
