"""What the guard stops and what it lets pass, on prompts with traps that lie in tests/cases."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import CASES
from vanne.screening import KINDS, placeholder
from vanne.terms import LANGUAGES
from vanne_assist.writing.guard import (
    Ground,
    Kind,
    Source,
    check,
    check_whole,
    language_of,
    own_words,
)


def cases() -> list[tuple[str, dict[str, Any]]]:
    return [
        (lang, case)
        for lang in LANGUAGES
        for case in tomllib.loads((CASES / "writing" / "drafts" / f"{lang}.toml").read_text())[
            "case"
        ]
    ]


def ground_of(lang: str, *facts: str) -> Ground:
    return Ground(tuple(Source(f"answer:{n}", fact, lang) for n, fact in enumerate(facts)))


def kinds(draft: str, lang: str, *facts: str) -> set[str]:
    return {finding.kind.value for finding in check(draft, ground_of(lang, *facts), lang)}


@pytest.mark.parametrize(
    ("lang", "case"), cases(), ids=lambda value: value["id"] if isinstance(value, dict) else ""
)
def test_a_draft_that_keeps_to_the_facts_passes_and_one_that_falls_into_the_trap_does_not(
    lang: str, case: dict[str, Any]
) -> None:
    ground = ground_of(lang, *case["facts"])
    assert check_whole(case["honest"], ground, lang) == ()
    found = check(case["invents"], ground, lang)
    assert case["trap"] in {finding.kind.value for finding in found}
    for finding in found:
        assert (
            case["invents"][slice(*finding.span)].strip() == finding.said.strip()
            or not finding.said
        )


def test_there_are_sixty_prompts_and_a_quarter_was_held_out() -> None:
    assert len(cases()) >= 60
    assert sum(case.get("held_out", False) for _, case in cases()) * 4 >= len(cases())


@pytest.mark.parametrize(
    ("lang", "fact", "draft"),
    [
        ("de", "Wir sind 24 Leute.", "Wir sind vierundzwanzig Leute."),
        ("fr", "Nous sommes quatre-vingts.", "Nous sommes 80."),
        ("it", "Siamo ventuno persone.", "Siamo 21 persone."),
        ("en", "We saved 1'200 hours.", "We saved 1,200 hours."),
        ("en", "We have 3 offices.", "We have three offices."),
        ("de", "Zeit minus 12,5 %.", "Zeit minus 12.5 Prozent."),
    ],
)
def test_a_figure_may_be_written_another_way(lang: str, fact: str, draft: str) -> None:
    assert kinds(draft, lang, fact) == set()


def test_facts_in_one_language_hold_for_a_draft_in_another() -> None:
    facts = "Ich habe einen Doktortitel, arbeite seit März 2019 in Bern und spreche Italienisch."
    draft = "With a PhD I have worked in Bern since March 2019, and I speak Italian."
    assert kinds(draft, "en", facts) <= set()


@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=25)
@given(value=st.integers(2, 99_999), other=st.integers(2, 99_999))
def test_a_figure_that_nobody_gave_never_passes(lang: str, value: int, other: int) -> None:
    found = {f.kind for f in check(f"x {value} x", ground_of(lang, f"x {other} x"), lang)}
    is_there = bool(found & {Kind.FIGURE, Kind.DATE})
    assert is_there == (value != other)


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
        ("I worked at google before.", "employer"),
        ("Sure! Here is a post for you.", "talk"),
        ("My firm is [Company Name].", "talk"),
        ("I fix bikes, I fix bikes, I fix bikes, I fix bikes, I fix bikes.", "repetition"),
        (
            "Nous réparons des vélos dans la ville et nous le faisons avec soin pour tous.",
            "other-language",
        ),
        ("", "empty"),
        ("Call me on +41 31 555 12 34.", "link"),
    ],
)
def test_other_things_are_stopped_too(draft: str, kind: str) -> None:
    assert kind in kinds(draft, "en", "I fix bikes.", "My firm is small.")


def test_the_beginning_of_a_sentence_is_no_name() -> None:
    assert (
        kinds("Yesterday I fixed bikes. Nobody paid. Everybody smiled.", "en", "I fix bikes.")
        == set()
    )


TRUE = {
    "en": "I am a nurse. I ran the handover on our ward.",
    "fr": "Je suis infirmière. J'ai dirigé la relève dans notre service.",
    "de": "Ich bin Pflegefachfrau. Ich habe die Übergabe auf der Station geleitet.",
    "it": "Sono infermiera. Ho guidato la consegna nel nostro reparto.",
}


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / "writing" / name).read_text())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_praise_and_contempt_that_nobody_gave_pass_as_little_as_invented_facts(lang: str) -> None:
    goals = [e["goal"] for e in read("attacks.toml")["attack"] if e["lang"] == lang]
    said = [*read("praise.toml")[lang]["tuned"], *(f"{goal}." for goal in goals)]
    assert [each for each in said if not kinds(each, lang, TRUE[lang])] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_honest_drafts_in_the_words_of_praise_pass(lang: str) -> None:
    drafts = [each for each in read("honest.toml")["draft"] if each["lang"] == lang]
    refused = [each["text"] for each in drafts if kinds(each["text"], lang, *each["facts"])]
    assert len(refused) <= (lang == "de"), refused  # a noun in the plural, taken for a name


@pytest.mark.parametrize(
    ("lang", "fact", "draft"),
    [
        ("en", "I was ranked first in my class.", "At school I was ranked first."),
        ("de", "Ich empfehle diese Kollegin.", "Ich empfehle diese Fachperson."),
        ("fr", "On m'a dit : la meilleure candidate.", "Je suis la meilleure."),
    ],
)
def test_praise_that_the_member_gave_may_be_said_again(lang: str, fact: str, draft: str) -> None:
    assert kinds(draft, lang, fact) == set()


def test_a_draft_that_says_our_prompt_is_no_post() -> None:
    said = "Use only what stands in the lines of DATA below."
    assert "talk" in kinds(said, "en", "I fix bikes.")
    assert "talk" not in kinds(said, "en", said)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_language_of_each_honest_draft_is_known_or_not_said(lang: str) -> None:
    told = [language_of(case["honest"]) for each, case in cases() if each == lang]
    assert set(told) <= {lang, None} and told.count(lang) > len(told) / 2


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
    assert finding.kind == Kind.NOT_OWN and finding.said.count("/") == 1
    assert check(draft, ground_of("en", *facts), "en") == (), "while it is written it may go on"


def honest_drafts() -> list[dict[str, Any]]:
    return list(tomllib.loads((CASES / "writing" / "honest.toml").read_text())["draft"])


@pytest.mark.parametrize("case", honest_drafts(), ids=lambda case: case["text"][:20])
def test_a_draft_that_says_little_of_its_own_but_rests_on_facts_passes(
    case: dict[str, Any],
) -> None:
    ground = ground_of(case["lang"], *case["facts"])
    assert Kind.NOT_OWN not in {f.kind for f in check_whole(case["text"], ground, case["lang"])}


@pytest.mark.parametrize(
    ("draft", "facts", "own"),
    [
        ("With a PhD I have worked in Bern since March 2019.", "Doktortitel, seit März 2019 Bern", 3),
        ("Wir sind vierundzwanzig Leute.", "24 people", 1),
        ("Anything else.", "24 people", 0),
    ],
)  # fmt: skip
def test_figures_and_names_are_the_member_s_in_any_language(
    draft: str, facts: str, own: int
) -> None:
    lang = "de" if draft.startswith("Wir") else "en"
    assert own_words(draft, ground_of("de" if lang == "en" else "en", facts), lang).own == own


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_of_screening_is_never_part_of_a_draft(kind: str) -> None:
    said = f"We opened a repair café. Ask at {placeholder(kind)} for a place."
    found = check(said, ground_of("en", said), "en")
    assert [(f.kind, f.said) for f in found] == [(Kind.TALK, placeholder(kind))]
