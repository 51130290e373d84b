"""What the guard stops and what it lets pass, on prompts with traps that lie in tests/cases."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CASES
from tests.table import every
from vanne.screening import KINDS, placeholder
from vanne.terms import LANGUAGES
from vanne_assist.writing.guard import (
    TO_CHECK,
    Ground,
    GroundSource,
    check,
    check_whole,
)
from vanne_assist.writing.tokens import figures


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (lang, case)
        for lang in LANGUAGES
        for case in tomllib.loads((CASES / "writing" / "drafts" / f"{lang}.toml").read_text())[
            "case"
        ]
    ]


def ground_of(lang: str, *facts: str) -> Ground:
    return Ground(tuple(GroundSource(fact, lang) for fact in facts))


def kinds(draft: str, lang: str, *facts: str) -> set[str]:
    return {finding.kind for finding in check(draft, ground_of(lang, *facts), lang)}


@every(("lang", "case"), cases(), ids=lambda value: value["id"] if isinstance(value, dict) else "")
def test_a_draft_that_keeps_to_the_facts_passes_and_what_the_trap_invents_is_marked(
    lang: str, case: dict[str, Any]
) -> None:
    ground = ground_of(lang, *case["facts"])
    assert check_whole(case["honest"], ground, lang) == ()
    found = check(case["invents"], ground, lang)
    assert case["trap"] in {finding.kind for finding in found}
    for finding in found:
        assert (
            case["invents"][slice(*finding.span)].strip() == finding.said.strip()
            or not finding.said
        )


@pytest.mark.parametrize(
    ("lang", "fact", "draft"),
    [
        ("de", "Wir sind 12 Leute.", "Wir sind zwölf Leute."),
        ("en", "We saved 1'200 hours.", "We saved 1,200 hours."),
        ("en", "We have 3 offices.", "We have three offices."),
        ("de", "Zeit minus 12,5 %.", "Zeit minus 12.5 Prozent."),
    ],
)
def test_a_figure_may_be_written_another_way(lang: str, fact: str, draft: str) -> None:
    assert kinds(draft, lang, fact) == set()


ANSWERS = ("I ran a pilot of the four-day week on our ward.", "Sick leave fell.", "12 nurses")
GOOD = "I ran a pilot of the four-day week on our ward, with 12 nurses. Sick leave fell."
STOPPED = {
    GOOD + " Here is the post.": "talk",
    GOOD + " Ef9e9257 | what I did": "talk",
    GOOD + " I am an AI assistant.": "talk",
    GOOD + " I ran a pilot.\n" + "The pilot ran well.\n" * 3: "repeats",
    GOOD
    + " Anna Keller, Bern Hill, Paul Gray, Otto Frei and Mia Lang helped 77 others.": "invents",
    "I enjoy working with people who share my values and work ethic.": "not-own",
    "Our ward tried a pilot. " + "Everybody enjoyed these weeks.": "left-out",
    "Unsere Station hat mit 12 Leuten einen Pilot für die Woche gemacht, a four-day week. "
    "Wir waren nicht so oft krank, und das war gut für uns alle.": "language",
}


@every(("draft", "kind"), STOPPED.items())
def test_a_draft_that_nobody_would_publish_is_stopped(draft: str, kind: str) -> None:
    found = check_whole(draft, ground_of("en", *ANSWERS), "en")
    stopping = {finding.kind for finding in found if finding.kind not in TO_CHECK}
    assert stopping == {kind}
    assert check_whole(GOOD, ground_of("en", *ANSWERS), "en") == ()


@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=25)
@given(value=st.integers(2, 99_999), other=st.integers(2, 99_999))
def test_a_figure_that_nobody_gave_never_passes(lang: str, value: int, other: int) -> None:
    found = {f.kind for f in check(f"x {value} x", ground_of(lang, f"x {other} x"), lang)}
    assert ("figure" in found) == (value != other)


@settings(max_examples=25)
@given(st.sampled_from(cases()), st.integers(0, 3))
def test_what_a_member_said_themselves_passes_in_any_order(
    pair: tuple[str, dict[str, Any]], turn: int
) -> None:
    lang, case = pair
    facts = case["facts"]
    turned = facts[turn % len(facts) :] + facts[: turn % len(facts)]
    assert check("\n".join(turned), ground_of(lang, *facts), lang) == ()


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("My firm is [Company Name].", "talk"),
        ("", "empty"),
        ("Call me on +41 31 555 12 34.", "link"),
    ],
)
def test_other_things_are_found_too(draft: str, kind: str) -> None:
    assert kind in kinds(draft, "en", "I fix bikes.", "My firm is small.")


def test_the_beginning_of_a_sentence_is_no_name() -> None:
    assert (
        kinds("Yesterday I fixed bikes. Nobody paid. Everybody smiled.", "en", "I fix bikes.")
        == set()
    )


def test_a_draft_that_says_our_prompt_is_no_post() -> None:
    said = "Use only what stands in the lines of DATA below."
    assert "talk" in kinds(said, "en", "I fix bikes.")
    assert "talk" not in kinds(said, "en", said)


# What is the member's


GENERIC = [
    ("I enjoy working with people who share my values and work ethic.",
     ("I was made head of the night shift.", "Thanks to Karim and all of the night team.")),
    ("Here’s how you can make a posting with data:", ("I have passed my federal diploma.",)),
    ("I know that a lot of people have been talking about the new policy of working from home.",
     ("We tried a four-day week on our ward.", "We are 12 nurses.", "31 % less sick leave.")),
    ("I enjoy working with a team.", ("I lead a team of nurses.", "We tried a new rota.")),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "facts"), GENERIC, ids=lambda value: value[:20])
def test_a_draft_that_holds_nothing_of_the_member_s_is_stopped(
    draft: str, facts: tuple[str, ...]
) -> None:
    (finding,) = check_whole(draft, ground_of("en", *facts), "en")
    assert finding.kind == "not-own" and finding.said.count("/") == 1
    assert check(draft, ground_of("en", *facts), "en") == (), "while it is written it may go on"


def honest_drafts() -> list[dict[str, Any]]:
    return list(tomllib.loads((CASES / "writing" / "honest.toml").read_text())["draft"])


@every("case", honest_drafts(), ids=lambda case: case["text"][:20])
def test_a_draft_that_says_little_of_its_own_but_rests_on_facts_passes(
    case: dict[str, Any],
) -> None:
    ground = ground_of(case["lang"], *case["facts"])
    assert "not-own" not in {f.kind for f in check_whole(case["text"], ground, case["lang"])}


@every("kind", KINDS)
def test_a_mark_of_screening_is_never_part_of_a_draft(kind: str) -> None:
    said = f"We opened a repair café. Ask at {placeholder(kind)} for a place."
    found = check(said, ground_of("en", said), "en")
    assert [(f.kind, f.said) for f in found] == [("talk", placeholder(kind))]


def test_figures_are_read_where_they_stand_and_numbers_of_a_list_are_none() -> None:
    text = "1. Straße, Größe: 30 Prozent von zwölf"
    assert [text[slice(*span)] for span, _ in figures(text, "de")] == ["30", "zwölf"]
    assert figures("un site tout neuf", "fr") == figures("tu sei bravo", "it") == []
