"""Whether somebody meets a criterion: what is said decides, and silence is no answer."""

from datetime import UTC, datetime

from tests.assist.passages import passage
from tests.table import every
from vanne_assist.brief.criteria import Criterion, Judgement, Kind, Profile, State
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import judge
from vanne_assist.brief.parse import read_brief

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
ITEMS = (
    passage("p1", "position", title="Cook", employer="Hotel Quenba", place="Bern", start="2010", end="2018", description="I cooked."),
    passage("p2", "position", title="Developer", employer="Tarvu Software", place="Lausanne", start="2018", description="I coded."),
    passage("s1", "skill", name="Rust"),
    passage("s2", "skill", name="Databases"),
    passage("l1", "profile", name="French", level="Limited working proficiency"),
    passage("e1", "education", school="Quenbo College", degree="BA", field="Computer Science", start="2006", end="2010"),
)  # fmt: skip
PROFILE = Profile("m1", ITEMS, facts_of(ITEMS, AS_OF))
NOBODY = Profile("m2", (), ())


def asked(text: str, kind: Kind) -> Criterion:
    if kind is Kind.WORDS:
        return Criterion(kind, text, text)
    return next(each for each in read_brief(text).criteria if each.kind is kind)


def judged(text: str, kind: Kind, profile: Profile = PROFILE) -> Judgement:
    return judge(asked(text, kind), profile)


@every(
    ("text", "kind", "state"),
    [
        ("developer", Kind.TITLE, "met"),
        ("Softwareentwicklerin", Kind.TITLE, "partly"),
        ("nurse", Kind.TITLE, "not-met"),
        ("formerly cook", Kind.TITLE, "met"),
        ("formerly developer, Bern", Kind.TITLE, "not-met"),
        ("Rust developer", Kind.SKILL, "met"),
        ("bases de données", Kind.SKILL, "met"),
        ("Kubernetes", Kind.SKILL, "unknown"),
        ("near Lausanne", Kind.PLACE, "met"),
        ("within 20 km of Geneva", Kind.PLACE, "not-met"),
        ("within 30 km of Geneva", Kind.PLACE, "partly"),
        ("in Bern", Kind.PLACE, "not-met"),
        ("Suisse romande", Kind.PLACE, "met"),
        ("10+ years", Kind.YEARS, "met"),
        ("20+ years", Kind.YEARS, "partly"),
        ("at most 5 years", Kind.YEARS, "not-met"),
        ("speaks French", Kind.LANGUAGE, "met"),
        ("French C1", Kind.LANGUAGE, "partly"),
        ("German", Kind.LANGUAGE, "unknown"),
        ("bachelor", Kind.EDUCATION, "met"),
        ("PhD", Kind.EDUCATION, "not-met"),
        ("no Rust please, developer", Kind.SKILL, "not-met"),
        ("developer, no Kubernetes", Kind.SKILL, "unknown"),
        ("i coded", Kind.WORDS, "met"),
        ("i sang", Kind.WORDS, "unknown"),
    ],
)
def test_criterion_is_judged(text: str, kind: Kind, state: State) -> None:
    assert judged(text, kind).state == state


@every("kind", [k for k in Kind if k is not Kind.WORDS])
def test_who_says_nothing_is_unknown_in_everything(kind: Kind) -> None:
    value = {Kind.PLACE: "2661552", Kind.SENIORITY: "senior", Kind.YEARS: "experience"}.get(
        kind, "x"
    )
    for force in ("must", "nice", "not"):
        assert judge(Criterion(kind, value, "x", force), NOBODY).state == "unknown"


def test_evidence_quotes_an_item_that_may_be_shown() -> None:
    texts = {each.item_id: each.text for each in ITEMS}
    fact = judged("Rust", Kind.SKILL).evidence[0]
    assert texts[fact.item_id][slice(*fact.span)] == "Rust"


def test_what_is_missing_is_told_in_years_and_kilometres() -> None:
    assert judged("20+ years", Kind.YEARS).short == 3.2
    far = judged("within 20 km of Geneva", Kind.PLACE).short
    assert far is not None and 25 < far < 35
    assert judged("near Lausanne", Kind.PLACE).short is None
