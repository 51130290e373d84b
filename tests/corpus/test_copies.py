"""Of texts that say nearly the same one stays, and hardly anything else is left out."""

import random
import re
from datetime import UTC, datetime
from itertools import combinations

import pytest

from tests.conftest import CASES
from tests.table import every
from vanne.corpus.export.copies import near_copies
from vanne.demo.network import make_network

COPIES = [
    line.split("\t")
    for line in (CASES / "corpus" / "copies.tsv").read_text(encoding="utf-8").splitlines()
]


def left_out(texts: dict[str, str], near: float = 0.8) -> set[str]:
    return set(near_copies(sorted(texts.items()), near))


@every(("said", "title", "first", "second"), COPIES)
def test_two_texts_are_copies_or_not(said: str, title: str, first: str, second: str) -> None:
    assert left_out({"1": first, "2": second.replace("\\n", "\n")}) == (
        set() if said == "different" else {"2"}
    )


def test_a_chain_of_small_edits_does_not_swallow_what_lies_far_from_the_one_that_stays() -> None:
    words = [f"word{number}" for number in range(60)]
    chain = {}
    for step in range(9):
        chain[f"{step}"] = " ".join(words)
        words[step * 6] = f"edited{step}"
    out = left_out(chain)
    assert "0" not in out and "1" in out and len(out) < 8
    for name in out:  # each that is left out has a copy that is not
        assert any(jaccard(chain[n], chain[name]) > 0.7 for n in chain.keys() - out)


# On texts of the demo's members, and copies of them with known edits


def jaccard(first: str, second: str) -> float:
    """Compare runs of three words exactly: written apart from the code under test."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))}

    a, b = runs(first), runs(second)
    return len(a & b) / len(a | b)


@pytest.fixture(scope="module")
def planted() -> dict[str, str]:
    """What 250 made-up members wrote in four languages; every second text has an edited copy."""
    network = make_network(5, 250, datetime(2026, 6, 1, tzinfo=UTC))
    said = [item.text for item in network.items if item.text]
    texts = [" ".join(said[at : at + 4]) for at in range(0, len(said), 4)]
    dice = random.Random(11)
    planted = {f"{number:05}": text for number, text in enumerate(texts)}
    for number in range(0, len(texts), 2):
        words = texts[number].split()
        for _ in range(dice.choice((1, 1, 2, 3, 5))):
            words[dice.randrange(len(words))] = "otherwise"
        planted[f"{number:05}-copy"] = " ".join(words)
    return planted


def test_most_copies_are_found_and_hardly_anything_else_is_taken_for_one(
    planted: dict[str, str],
) -> None:
    """Of pairs clearly above the threshold at least 98 % are found; below it, at most 2 % wrong."""
    out = left_out(planted)
    by_run: dict[tuple[str, ...], list[str]] = {}
    for name, text in planted.items():
        words = re.findall(r"\w+", text.lower())
        for at in range(max(1, len(words) - 2)):
            by_run.setdefault(tuple(words[at : at + 3]), []).append(name)
    pairs = {pair for names in by_run.values() for pair in combinations(sorted(set(names)), 2)}
    similar = {pair: jaccard(planted[pair[0]], planted[pair[1]]) for pair in pairs}
    clear = [pair for pair, value in similar.items() if value >= 0.88]
    both = [pair for pair in clear if not out & {*pair}]
    assert len(clear) > 100 and len(both) <= 0.02 * len(clear)
    nearest = dict.fromkeys(planted, 0.0)
    for (first, second), value in similar.items():
        if first not in out:
            nearest[second] = max(nearest[second], value)
    wrong = [name for name in out if nearest[name] < 0.7]
    assert len(out) > 50 and len(wrong) <= 0.02 * len(out)


def test_the_threshold_means_what_it_says(planted: dict[str, str]) -> None:
    sizes = [len(left_out(planted, near)) for near in (0.6, 0.8, 0.95)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]
