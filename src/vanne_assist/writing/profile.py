"""Suggestions for a profile: each is one change, with its reason and the item that it comes from.

Everything that is suggested already stands in the member's own items: a skill that a text names and
the list does not, a headline of title, skills and place, a summary of what the items say. What is
missing is asked for, never made up.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vanne.fields import is_language
from vanne.folding import fold
from vanne.screening import without_placeholders
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.writing.tokens import sentences, words_of

LONGEST_HEADLINE = 220
"""LinkedIn's own limit."""
_HEADLINE_SKILLS = 3
_LEAST_SUMMARY_WORDS = 12
"""Fewer words are a greeting and no summary."""
_SUMMARY_POSITIONS = 3
_SHOWN_CHARACTERS = 80
"""Of an item whose dates are missing, so much of its first line is shown."""
_DATED = re.compile(r"\b(?:19|20)\d\d\b")


SuggestionReason = Literal[
    "no-title", "no-skill", "no-place", "not-listed", "no-summary", "no-dates", "no-position",
    "no-education",
]  # fmt: skip
"""The reason of a suggestion."""


ProfilePart = Literal["headline", "summary", "skills", "position", "education"]
"""What of a profile a suggestion changes."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change: `before` becomes `after`. An empty `after` asks the member for what is missing.

    `sources` are the items that it comes from.
    """

    field: ProfilePart
    before: str
    after: str
    reasons: tuple[SuggestionReason, ...]
    sources: tuple[str, ...]


def suggest(passages: Sequence[Passage], facts: Sequence[Fact]) -> tuple[Suggestion, ...]:
    """Return suggestions for a profile."""
    texts = {passage.item_id: passage.text for passage in passages}
    said = {fact: " ".join(texts[fact.item_id][slice(*fact.span)].split()) for fact in facts}
    profiles = [p for p in passages if p.category == "profile" and not is_language(p.fields)]
    suggestions: list[Suggestion] = []
    if all(each.fields for each in profiles):  # of one that has only a text, nothing is known
        profile = next((each.fields for each in profiles), {})
        headline = without_placeholders(profile.get("headline", "")).strip()
        suggestions += _headline(headline, passages, said)
        suggestions += _summary(profile.get("summary", ""), passages, facts)
    return (*suggestions, *_skills(passages, said), *_gaps(passages))


def _headline(
    before: str, passages: Sequence[Passage], said: Mapping[Fact, str]
) -> Iterator[Suggestion]:
    """Suggest a headline of title, three skills and place, if the present one lacks one of them."""
    positions = {passage.item_id for passage in passages if passage.category == "position"}
    lists = {passage.item_id for passage in passages if passage.category == "skill"}

    def latest(kind: Kind, items: set[str]) -> Fact | None:
        """Return the fact of a kind that holds now, else the one that began last."""
        facts = [fact for fact in said if fact.kind is kind and fact.item_id in items]
        return max(facts, key=lambda f: (f.until is None, f.since or 0), default=None)

    title = latest(Kind.TITLE, positions)
    if title is None:
        return
    place = latest(Kind.PLACE, {title.item_id})
    skills: dict[str, Fact] = {}
    for fact in sorted(said, key=lambda fact: fact.item_id not in lists):
        if fact.kind is Kind.SKILL:
            skills.setdefault(fact.value, fact)
    shown = list(skills.values())[:_HEADLINE_SKILLS]
    names = [said[fact] for fact in shown]
    asked: list[tuple[SuggestionReason, list[str]]] = [
        ("no-title", [said[title][:1].upper() + said[title][1:]]),
        ("no-skill", names),
        ("no-place", [said[place]] if place else []),
    ]
    present = skill_key(before)
    parts = [", ".join(each) for _, each in asked if each]
    reasons = [
        why for why, each in asked if each and not any(skill_key(name) in present for name in each)
    ]
    after = " | ".join(parts)
    if reasons and len(after) <= LONGEST_HEADLINE:
        sources = dict.fromkeys(f.item_id for f in (title, *shown, *([place] if place else [])))
        yield Suggestion("headline", before, after, tuple(reasons), tuple(sources))


def _summary(
    before: str, passages: Sequence[Passage], facts: Sequence[Fact]
) -> Iterator[Suggestion]:
    """Suggest what the positions say as a summary where there is none."""
    if len(words_of(before)) >= _LEAST_SUMMARY_WORDS:
        return
    starts = {f.item_id: f.since or 0 for f in facts if f.kind is Kind.TITLE}
    positions = [p for p in passages if p.category == "position"]
    positions.sort(key=lambda p: starts.get(p.item_id, 0), reverse=True)
    lines = {}
    for position in positions[:_SUMMARY_POSITIONS]:
        text = position.fields.get("description", "")
        # a sentence that something was taken out of is not shown
        whole = (
            text[a:b] for a, b in sentences(text) if text[a:b] == without_placeholders(text[a:b])
        )
        if line := " ".join(" ".join(whole).split()):
            lines[position.item_id] = line
    if lines:
        after = "\n".join(lines.values())
        yield Suggestion("summary", before.strip(), after, ("no-summary",), tuple(lines))


def _skills(passages: Sequence[Passage], said: Mapping[Fact, str]) -> Iterator[Suggestion]:
    """Suggest skills that a text names and the list does not."""
    lists = {passage.item_id for passage in passages if passage.category == "skill"}
    facts = [fact for fact in said if fact.kind is Kind.SKILL]
    known = {form for f in facts if f.item_id in lists for form in (f.value, skill_key(said[f]))}
    for fact in facts:
        forms = {fact.value, skill_key(said[fact])}
        if forms.isdisjoint(known):
            yield Suggestion("skills", "", said[fact], ("not-listed",), (fact.item_id,))
        known |= forms


def _gaps(passages: Sequence[Passage]) -> Iterator[Suggestion]:
    """Ask for what is missing: dates, positions, an education."""
    for passage in passages:
        if passage.category not in ("position", "education"):
            continue
        is_dated = (
            not {"start", "end"}.isdisjoint(passage.fields)
            if passage.fields
            else _DATED.search(passage.text)
        )
        if not is_dated:
            first = passage.text.strip().split("\n", 1)[0][:_SHOWN_CHARACTERS]
            part: ProfilePart = "position" if passage.category == "position" else "education"
            yield Suggestion(part, first, "", ("no-dates",), (passage.item_id,))
    categories = {passage.category for passage in passages}
    if passages and "position" not in categories:
        yield Suggestion("position", "", "", ("no-position",), ())
    if passages and "education" not in categories:
        yield Suggestion("education", "", "", ("no-education",), ())


def skill_key(name: str) -> str:
    """Return a skill's name as it is compared.

    >>> skill_key(" Gestion  de l'eau ")
    "gestion de l'eau"
    """
    return " ".join(fold(word) for word in without_placeholders(name).split())
