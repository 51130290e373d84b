"""An audit finds a bias that was put in, and tells nothing of few."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from vanne.cli import cli
from vanne.errors import InputError
from vanne_assist.fairness.audit import (
    FEWEST,
    Attributes,
    audit,
    impact,
    merged,
    read_attributes,
    read_briefs,
)
from vanne_assist.report.fairness import audited

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SOURCE = {"index": "a search", "encoder": "none"}
CASES = json.loads((Path(__file__).parents[2] / "cases" / "fairness" / "impact.json").read_text())


def network(
    penalty: float, people: int = 200, briefs: int = 12
) -> tuple[list[list[str]], Attributes]:
    """Lists in which the score of every second person is lowered."""
    dice = Random(5)
    sex = {f"p{n}": "women" if n % 2 else "men" for n in range(people)}
    lists = []
    for _ in range(briefs):
        scores = [(m, dice.gauss(0, 1) - penalty * (sex[m] == "women")) for m in sex]
        lists.append([m for m, _ in sorted(scores, key=lambda pair: -pair[1])])
    return lists, {"sex": {m: s for m, s in sex.items() if m not in ("p3", "p4", "p5")}}


def test_a_bias_that_was_put_in_is_found_and_none_where_there_is_none() -> None:
    def worst(penalty: float) -> dict:
        return audit(*network(penalty), SOURCE, NOW, top=50)["attributes"][0]

    fair, biased = worst(0.0), worst(0.7)
    assert min(row["ratio"] for row in fair["selection"]["categories"]) > 0.85
    assert min(row["ratio"] for row in biased["selection"]["categories"]) < 0.6


def test_people_who_said_nothing_are_counted_and_are_in_no_rate() -> None:
    about = audit(*network(0.0), SOURCE, NOW)["attributes"][0]
    assert (about["known"], about["unknown"]) == (197, 3)
    assert about["selection"]["unknown"] == 3 * 12
    assert sum(row["people"] for row in about["selection"]["categories"]) == 197 * 12


def test_no_category_of_fewer_than_ten_people_is_named() -> None:
    lists, sex = network(0.0)
    origin = {f"p{n}": "rare" if n < 4 else "odd" if n < 9 else "common" for n in range(200)}
    document = audit(lists, {"sex": sex["sex"], "origin": origin}, SOURCE, NOW)
    said = json.dumps(document)
    assert "rare" not in said
    assert "odd" not in said
    for about in [*document["attributes"], *document["intersections"]]:
        for row in about["selection"]["categories"]:
            assert row["people"] >= FEWEST


def test_attributes_of_a_handful_are_told_nothing_of() -> None:
    lists, _ = network(0.0)
    document = audit(lists, {"faith": {"p1": "a", "p2": "b"}}, SOURCE, NOW)
    assert document["attributes"][0]["selection"]["categories"] == []


def test_the_intersections_are_there() -> None:
    lists, sex = network(0.0)
    age = {f"p{n}": "young" if n < 100 else "old" for n in range(200)}
    document = audit(lists, {"sex": sex["sex"], "age": age}, SOURCE, NOW)
    (both,) = document["intersections"]
    names = {row["category"] for row in both["selection"]["categories"]}
    assert names == {"young / men", "young / women", "old / men", "old / women"}


@pytest.mark.parametrize("lang", ["fr", "de", "it", "en"])
def test_the_audit_is_said_in_every_language(lang: str) -> None:
    said = audited(audit(*network(0.7), SOURCE, NOW), lang)
    assert len(said) == 3
    assert "200" in said[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [("member_id,value\n", "no column `attribute`"), ("member_id,attribute,value\na,sex,\n", "lacks"),
     ("member_id,attribute,value\na,sex,men\na,sex,women\n", "something else")],
)  # fmt: skip
def test_attributes_that_cannot_be_used_are_told(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=fault):
        read_attributes(path)


def test_an_empty_file_of_briefs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "briefs.txt"
    path.write_text("\n \n")
    with pytest.raises(InputError, match="no brief"):
        read_briefs(path)


def test_checking_a_brief_says_why_and_how_to_put_it() -> None:
    run = CliRunner()
    done = run.invoke(cli, ["fairness", "check", "Rust, native Russian", "--lang", "en"])
    assert done.exit_code == 1
    assert "speaks Russian, C1" in done.output
    done = run.invoke(cli, ["fairness", "check", "Rust, sans enfants", "--json"])
    assert json.loads(done.output)["asks"][0]["attribute"] == "family"
    done = run.invoke(cli, ["fairness", "check", "-", "--lang", "fr"], input="gender studies")
    assert (done.exit_code, done.output.count("\n")) == (0, 1)


@pytest.mark.parametrize("case", CASES["impact"], ids=lambda case: case["name"])
def test_rates_and_ratios_are_those_worked_by_hand(case: dict) -> None:
    counts = {name: tuple(pair) for name, pair in case["counts"].items()}
    found = {
        each.category: (each.rate, each.ratio)
        for each in impact(counts, unknown=case.get("unknown", 0))
    }
    assert set(found) == set(case["expected"])
    for name, (rate, ratio) in case["expected"].items():
        assert found[name][0] == pytest.approx(rate, abs=5e-4)
        assert found[name][1] == (ratio if ratio is None else pytest.approx(ratio, abs=5e-4))


@pytest.mark.parametrize("case", CASES["fairlearn"]["cases"])
def test_the_worst_impact_ratio_is_fairlearns(case: dict) -> None:
    counts = {name: tuple(pair) for name, pair in case["counts"].items()}
    worst = min(each.ratio for each in impact(counts) if each.ratio is not None)
    assert worst == pytest.approx(case["selection_rate_ratio"], abs=1e-9)


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 60), max_size=7))
def test_no_category_is_about_fewer_than_ten_people_or_leaves_them_to_be_worked_out(
    sizes: dict[str, int],
) -> None:
    said = {f"{name}{n}": name for name, size in sizes.items() for n in range(size)}
    category = merged(said, said)
    assert all(count >= FEWEST for count in Counter(category.values()).values())
    assert not category or set(category) == set(said)


@given(
    st.dictionaries(
        st.sampled_from("abcdefg"),
        st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        max_size=7,
    ),
    st.integers(0, 100),
)
def test_the_highest_ratio_is_one_and_an_interval_holds_its_ratio(
    counts: dict[str, tuple[int, int]], unknown: int
) -> None:
    rates = impact(counts, unknown=unknown)
    ratios = [each.ratio for each in rates if each.ratio is not None]
    assert not ratios or max(ratios) == 1.0
    for each in rates:
        if each.ratio is not None and each.ratio_interval is not None:
            low, high = each.ratio_interval
            assert low - 1e-9 <= each.ratio <= high + 1e-9
    assert all(one.rate >= other.rate for one, other in pairwise(rates))
