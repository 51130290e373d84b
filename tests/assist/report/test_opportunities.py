"""What a member is told of an offer, in the words and numbers of each language."""

import pytest

from vanne.words import words
from vanne_assist.jobs.posting import Pay
from vanne_assist.report.opportunities import pay_words

RANGE = Pay(currency="EUR", least="30000", most="35000", unit="year")


@pytest.mark.parametrize(
    ("pay", "lang", "shown"),
    [
        (Pay(currency="CHF", least="90000", most="90000"), "en", "CHF 90,000"),
        (RANGE, "en", "EUR 30,000–35,000 a year"),
        (RANGE, "fr", "EUR 30\u202f000–35\u202f000 par an"),
        (Pay(currency="CHF", least="35", most="35", unit="hour"), "de", "CHF 35 in der Stunde"),
        (Pay(currency="EUR", least="2500", most="2500", unit="month"), "it", "EUR 2.500 al mese"),
        (Pay(text="80'000 CHF, 13 mois"), "fr", "80'000 CHF, 13 mois"),
        (Pay(text="selon CCT"), "fr", "selon CCT"),
    ],
)
def test_pay_is_written_with_the_numbers_of_the_language(pay: Pay, lang: str, shown: str) -> None:
    assert pay_words(pay, words(lang)) == shown
