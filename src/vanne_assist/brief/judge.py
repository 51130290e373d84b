"""Judges whether a person meets a criterion, by facts that can be quoted.

Unknown is not no: who does not say that they know Rust may know it. Only what is said can speak
against somebody: another place, fewer years, a lower degree. Something that must *not* be is met if
what is said speaks against it, and unknown if nothing is said.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from vanne.folding import fold
from vanne_assist.brief import places
from vanne_assist.brief.criteria import (
    Criterion,
    Fact,
    Judgement,
    Kind,
    Profile,
    State,
    together,
)
from vanne_assist.brief.levels import degree_rank, language_reaches, seniority_rank
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import split

StateAndEvidence = tuple[State, tuple[Fact, ...]]

NEARLY = 0.8
"""A share of the years that are asked from which they are met in part."""
TWICE = 2.0
"""How many times the distance that is asked still meets it in part."""
SENIOR_YEARS, JUNIOR_YEARS = 5.0, 3.0
"""Years from which somebody may be senior, and up to which junior, if no title says."""
_EVIDENCE = 3
_VAGUE = frozenset({"manager", "engineer", "head", "lead", "specialist", "assistant", "leiter"})
"""Nouns of so many titles that another title with one of them is met in part only."""


def judge(criterion: Criterion, profile: Profile) -> Judgement:
    """Judge whether a person meets a criterion."""
    if criterion.kind is Kind.WORDS:
        state, evidence = _words(criterion, profile)
    else:
        # past if it ended, present if it did not
        facts = tuple(
            fact
            for fact in profile.facts
            if criterion.is_past is None
            or fact.kind not in (Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY)
            or (fact.until is not None) == criterion.is_past
        )
        state, evidence = _JUDGES[criterion.kind](criterion, facts)
    if criterion.force == "not":
        state = _OPPOSITE[state]
    return Judgement(criterion, state, evidence[:_EVIDENCE])


def decisive(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements that count: of alternatives the one that is met best."""
    return [
        max((judgements[at] for at in group), key=lambda each: _STATES.index(each.state))
        for group in together([each.criterion for each in judgements])
    ]


def short_of(judgement: Judgement) -> float | None:
    """Return how many years are missing, or how many kilometres it is too far; None if neither."""
    asked = judgement.criterion
    if judgement.state in ("met", "unknown") or not judgement.evidence or asked.force == "not":
        return None
    fact = judgement.evidence[0]
    if asked.kind is Kind.YEARS and asked.least is not None and fact.number is not None:
        return round(max(0.0, asked.least - fact.number), 1)
    here, there = places.place(asked.value), places.place(fact.value)
    if asked.kind is Kind.PLACE and here and there:
        km = places.distance_km(here, there)
        return None if km is None else round(max(0.0, km - (asked.within_km or places.HERE_KM)), 1)
    return None


_STATES: tuple[State, ...] = ("not-met", "unknown", "partly", "met")
_OPPOSITE: dict[State, State] = {
    "met": "not-met",
    "not-met": "met",
    "partly": "partly",
    "unknown": "unknown",
}


def _of(facts: Iterable[Fact], kind: Kind) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.kind is kind)


