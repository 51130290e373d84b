"""Places: what they are called, where they are, which of two is meant."""

from tests.table import every
from vanne_assist.brief.places import is_word, named, near_names


@every(
    ("names", "main"),
    [
        ("Genf Genève Ginevra Geneva geneve", "Geneva"),
        ("Zürich zurich Zuerich Zurigo", "Zürich"),
        ("Losanna Lausanne", "Lausanne"),
        ("Mailand Milano Milan", "Milan"),
        ("Coire Coira Chur", "Chur"),
        ("Ticino Tessin", "Ticino"),
        ("Straßburg Strasbourg Strasburgo", "Strasbourg"),
        ("München Munich muenchen", "Munich"),
        ("Bienne Biel", "Biel/Bienne"),
    ],
)
def test_place_is_found_by_its_names_in_four_languages(names: str, main: str) -> None:
    assert {named(name)[0].name for name in names.split()} == {main}


def test_larger_of_two_places_is_meant() -> None:
    assert "CH" in named("Geneva")[0].regions
    assert "FR" in named("Paris")[0].regions


def test_town_lies_in_its_canton_country_and_part_of_the_country() -> None:
    assert {"CH.VD", "CH", "romandie", "lemanic"} <= set(named("Lausanne")[0].regions)


def test_name_that_is_a_word_is_known_to_be_one() -> None:
    assert all(map(is_word, ("Reading", "Essen", "Nice", "Bath")))
    assert not any(map(is_word, ("Lausanne", "Bern", "Lugano")))


def test_misspelt_name_brings_near_names() -> None:
    assert "Lausanne" in near_names("Lausane")
    assert near_names("xqzxqzxqz") == ()
