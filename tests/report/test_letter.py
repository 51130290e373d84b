"""The letter: the law of the country, the address of the network, nothing that nobody gave."""

import re
from datetime import date

import pytest

from tests.report.test_guide import PLATFORMS
from tests.table import every
from vanne.errors import InputError
from vanne.report.guide import load_guide
from vanne.report.letter import (
    NO_LAW,
    checked_country,
    controller_of,
    countries,
    law_of,
    laws,
    letter_of,
)
from vanne.terms import GROUPS
from vanne.words import LANGUAGES, words

CITED = {
    "FR": ("21", "18", "17", "19", "12", "77"),
    "CH": ("30", "31", "49", "32"),
    "GB": ("21", "18", "17", "19", "164A", "165"),
    "CA": ("4.3.8", "4.2.4", "4.5", "11"),
    "CA-QC": ("8", "P-39.1", "12", "81"),
    "HK": ("486", "2(3)", "26", "37"),
    "BR": ("18", "13", "10", "8"),
}
"""What each letter cites, by a country in which it holds."""


def letter(network: str, region: str | None, lang: str = "en") -> str:
    return letter_of(load_guide(network), region, words(lang)).text


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+(?:\.\d+)*[A-Z]?", text.replace("13,709", "13.709")))


@every("lang", LANGUAGES)
@every("region", CITED)
def test_a_letter_cites_the_same_law_in_each_language(region: str, lang: str) -> None:
    law = law_of(region)
    for number in CITED[region]:
        assert number in law.body[lang], number
    assert numbers(law.body[lang]) == numbers(law.body["en"])


def test_the_letter_of_brazil_stands_in_portuguese_first() -> None:
    law, text = law_of("BR"), letter("linkedin", "BR", "fr")
    assert set(numbers(law.local)) == set(numbers(law.body["en"]))
    assert text.startswith("[nome completo]") and "{" not in text
    assert text.index("oponho-me") < text.index("je m'oppose")


@pytest.mark.parametrize("key", laws())
def test_a_law_says_everything_in_four_languages_with_its_sources(key: str) -> None:
    law = laws()[key]
    assert set(law.name) == set(LANGUAGES)
    for texts in (law.subject, law.body, law.after, law.note):
        assert set(texts) == set(LANGUAGES)
        assert len(set(texts.values())) == len(LANGUAGES)
    assert all("{network}" in text for text in law.body.values())
    assert bool(law.sources) == (key != NO_LAW)
    for source in law.sources:
        assert source.where.startswith("https://") and source.date <= date(2026, 11, 29)


def test_the_laws_share_no_country_and_hold_in_all_of_the_economic_area() -> None:
    every = [region for law in laws().values() for region in law.regions]
    assert len(every) == len(set(every))
    assert GROUPS["EEA"] < countries()
    assert {law_of(region).key for region in GROUPS["EEA"]} == {"gdpr"}


@pytest.mark.parametrize("region", [None, "JP", "US", "NC"])
def test_a_country_whose_law_was_not_read_gets_a_letter_that_cites_none(
    region: str | None,
) -> None:
    assert law_of(region).key == NO_LAW
    for lang in LANGUAGES:
        assert not re.search(r"(?i)\bart|section|§", letter("linkedin", region, lang))


@every("network", PLATFORMS)
@every("region", ["FR", "CH", "GB", "CA", "CA-QC", "HK", "BR", "JP"])
def test_a_letter_holds_blanks_for_what_only_its_sender_knows(network: str, region: str) -> None:
    text = letter(network, region)
    for blank in ("[first name and family name]", "[postal address]", "[place], [date]"):
        assert blank in text
    assert "{" not in text and load_guide(network).name in text


def test_a_letter_goes_to_the_company_that_answers_in_the_country() -> None:
    assert "LinkedIn Ireland Unlimited Company" in letter("linkedin", "CH")
    assert "1000 W Maude Avenue" in letter("linkedin", "GB")
    assert "Meta Platforms Ireland Limited" in letter("instagram", "DE")
    assert "X Internet Unlimited Company" in letter("x", "GB")
    assert "Kaleidoscope" in letter("tiktok", "GB")


def test_what_is_not_known_is_said() -> None:
    unknown = letter_of(load_guide("tiktok"), "BR", words("en"))
    assert unknown.controller is None and "[postal address: not known]" in unknown.text
    assert "Who answers at TikTok for your country was not read." in unknown.remarks
    by_mail = letter_of(load_guide("reddit"), "FR", words("en"))
    assert by_mail.controller and by_mail.controller.email and not by_mail.controller.address
    assert "[postal address: not known]" in by_mail.text


def test_quebec_has_the_address_that_canada_has() -> None:
    guide = load_guide("linkedin")
    assert controller_of(guide, "CA-QC") == controller_of(guide, "CA")
    assert checked_country("ca-qc") == "CA-QC"
    with pytest.raises(InputError, match="no region has the code `XX`"):
        checked_country("XX")


@pytest.mark.parametrize("key", laws())
def test_french_and_swiss_typography(key: str) -> None:
    law = laws()[key]
    for texts in (law.subject, law.body, law.after, law.note):
        assert not re.search(r"[^\u00a0][:;?!»]|«[^\u00a0]", texts["fr"]), texts["fr"]
        assert "ß" not in texts["de"]
