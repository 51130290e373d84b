"""What the items of a member say of them, in four languages, as sentences and as lines."""

from datetime import UTC, datetime

import pytest

from vanne.demo.network import make_network
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.places import place

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def passage(category: str, text: str, lang: str | None = None, item_id: str = "i1") -> Passage:
    return Passage(item_id, category, text, lang)


def said(facts: tuple[Fact, ...], kind: Kind) -> list[str]:
    return list(dict.fromkeys(fact.value for fact in facts if fact.kind is kind))


def where(facts: tuple[Fact, ...]) -> list[str]:
    found = (place(value) for value in said(facts, Kind.PLACE))
    return [each.name for each in found if each]


def years(facts: tuple[Fact, ...], value: str = "experience") -> float | None:
    return next((f.number for f in facts if f.kind is Kind.YEARS and f.value == value), None)


@pytest.mark.parametrize(
    ("lang", "text", "title", "town", "since", "until"),
    [
        (
            "en",
            "Since 2012, watchmaker at Ostra Works, Tai Po. I restored clocks.",
            "watchmaker",
            "Tai Po",
            2012,
            None,
        ),
        (
            "fr",
            "De 2005 à 2018, électricienne chez Solva, Lille. J’ai surveillé.",
            "électricien",
            "Lille",
            2005,
            2018,
        ),
        (
            "de",
            "Von 1995 bis 2010 Marketingleiter im Kaufhaus Tarvu, Graz. Ich habe.",
            "marketingleiter",
            "Graz",
            1995,
            2010,
        ),
        (
            "it",
            "Contabile alla Banca Torru (Lugano), dal 2008. I miei compiti: scrivere.",
            "contabile",
            "Lugano",
            2008,
            None,
        ),
        (
            "de",
            "Köchin in Ausbildung im Hotel Kalmis (Chur), von 2019 bis 2021. Ich koche.",
            "koch",
            "Chur",
            2019,
            2021,
        ),
        (
            None,
            "Registered nurse\nSt Mary's\nLeeds, England\nMar 2015\nJun 2019\nNight shifts.",
            "registered nurse",
            "Leeds",
            2015,
            2019,
        ),
    ],
)
def test_position_says_title_place_and_years(
    lang: str | None, text: str, title: str, town: str, since: int, until: int | None
) -> None:
    facts = facts_of([passage("position", text, lang)], AS_OF)
    found = next(fact for fact in facts if fact.kind is Kind.TITLE)
    assert (found.value, found.since, found.until) == (title, since, until)
    assert where(facts) == [town]


def test_years_that_overlap_count_once() -> None:
    one = passage("position", "From 2010 to 2016, cook at A, Leeds.", "en", "i1")
    other = passage("position", "From 2014 to 2018, cook at B, Leeds.", "en", "i2")
    assert years(facts_of([one, other], AS_OF)) == 8


def test_months_count_where_they_are_said() -> None:
    text = "Analyst\nACME\nZug\nApr 2020\nOct 2021"
    assert years(facts_of([passage("position", text)], AS_OF)) == 1.5


def test_what_no_item_says_stays_unknown() -> None:
    facts = facts_of([passage("position", "Teacher at Quenbo School, York.", "en")], AS_OF)
    assert years(facts) is None
    assert said(facts, Kind.LANGUAGE) == []


def test_time_in_the_present_job_is_told_apart() -> None:
    first = passage("position", "From 2010 to 2020, lawyer at A, Bern.", "en", "i1")
    now = passage("position", "Since 2020, lawyer at B, Bern.", "en", "i2")
    facts = facts_of([first, now], AS_OF)
    assert (years(facts), years(facts, "tenure")) == (16.8, 6.8)


def test_years_in_words_count_only_if_no_position_has_a_date() -> None:
    about = passage("profile", "Jo Ray\nCook\n\nAfter 12 years in the trade, I still cook.", "en")
    assert years(facts_of([about], AS_OF)) == 12
    dated = passage("position", "Since 2016, cook at A, Bern.", "en", "i2")
    assert years(facts_of([about, dated], AS_OF)) == 10.8


def test_skills_are_compared_across_languages() -> None:
    french = facts_of([passage("skill", "Compétences : bases de données, soudure.", "fr")], AS_OF)
    german = facts_of([passage("skill", "Datenbanken und Schweissen.", "de")], AS_OF)
    assert said(french, Kind.SKILL) == said(german, Kind.SKILL) == ["databases", "welding"]


def test_skill_that_is_in_no_lexicon_is_kept_as_it_is_written() -> None:
    facts = facts_of([passage("skill", "Gute Laborpraxis", "de")], AS_OF)
    assert said(facts, Kind.SKILL) == ["gute laborpraxis"]


