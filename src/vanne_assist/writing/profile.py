"""Suggestions for a profile: each one change, with its reason and the item that it comes from.

Everything that is suggested stands in the member's own items already: a skill that a text names
and the list does not, a headline of title, skills and place, a summary of what the items say. What
is missing is asked for and never filled in.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vanne.errors import InputError, did_you_mean
from vanne.fields import is_language
from vanne.screening import without_placeholders
from vanne.terms import Fields
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.writing.skills import key
from vanne_assist.writing.tokens import sentences, words_of

LONGEST_HEADLINE = 220
_HEADLINE_SKILLS = 3
_LEAST_SUMMARY_WORDS = 12
_DATED = re.compile(r"\b(?:19|20)\d\d\b")


class Why(StrEnum):
    """The reason of a suggestion."""

    NO_TITLE = "no-title"
    NO_SKILL = "no-skill"
    NO_PLACE = "no-place"
    NOT_LISTED = "not-listed"
    OTHER_NAME = "other-name"
    NO_SUMMARY = "no-summary"
    NO_DATES = "no-dates"
    NO_POSITION = "no-position"
    NO_EDUCATION = "no-education"


class Field(StrEnum):
    """What of a profile a suggestion changes."""

    HEADLINE = "headline"
    SUMMARY = "summary"
    SKILLS = "skills"
    POSITION = "position"
    EDUCATION = "education"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change: `before` becomes `after`. An empty `after` asks the member for what is missing.

    `sources` are the items that it comes from. `id` is the same as long as the change is.
    """

    field: Field
    before: str
    after: str
    reasons: tuple[Why, ...]
    sources: tuple[str, ...]

    @property
    def id(self) -> str:
        """What it is accepted by."""
        parts = "\x1f".join((self.field, self.before, self.after, *self.reasons, *self.sources))
        return hashlib.sha256(parts.encode()).hexdigest()[:8]


def suggest(
    passages: Sequence[Passage], facts: Sequence[Fact], names: Mapping[str, str]
) -> tuple[Suggestion, ...]:
    """Return suggestions for a profile. `names` are preferred names of skills (`skills`)."""
    return (
        *_headline(passages, facts, names),
        *_summary(passages, facts),
        *_skills(passages, facts, names),
        *_gaps(passages),
    )


def accept(suggestions: Sequence[Suggestion], ids: Sequence[str]) -> tuple[Suggestion, ...]:
    """Return the suggestions with these ids, in their order.

    Raises:
        InputError: there is no such suggestion.
    """
    by_id = {each.id: each for each in suggestions}
    for each in ids:
        if each not in by_id:
            todo = did_you_mean(each, list(by_id)) if by_id else "there is none any more"
            raise InputError(f"there is no suggestion `{each}`", todo=todo)
    return tuple(each for each in suggestions if each.id in ids)


def _headline(
    passages: Sequence[Passage], facts: Sequence[Fact], names: Mapping[str, str]
) -> Iterator[Suggestion]:
    """Suggest a headline of title, three skills and place, if the present one lacks one of them."""
    profile = _fields_of_profile(passages)
    said = {passage.item_id: passage.text for passage in passages}
    title = _latest(facts, Kind.TITLE, {p.item_id for p in passages if p.category == "position"})
    if title is None or profile is None:
        return
    place = _latest(facts, Kind.PLACE, {title.item_id})
    skills = _distinct(_listed_skills(passages, facts), said, names)[:_HEADLINE_SKILLS]
    before = without_placeholders(profile.get("headline", "")).strip()
    present = key(before)
    parts = [_capital(_words(title, said))]
    reasons = [] if key(parts[0]) in present else [Why.NO_TITLE]
    if skills:
        parts.append(", ".join(name for name, _ in skills))
        is_there = any(key(name) in present for name, _ in skills)
        reasons += [] if is_there else [Why.NO_SKILL]
    if place:
        parts.append(_words(place, said))
        reasons += [] if key(parts[-1]) in present else [Why.NO_PLACE]
    after = " | ".join(parts)
    if reasons and len(after) <= LONGEST_HEADLINE:
        rests = [title, *(fact for _, fact in skills), *([place] if place else [])]
        yield Suggestion(Field.HEADLINE, before, after, tuple(reasons), _items(rests))


def _fields_of_profile(passages: Sequence[Passage]) -> Fields | None:
    """Return the fields of the profile; None if there is one that has only a text."""
    profiles = [p for p in passages if p.category == "profile" and not is_language(p.fields)]
    if any(not each.fields for each in profiles):
        return None
    return next((each.fields for each in profiles), {})


