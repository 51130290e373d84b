"""A title has one form, whoever it was written for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.table import every
from vanne_assist.titles import LONGEST_ENDING, ORDER, endings, neutral

CASES = Path(__file__).parents[1] / "cases" / "titles"
LANGUAGES = ("fr", "de", "it", "en")


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (CASES / f"{name}.tsv").read_text().splitlines()]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_two_forms_of_a_title_have_one_normal_form(lang: str) -> None:
    pairs = rows(lang)
    assert len(pairs) >= 60
    apart = [(a, b) for a, b in pairs if neutral(a, lang) != neutral(b, lang)]
    assert not apart


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_double_form_is_the_same_title(lang: str) -> None:
    apart = [
        (a, b) for a, b in rows(lang) if neutral(f"{a} / {b}", lang) != neutral(f"{b} / {a}", lang)
    ]
    assert not apart
    longer = [(a, b) for a, b in rows(lang) if neutral(f"{a} / {b}", lang) != neutral(a, lang)]
    assert not longer


@pytest.mark.parametrize("lang", LANGUAGES)
def test_different_titles_stay_different(lang: str) -> None:
    pairs = rows(lang)
    assert len({neutral(a, lang) for a, _ in pairs}) == len({a for a, _ in pairs})


@every(("lang", "title", "expected"), rows("same"))
def test_markers_go_and_what_only_looks_feminine_stays(
    lang: str, title: str, expected: str
) -> None:
    assert neutral(title, lang) == expected


@pytest.mark.parametrize("lang", [*LANGUAGES, None])
def test_a_normal_form_is_its_own_normal_form(lang: str | None) -> None:
    titles = [title for name in LANGUAGES for row in rows(name) for title in row]
    once = [neutral(title, lang) for title in titles]
    assert [neutral(title, lang) for title in once] == once


@given(
    st.lists(st.sampled_from([t for n in LANGUAGES for r in rows(n) for t in r]), max_size=3),
    st.sampled_from([" ", "/", " / ", "-", ", "]),
    st.sampled_from([*LANGUAGES, None]),
)
def test_whatever_is_put_together_settles(parts: list[str], between: str, lang: str | None) -> None:
    once = neutral(between.join(parts), lang)
    assert neutral(once, lang) == once


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    once = neutral(text)
    assert neutral(once) == once


def test_the_adjective_of_an_engineer_agrees_in_both_forms() -> None:
    assert neutral("ingénieure civile") == neutral("ingénieur civil") == "ingénieur civil"
    assert neutral("ingegnera civile") == neutral("ingegnere civile") == "ingegnere civile"


def test_no_ending_is_longer_than_what_is_looked_at() -> None:
    for lang in ORDER:
        known = endings(lang)
        listed = (known.endings, known.own, known.before, known.after, known.keep)
        assert all(len(each) <= LONGEST_ENDING for names in listed for each in names)
