"""A wording is offered that is lawful and still looks for work, or none is."""

import pytest

from tests.assist.fairness.marked import briefs
from tests.table import every
from vanne.terms import LANGUAGES
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.protected import names_a_sex, protected_asks
from vanne_assist.fairness.wording import offered


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_offered_is_judged_as_a_brief_is(lang: str) -> None:
    wordings = [offered(case.text) for case in briefs(lang) + briefs(f"{lang}.held-out")]
    lawful = [wording for wording in wordings if wording is not None]
    assert len(lawful) > 40
    for wording in lawful:
        assert not (protected_asks(wording) or doubts(wording) or names_a_sex(wording)), wording


@every(
    ("brief", "wording"),
    [
        ("jeune femme de moins de 30 ans, sans enfants", None),
        ("Junge Frau unter 30, ledig", None),
        ("young woman under 30, no kids", None),
        ("Cerchiamo una giovane ragazza sotto i 30 anni, senza figli", None),
        ("giovane donna di bella presenza per reception", None),
        ("une femme suisse pour notre boutique", None),
        ("women only", None),
        ("chrétien", None),
        ("moins de trente ans, sportif, chrétien", "sportif"),
        ("Krankenpfleger, Christ", "Krankenpfleger"),
        ("nurse, muslim", "nurse"),
        ("infermiere, cattolico", "infermiere"),
        ("jeune femme sans enfants, disponible pour les déplacements", None),
        ("Junge Frau, ledig, kann reisen", None),
        ("Kellnerin, attraktiv, 20-25, in Luzern", None),
        ("waiter, no kids, 20 – 25", None),
        ("giovane cameriera, 20-25", None),
        ("female receptionist, 25", None),
        ("female receptionist 25 to 30", None),
        ("réceptionniste, femme, 25 à 30", None),
        ("Rezeptionistin, ledig, 25 bis 30", None),
        ("commessa, nubile, 25/30", None),
        ("female receptionist, 25 hours", "receptionist, 25 hours"),
        ("receptionist, female, mid-twenties", "receptionist"),
        ("nurse, Swiss, no mothers", None),
        ("Nurse, German, no one over 50", None),
        ("cuisinier français de souche", "cuisinier, parle français, C1"),
        ("Nurse in Bern", None),
        ("Nous cherchons une jeune vendeuse dynamique", "Nous cherchons une vendeuse dynamique"),
        ("une jeune vendeuse de moins de 30 ans à Nyon", "une vendeuse à Nyon"),
        ("on veut un homme pour l'atelier, soudeur TIG", "soudeur TIG"),
        ("a young engineer for our team", "a motivated engineer for our team"),
        ("Nurse, no one over 50", "Nurse"),
        ("cuisinier de nationalité suisse à Nyon",
         "cuisinier à Nyon, avec le droit de travailler sur le lieu du poste"),
        ("Wir suchen eine junge Verkäuferin in Thun", "Wir suchen eine Verkäuferin in Thun"),
        ("una giovane infermiera a Lugano", "un'infermiera a Lugano"),
    ],
)  # fmt: skip
def test_a_wording_is_a_phrase_that_names_the_work(brief: str, wording: str | None) -> None:
    assert offered(brief) == wording