def _summary(passages: Sequence[Passage], facts: Sequence[Fact]) -> Iterator[Suggestion]:
    """Suggest what the positions say as a summary where there is none."""
    profile = _fields_of_profile(passages)
    body = "" if profile is None else profile.get("summary", "")
    if profile is None or len(words_of(body)) >= _LEAST_SUMMARY_WORDS:
        return
    positions = [p for p in passages if p.category == "position"]
    starts = {f.item_id: f.since or 0 for f in facts if f.kind is Kind.TITLE}
    positions.sort(key=lambda p: starts.get(p.item_id, 0), reverse=True)
    said = {p.item_id: _unscreened(p.fields.get("description", "")) for p in positions[:3]}
    lines = [line for line in said.values() if line]
    if lines:
        sources = tuple(item_id for item_id, line in said.items() if line)
        after = "\n".join(lines)
        yield Suggestion(Field.SUMMARY, body.strip(), after, (Why.NO_SUMMARY,), sources)


def _unscreened(text: str) -> str:
    """Return the sentences of a text in a line, without those that something was taken out of."""
    said = (text[start:end] for start, end in sentences(text))
    whole = (each for each in said if without_placeholders(each) == each)
    return " ".join(" ".join(whole).split())


def _skills(
    passages: Sequence[Passage], facts: Sequence[Fact], names: Mapping[str, str]
) -> Iterator[Suggestion]:
    """Suggest skills that a text names and the list does not, and other names for listed ones."""
    said = {passage.item_id: passage.text for passage in passages}
    lists = {passage.item_id for passage in passages if passage.category == "skill"}
    listed = [fact for fact in facts if fact.kind is Kind.SKILL and fact.item_id in lists]
    values = {fact.value for fact in listed} | {key(_words(fact, said)) for fact in listed}
    for fact in listed:
        word = _words(fact, said)
        better = names.get(key(word))
        if better and key(better) != key(word):
            reasons = (Why.OTHER_NAME,)
            yield Suggestion(Field.SKILLS, word, better, reasons, (fact.item_id,))
    for fact in facts:
        word = _words(fact, said)
        if fact.kind is not Kind.SKILL or {fact.value, key(word)} & values:
            continue
        values |= {fact.value, key(word)}
        name = names.get(key(word), word)
        yield Suggestion(Field.SKILLS, "", name, (Why.NOT_LISTED,), (fact.item_id,))


def _gaps(passages: Sequence[Passage]) -> Iterator[Suggestion]:
    """Ask for what is missing: dates, positions, an education."""
    for passage in passages:
        if passage.category in ("position", "education") and not _is_dated(passage):
            first = passage.text.strip().split("\n", 1)[0][:80]
            where = Field(passage.category)
            yield Suggestion(where, first, "", (Why.NO_DATES,), (passage.item_id,))
    there = {passage.category for passage in passages}
    for category, why in (("position", Why.NO_POSITION), ("education", Why.NO_EDUCATION)):
        if category not in there and passages:
            yield Suggestion(Field(category), "", "", (why,), ())


def _is_dated(passage: Passage) -> bool:
    if passage.fields:
        return not {"start", "end"}.isdisjoint(passage.fields)
    return bool(_DATED.search(passage.text))


def _latest(facts: Sequence[Fact], kind: Kind, items: set[str]) -> Fact | None:
    """Return the fact of a kind that holds now, else the one that began last, in some items."""
    found = [fact for fact in facts if fact.kind is kind and fact.item_id in items]
    return max(found, key=lambda f: (f.until is None, f.since or 0), default=None)


def _listed_skills(passages: Sequence[Passage], facts: Sequence[Fact]) -> list[Fact]:
    """Return the skills, those of the list first."""
    lists = {passage.item_id for passage in passages if passage.category == "skill"}
    skills = [fact for fact in facts if fact.kind is Kind.SKILL]
    return sorted(skills, key=lambda fact: fact.item_id not in lists)


def _distinct(
    facts: Sequence[Fact], said: Mapping[str, str], names: Mapping[str, str]
) -> list[tuple[str, Fact]]:
    found: dict[str, tuple[str, Fact]] = {}
    for fact in facts:
        word = _words(fact, said)
        found.setdefault(fact.value, (names.get(key(word), word), fact))
    return list(found.values())


def _words(fact: Fact, said: Mapping[str, str]) -> str:
    return " ".join(said[fact.item_id][slice(*fact.span)].split())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _items(facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact.item_id for fact in facts))
