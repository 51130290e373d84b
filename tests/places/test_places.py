"""Places: what a person writes of where they live, and which town and country that is."""

import csv
from pathlib import Path

import pytest

from tests.table import every
from vanne.places import called, distance_km, key, locate, place_of
from vanne.places.names import data

CASES = Path(__file__).parents[1] / "cases" / "places.tsv"
UNMET = {
    "Buenos Aires, Argentina": "the province has the name as well, and more inhabitants",
    "Springfield": "each of its size is in the United States",
}
"""Cases of which the answer is another, and why."""


def cases(half: str) -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["half"] == half and row["form"] not in UNMET]


def answer(form: str) -> tuple[str, bool]:
    location = locate(form)
    return location.country or "", location.town is not None


def is_right(case: dict[str, str]) -> bool:
    location = locate(case["form"])
    towns = [town.value for town in called(key(case["town"])) if town.is_town]
    is_town = location.town.value in towns if location.town else not case["town"]
    return (location.country or "") == case["country"] and is_town


@every("case", cases("development"), ids=lambda case: str(case["form"]))
def test_the_line_gives_its_country_and_town(case: dict[str, str]) -> None:
    assert is_right(case), locate(case["form"])


def test_lines_that_were_put_aside_give_theirs_and_no_line_gives_a_wrong_one() -> None:
    wrong = [case["form"] for case in cases("held-out") if not is_right(case)]
    assert len(wrong) <= 3, wrong
    named = [
        case for case in cases("held-out") if case["form"] in wrong and answer(case["form"])[0]
    ]
    assert named == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cambridge, MA", "Cambridge, England, United Kingdom"),
        ("Portland, Maine", "Portland, Oregon, United States"),
        ("London, Ontario, Canada", "London Area, United Kingdom"),
        ("Freiburg, Schweiz", "Freiburg im Breisgau"),
    ],
)
def test_the_region_beside_a_town_says_which_one_it_is(one: str, other: str) -> None:
    here, there = locate(one).town, locate(other).town
    assert here and there and here.value != there.value


def test_a_town_alone_is_the_biggest_if_it_is_far_bigger_than_the_next() -> None:
    assert locate("Birmingham").country == "GB"
    assert locate("Valencia") == locate("Cambridge") == locate("")


def test_a_region_is_no_town() -> None:
    zurich = locate("Kanton Zürich")
    assert (zurich.town, zurich.region) == (None, place_of("CH.ZH"))
    assert locate("Zürich").town and locate("Zürich").region == place_of("CH.ZH")


def test_a_place_that_no_table_has_leaves_the_country() -> None:
    assert answer("Hinterobertal, Switzerland") == ("CH", False)
    assert answer("Hinterobertal, Zurich, Switzerland") == ("CH", False)
    assert answer("Bahnhofstrasse 7, 8001 Zürich") == ("CH", True)


def test_places_that_contradict_each_other_give_no_country() -> None:
    assert locate("Zürich, Berlin").country is None
    assert locate("Lausanne / Genève").country == "CH"


def test_distances_are_those_of_the_map() -> None:
    lausanne, geneva = locate("Lausanne").town, locate("Genève").town
    apart = distance_km(lausanne, geneva) if lausanne and geneva else None
    assert apart is not None and 48 < apart < 54


def test_what_is_written_by_hand_is_of_places_in_the_tables() -> None:
    made_of, also, cities = data()["made-of"], data()["also"], data()["city"]
    values = [
        *also,
        *cities,
        *cities.values(),
        *(code for each in made_of.values() for code in each),
    ]
    assert [value for value in values if place_of(value) is None] == []
    assert all(name == key(name) for each in also.values() for name in each)
