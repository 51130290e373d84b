"""What a member is told of an offer, in the words and numbers of each language."""

import pytest

from vanne.words import words
from vanne_assist.report.opportunities import pay_words


@pytest.mark.parametrize(
    ("said", "lang", "shown"),
    [
        ("CHF 90000", "en", "CHF 90,000"),
        ("EUR 30000–35000 year", "en", "EUR 30,000–35,000 a year"),
        ("EUR 30000–35000 year", "fr", "EUR 30\u202f000–35\u202f000 par an"),
        ("CHF 35 hour", "de", "CHF 35 in der Stunde"),
        ("EUR 2500 month", "it", "EUR 2.500 al mese"),
        ("80'000 CHF, 13 mois", "fr", "80'000 CHF, 13 mois"),
        ("selon CCT", "fr", "selon CCT"),
    ],
)
def test_pay_is_written_with_the_numbers_of_the_language(said: str, lang: str, shown: str) -> None:
    assert pay_words(said, words(lang)) == shown
