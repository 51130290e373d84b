"""Rates, ratios, skews and NDKL, against examples that were worked by hand and fairlearn's."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanne_assist.fairness import measures

CASES = json.loads((Path(__file__).parents[2] / "cases" / "fairness" / "measures.json").read_text())


@pytest.mark.parametrize("case", CASES["impact"], ids=lambda case: case["name"])
def test_rates_and_ratios_are_those_worked_by_hand(case: dict) -> None:
    counts = {name: tuple(pair) for name, pair in case["counts"].items()}
    found = {
        each.category: (each.rate, each.ratio)
        for each in measures.impact(counts, unknown=case.get("unknown", 0))
    }
    assert set(found) == set(case["expected"])
    for name, (rate, ratio) in case["expected"].items():
        assert found[name][0] == pytest.approx(rate, abs=5e-4)
        assert found[name][1] == (ratio if ratio is None else pytest.approx(ratio, abs=5e-4))


@pytest.mark.parametrize("case", CASES["skew"], ids=lambda case: case["name"])
def test_skew_and_ndkl_are_those_worked_by_hand(case: dict) -> None:
    skew = measures.skew(case["ranked"], case["desired"], case["k"])
    assert skew.least == pytest.approx(case["least"], abs=1e-3)
    assert skew.most == pytest.approx(case["most"], abs=1e-3)
    assert measures.ndkl(case["ranked"], case["desired"]) == pytest.approx(case["ndkl"], abs=1e-3)


@pytest.mark.parametrize("case", CASES["fairlearn"]["cases"])
def test_the_worst_impact_ratio_is_fairlearns(case: dict) -> None:
    counts = {name: tuple(pair) for name, pair in case["counts"].items()}
    worst = min(each.ratio for each in measures.impact(counts) if each.ratio is not None)
    assert worst == pytest.approx(case["selection_rate_ratio"], abs=1e-9)


def test_a_category_with_nobody_in_the_first_places_has_no_finite_skew() -> None:
    assert measures.skew(["a"] * 5, {"a": 0.5, "b": 0.5}, 5).least == -math.inf


def test_the_scoring_rate_is_the_share_above_the_median() -> None:
    scores = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0}
    groups = {"1": "a", "2": "b", "3": "a", "4": "a"}
    assert measures.scoring(scores, groups) == {"a": (2, 3), "b": (0, 1)}


def test_people_without_a_category_are_in_no_rate() -> None:
    assert measures.selection(["1", "2", "3"], ["2", "3"], {"1": "a", "2": "a"}) == {"a": (1, 2)}


def test_an_intersection_needs_both() -> None:
    both = measures.intersection({"1": "women", "2": "men"}, {"1": "old"})
    assert both == {"1": "women / old"}


counts = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    max_size=7,
)


@given(counts)
def test_no_figure_is_about_fewer_than_ten_people_or_leaves_them_to_be_worked_out(
    counts: dict[str, tuple[int, int]],
) -> None:
    told = measures.told(counts)
    assert all(people >= measures.FEWEST for _, people in told.values())
    missing = sum(n for _, n in counts.values()) - sum(n for _, n in told.values())
    assert missing == 0 or not told


@given(counts, st.integers(0, 100))
def test_the_highest_ratio_is_one_and_an_interval_holds_its_rate(
    counts: dict[str, tuple[int, int]], unknown: int
) -> None:
    rates = measures.impact(counts, unknown=unknown)
    known = [each.ratio for each in rates if each.ratio is not None]
    assert not known or max(known) == 1.0
    for each in rates:
        assert each.interval[0] <= each.rate + 1e-12
        assert each.rate <= each.interval[1] + 1e-12
    assert all(one.rate >= other.rate for one, other in pairwise(rates))
