"""`./run python benchmarks/search/learn_meaning.py`: learn which parts of a brief ask too much.

The weights of `vanne_assist.fairness.meaning` are learnt of the requests and briefs of others
(`hands/dev`), of `fairness/texts.tsv` and of the cases of the tests, which are ours. `--without`
HAND leaves one hand out and says how well its requests are told: what to expect of a stranger.
"""

import re
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.search.asked import read_lines
from vanne_assist.fairness.meaning import parts
from vanne_assist.search.encoder import Vectors, encode

OWN = Path(__file__).parent / "fairness" / "texts.tsv"
OUT = Path(__file__).parents[2] / "src/vanne_assist/fairness/meaning.npy"
DECAY, STEP, STEPS = 3e-4, 20.0, 400
"""Of decays of 3e-4, 1e-3 and 3e-3 the first told a hand that was left out best."""
CASES = Path(__file__).parents[2] / "tests"
_MARK = re.compile(r"\{\w+:([^}]*)\}")
_SHARE = 0.6
"""So many of the words of a part must be quoted, if it is to be what asks too much."""


def texts(without: str | None) -> Iterator[tuple[str, bool]]:
    """Yield the texts, and whether each asks too much."""
    for line in OWN.read_text("utf-8").splitlines():
        asks, _, _, text = line.split("\t")
        yield text, asks == "1"
    for file in sorted((CASES / "cases" / "protected").glob("??.txt")):
        for line in file.read_text("utf-8").splitlines():
            yield from ((asked, True) for asked in _MARK.findall(line))
            yield from ((part, False) for part in parts(_MARK.sub("\n", line)))
    for brief in tomllib.loads((CASES / "assist/brief/cases/developed.toml").read_text())["brief"]:
        yield from ((part, False) for part in parts(brief["text"]))
    for hand, row in read_lines("dev", "fairness"):
        if hand == without:
            continue
        quote = row["quote"] if row["discriminates"] else ""
        if quote:
            yield quote, True
        for part in parts(row["text"]):
            words = set(part.split())
            is_in = quote in part or part in quote
            is_most = len(words & set(quote.split())) >= max(1.0, _SHARE * len(words))
            yield part, bool(quote) and (is_in or is_most)
    for hand, row in read_lines("dev", "briefs"):
        if hand != without:
            yield from ((part, False) for part in parts(row["text"]))


def learn(without: str | None) -> Vectors:
    """Return the weights, and last of all the bias."""
    pairs = list(texts(without))
    vectors = encode([text for text, _ in pairs]).astype(np.float64)
    asks = np.array([each for _, each in pairs])
    mean = vectors.mean(0)
    vectors -= mean
    share = np.where(asks, (~asks).sum() / asks.sum(), 1.0)
    share /= share.sum()
    weights, bias = np.zeros(vectors.shape[1]), 0.0
    for _ in range(STEPS):
        wrong = share * (1 / (1 + np.exp(-(vectors @ weights + bias))) - asks)
        weights -= STEP * (vectors.T @ wrong + DECAY * weights)
        bias -= STEP * wrong.sum()
    return np.append(weights, bias - mean @ weights).astype(np.float32)


def main() -> None:
    """Write the weights, or say how well a hand is told that was left out."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--without")
    hand = parser.parse_args().without
    weights = learn(hand)
    if hand is None:
        np.save(OUT, weights.astype(np.float16))
        return
    rows = [row for each, row in read_lines("dev", "fairness") if each == hand]
    told = [(encode(parts(row["text"])) @ weights[:-1] + weights[-1]).max() > 0 for row in rows]
    asks = [row["discriminates"] for row in rows]
    right = sum(one and other for one, other in zip(told, asks, strict=True))
    print(f"{hand}: recall {right} of {sum(asks)}, precision {right} of {sum(told)}")


if __name__ == "__main__":
    main()
