"""Of texts that say the same one stays, the same one whatever the order; nothing else is left out."""

import random
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CASES
from vanne.corpus.export.duplicates import (
    EXACT,
    KEPT,
    NEAR,
    Copies,
    bands_for,
    min_hashes,
    shingles_of,
)
from vanne.demo.network import make_network

NAMES = {"exact": EXACT, "near": NEAR, "different": KEPT}
COPIES = [
    line.split("\t")
    for line in (CASES / "corpus" / "copies.tsv").read_text(encoding="utf-8").splitlines()
]


def verdicts(texts: dict[str, str], near: float | None = 0.8, batch: int = 1_000) -> dict[str, int]:
    """Say for each id what becomes of its text, given in that order and in batches of that size."""
    ids = list(texts)
    with TemporaryDirectory() as scratch:
        copies = Copies(Path(scratch), near)
        for start in range(0, len(ids), batch):
            some = ids[start : start + batch]
            copies.add_texts(pa.array(some, pa.string()), [texts[name] for name in some])
        return dict(zip(ids, copies.verdicts().tolist(), strict=True))


def kept(texts: dict[str, str], near: float | None = 0.8) -> set[str]:
    return {name for name, verdict in verdicts(texts, near).items() if verdict == KEPT}


@pytest.mark.parametrize(("said", "title", "first", "second"), COPIES, ids=[c[1] for c in COPIES])
def test_two_texts_are_copies_or_not(said: str, title: str, first: str, second: str) -> None:
    texts = {"1": first, "2": second.replace("\\n", "\n")}
    assert verdicts(texts) == {"1": KEPT, "2": NAMES[said]}
    flipped = {"2": texts["2"], "1": texts["1"]}
    assert verdicts(flipped) == {"1": KEPT, "2": NAMES[said]}


def test_without_near_copies_only_exact_ones_are_left_out() -> None:
    (near,) = [case for case in COPIES if case[1] == "one word at the end"]
    assert kept({"1": near[2], "2": near[3], "3": near[2]}, near=None) == {"1", "2"}


def test_the_smallest_id_stays_and_the_next_one_comes_back_when_it_is_taken_away() -> None:
    texts = dict.fromkeys(("c", "B", "a", "é"), "the very same words here")
    assert kept(texts) == {"B"}  # by code point
    del texts["B"]
    assert kept(texts) == {"a"}
    del texts["a"]
    assert kept(texts) == {"c"}


def test_a_chain_of_small_edits_does_not_swallow_what_lies_far_from_the_one_that_stays() -> None:
    words = [f"word{number}" for number in range(60)]
    chain = {}
    for step in range(9):
        chain[f"{step}"] = " ".join(words)
        words[step * 6] = f"edited{step}"
    said = verdicts(chain)
    assert said["0"] == KEPT and said["1"] == NEAR
    assert sum(verdict == KEPT for verdict in said.values()) > 1
    for name, verdict in said.items():  # each that is left out has a copy that is not
        close = [n for n in chain if said[n] == KEPT and jaccard(chain[n], chain[name]) > 0.7]
        assert verdict == KEPT or close


@settings(max_examples=60)
@given(st.data())
def test_the_answer_depends_neither_on_the_order_nor_on_the_batches(data: st.DataObject) -> None:
    word = st.sampled_from("ab ba cd dc ef fe gh".split())
    text = st.lists(word, min_size=0, max_size=14).map(" ".join)
    texts = data.draw(st.dictionaries(st.text("abcé", min_size=1, max_size=3), text, max_size=40))
    expected = verdicts(texts)
    shuffled = {name: texts[name] for name in data.draw(st.permutations(list(texts)))}
    assert verdicts(shuffled, batch=data.draw(st.integers(1, 7))) == expected


@settings(max_examples=60)
@given(st.data())
def test_taking_one_away_gives_what_was_never_there(data: st.DataObject) -> None:
    """There is no state: whoever stayed for a copy that is gone now is decided as if it never was."""
    texts = {
        str(n): data.draw(st.sampled_from(["a b c d", "a b c d e", "x y z"])) for n in range(8)
    }
    first = min(kept(texts))
    rest = {name: text for name, text in texts.items() if name != first}
    same = [name for name in rest if texts[name] == texts[first]]
    assert not same or min(same) in kept(rest)


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
    said = verdicts(planted)
    by_run: dict[tuple[str, ...], list[str]] = {}
    for name, text in planted.items():
        words = re.findall(r"\w+", text.lower())
        for at in range(max(1, len(words) - 2)):
            by_run.setdefault(tuple(words[at : at + 3]), []).append(name)
    pairs = {pair for names in by_run.values() for pair in combinations(sorted(set(names)), 2)}
    similar = {pair: jaccard(planted[pair[0]], planted[pair[1]]) for pair in pairs}
    clear = [pair for pair, value in similar.items() if value >= 0.88]
    both = [pair for pair in clear if said[pair[0]] == said[pair[1]] == KEPT]
    assert len(clear) > 100 and len(both) <= 0.02 * len(clear)
    nearest = dict.fromkeys(planted, 0.0)
    for (first, second), value in similar.items():
        if said[first] == KEPT:
            nearest[second] = max(nearest[second], value)
    left_out = [name for name, verdict in said.items() if verdict == NEAR]
    wrong = [name for name in left_out if nearest[name] < 0.7]
    assert len(left_out) > 50 and len(wrong) <= 0.02 * len(left_out)


def test_the_threshold_means_what_it_says(planted: dict[str, str]) -> None:
    sizes = [len(kept(planted, near)) for near in (0.5, 0.7, 0.9, 1.0)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_enough_bands_are_taken_for_every_threshold() -> None:
    for near in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0):
        bands, rows = bands_for(near)
        assert bands * rows <= 128 and 1 - (1 - near**rows) ** bands >= 0.99


def test_another_process_computes_the_same_values() -> None:
    texts = ["one two three four", "eins zwei drei", "一二三四"]
    shingles, offsets = shingles_of(texts)
    here = min_hashes(shingles, offsets).tobytes().hex()
    code = (
        "from vanne.corpus.export.duplicates import *\n"
        f"print(min_hashes(*shingles_of({texts!r})).tobytes().hex())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


@pytest.mark.parametrize("texts", [[], [""], ["", "a"], ["..."]])
def test_empty_texts_and_no_texts_have_no_runs(texts: Sequence[str]) -> None:
    shingles, offsets = shingles_of(texts)
    assert len(offsets) == len(texts) + 1 and len(shingles) == offsets[-1] == texts.count("a")
