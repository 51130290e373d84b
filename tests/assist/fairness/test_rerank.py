"""Reranking keeps the shares that it promises, loses nobody, and keeps the order of a category."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanne_assist.fairness.measures import ndkl, skew
from vanne_assist.fairness.rerank import Algorithm, Scored, least, most, rerank

TWO = {"a": 0.5, "b": 0.5}


def ranked(categories: str) -> list[Scored]:
    return [Scored(str(place), 1 - place / 100, name) for place, name in enumerate(categories)]


def order(people: tuple[Scored, ...]) -> str:
    return "".join(person.category for person in people)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        (Algorithm.GREEDY, "abababaabb"),
        (Algorithm.CONSERVATIVE, "abababaabb"),
        (Algorithm.RELAXED, "abababaabb"),
    ],
)
def test_half_and_half_takes_them_in_turn(algorithm: Algorithm, expected: str) -> None:
    people = ranked("aaaaabbbbb")
    assert order(rerank(people, TWO, algorithm, 6)) == "ababab" + "aabb"
    assert order(rerank(people, TWO, algorithm, 6)) == expected


def test_who_stands_right_already_is_left_where_they_are() -> None:
    people = ranked("abababab")
    for algorithm in Algorithm:
        assert rerank(people, TWO, algorithm, 8) == tuple(people), algorithm


def test_constrained_sort_moves_a_person_up_no_further_than_others_can_spare() -> None:
    people = ranked("aaabbc")
    thirds = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}
    assert order(rerank(people, thirds, Algorithm.CONSTRAINED_SORT, 3)) == "abc" + "aab"


people_and_shares = st.tuples(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=60),
    st.lists(st.integers(1, 10), min_size=4, max_size=4),
    st.sampled_from(list(Algorithm)),
)


@settings(max_examples=150, deadline=None)
@given(people_and_shares)
def test_nobody_is_lost_or_doubled_and_a_category_keeps_its_order(given_: tuple) -> None:
    categories, weights, algorithm = given_
    people = ranked("".join(categories))
    desired = {name: w / sum(weights) for name, w in zip("abcd", weights, strict=True)}
    found = rerank(people, desired, algorithm, 25)
    assert Counter(p.member_id for p in found) == Counter(p.member_id for p in people)
    for name in "abcd":
        places = [int(person.member_id) for person in found[:25] if person.category == name]
        assert places == sorted(places)


@settings(max_examples=150, deadline=None)
@given(people_and_shares)
def test_every_prefix_has_its_minimum_where_there_are_people_enough(given_: tuple) -> None:
    """Proved for DetConstSort with any number of categories, for the others with up to three."""
    categories, weights, algorithm = given_
    names = "abcd" if algorithm is Algorithm.CONSTRAINED_SORT else "abc"
    desired = {
        name: w / sum(weights[: len(names)]) for name, w in zip(names, weights, strict=False)
    }
    people = ranked("".join(c for c in categories if c in names) + names * 25)
    found = rerank(people, desired, algorithm, 25)
    for k in range(1, 26):
        counts = Counter(person.category for person in found[:k])
        for name, share in desired.items():
            assert counts[name] >= least(k, share), (k, name)
            if algorithm is not Algorithm.CONSTRAINED_SORT:
                assert counts[name] <= most(k, share), (k, name)


def test_a_list_against_one_group_comes_nearer_to_the_shares() -> None:
    people = ranked("a" * 30 + "b" * 20 + "c" * 10)
    desired = {"a": 0.5, "b": 1 / 3, "c": 1 / 6}
    before = [person.category for person in people]
    for algorithm in Algorithm:
        after = list(order(rerank(people, desired, algorithm, 60)))
        assert ndkl(after, desired) < ndkl(before, desired) / 3
        assert skew(after, desired, 25).least > skew(before, desired, 25).least


def test_a_category_that_runs_out_makes_room_for_the_others() -> None:
    for algorithm in Algorithm:
        assert len(rerank(ranked("aaaaab"), {"a": 0.1, "b": 0.9}, algorithm, 6)) == 6
