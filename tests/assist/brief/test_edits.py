"""Criteria that people change: by options, by a file; and briefs that are anything at all."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assist.brief.scoring import cases
from vanne.errors import InputError
from vanne_assist.brief.criteria import Kind, criteria_json
from vanne_assist.brief.edits import added, criteria_of, within
from vanne_assist.brief.notices import notices_of
from vanne_assist.brief.parse import read_brief

WORDS = sorted(
    {
        word
        for case in cases("developed")
        for word in case.text.split()
        if any(map(str.isalnum, word))
    }
)
MARKS = st.sampled_from(["", ",", ".", " -", "/", ":", "'", " (", ")", "\n", "ß", "\u0301"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), MARKS), min_size=1, max_size=25))
def test_any_words_are_read_and_quoted(said: list[tuple[str, str]]) -> None:
    text = " ".join(word + mark for word, mark in said)
    brief = read_brief(text)
    assert all(
        " ".join(text[slice(*each.span)].split()) == each.said
        for each in brief.criteria
        if each.span
    )
    notices_of(brief)


def test_what_is_added_takes_the_place_of_what_was_asked() -> None:
    brief = added(read_brief("Rust developer, Kubernetes"), ["Rust", "zymurgy"], "nice")
    found = {(each.value, each.force) for each in brief.criteria}
    assert {("rust", "nice"), ("kubernetes", "must"), ("zymurgy", "nice")} <= found
    assert ("rust", "must") not in found


def test_distance_is_set_for_towns_and_not_for_regions() -> None:
    brief = within(read_brief("nurse in Bern, Ticino"), 12)
    assert [each.within_km for each in brief.criteria if each.kind is Kind.PLACE] == [12, None]


def test_criteria_come_back_from_json() -> None:
    for case in cases("held-out"):
        criteria = read_brief(case.text).criteria
        assert criteria_of(json.dumps(criteria_json(criteria))) == criteria
        assert criteria_of(json.dumps({"criteria": criteria_json(criteria)})) == criteria


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('"x"', "no list"),
        ("[1]", "criterion 1 is not one"),
        ('[{"kind": "skill"}]', "criterion 1 is not one"),
        ('[{"kind": "shoe", "value": "x"}]', "no known kind"),
        ('[{"kind": "place", "value": "0"}]', "no usable `value`"),
        ('[{"kind": "seniority", "value": "x"}]', "no usable `value`"),
        ('[{"kind": "skill", "value": "x", "force": "may"}]', "no usable `force`"),
        ('[{"kind": "language", "value": "fr", "level": "z9"}]', "no usable `level`"),
        ('[{"kind": "years", "value": "experience", "least": "5"}]', "no usable `least`"),
        ('[{"kind": "skill", "value": ["x"]}]', "no usable `value`"),
        ('[{"kind": "skill", "value": "x", "force": []}]', "no usable `force`"),
    ],
)
def test_file_that_holds_no_criteria_is_refused(document: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        criteria_of(document)
