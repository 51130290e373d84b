"""The filters of a search and the judgement that is shown with evidence agree on everybody."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vanne_assist.brief.criteria import Criterion, Fact, Kind, Profile
from vanne_assist.brief.judge import STATES, judge
from vanne_assist.search.fact_table import FactTable, joined, packed, unpacked

PLACES = ("2659994", "2660646", "2661552", "2657896", "999", "IT")
VALUES = {
    Kind.SKILL: ("rust", "python"),
    Kind.INDUSTRY: ("health", "finance"),
    Kind.COMPANY: ("startup", "sme"),
    Kind.CAREER: ("founded",),
    Kind.LANGUAGE: ("fr", "de"),
    Kind.PLACE: PLACES,
    Kind.YEARS: ("experience", "tenure"),
    Kind.SENIORITY: ("junior", "senior", "lead"),
    Kind.EDUCATION: ("bachelor", "master", "phd", "law"),
}
LEVELS = (None, "a2", "b2", "c1", "native")
kinds = st.sampled_from(list(VALUES))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    kind = draw(kinds)
    return Fact(
        kind,
        draw(st.sampled_from(VALUES[kind])),
        "i",
        (0, 1),
        number=draw(st.sampled_from((None, 0.5, 3.0, 4.1, 5.0, 12.0))),
        since=draw(st.sampled_from((None, 2010))),
        until=draw(st.sampled_from((None, 2020))),
        level=draw(st.sampled_from(LEVELS)),
    )


@st.composite
def criteria(draw: st.DrawFn) -> Criterion:
    kind = draw(kinds)
    bound = st.sampled_from((None, 2.0, 5.0, 10.0))
    is_years = kind is Kind.YEARS
    return Criterion(
        kind,
        draw(st.sampled_from(VALUES[kind])),
        "said",
        least=draw(bound) if is_years else None,
        most=draw(bound) if is_years else None,
        within_km=draw(st.sampled_from((None, 30.0, 60.0))),
        level=draw(st.sampled_from(LEVELS)) if kind is Kind.LANGUAGE else None,
        is_past=draw(st.sampled_from((None, True, False))),
    )


@given(st.lists(st.lists(facts(), max_size=5), min_size=1, max_size=4), criteria())
@settings(max_examples=20, deadline=None)
def test_a_filter_says_of_everybody_what_the_judgement_says(
    people: list[list[Fact]], asked: Criterion
) -> None:
    table = FactTable()
    table.add([packed(of, ["i"]) for of in people], [joined(f.value for f in of) for of in people])
    again = [unpacked(packed(of, ["i"]), [f.value for f in of], ["i"]) for of in people]
    assert again == [tuple(of) for of in people]
    judged = [judge(asked, Profile(str(row), (), tuple(of))) for row, of in enumerate(people)]
    assert [STATES[int(code)] for code in table.states(asked)] == [j.state for j in judged]
