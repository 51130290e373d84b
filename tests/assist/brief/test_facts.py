"""What the items of a member say of them: fields as they are, and prose where there is nothing else."""

from datetime import UTC, datetime

import pytest

from tests.assist.passages import passage, prose
from tests.table import every
from vanne.demo.network import make_network
from vanne.fields import as_json
from vanne.places import place_of
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.facts import facts_of

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def facts(*passages: Passage) -> tuple[Fact, ...]:
    return facts_of(passages, AS_OF)


def values(found: tuple[Fact, ...], kind: Kind) -> list[str]:
    return list(dict.fromkeys(fact.value for fact in found if fact.kind is kind))


def towns(found: tuple[Fact, ...]) -> list[str]:
    known = (place_of(value) for value in values(found, Kind.PLACE))
    return [each.name for each in known if each]


def years(found: tuple[Fact, ...], value: str = "experience") -> float | None:
    return next((f.number for f in found if f.kind is Kind.YEARS and f.value == value), None)


def quoted(of: Passage, kind: Kind) -> list[str]:
    return [of.text[slice(*fact.span)] for fact in facts(of) if fact.kind is kind]


EMPLOYERS = (
    "adidas", "trivago", "Meta", "bol.com", "thyssenkrupp", "3M", "EPFL", "Kanton Zürich", "ETH Zürich",
    "Hôpital du Valais – Spital Wallis", "L'Oréal", "Nestlé S.A.", "Uni of Bath", "at&t", "Ernst & Young",
    "Bern", "Lausanne Palace, Hotel & Spa", "Procter & Gamble (P&G)", "1&1", "Migros Bank AG",
)  # fmt: skip
TITLES = (
    "Head of Marketing, EMEA", "Leiter/in Pflege", "Chef·fe de projet (80–100 %)", "VP Engineering & Data",
    "Infirmière en soins intensifs", "3D artist", "Kaufmann EFZ in Ausbildung", "Rust engineer at heart",
    "Avocate | Partner", "Software Engineer II",
)  # fmt: skip


@every("employer", EMPLOYERS)
@every("title", TITLES)
def test_a_position_has_the_whole_title_the_whole_employer_and_its_years(
    title: str, employer: str
) -> None:
    of = passage(
        "p", "position", title=title, employer=employer, place="Lausanne", start="2015-03",
        end="2019", description="I coded at Rail Cargo, Vienna, since 2001.",
    )  # fmt: skip
    assert quoted(of, Kind.TITLE) == [title]
    assert employer in quoted(of, Kind.COMPANY)
    found = next(fact for fact in facts(of) if fact.kind is Kind.TITLE)
    assert (found.since, found.until) == (2015, 2019)
    assert towns(facts(of)) == ["Lausanne"]


@every(
    ("written", "town"),
    [
        ("Lausanne", "Lausanne"),
        ("Lausanne, Vaud, Switzerland", "Lausanne"),
        ("Zürich und Umgebung", "Zürich"),
        ("Genève et périphérie", "Geneva"),
        ("Greater Milan Metropolitan Area", "Milan"),
        ("Nice, Provence-Alpes-Côte d'Azur, France", "Nice"),
        ("Freiburg, Baden-Württemberg, Deutschland", "Freiburg"),
        ("Paris (hybride)", "Paris"),
        ("bern", "Bern"),
    ],
)
def test_the_place_of_a_position_is_its_nearest_part(written: str, town: str) -> None:
    assert towns(facts(passage("p", "position", title="Nurse", place=written))) == [town]


def test_a_country_alone_is_a_place_and_what_nobody_knows_is_none() -> None:
    abroad = facts(passage("p", "position", title="Nurse", place="Switzerland"))
    assert values(abroad, Kind.PLACE) == ["CH"]
    assert values(facts(passage("p", "position", title="Nurse", place="Remote")), Kind.PLACE) == []


def test_an_employer_is_compared_without_its_legal_form() -> None:
    of = passage("p", "position", title="Cook", employer="Wagonnet SA")
    assert values(facts(of), Kind.COMPANY) == ["wagonnet"]


def test_years_that_overlap_count_once() -> None:
    one = passage("a", "position", title="Cook", start="2010", end="2016")
    other = passage("b", "position", title="Cook", start="2014", end="2018")
    assert years(facts(one, other)) == 8


def test_months_count_where_they_are_known() -> None:
    assert years(facts(passage("a", "position", start="2020-04", end="2021-10-31"))) == 1.5


def test_one_year_without_a_month_counts_as_half_of_it() -> None:
    assert years(facts(passage("a", "position", start="2020", end="2020"))) == 0.5


def test_a_text_tells_since_when_if_no_position_has_a_date() -> None:
    since = prose("profile", "Ana\nInfirmière depuis 2014. À Berne depuis 1990.")
    assert years(facts(since)) == round(2026 + 10 / 12 - 2014, 1)
    assert quoted(since, Kind.YEARS) == ["depuis 2014"]
    assert years(facts(prose("profile", "Ana\nÀ Berne depuis 1990."))) is None


