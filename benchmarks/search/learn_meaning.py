"""`./run python benchmarks/search/learn_meaning.py`: learn which parts of a brief ask too much.

The weights of `vanne_assist.fairness.meaning` are learnt of the requests and briefs of others
(`hands/dev` and `hands/read`), of `fairness/texts.tsv` and of the cases of the tests, which are
ours. `--check` leaves out one hand after the other and counts its requests and its ordinary briefs
that are stopped, or stopped or told: what to expect of a stranger. The lexicon is left as it is.
"""

import re
import sys
import tomllib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.search.asked import read_lines
from vanne_assist.fairness.meaning import KNOWN, SURE, open_parts, parts, vectors_of
from vanne_assist.fairness.protected import Attribute, protected_asks
from vanne_assist.search.encoder import Vectors

OWN = Path(__file__).parent / "fairness" / "texts.tsv"
OUT = Path(__file__).parents[2] / "src/vanne_assist/fairness/meaning.npy"
DECAY, STEPS = 2e-4, 12
CASES = Path(__file__).parents[2] / "tests"
_MARK = re.compile(r"\{(\w+):([^}]*)\}")
_CALLED = {"gender": "sex", "looks": "appearance"}
"""What the hands call two attributes."""
_SHARE = 0.6
"""So many of the words of a part must be quoted, if it is to be what asks too much."""
Lines = list[tuple[str, dict[str, Any]]]


def attribute(name: str) -> Attribute:
    """Return the attribute that a hand calls so."""
    return Attribute(_CALLED.get(name, name))


def lines(what: str) -> Lines:
    """Return the lines of the hands that may be read."""
    return [line for part in ("dev", "read") for line in read_lines(part, what)]


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
    for hand, row in lines("fairness"):
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
    for hand, row in lines("briefs"):
        if hand != without:
            yield from ((part, None) for part in parts(row["text"]))


@cache
def vector(text: str) -> Vectors:
    """Return what is scored of a part."""
    row: Vectors = vectors_of([text])[0]
    return row


def learn(without: str | None) -> Vectors:
    """Return the weights and last the bias, a row each: of asking at all, and of each attribute."""
    pairs = list(texts(without))
    vectors = np.array([vector(text) for text, _ in pairs], np.float64)
    asks = np.array([each is not None for _, each in pairs])
    named = np.array([each.value if each else "" for _, each in pairs])[asks]
    rows = [_told(vectors, asks), *(_told(vectors[asks], named == each) for each in KNOWN)]
    return np.array(rows, np.float32)


def _told(vectors: Vectors, asks: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Vectors:
    """Learn one row by Newton's method: those that ask count as much as those that do not."""
    mean = vectors.mean(0)
    rows = np.hstack([vectors - mean, np.ones((len(vectors), 1))])
    share = np.where(asks, (~asks).sum() / asks.sum(), 1.0)
    share /= share.sum()
    decay = np.diag([DECAY] * vectors.shape[1] + [1e-6])
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (share * (likely - asks)) + decay @ weights
        bend = (rows * (share * likely * (1 - likely) + 1e-9)[:, None]).T @ rows + decay
        weights -= np.linalg.solve(bend, slope)
    weights[-1] -= mean @ weights[:-1]
    return weights.astype(np.float32)


def check(hand: str) -> Counter[str]:
    """Count what is stopped and told of a hand, by weights that never saw its text."""
    weights, counts = learn(hand), Counter[str]()
    asked = [(row, "direct" if row["direct"] else "indirect" if row["discriminates"] else "lawful")
             for each, row in lines("fairness") if each == hand]  # fmt: skip
    for row, kind in asked + [(row, "brief") for each, row in lines("briefs") if each == hand]:
        is_stopped = is_told = bool(protected_asks(row["text"]))
        if told := open_parts(row["text"]):
            scores = np.array([vector(part) for part in told]) @ weights[:, :-1].T + weights[:, -1]
            worst = int(scores[:, 0].argmax())
            is_doubted = bool(scores[worst, 0] > SURE)
            is_told = is_stopped or is_doubted
            if is_doubted and kind in ("direct", "indirect"):
                name = KNOWN[int(scores[worst, 1:].argmax())]
                counts["attribute right"] += name == attribute(row["ground"])
                counts["attribute said"] += 1
        counts.update({kind: 1, f"{kind} stopped": is_stopped, f"{kind} told": is_told})
    return counts


def main() -> None:
    """Write the weights, or say how well each hand is told that was left out."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        np.save(OUT, learn(None).astype(np.float16))
        return
    whole = Counter[str]()
    for hand in sorted({hand for hand, _ in lines("fairness")}):
        counts = check(hand)
        whole += counts
        print(hand, dict(sorted(counts.items())), flush=True)
    print("all", dict(sorted(whole.items())))


if __name__ == "__main__":
    main()
