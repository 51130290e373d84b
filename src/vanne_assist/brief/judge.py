"""Judge whether a person meets a criterion, by facts that can be quoted.

«Unknown» is not «not met»: people who do not mention Rust may know it. Only a stated fact counts
against a person: another place, fewer years, a lower degree. A criterion of force `not` turns the
judgement around, and stays unknown where nothing is stated.

`rule_of` gives the rule for one fact. `judge` applies it to the facts of one person;
`vanne_assist.search.fact_table` applies it to everybody. Of several facts the best one decides.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from vanne.folding import fold
from vanne.places import distance_km, place_of, point_of
from vanne_assist.brief.criteria import Criterion, Fact, Judgement, Kind, Profile, State, together
from vanne_assist.brief.language import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import book, order_of, tool_names
from vanne_assist.brief.places import HERE_KM
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import folded_phrase, split

NOT_MET, UNKNOWN, PARTLY, MET = -1, 0, 1, 2
STATES: dict[int, State] = {NOT_MET: "not-met", UNKNOWN: "unknown", PARTLY: "partly", MET: "met"}
ORDER: tuple[State, ...] = tuple(STATES.values())
_OPPOSITE: dict[State, State] = {"met": "not-met", "not-met": "met"}
Rule = Callable[[str, float | None, str | None], int]
"""How a fact, by its value, number and level, stands to a criterion; `UNKNOWN` tells nothing."""

IN_TIME = frozenset({Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY})
"""Kinds that can be asked of the past or of now."""
NOW = frozenset({Kind.PLACE, Kind.SENIORITY})
"""Kinds of which only what has no end tells."""
NEARLY = 0.8
"""A share of the years that are asked from which they are met in part."""
TWICE = 2.0
"""How many times the distance that is asked still meets it in part."""
_YEARS_OF = {"senior": (5.0, None), "junior": (None, 3.0)}
"""Years from which somebody may be senior, and up to which junior, if no title says."""
_RANKS = (
    "secondary apprenticeship higher-vocational bachelor master phd",
    "- - college-diploma degree mba",
    "- - federal-certificate",
    "- - federal-diploma",
)
_DEGREES = {n: rank for names in _RANKS for rank, n in enumerate(names.split(), 1) if n != "-"}
_OF_ONE_RANK = frozenset({"college-diploma", "federal-certificate", "federal-diploma"})
"""Swiss diplomas of one rank, each another: who has an ES diploma has no federal certificate."""
_EVIDENCE = 3
_VAGUE = frozenset({"manager", "engineer", "head", "lead", "specialist", "assistant", "leiter"})
"""Nouns of so many titles that another title with one of them is met in part only."""


def judge(criterion: Criterion, profile: Profile) -> Judgement:
    """Judge whether a person meets a criterion."""
    if criterion.kind is Kind.WORDS:
        state, evidence = _words(criterion, profile)
    else:
        code, evidence = _best(criterion, profile.facts)
        if code == UNKNOWN and (years := years_for(criterion)):
            code, evidence = _best(years, profile.facts)
            code, evidence = (PARTLY, evidence) if code == MET else (UNKNOWN, ())
        state = STATES[code]
    if criterion.force == "not":
        return Judgement(criterion, _OPPOSITE.get(state, state), evidence[:_EVIDENCE])
    short = _short(criterion, evidence) if state in ("partly", "not-met") else None
    return Judgement(criterion, state, evidence[:_EVIDENCE], short or None)


def _best(criterion: Criterion, facts: Sequence[Fact]) -> tuple[int, tuple[Fact, ...]]:
    """Return how the facts that tell most stand to a criterion, and these facts."""
    rule, kind, is_past = rule_of(criterion), criterion.kind, criterion.is_past
    codes = [
        (rule(fact.value, fact.number, fact.level), fact)
        for fact in facts
        if fact.kind is kind
        and (kind not in NOW or fact.until is None)
        and (is_past is None or kind not in IN_TIME or (fact.until is not None) == is_past)
    ]
    best = max((code for code, _ in codes if code != UNKNOWN), default=UNKNOWN)
    return best, tuple(fact for code, fact in codes if code == best != UNKNOWN)


def farthest_km(asked: Criterion) -> float:
    """Return the distance from which a place is met not even in part."""
    return TWICE * (HERE_KM if asked.within_km is None else asked.within_km)


def rule_of(asked: Criterion) -> Rule:
    """Return the rule by which one fact of a criterion's kind is judged."""

    def same(value: str, number: float | None, level: str | None) -> int:
        return MET if value == asked.value else UNKNOWN

    def title(value: str, number: float | None, level: str | None) -> int:
        return title_likeness(asked.value, value)

    def language(value: str, number: float | None, level: str | None) -> int:
        if value != asked.value:
            return UNKNOWN
        wanted, has = (
            -1 if each is None else LANGUAGE_LEVELS.index(each) for each in (asked.level, level)
        )
        return MET if has >= wanted else PARTLY

    there = place_of(asked.value) if asked.kind is Kind.PLACE else None
    is_town = there is not None and point_of(there) is not None

    def place(value: str, number: float | None, level: str | None) -> int:
        town = place_of(value)
        if there is None or town is None:
            return UNKNOWN
        if there.value in town.regions:
            return MET
        if town.value in there.regions:  # who only tells their canton may live in the town
            return UNKNOWN
        km, most = distance_km(there, town) if is_town else None, farthest_km(asked)
        if km is None or km > most:
            return NOT_MET
        return MET if km <= most / TWICE else PARTLY

    def years(value: str, number: float | None, level: str | None) -> int:
        if value != asked.value or number is None:
            return UNKNOWN
        if asked.most is not None and number > asked.most:
            return PARTLY if number * NEARLY <= asked.most else NOT_MET
        if asked.least is not None and number < asked.least:
            return PARTLY if number >= asked.least * NEARLY else NOT_MET
        return MET

    def seniority(value: str, number: float | None, level: str | None) -> int:
        steps = order_of("seniority")
        rank, wanted = steps.index(value), steps.index(asked.value)
        is_early = wanted < steps.index(
            "senior"
        )  # a lead may be asked as a senior, not as a junior
        return MET if rank == wanted or (rank > wanted and not is_early) else NOT_MET

    def degree(value: str, number: float | None, level: str | None) -> int:
        if value not in _DEGREES:
            return UNKNOWN
        has, wanted = _DEGREES[value], _DEGREES[asked.value]
        is_other = value != asked.value and asked.value in _OF_ONE_RANK
        if has == wanted and is_other:
            return PARTLY
        return MET if has >= wanted else NOT_MET

    rules: dict[Kind, Rule] = {
        Kind.TITLE: title,
        Kind.LANGUAGE: language,
        Kind.PLACE: place,
        Kind.YEARS: years,
        Kind.SENIORITY: seniority,
        Kind.EDUCATION: degree if asked.value in _DEGREES else same,
    }
    return rules.get(asked.kind, same)


