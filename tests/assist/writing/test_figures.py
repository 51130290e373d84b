"""Figures in digits and words."""

import pytest

from vanne_assist.writing.figures import figures

TABLE = {
    "en": {"twenty-one": 21, "one hundred and five": 105, "two thousand five hundred": 2500, "three million": 3e6, "a dozen": 12},
    "fr": {"soixante et onze": 71, "quatre-vingt-dix-neuf": 99, "nonante-deux": 92, "deux cents": 200, "mille deux cents": 1200},
    "de": {"einundzwanzig": 21, "neunundneunzig": 99, "dreihundertfünf": 305, "zwölftausend": 12_000, "dreissig": 30},
    "it": {"ventuno": 21, "trentatré": 33, "novantotto": 98, "duecentocinquanta": 250, "tremila": 3000},
}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "said", "value"),
    [(lang, *row) for lang, rows in TABLE.items() for row in rows.items()],
)
def test_number_words_are_read(lang: str, said: str, value: float) -> None:
    (found,) = figures(f"... {said} ...", lang)
    assert found.readings == {value}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "one of us, a hundredth, B2B, Python3"),
        ("fr", "un site tout neuf"),
        ("it", "tu sei bravo"),
        ("de", "eine Frage"),
        ("fr", "cela vaut pour les deux."),
        ("en", "1. first thing\n2. next thing"),
    ],
)
def test_what_only_looks_like_a_figure_is_none(lang: str, text: str) -> None:
    assert figures(text, lang) == []


def test_the_places_are_those_in_the_text_even_after_letters_that_fold_longer() -> None:
    text = "Straße, Größe: 30 Prozent"
    (found,) = figures(text, "de")
    assert text[slice(*found.span)] == "30" and found.unit == "percent"
