"""What a brief may not ask is found, what only looks alike is not, and the rewording is lawful."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assist.fairness.marked import briefs, score
from tests.table import every
from vanne.terms import LANGUAGES
from vanne_assist.fairness.protected import Attribute, protected_asks, reworded


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_ask_of_the_known_briefs_is_found_and_no_trap_is_one(lang: str) -> None:
    assert score(briefs(lang)).said == ()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_briefs_that_no_rule_was_made_for_are_read_as_well(lang: str) -> None:
    result = score(briefs(f"{lang}.held-out"))
    assert result.precision >= 0.95
    assert result.recall >= 0.90


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_rewording_asks_for_nothing_that_the_law_protects(lang: str) -> None:
    for case in briefs(lang) + briefs(f"{lang}.held-out"):
        assert protected_asks(reworded(case.text, protected_asks(case.text))) == (), case.text


def test_every_attribute_is_known_in_every_language() -> None:
    for lang in LANGUAGES:
        known = {attribute for case in briefs(lang) for attribute, _ in case.asks}
        assert known == {attribute.value for attribute in Attribute}


@every(
    ("brief", "lawful"),
    [
        ("Rust engineer, native Russian", "Rust engineer, speaks Russian, C1"),
        ("traductrice, langue maternelle anglaise", "traductrice, parle anglais, C1"),
        ("russischer Muttersprachler, Bern", "spricht Russisch, C1, Bern"),
        ("nur eine Verkäuferin, Bern", "Verkäuferin (m/w/d), Bern"),
        ("ingegnere, di madre lingua inglese", "ingegnere, parla inglese, C1"),
        ("white males, security", "security"),
        ("women only", ""),
        ("three Polish nurses", "three nurses, speaks Polish, C1"),
        ("Go developer, Bern", "Go developer, Bern"),
        ("young native German salesman", "salesman, speaks German, C1"),
        ("giovane venditrice, madrelingua tedesca", "venditrice, parla tedesco, C1"),
        (
            "infirmier, permis C ou suisse",
            "infirmier, avec le droit de travailler sur le lieu du poste",
        ),
        ("Koch, Schweizer oder Bewilligung C", "Koch, darf am Arbeitsort arbeiten"),
        ("bilingual French/German project manager", "bilingual French/German project manager"),
        ("consulente per giovani imprenditori", "consulente per giovani imprenditori"),
    ],
)
def test_the_lawful_wording_keeps_what_the_work_needs(brief: str, lawful: str) -> None:
    assert reworded(brief, protected_asks(brief)) == lawful


@every(
    ("asks", "lawful"),
    [
        ("nobody who is a wheelchair user", "wheelchair users are welcome"),
        ("engineer, not older than 45", "engineer, not older than 45 by law, so the Equality Act"),
        ("am liebsten keine Frau", "bei gleicher Eignung werden nach dem Gesetz Frauen bevorzugt"),
        ("un nom bien de chez nous", "un nom d'ici ou d'ailleurs, peu importe"),
        ("senza accento", "con o senza accento, non importa"),
        ("il faut une femme", "il faut, par la loi, une femme au refuge"),
    ],
)
def test_what_the_law_wants_and_what_leaves_it_open_is_no_ask(asks: str, lawful: str) -> None:
    assert protected_asks(asks)
    assert protected_asks(lawful) == ()


@every(
    "brief",
    [
        "Receptionist, women only, experience not required",
        "Keine Ausländer, Erfahrung egal",
        "Keine Ausländer, Herkunft egal",
        "Nur Männer (m/w/d)",
        "Accountant, no Muslims, remote welcome",
        "Wir suchen eine Pflegefachperson in Bern. Keine Männer, Erfahrung nicht nötig.",
        "Cherche vendeuse, pas d'Arabes, débutantes bienvenues",
        "niente stranieri, esperienza non richiesta",
        "women only, men welcome",
        "Only Swiss people, open to relocation",
        "solo uomini, libero subito",
        "keine Ausländer, gleich ab morgen",
        "keine Frauen, Reisen kein Thema",
        "Specialist inclusion, no men",
        "Jurist Arbeitsgesetz, keine Frauen",
        "Kunde hat Vorgaben: nur Männer",
        "HR, Kenntnisse OR Art. 336, keine Mütter",
        "Store manager for minors' clothing, no women",
        "Verkauf Alkohol nur Volljährige, keine Ausländer",
        "vendeur, jusqu'à 35 ans",
        "Koch, höchstens 35",
        "Controller, no gaps in your CV",
    ],
)
def test_no_word_beside_an_ask_makes_it_lawful(brief: str) -> None:
    assert protected_asks(brief)


@every(
    "brief",
    [
        "Pflegefachperson, Pensum 40 bis 60, Bern",
        "Arbeitspensum max. 60, Köchin",
        "Buchhalter, Pensum ab 50, Zug",
        "comptable, taux jusqu'à 50",
        "Radius max 50",
        "Salär ab 60, Bonus",
        "Data engineer, no gaps in test coverage",
        "file names local storage developer",
        "Designer, neutral accent colours",
        "average age of fleet 3 years",
        "Aktuar, Durchschnittsalter der Versicherten",
        "kein Raucherraum",
        "Project manager, no sick jokes",
        "Beratung, nicht nur Migranten",
        "ohne Pausen",
        "Muttersprache egal, Französisch verlangt",
        "UK passport not needed",
    ],
)
def test_words_of_a_trade_and_bare_numbers_are_no_ask(brief: str) -> None:
    assert protected_asks(brief) == ()


def test_every_attribute_says_its_law_in_six_places_and_what_to_ask_instead() -> None:
    for each in Attribute:
        assert [law[:2] for law in each.law.split(" · ")] == ["CH", "DE", "FR", "IT", "GB", "EU"]
        assert str(each.instead)


def test_a_span_is_right_after_letters_that_fold_to_more_than_one() -> None:
    brief = "Straße, ﬁnance ﬀ — PAS D’ÉTRANGERS, Genève"
    (ask,) = protected_asks(brief)
    assert brief[slice(*ask.span)] == ask.said == "PAS D’ÉTRANGERS"


def test_accents_case_and_composition_change_nothing() -> None:
    spelt = ["Célibataire, Genève", "celibataire, Geneve", "CÉLIBATAIRE", "Célibataire"]
    for text in [*spelt, unicodedata.normalize("NFD", "célibataire")]:
        assert [ask.attribute for ask in protected_asks(text)] == [Attribute.FAMILY], text


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_every_span_says_what_it_quotes(text: str) -> None:
    for ask in protected_asks(text):
        assert text[slice(*ask.span)] == ask.said


def test_a_long_brief_takes_no_more_than_its_length_asks_for() -> None:
    """A pattern that goes back and forth would take minutes for these."""
    started = time.process_time()
    for unit in ("young, ", "no ", "a" * 10, "between 25 and ", "egal, ", "by law "):
        protected_asks(unit * (10_000 // len(unit)))
    assert time.process_time() - started < 20


def test_a_brief_of_nothing_but_asks_takes_time_as_its_length() -> None:
    def spent(count: int) -> float:
        started = time.process_time()
        assert len(protected_asks("no men, " * count)) == count
        return time.process_time() - started

    assert spent(6000) < 20 * min(spent(600), spent(600))