@pytest.mark.parametrize(
    ("text", "employer"),
    [
        ("Since 2012, watchmaker at the Ostra Works, Tai Po.", ["ostra works"]),
        ("Ingénieure civile chez Solvignane SA (Dijon), depuis 2018.", ["solvignane"]),
        ("Seit 2010 Koch bei Riegemoos GmbH, Linz.", ["riegemoos"]),
        ("Dal 2003, orologiaio presso Brandaschi S.p.A., Perugia.", ["brandaschi"]),
        ("Rust engineer\nWagonnet SA\nLausanne\nJan 2015 - Present", ["wagonnet"]),
        ("Nurse\n2015 - 2020", []),
        ("Cook at night", []),
        ("Nurse at Bern", []),
    ],
)
def test_a_position_names_its_employer_without_the_legal_form(
    text: str, employer: list[str]
) -> None:
    assert said(facts_of([passage("position", text)], AS_OF), Kind.COMPANY) == employer


@pytest.mark.parametrize("category", ["profile", "cv"])
@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Ich spreche Deutsch und etwas Englisch.", {"de": None, "en": "a2"}),
        ("Je parle allemand et anglais (B2).", {"de": None, "en": "b2"}),
        ("Parlo tedesco, francese e inglese.", {"de": None, "fr": None, "en": None}),
        ("I speak German and some Italian.", {"de": None, "it": "a2"}),
        ("Ich spreche fliessend Deutsch, Englisch und Italienisch.",
         {"de": "c1", "en": None, "it": None}),
        ("Je m'exprime en allemand.", {"de": None}),
        ("Conosco bene l'inglese.", {"en": None}),
        ("I teach German.", {}),
        ("Je ne parle pas allemand.", {}),
        ("Ich spreche kein Französisch.", {}),
        ("I don't speak German.", {}),
    ],
)  # fmt: skip
def test_a_sentence_says_which_languages_somebody_speaks_and_which_not(
    category: str, text: str, spoken: dict[str, str | None]
) -> None:
    facts = facts_of([passage(category, f"Nurse\n{text}" if category == "cv" else text)], AS_OF)
    assert {f.value: f.level for f in facts if f.kind is Kind.LANGUAGE} == spoken


def test_languages_of_an_archive_have_levels() -> None:
    facts = facts_of([passage("profile", "French\nNative or bilingual proficiency")], AS_OF)
    assert [(f.value, f.level) for f in facts] == [("fr", "native")]


def test_cv_is_read_line_by_line() -> None:
    text = (
        "Lauretta Carli\nSviluppatrice, Trieste\nx@example.org\n\nEsperienza\n"
        "Dal 1995: sviluppatrice, Sarna Software, Trieste. Ho scritto.\n\nFormazione\n"
        "1991–1995: Laurea in informatica, Scuola\n\nCompetenze: Python, revisione del codice\n"
        "Lingue: italiano, inglese C1\nOrario desiderato: 70%"
    )
    facts = facts_of([passage("cv", text, "it")], AS_OF)
    assert said(facts, Kind.TITLE) == ["sviluppatore"]
    assert said(facts, Kind.SKILL) == ["python", "code-review"]
    assert [(f.value, f.level) for f in facts if f.kind is Kind.LANGUAGE] == [
        ("it", None),
        ("en", "c1"),
    ]
    assert said(facts, Kind.EDUCATION) == ["degree", "field:informatics"]
    assert years(facts) == 31.8


def test_words_in_capitals_are_no_places() -> None:
    text = "Reading support teacher at Bath House School, York, since 2019. Nice children."
    assert where(facts_of([passage("position", text, "en")], AS_OF)) == ["York"]


def test_every_fact_quotes_its_item() -> None:
    items = [item for item in make_network(3, 60, AS_OF).items if item.text]
    passages = [Passage(i.item_id, i.category, i.text or "", i.lang) for i in items]
    texts = {each.item_id: each.text for each in passages}
    facts = facts_of(passages, AS_OF)
    assert len(facts) > 300
    assert all(texts[f.item_id][f.span[0] : f.span[1]].strip() for f in facts)
    assert all(0 <= f.span[0] < f.span[1] <= len(texts[f.item_id]) for f in facts)


def test_demo_members_have_title_and_years_of_their_positions() -> None:
    network = make_network(4, 80, AS_OF)
    for member in network.members:
        positions = [
            i for i in network.items if i.owner == member.member_id and i.category == "position"
        ]
        passages = [Passage(i.item_id, i.category, i.text or "", i.lang) for i in positions]
        facts = facts_of(passages, AS_OF)
        assert {f.item_id for f in facts if f.kind is Kind.TITLE} == {p.item_id for p in passages}
        assert years(facts) is not None


@pytest.mark.parametrize(
    ("text", "title", "degree"),
    [
        ("Cuisinier\nChef de partie à Nyon, CFC de cuisinier.", "cuisinier", "apprenticeship"),
        ("Data scientist\nPython. PhD at EPFL.", "data scientist", "phd"),
        ("Thomas Cook\nLawyer in Bern, bachelor of law", "lawyer", "bachelor"),
    ],
)  # fmt: skip
def test_profile_says_title_and_degree_with_a_name_before_it_or_without(
    text: str, title: str, degree: str
) -> None:
    facts = facts_of([Passage("one", "profile", text, None)], AS_OF)
    assert [fact.value for fact in facts if fact.kind is Kind.TITLE] == [title]
    assert degree in [fact.value for fact in facts if fact.kind is Kind.EDUCATION]
