"""`./run python benchmarks/search/learn_meaning.py`: learn which parts of a brief ask too much.

The weights of `vanne_assist.fairness.meaning` are learnt of the requests and briefs of others
(`hands/dev`), of `fairness/texts.tsv` and of the cases of the tests, which are ours. `--without`
HAND leaves one hand out and says how well its requests are told, and of how many that are told the
attribute is right: what to expect of a stranger.
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
from vanne_assist.fairness.meaning import KNOWN, parts
from vanne_assist.fairness.protected import Attribute
from vanne_assist.search.encoder import Vectors, encode

OWN = Path(__file__).parent / "fairness" / "texts.tsv"
OUT = Path(__file__).parents[2] / "src/vanne_assist/fairness/meaning.npy"
DECAY, STEP, STEPS = 3e-4, 20.0, 400
"""Of decays of 3e-4, 1e-3 and 3e-3 the first told a hand that was left out best."""
CASES = Path(__file__).parents[2] / "tests"
_MARK = re.compile(r"\{(\w+):([^}]*)\}")
_CALLED = {"gender": "sex", "looks": "appearance"}
"""What the hands call two attributes."""
_SHARE = 0.6
"""So many of the words of a part must be quoted, if it is to be what asks too much."""


def attribute(name: str) -> Attribute:
    """Return the attribute that a hand calls so."""
    return Attribute(_CALLED.get(name, name))


def texts(without: str | None) -> Iterator[tuple[str, Attribute | None]]:
    """Yield the texts, and what each asks for that the law protects."""
    for line in OWN.read_text("utf-8").splitlines():
        asks, _, ground, text = line.split("\t")
        yield text, attribute(ground) if asks == "1" else None
    for file in sorted((CASES / "cases" / "protected").glob("??.txt")):
        for line in file.read_text("utf-8").splitlines():
            yield from ((asked, attribute(name)) for name, asked in _MARK.findall(line))
            yield from ((part, None) for part in parts(_MARK.sub("\n", line)))
    for brief in tomllib.loads((CASES / "assist/brief/cases/developed.toml").read_text())["brief"]:
        yield from ((part, None) for part in parts(brief["text"]))
    for hand, row in read_lines("dev", "fairness"):
        if hand == without:
            continue
        quote = row["quote"] if row["discriminates"] else ""
        ground = attribute(row["ground"]) if quote else None
        if quote:
            yield quote, ground
        for part in parts(row["text"]):
            words = set(part.split())
            is_in = quote in part or part in quote
            is_most = len(words & set(quote.split())) >= max(1.0, _SHARE * len(words))
            yield part, ground if is_in or is_most else None
    for hand, row in read_lines("dev", "briefs"):
        if hand != without:
            yield from ((part, None) for part in parts(row["text"]))


def learn(without: str | None) -> Vectors:
    """Return the weights and last the bias, a row each: of asking at all, and of each attribute."""
    pairs = list(texts(without))
    vectors = encode([text for text, _ in pairs]).astype(np.float64)
    asks = np.array([each is not None for _, each in pairs])
    named = np.array([each.value if each else "" for _, each in pairs])[asks]
    rows = [_told(vectors, asks), *(_told(vectors[asks], named == each) for each in KNOWN)]
    return np.array(rows, np.float32)


def _told(vectors: Vectors, asks: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Vectors:
    """Learn one row: those that ask count as much as those that do not."""
    mean = vectors.mean(0)
    vectors = vectors - mean
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
    right = told = named = 0
    for row in rows:
        vectors = encode(parts(row["text"]))
        scores = vectors @ weights[:, :-1].T + weights[:, -1]
        worst = int(scores[:, 0].argmax())
        if scores[worst, 0] > 0:
            told += 1
            right += row["discriminates"]
            name = KNOWN[int(scores[worst, 1:].argmax())]
            named += bool(row["discriminates"]) and name == attribute(row["ground"])
    asks = sum(row["discriminates"] for row in rows)
    print(f"{hand}: recall {right} of {asks}, precision {right} of {told}, attribute {named}")


if __name__ == "__main__":
    main()
