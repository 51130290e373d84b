"""Ids are found whatever their hashes, and repeats are found whatever their number."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanne import ids as module
from vanne.ids import UNKNOWN, IdIndex, Uniqueness, hashes_of

IDS = st.lists(st.text(max_size=20), max_size=60)


def places(known: list[str], asked: list[str]) -> list[int]:
    return [known.index(name) if name in known else UNKNOWN for name in asked]


@given(IDS, IDS)
def test_each_id_is_found_at_its_first_place(known: list[str], others: list[str]) -> None:
    asked = [*known, *others]
    index = IdIndex(pa.array(known, pa.string()))
    assert index.find(pa.array(asked, pa.string())).tolist() == places(known, asked)


@pytest.mark.parametrize("hash_", [0, 1 << 63, 2**64 - 1])
def test_ids_that_share_a_hash_are_not_confused(monkeypatch, hash_: int) -> None:
    monkeypatch.setattr(module, "hashes_of", lambda ids: np.full(len(ids), hash_, np.uint64))
    known, asked = ["ada", "bob", "eve", "bob"], ["eve", "nobody", "bob", "ada", ""]
    index = IdIndex(pa.array(known))
    assert index.find(pa.array(asked)).tolist() == places(known, asked)
    assert index.repeated() == 3


@given(st.lists(st.sampled_from("abcdefgh"), max_size=8))
def test_the_first_repeat_is_named(known: list[str]) -> None:
    repeats = [n for n, name in enumerate(known) if name in known[:n]]
    assert IdIndex(pa.array(known, pa.string())).repeated() == (repeats[0] if repeats else None)
    unique = Uniqueness()
    for name in known:
        unique.add(pa.array([name]))
    assert bool(len(unique.suspects())) == bool(repeats)


def test_the_repeats_among_half_a_million_ids_are_found_and_nothing_else() -> None:
    known = pa.array([f"item-{n}" for n in range(500_000)])
    unique = Uniqueness()
    for start in range(0, len(known), 100_000):
        unique.add(known.slice(start, 100_000))
    unique.add(pa.array(["item-7", "item-499999", "new"]))
    wanted = np.sort(hashes_of(pa.array(["item-7", "item-499999"])))
    assert np.sort(unique.suspects()).tolist() == wanted.tolist()


@given(IDS, st.integers(0, 30))
def test_a_hash_depends_on_the_id_alone(known: list[str], start: int) -> None:
    array = pa.array(known, pa.string())
    alone = [int(hashes_of(pa.array([name], pa.large_string()))[0]) for name in known]
    assert hashes_of(array).tolist() == alone
    assert hashes_of(array.slice(start)).tolist() == alone[start:]


def test_a_hundred_thousand_ids_have_as_many_hashes() -> None:
    pick = random.Random(1)
    known = {f"{pick.choice('mi')}{n}{'x' * pick.randrange(12)}" for n in range(100_000)}
    hashes = hashes_of(pa.array(sorted(known)))
    assert len(np.unique(hashes)) == len(known)
    tops = np.bincount((hashes >> np.uint64(56)).astype(np.int64), minlength=256)
    assert tops.min() > 300 and tops.max() < 480  # about 390 for each beginning


def test_an_index_that_was_kept_is_taken_up_again() -> None:
    array = pa.array(["ada", "bob"])
    again = IdIndex(array, IdIndex(array).parts)
    assert again.find(pa.array(["bob", "eve"])).tolist() == [1, UNKNOWN]