def years_for(asked: Criterion) -> Criterion | None:
    """Return the years that stand in part for a step of seniority of which no title tells."""
    if asked.kind is not Kind.SENIORITY or asked.value not in _YEARS_OF:
        return None
    least, most = _YEARS_OF[asked.value]
    return Criterion(Kind.YEARS, "experience", "", least=least, most=most)


def decisive(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements that count: of alternatives the one that is met best."""
    return [
        max((judgements[at] for at in group), key=lambda each: ORDER.index(each.state))
        for group in together([each.criterion for each in judgements])
    ]


def _short(asked: Criterion, evidence: Sequence[Fact]) -> float | None:
    """Return how many years are missing, or how many kilometres it is too far; None if neither."""
    if not evidence:
        return None
    fact, short = evidence[0], None
    if asked.kind is Kind.YEARS and asked.least is not None and fact.number is not None:
        short = asked.least - fact.number
    here, there = place_of(asked.value), place_of(fact.value)
    if asked.kind is Kind.PLACE and here and there:
        km = distance_km(here, there)
        short = None if km is None else km - (asked.within_km or HERE_KM)
    return None if short is None else round(max(0.0, short), 1)


@lru_cache(maxsize=65536)
def title_likeness(asked: str, has: str) -> int:
    """Say whether a title is the one that is asked (met), or its occupation or tool is (partly).

    >>> title_likeness("engineer", "rust engineer"), title_likeness("infermiere", "night nurse")
    (2, 2)
    >>> title_likeness("rust engineer", "software engineer"), title_likeness("cook", "lawyer")
    (1, -1)
    >>> title_likeness("rust engineer", "rust developer")
    1
    """
    wanted, own = set(fold(asked).split()), set(fold(has).split())
    if wanted <= own:
        return MET
    if occupations_of(asked) & occupations_of(has):
        return MET if is_occupation(asked) else PARTLY
    is_tool = any(term.is_tool for word in wanted & own for term in book().look(word))
    return PARTLY if is_tool else NOT_MET


@lru_cache(maxsize=65536)
def is_occupation(title: str) -> bool:
    """Say whether a title is the plain name of an occupation: «nurse», not «night nurse»."""
    folded = fold(title)
    return folded not in _VAGUE and any(term.kind is Kind.TITLE for term in book().look(folded))


@lru_cache(maxsize=65536)
def occupations_of(title: str) -> frozenset[str]:
    """Return the occupations that a title names, whatever its language."""
    if named := [t.value for t in book().look(fold(title)) if t.kind is Kind.TITLE]:
        return frozenset(named)  # a «laboratory technician» is no other technician
    words = split(title)
    hits = terms_in(words, title, (Kind.TITLE,))
    lasts = (term for hit in hits for term in book().look(words[hit.last - 1].folded))
    terms = (*(term for hit in hits for term in hit.terms), *lasts)
    found = frozenset(term.value for term in terms if term.kind is Kind.TITLE)
    makes_software = found == {"engineer"} and not _software().isdisjoint(fold(title).split())
    return frozenset({"developer"}) if makes_software else found


@cache
def _software() -> frozenset[str]:
    return frozenset(map(folded_phrase, tool_names("software")))


def _words(criterion: Criterion, profile: Profile) -> tuple[State, tuple[Fact, ...]]:
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
    return "unknown", ()
