"""The tree is that of RFC 9162: checked against its definition, known vectors and every small size."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.conftest import naive_root
from tests.table import every
from vanne.ledger.merkle import (
    EMPTY_ROOT,
    Tiles,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root,
    verify_consistency,
    verify_inclusion,
)

SMALL = 70
ENTRIES = [n.to_bytes(2, "big") for n in range(SMALL)]
ROOTS = [naive_root(ENTRIES[:n]) for n in range(SMALL)]

# The entries and roots of the Certificate Transparency reference tests (RFC 6962).
CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree(entries: list[bytes]) -> Tiles:
    return Tiles({}).grown(0, map(leaf_hash, entries))


TREE = tree(ENTRIES)


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_that_of_the_certificate_transparency_vectors(size: int) -> None:
    assert root(size, tree(CT_ENTRIES).node).hex() == CT_ROOTS[size]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root(0, Tiles({}).node) == EMPTY_ROOT == sha256(b"").digest()


def test_every_small_root_is_that_of_the_definition() -> None:
    assert [root(size, TREE.node) for size in range(SMALL)] == ROOTS


def test_every_small_inclusion_proof_verifies_for_its_leaf_index_and_size_only() -> None:
    for size in range(1, SMALL):
        for index in range(size):
            proof = prove_inclusion(index, size, TREE.node)
            leaf = leaf_hash(ENTRIES[index])
            assert verify_inclusion(leaf, index, size, proof, ROOTS[size])
            assert not verify_inclusion(leaf_hash(b"x"), index, size, proof, ROOTS[size])
            others = (other for other in range(size) if other != index)
            assert not any(verify_inclusion(leaf, n, size, proof, ROOTS[size]) for n in others)
            assert not verify_inclusion(leaf, index, size, proof, ROOTS[size - 1])


def test_a_longer_or_shorter_inclusion_proof_does_not_verify() -> None:
    for size in range(2, SMALL):
        for index in range(size):
            proof, leaf = prove_inclusion(index, size, TREE.node), leaf_hash(ENTRIES[index])
            assert not verify_inclusion(leaf, index, size, proof[:-1], ROOTS[size])
            assert not verify_inclusion(leaf, index, size, proof[1:], ROOTS[size])
            assert not verify_inclusion(leaf, index, size, [*proof, EMPTY_ROOT], ROOTS[size])


def test_a_proof_that_climbs_above_the_root_does_not_verify() -> None:
    above = node_hash(EMPTY_ROOT, ROOTS[3])
    proof = [*prove_inclusion(2, 3, TREE.node), EMPTY_ROOT]
    assert not verify_inclusion(leaf_hash(ENTRIES[2]), 2, 3, proof, above)
    proof = [*prove_consistency(3, 4, TREE.node), EMPTY_ROOT]
    above_both = node_hash(EMPTY_ROOT, ROOTS[3]), node_hash(EMPTY_ROOT, ROOTS[4])
    assert not verify_consistency(3, 4, proof, *above_both)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not below"):
        prove_inclusion(index, size, TREE.node)
    assert not verify_inclusion(leaf_hash(b""), index, size, [], EMPTY_ROOT)


def test_every_small_consistency_proof_verifies_for_its_two_trees_only() -> None:
    for new in range(SMALL):
        for old in range(new + 1):
            proof = prove_consistency(old, new, TREE.node)
            assert verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])
            assert not verify_consistency(old, new, proof, leaf_hash(b"x"), ROOTS[new])
            assert not verify_consistency(old, new, [*proof, EMPTY_ROOT], ROOTS[old], ROOTS[new])
            if proof:
                assert not verify_consistency(old, new, proof[:-1], ROOTS[old], ROOTS[new])
                assert not verify_consistency(old, new, proof, ROOTS[old], leaf_hash(b"x"))


def test_an_old_tree_with_another_history_is_not_consistent() -> None:
    for size in range(2, 33):
        forked = tree([*ENTRIES[: size - 1], b"other"])
        fork = root(size, forked.node)
        for new in range(size + 1, SMALL):
            proof = prove_consistency(size, new, TREE.node)
            assert not verify_consistency(size, new, proof, fork, ROOTS[new])


def test_an_old_tree_is_never_larger_than_the_new_one() -> None:
    with pytest.raises(ValueError, match="above"):
        prove_consistency(4, 3, TREE.node)
    assert not verify_consistency(4, 3, [EMPTY_ROOT], ROOTS[4], ROOTS[3])
    assert not verify_consistency(-1, 3, [EMPTY_ROOT], EMPTY_ROOT, ROOTS[3])


@every("size", [255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000])
def test_trees_around_the_edges_of_tiles_are_those_of_the_definition(size: int) -> None:
    entries = [n.to_bytes(3, "big") for n in range(size)]
    tiles, expected = tree(entries), naive_root(entries)
    assert root(size, tiles.node) == expected
    for index in {0, 1, size // 2, size - 2, size - 1}:
        proof = prove_inclusion(index, size, tiles.node)
        assert verify_inclusion(leaf_hash(entries[index]), index, size, proof, expected)
    for old in {1, 255, size // 3, size - 1}:
        proof = prove_consistency(old, size, tiles.node)
        assert verify_consistency(old, size, proof, naive_root(entries[:old]), expected)


def test_tiles_are_laid_out_as_c2sp_says_for_a_tree_of_70000() -> None:
    tiles = tree([n.to_bytes(3, "big") for n in range(70_000)]).added
    widths = {key: len(hashes) // 32 for key, hashes in tiles.items()}
    assert widths.pop((0, 273)) == 112
    assert widths.pop((1, 1)) == 17
    assert widths.pop((2, 0)) == 1
    assert widths == {(1, 0): 256} | {(0, number): 256 for number in range(273)}


@given(st.lists(st.integers(0, 300), max_size=8))
def test_batching_does_not_change_the_tree(batches: list[int]) -> None:
    leaves = [leaf_hash(n.to_bytes(3, "big")) for n in range(sum(batches))]
    tiles, size = Tiles({}), 0
    for batch in batches:
        tiles, size = tiles.grown(size, leaves[size : size + batch]), size + batch
    assert tiles.added == Tiles({}).grown(0, leaves).added


@given(st.lists(st.binary(max_size=9), max_size=600), st.data())
def test_any_tree_proves_what_it_holds(entries: list[bytes], data: st.DataObject) -> None:
    tiles, size = tree(entries), len(entries)
    assert root(size, tiles.node) == naive_root(entries)
    old = data.draw(st.integers(0, size))
    proof = prove_consistency(old, size, tiles.node)
    assert verify_consistency(old, size, proof, naive_root(entries[:old]), naive_root(entries))
    if entries:
        index = data.draw(st.integers(0, size - 1))
        path = prove_inclusion(index, size, tiles.node)
        assert verify_inclusion(leaf_hash(entries[index]), index, size, path, naive_root(entries))


def test_a_tile_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="tile 0 of level 0"):
        root(3, tree(ENTRIES[:2]).node)
