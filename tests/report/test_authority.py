"""The authority of each region, and whom to write to at the network."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.table import every
from vanne.config import Home
from vanne.errors import ConfigError
from vanne.report.contacts import NOTES, Contact, authorities, authority_of, contact_of
from vanne.report.letter import QUEBEC, countries
from vanne.terms import GROUPS, REGIONS
from vanne.words import LANGUAGES


@every("region", sorted(GROUPS["EEA"] | {"CH", "GB", "CA", "HK"}))
def test_every_region_that_a_policy_of_ours_names_has_its_authority(region: str) -> None:
    authority = authority_of(region)
    assert authority is not None
    assert authority.names and authority.as_of <= date(2026, 11, 26)
    assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]{2,}", authority.web)


def test_every_entry_is_for_a_region_and_complete() -> None:
    found = authorities()
    assert found.keys() <= REGIONS | {QUEBEC}
    assert all(entry is not None for entry in found.values())
    websites = [authority.web for region, authority in found.items()]
    shared = {web for web in websites if websites.count(web) > 1}
    assert shared == {"https://www.cnil.fr", "https://tietosuoja.fi"}


@every("region", sorted(countries()))
def test_each_country_with_a_letter_has_the_authority_to_complain_to(region: str) -> None:
    authority = authority_of(region)
    assert authority is not None
    assert authority.complaint is None or authority.complaint.startswith("https://")
    assert all(line == line.strip() for line in authority.address)


def test_an_authority_that_has_moved_has_no_old_address() -> None:
    for region in ("GB", "IE"):
        authority = authority_of(region)
        assert authority is not None and authority.note == NOTES["moved"]
        assert authority.address == ()


def test_switzerland_and_belgium_and_luxembourg_are_named_in_each_of_their_languages() -> None:
    for region, langs in {"CH": "de fr it en", "BE": "nl fr de", "LU": "fr de"}.items():
        authority = authority_of(region)
        assert authority is not None and set(langs.split()) <= authority.names.keys()


def test_a_reader_without_an_official_name_reads_its_own_and_the_english_one() -> None:
    authority = authority_of("FI")
    assert authority is not None
    assert [lang for lang, _ in authority.named("fr")] == ["fi", "en"]
    assert [lang for lang, _ in authority.named("en")] == ["en"]


def test_territories_are_led_to_the_authority_that_supervises_them() -> None:
    assert authority_of("RE") == authority_of("FR")
    assert authority_of("AX") == authority_of("FI")


def test_nobody_is_sent_to_the_authority_of_another_country() -> None:
    assert authority_of("CN") is None
    assert authority_of(None) is None
    assert authority_of("same") is None and authority_of("as_of") is None


def test_germany_says_that_the_land_is_competent() -> None:
    authority = authority_of("DE")
    assert authority is not None and authority.note == NOTES["laender"]
    assert len(LANGUAGES) == 4


# Whom to write to


def test_without_a_file_no_contact_is_given(tmp_path: Path) -> None:
    assert contact_of(Home(tmp_path)) is None


def test_a_contact_is_what_the_file_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.contact.write_text(
        'name = "Ada"\nemail = "dpo@example.org"\nweb = "https://example.org"\n'
    )
    assert contact_of(home) == Contact("Ada", "dpo@example.org", "https://example.org")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('mail = "dpo@example.org"', "unknown key `mail`"),
        ("name = 3", "`name` is not a text"),
        ('web = "javascript:alert(1)"', "`web` is no https address"),
        ("name", "not valid TOML"),
        ("email = ''", "`email` is empty"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key(
    tmp_path: Path, text: str, message: str
) -> None:
    home = Home(tmp_path)
    home.contact.write_text(text)
    with pytest.raises(ConfigError, match=message):
        contact_of(home)
