"""Swapping genders: what is swapped, how lists are compared, and that a biased search is caught."""

from collections.abc import Sequence

import pytest

from vanne_assist import titles
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.counterfactual import (
    GOAL,
    LANGUAGES,
    compare,
    overlap,
    pairs,
    swap,
    title_briefs,
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pairs_are_of_two_forms_and_swapping_twice_gives_the_text_again(lang: str) -> None:
    for kind in ("titles", "names", "pronouns"):
        for one, other in pairs(lang, kind):
            assert one != other
            assert swap(one, lang, [kind]).casefold() == other.casefold()
            assert swap(swap(one, lang, [kind]), lang, [kind]).casefold() == one.casefold()


@pytest.mark.parametrize("lang", ["fr", "de", "it"])
def test_the_three_languages_have_at_least_forty_titles(lang: str) -> None:
    assert len(pairs(lang, "titles")) >= 38


def test_words_within_words_are_left_alone() -> None:
    assert swap("Ingenieurbüro Petersen, Kochbuch", "de") == "Ingenieurbüro Petersen, Kochbuch"


def test_overlap_counts_who_is_in_both_lists() -> None:
    assert overlap(["a", "b", "c"], ["c", "b", "d"]) == pytest.approx(2 / 3)
    assert overlap(["a"], []) == 0.0


PEOPLE = {
    "de": ["Verkäufer Mode", "Verkäuferin Schuhe", "Koch", "Köchin", "Lehrerin", "Lehrer"],
    "fr": ["Vendeur", "Vendeuse", "Infirmière", "Infirmier", "Avocate", "Avocat"],
    "it": ["Commesso", "Commessa", "Cuoco", "Cuoca", "Infermiera", "Infermiere"],
}


def by_words(people: Sequence[str], lang: str, neutral: bool):
    """A small real search: who has most of the brief's words, in one form of a title or not."""

    def words(text: str) -> set[str]:
        return set((titles.neutral(text, lang) if neutral else text.lower()).split())

    def find(brief: str, count: int) -> list[str]:
        scored = [
            (-len(words(brief) & words(person)), place) for place, person in enumerate(people)
        ]
        return [str(place) for score, place in sorted(scored) if score < 0][:count]

    return find


@pytest.mark.parametrize("lang", ["fr", "de", "it"])
def test_a_search_by_the_letter_is_caught_and_one_by_the_neutral_title_passes(lang: str) -> None:
    briefs = title_briefs(lang)
    by_the_letter = compare(by_words(PEOPLE[lang], lang, neutral=False), briefs, lang)
    assert by_the_letter.overlap is not None
    assert by_the_letter.overlap < 0.5
    assert by_the_letter.met is False
    assert by_the_letter.worst
    neutral = compare(by_words(PEOPLE[lang], lang, neutral=True), briefs, lang)
    assert neutral.overlap is not None
    assert neutral.overlap >= GOAL
    assert neutral.empty < len(briefs)


def test_briefs_that_find_nobody_show_nothing() -> None:
    found = compare(lambda brief, count: [], title_briefs("fr"), "fr")
    assert (found.overlap, found.met, found.empty) == (None, None, found.briefs)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_brief_asks_for_the_same_title_in_either_form(lang: str) -> None:
    """A form that is not known as a title filters nobody, and finds other people."""
    for one, other in title_briefs(lang):
        asked = [
            [(each.kind, each.value) for each in read_brief(brief, lang).criteria]
            for brief in (one, other)
        ]
        assert asked[0] == asked[1], (one, other)
