"""Briefs of some words are read without a word lost: what was not understood is told."""

import re
import tomllib

from tests.assist.brief.scoring import CASES, Case, cases, lines_of
from tests.table import every
from vanne_assist.brief.criteria import Criterion, Fact, Kind, Profile, together
from vanne_assist.brief.judge import judge
from vanne_assist.brief.parse import notices_of, read_brief
from vanne_assist.brief.places import named

MORE = {
    each["text"]: each for each in tomllib.loads((CASES / "plain.toml").read_text("utf-8"))["brief"]
}


@every("case", cases("plain"), ids=lambda case: case.text)
def test_a_plain_brief_is_read_as_it_is_meant(case: Case) -> None:
    brief, more = read_brief(case.text), MORE[case.text]
    assert lines_of(case.text) == case.expect
    assert brief.rest == more.get("rest", "")
    told = [
        f"{n.trouble} {n.said[0]}" + (f" → {', '.join(n.near)}" if n.near else "")
        for n in notices_of(brief)
    ]
    assert told == ([more["says"]] if "says" in more else [])


@every("case", cases("plain"), ids=lambda case: case.text)
def test_of_what_stands_beside_a_stroke_or_an_or_one_suffices(case: Case) -> None:
    criteria = read_brief(case.text).criteria
    groups = [{criteria[at].value for at in each} for each in together(criteria) if len(each) > 1]
    names = MORE[case.text].get("either", "").split()
    wanted = {towns[0].value if (towns := named(name)) else name for name in names}
    assert groups == ([wanted] if wanted else [])


def test_every_number_of_a_brief_is_read_or_told() -> None:
    names = ("developed", "held-out", "swiss", "swiss-held-out", "plain")
    for case in (each for name in names for each in cases(name)):
        brief = read_brief(case.text)
        spans = [each.span for each in brief.criteria if each.span]
        for said in (notice.said[0] for notice in notices_of(brief)):
            at = case.text.find(said)
            spans.append((at, at + len(said)))
        for number in re.finditer(r"(?<!\w)\d+", case.text):
            is_read = any(start <= number.start() < end for start, end in spans)
            assert is_read or number[0] in brief.rest, (case.text, number[0])


def test_a_diploma_of_the_same_rank_is_another() -> None:
    asked = Criterion(Kind.EDUCATION, "college-diploma", "ES")
    for has, state in (
        ("college-diploma", "met"),
        ("federal-certificate", "partly"),
        ("bachelor", "met"),
        ("apprenticeship", "not-met"),
    ):
        fact = Fact(Kind.EDUCATION, has, "item", (0, 1))
        assert judge(asked, Profile("m", (), (fact,))).state == state