def test_what_no_item_says_stays_unknown() -> None:
    found = facts(passage("a", "position", title="Teacher", employer="Quenbo School"))
    assert years(found) is None
    assert values(found, Kind.LANGUAGE) == []


def test_time_in_the_present_job_is_told_apart() -> None:
    first = passage("a", "position", title="Lawyer", start="2010", end="2020")
    now = passage("b", "position", title="Lawyer", start="2020")
    assert (years(facts(first, now)), years(facts(first, now), "tenure")) == (16.8, 6.8)


def test_skills_are_compared_across_languages_and_kept_as_written_if_unknown() -> None:
    names = ("bases de données", "Datenbanken", "Gute Laborpraxis")
    found = facts(*(passage(f"s{at}", "skill", name=name) for at, name in enumerate(names)))
    assert values(found, Kind.SKILL) == ["databases", "gute laborpraxis"]


@pytest.mark.parametrize(
    ("name", "level", "said"),
    [
        ("French", "Native or bilingual proficiency", ("fr", "native")),
        ("Deutsch", "C1", ("de", "c1")),
        ("italien", "", ("it", None)),
    ],
)
def test_a_language_is_an_item_with_a_level(
    name: str, level: str, said: tuple[str, str | None]
) -> None:
    of = passage("l", "profile", **{"name": name} | ({"level": level} if level else {}))
    assert [(fact.value, fact.level) for fact in facts(of)] == [said]


def test_the_name_of_a_person_is_no_title_and_no_place() -> None:
    of = passage("p", "profile", given_name="Thomas", family_name="Cook", headline="Lawyer in Bern")
    assert (quoted(of, Kind.TITLE), quoted(of, Kind.PLACE)) == (["Lawyer"], [])
    other = passage("p", "profile", given_name="Paris", family_name="Koch", place="Nyon")
    assert (quoted(other, Kind.TITLE), quoted(other, Kind.PLACE)) == ([], ["Nyon"])


def test_an_education_says_a_degree_a_field_and_when_it_ended() -> None:
    of = passage("e", "education", school="EPFL", degree="Master", field="Informatique", end="2010")
    found = [fact for fact in facts(of) if fact.kind is Kind.EDUCATION]
    assert {fact.value for fact in found} >= {"master", "field:informatics"}
    assert {fact.number for fact in found} == {2010.0}


def test_a_cv_is_read_by_its_lists_and_its_head() -> None:
    text = (
        "Lauretta Carli\nSviluppatrice, Trieste\nx@example.org\n\nEsperienza\n"
        "Dal 1995: sviluppatrice, Sarna Software, Trieste. Ho scritto.\n\nFormazione\n"
        "1991–1995: Laurea in informatica, Scuola\n\nCompetenze: Python, revisione del codice\n"
        "Lingue: italiano, inglese C1\nOrario desiderato: 70%"
    )
    found = facts(prose("cv", text, "it"))
    assert values(found, Kind.TITLE) == ["sviluppatore"]
    assert values(found, Kind.SKILL) == ["python", "code-review"]
    spoken = [(f.value, f.level) for f in found if f.kind is Kind.LANGUAGE]
    assert spoken == [("it", None), ("en", "c1")]
    assert values(found, Kind.EDUCATION) == ["degree"]
    assert towns(found) == ["Trieste"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Nurse in Lausanne since 2015. I helped lawyers.", "nurse"),
        ("Krankenpflegerin in Bern", "krankenpfleger"),
        ("Infirmier à Genève", "infirmier"),
    ],
)
def test_a_position_that_has_only_a_text_says_a_title_of_the_lexicon(text: str, title: str) -> None:
    assert values(facts(prose("position", text)), Kind.TITLE) == [title]


def test_lines_of_a_text_of_its_own_that_no_field_says_follow_the_fields() -> None:
    row = {"item_id": "p", "category": "position", "lang": "en", "text": "Cook\n\nI know Rust."}
    of = Passage.of(row | {"fields": as_json({"title": "Cook"})})
    assert of.text == "Cook\nI know Rust."
    assert values(facts(of), Kind.SKILL) == ["rust"]


def test_every_fact_quotes_its_item() -> None:
    items = [item for item in make_network(3, 60, AS_OF).items if item.text]
    passages = [
        Passage.of({"item_id": i.item_id, "category": i.category, "text": i.text, "lang": i.lang,
                    "fields": as_json(i.fields)})
        for i in items
    ]  # fmt: skip
    texts = {each.item_id: each.text for each in passages}
    found = facts_of(passages, AS_OF)
    assert len(found) > 300
    assert all(0 <= f.span[0] < f.span[1] <= len(texts[f.item_id]) for f in found)
    assert all(texts[f.item_id][slice(*f.span)].strip() for f in found)
