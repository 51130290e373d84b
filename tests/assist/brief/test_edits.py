"""Criteria that people change in a form; and briefs that are anything at all."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assist.brief.scoring import cases
from tests.table import every
from vanne.errors import InputError
from vanne_assist.brief.criteria import Criterion, criteria_from, criteria_json
from vanne_assist.brief.edits import chips_in
from vanne_assist.brief.parse import notices_of, read_brief

WORDS = sorted(
    {
        word
        for case in cases("developed")
        for word in case.text.split()
        if any(map(str.isalnum, word))
    }
)
MARKS = st.sampled_from(["", ",", ".", " -", "/", ":", "'", " (", ")", "\n", "ß", "\u0301"])


@settings(max_examples=25, deadline=None)
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


def form_of(*criteria: Criterion, **more: str) -> dict[str, str]:
    """The form of a page with these criteria, as it comes back."""
    rows = enumerate(criteria_json(criteria))
    return {f"c{at}": json.dumps(row) for at, row in rows} | more


def test_criteria_come_back_from_a_form_as_they_were() -> None:
    for case in cases("held-out"):
        criteria = read_brief(case.text).criteria
        assert criteria_from(criteria_json(criteria)) == criteria
        bounds: dict[str, str] = {}
        for at, each in enumerate(criteria):
            bounds[f"f{at}"] = each.force
            for name, value in zip(
                "nmrl", (each.least, each.most, each.within_km, each.level), strict=True
            ):
                bounds[f"{name}{at}"] = "" if value is None else str(value)
        assert chips_in(form_of(*criteria, **bounds), case.lang) == (criteria, ())


def test_what_is_typed_in_a_chip_is_read_by_its_kind() -> None:
    criteria = read_brief("nurse in Bern, Rust").criteria
    sent = form_of(*criteria, s1="Genève", f2="not", **{"ak": "language", "as": "Deutsch"})
    chips, wrong = chips_in(sent, "en")
    assert wrong == ()
    assert [(each.value, each.force) for each in chips[1:]] == [
        ("2660646", "must"), ("rust", "not"), ("de", "must")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "typed", "trouble"),
    [("place", "Lausane", "place-unknown"), ("language", "xx", "no-language"), ("skill", "?", "criterion-empty")],
)  # fmt: skip
def test_what_no_kind_knows_is_told(kind: str, typed: str, trouble: str) -> None:
    chips, (notice,) = chips_in({"ak": kind, "as": typed}, "en")
    assert (chips, notice.trouble) == ((), trouble)


@every(
    "row",
    ["{", "[" * 100_000, '"x"', "[1]", '{"kind": "skill"}', '{"kind": "shoe", "value": "x", "said": "x"}',
     '{"kind": "seniority", "value": "x", "said": "x"}', '{"kind": "skill", "value": ["x"], "said": "x"}'],
)  # fmt: skip
def test_a_form_that_holds_no_criterion_is_refused(row: str) -> None:
    with pytest.raises(InputError):
        chips_in({"c0": row}, "en")