def _same(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    """What is there is met; what is not there is not known."""
    found = tuple(f for f in _of(facts, criterion.kind) if f.value == criterion.value)
    return ("met", found) if found else ("unknown", ())


def _title(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    titles = _of(facts, Kind.TITLE)
    ranked = [(_likeness(criterion.value, fact.value), fact) for fact in titles]
    for likeness, state in ((2, "met"), (1, "partly")):
        if found := tuple(fact for each, fact in ranked if each == likeness):
            return ("met" if state == "met" else "partly"), found
    return ("not-met", titles) if titles else ("unknown", ())


@lru_cache(maxsize=65536)
def _likeness(asked: str, has: str) -> int:
    """Return 2 if a title is the one that is asked, 1 if its occupation or its tool is, else 0.

    >>> _likeness("engineer", "rust engineer"), _likeness("infermiere", "night nurse")
    (2, 2)
    >>> _likeness("rust engineer", "software engineer"), _likeness("cook", "lawyer")
    (1, 0)
    >>> _likeness("rust engineer", "rust developer")
    1
    """
    wanted, own = set(fold(asked).split()), set(fold(has).split())
    if wanted <= own:
        return 2
    common = occupations_of(asked) & occupations_of(has)
    if not common:
        return int(any(term.is_tool for word in wanted & own for term in book().look(word)))
    return 2 if is_occupation(asked) else 1


def is_occupation(title: str) -> bool:
    """Say whether a title is the plain name of an occupation: «nurse», not «night nurse»."""
    folded = fold(title)
    return folded not in _VAGUE and any(term.kind is Kind.TITLE for term in book().look(folded))


@lru_cache(maxsize=65536)
def occupations_of(title: str) -> frozenset[str]:
    """Return the occupations that a title names, whatever its language."""
    words = split(title)
    hits = terms_in(words, title, (Kind.TITLE,))
    lasts = (term for hit in hits for term in book().look(words[hit.last - 1].folded))
    terms = (*(term for hit in hits for term in hit.terms), *lasts)
    return frozenset(term.value for term in terms if term.kind is Kind.TITLE)


def _language(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    state, spoken = _same(criterion, facts)
    if state == "unknown":
        return state, spoken
    enough = tuple(fact for fact in spoken if language_reaches(fact.level, criterion.level))
    return ("met", enough) if enough else ("partly", spoken)


def _place(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    asked = places.place(criterion.value)
    present = tuple(fact for fact in _of(facts, Kind.PLACE) if fact.until is None)
    known = [(fact, places.place(fact.value)) for fact in present]
    if asked is None or not any(town for _, town in known):
        return "unknown", ()
    reach = places.HERE_KM if criterion.within_km is None else criterion.within_km
    for within, state in ((reach, "met"), (reach * TWICE, "partly")):
        found = tuple(f for f, town in known if town and places.is_within(asked, within, town))
        if found:
            return ("met" if state == "met" else "partly"), found
    return "not-met", present


def _years(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    known = tuple(f for f in _of(facts, Kind.YEARS) if f.value == criterion.value)
    if not known or known[0].number is None:
        return "unknown", ()
    has = known[0].number
    if criterion.most is not None and has > criterion.most:
        return ("partly" if has * NEARLY <= criterion.most else "not-met"), known
    if criterion.least is not None and has < criterion.least:
        return ("partly" if has >= criterion.least * NEARLY else "not-met"), known
    return "met", known


def _seniority(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    """By the titles somebody has now; if none tells, years speak for or against in part."""
    steps = tuple(fact for fact in _of(facts, Kind.SENIORITY) if fact.until is None)
    asked = seniority_rank(criterion.value)
    if steps:
        best = max(steps, key=lambda fact: seniority_rank(fact.value))
        rank = seniority_rank(best.value)
        is_early = asked < seniority_rank("senior")
        met = rank == asked if is_early else rank >= asked
        return ("met" if met else "not-met"), (best,)
    years = tuple(f for f in _of(facts, Kind.YEARS) if f.value == "experience" and f.number)
    number = years[0].number if years else None
    if number is None or criterion.value not in ("junior", "senior"):
        return "unknown", ()
    long = number >= SENIOR_YEARS if criterion.value == "senior" else number <= JUNIOR_YEARS
    return ("partly", years) if long else ("unknown", ())


def _education(criterion: Criterion, facts: tuple[Fact, ...]) -> StateAndEvidence:
    asked = degree_rank(criterion.value)
    if asked is None:
        return _same(criterion, facts)
    known = [(degree_rank(f.value), f) for f in _of(facts, Kind.EDUCATION)]
    degrees = [(rank, fact) for rank, fact in known if rank is not None]
    if not degrees:
        return "unknown", ()
    reached = tuple(fact for rank, fact in degrees if rank >= asked)
    return ("met", reached) if reached else ("not-met", tuple(fact for _, fact in degrees))


def _words(criterion: Criterion, profile: Profile) -> StateAndEvidence:
    """Look for words as they are asked, in any item that may be shown."""
    asked = [word.folded for word in split(criterion.value)]
    for passage in profile.passages:
        words = split(passage.text)
        folded = [word.folded for word in words]
        for at in range(len(words) - len(asked) + 1):
            if folded[at : at + len(asked)] == asked:
                span = words[at].start, words[at + len(asked) - 1].end
                fact = Fact(Kind.WORDS, criterion.value, passage.item_id, span)
                return "met", (fact,)
    return "not-met", ()


_JUDGES: dict[Kind, Callable[[Criterion, tuple[Fact, ...]], StateAndEvidence]] = {
    Kind.TITLE: _title,
    Kind.SKILL: _same,
    Kind.LANGUAGE: _language,
    Kind.PLACE: _place,
    Kind.YEARS: _years,
    Kind.SENIORITY: _seniority,
    Kind.INDUSTRY: _same,
    Kind.COMPANY: _same,
    Kind.EDUCATION: _education,
    Kind.CAREER: _same,
}
