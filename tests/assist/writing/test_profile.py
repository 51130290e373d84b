"""Suggestions for a profile: nothing that the member's items do not say, the same each time."""

from datetime import UTC, datetime

from tests.assist.passages import passage
from vanne.demo.network import make_network
from vanne.fields import as_json
from vanne.terms import LANGUAGES
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.report.drafting import field_words, suggestion_words
from vanne_assist.writing.profile import (
    ProfilePart,
    Suggestion,
    suggest,
)

NOON = datetime(2026, 6, 1, tzinfo=UTC)
COOK = (
    passage("p", "profile", given_name="Ada", family_name="Muster", headline="Happy to be here", summary="Hello."),
    passage("o1", "position", title="Cook", employer="Hotel Nord", place="Lausanne", start="2012", end="2019", description="Running the lunch service."),
    passage("o2", "position", title="Cook", employer="Hotel Sud", place="Geneva, Switzerland", start="2019", description="I plan seasonal cooking and pastry."),
    passage("e", "education", school="College of Cookery", degree="Diploma in Professional Cookery"),
    passage("s1", "skill", name="Food hygiene"),
    passage("s2", "skill", name="stock control"),
)  # fmt: skip


def found(passages: tuple[Passage, ...] = COOK) -> tuple[Suggestion, ...]:
    return suggest(passages, facts_of(passages, NOON))


def of(field: ProfilePart, suggestions: tuple[Suggestion, ...]) -> list[Suggestion]:
    return [each for each in suggestions if each.field is field]


def test_a_headline_is_title_skills_and_place_of_the_present_position() -> None:
    (headline,) = of("headline", found())
    assert headline.before == "Happy to be here"
    assert headline.after == "Cook | Food hygiene, stock control, seasonal cooking | Geneva"
    assert set(headline.reasons) == {
        "no-title",
        "no-skill",
        "no-place",
    }
    assert {"o2", "s1", "s2"} <= {*headline.sources}


def test_a_skill_that_a_text_names_is_suggested_and_a_listed_one_is_not() -> None:
    skills = of("skills", found())
    named = {each.after: each.sources for each in skills if each.reasons == ("not-listed",)}
    assert named["pastry"] == ("o2",) and "stock control" not in named


def test_what_is_missing_is_asked_for_and_not_filled_in() -> None:
    (education,) = of("education", found())
    assert education.after == "" and education.reasons == ("no-dates",)
    (position,) = of("position", found(COOK[:1]))
    assert position.reasons == ("no-position",)


def test_a_thin_summary_is_made_of_what_the_positions_say() -> None:
    (summary,) = of("summary", found())
    assert summary.after == "I plan seasonal cooking and pastry.\nRunning the lunch service."
    assert (summary.before, summary.sources) == ("Hello.", ("o2", "o1"))


def test_the_same_profile_has_the_same_suggestions() -> None:
    assert len(set(found())) == len(found())
    assert found() == found()


def test_nothing_is_suggested_that_no_item_says() -> None:
    network = make_network(7, 24, NOON)
    owned: dict[str, list[Passage]] = {}
    for each in network.items:
        if each.text and each.category in ("profile", "position", "education", "skill", "cv"):
            row = {"item_id": each.item_id, "category": each.category, "lang": each.lang}
            row |= {"fields": as_json(each.fields), "text": each.text}
            owned.setdefault(str(each.owner), []).append(Passage.of(row))
    made = 0
    for passages in owned.values():
        said = " ".join(" ".join(passage.text.split()) for passage in passages).casefold()
        for each in suggest(passages, facts_of(passages, NOON)):
            made += 1
            for part in each.after.replace(" | ", "\n").replace(", ", "\n").split("\n"):
                assert " ".join(part.split()).casefold() in said
            assert set(each.sources) <= {passage.item_id for passage in passages}
            assert all(suggestion_words(each, lang) for lang in LANGUAGES)
            assert all(field_words(each.field, lang) for lang in LANGUAGES)
    assert made > 20
