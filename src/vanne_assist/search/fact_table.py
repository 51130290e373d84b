"""Facts of all profiles in columns, and who meets a criterion: one answer for each profile.

The rules are those by which a person is judged with evidence (`vanne_assist.brief.judge`), for all
profiles at once: silence is no answer, and unknown is not no.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne_assist.brief.criteria import Criterion, Fact, Kind
from vanne_assist.brief.judge import JUNIOR_YEARS, NEARLY, SENIOR_YEARS, TWICE
from vanne_assist.brief.levels import LANGUAGE_LEVELS, degree_rank, language_reaches, seniority_rank
from vanne_assist.brief.places import HERE_KM, Towns, place
from vanne_assist.search.ngrams import Floats, Ints

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Places = npt.NDArray[np.intp]
CodeOf = Callable[[str], int]

NOT_MET, UNKNOWN, PARTLY, MET = -1, 0, 1, 2
KINDS = tuple(Kind)
TIMED = frozenset({Kind.TITLE, Kind.INDUSTRY, Kind.COMPANY})
LEVELS = LANGUAGE_LEVELS
NO_YEAR = -1


@dataclass(frozen=True)
class FactTable:
    """One entry a fact; `values` (Arrow texts, in order) are the distinct ones.

    `kinds` are places in `KINDS`.
    """

    size: int
    values: Any
    rows: Ints
    kinds: Codes
    value: Ints
    number: Floats
    since: Ints
    until: Ints
    level: Codes

    @classmethod
    def of(cls, facts: Sequence[tuple[int, Fact]], size: int) -> "FactTable":
        """Put facts, each with the place of its profile, in columns."""
        import pyarrow as pa

        known = {value: at for at, value in enumerate(sorted({fact.value for _, fact in facts}))}
        value = [known[fact.value] for _, fact in facts]
        nothing = float("nan")
        return cls(
            size,
            pa.array(list(known), pa.large_string()),
            np.array([row for row, _ in facts], np.int32),
            np.array([KINDS.index(fact.kind) for _, fact in facts], np.int8),
            np.array(value, np.int32),
            np.array([nothing if f.number is None else f.number for _, f in facts], np.float32),
            np.array([NO_YEAR if f.since is None else f.since for _, f in facts], np.int32),
            np.array([NO_YEAR if f.until is None else f.until for _, f in facts], np.int32),
            np.array([_level(f.level) for _, f in facts], np.int8),
        )

    def states(self, asked: Criterion) -> Codes:
        """Return for each profile how it stands to a criterion, whatever its force.

        The answers are those of `vanne_assist.brief.judge`, but that a title which is not the one
        that is asked is not known to be another occupation: that is for the meaning to say.
        """
        fit = _FITS.get(asked.kind)
        return fit(self, asked) if fit else self._same(asked)

    def facts(self, asked: Criterion, *, now: bool = False) -> Places:
        """Return the facts of a criterion's kind, of the time that it asks for."""
        mine = self.of_kind[asked.kind]
        if now:
            mine = mine[self.until[mine] == NO_YEAR]
        if asked.is_past is not None and asked.kind in TIMED:
            mine = mine[(self.until[mine] != NO_YEAR) == asked.is_past]
        return mine

    def best(self, mine: Places, codes: Codes) -> Codes:
        """Return for each profile the best of the codes of its facts; unknown where it has none."""
        out = np.full(self.size, NOT_MET, np.int8)
        np.maximum.at(out, self.rows[mine], codes)
        silent = np.ones(self.size, bool)
        silent[self.rows[mine]] = False
        out[silent] = UNKNOWN
        return out

    def by_value(self, mine: Places, code_of: CodeOf) -> Codes:
        """Return a code for each of some facts, asked once for each value."""
        value = self.value[mine]
        codes = np.zeros(len(self.values), np.int8)
        for number in np.flatnonzero(np.bincount(value, minlength=1)).tolist():
            codes[number] = code_of(self.values[number].as_py())
        return codes[value]

    def having(self, mine: Places, value: str) -> Flags:
        """Say of each of some facts whether it has a value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        number = pc.index(self.values, pa.scalar(value, pa.large_string())).as_py()
        out: Flags = self.value[mine] == number
        return out

    def with_words(self, mine: Places, words: frozenset[str]) -> Flags:
        """Say of each of some facts whether its value has all of these words."""
        import pyarrow.compute as pc

        longest = max(words, key=len, default="")
        some = np.flatnonzero(pc.match_substring(self.values, longest))
        has = np.zeros(len(self.values), bool)
        has[[n for n in some.tolist() if words <= set(self.values[n].as_py().split())]] = True
        out: Flags = has[self.value[mine]]
        return out

    def _same(self, asked: Criterion) -> Codes:
        mine = self.facts(asked)
        return self._met(mine[self.having(mine, asked.value)])

    def _met(self, mine: Places) -> Codes:
        """Return met where somebody has one of some facts; of the others it is not known."""
        out = np.zeros(self.size, np.int8)
        out[self.rows[mine]] = MET
        return out

    @cached_property
    def towns(self) -> tuple[Places, Towns]:
        """Of each value its place among the towns, -1 if it is none; and the towns."""
        mine = self.of_kind[Kind.PLACE]
        numbers = np.flatnonzero(np.bincount(self.value[mine], minlength=1))
        towns = Towns.of(self.values.take(numbers).to_pylist())
        at = np.full(len(self.values), -1)
        at[numbers] = np.arange(len(numbers))
        return at, towns

    @cached_property
    def of_kind(self) -> dict[Kind, Places]:
        """The places of the facts of each kind."""
        return {kind: np.flatnonzero(self.kinds == at) for at, kind in enumerate(KINDS)}


def _title(facts: FactTable, asked: Criterion) -> Codes:
    mine = facts.facts(asked)
    return facts._met(mine[facts.with_words(mine, frozenset(asked.value.split()))])


def _place(facts: FactTable, asked: Criterion) -> Codes:
    there = place(asked.value)
    if there is None:
        return np.zeros(facts.size, np.int8)
    reach = HERE_KM if asked.within_km is None else asked.within_km
    at, towns = facts.towns
    near, nearly = towns.within(there, reach), towns.within(there, TWICE * reach)
    codes = np.where(near, MET, np.where(nearly, PARTLY, NOT_MET)).astype(np.int8)
    codes[~towns.known] = UNKNOWN
    mine = facts.facts(asked, now=True)
    return _told(facts, mine, codes[at[facts.value[mine]]])


def _told(facts: FactTable, mine: Places, codes: Codes) -> Codes:
    """Return the best code of each profile, of facts that tell something."""
    told = codes != UNKNOWN
    return facts.best(mine[told], codes[told])


def reaches(asked: Criterion) -> list[bool]:
    """Say of each of `LEVELS`, and at the end of no level, whether it is enough."""
    return [bool(language_reaches(level, asked.level)) for level in (*LEVELS, None)]


def _language(facts: FactTable, asked: Criterion) -> Codes:
    mine = facts.facts(asked)
    mine = mine[facts.having(mine, asked.value)]
    enough = np.array(reaches(asked))[facts.level[mine]]
    return facts.best(mine, np.where(enough, MET, PARTLY))


def _years(facts: FactTable, asked: Criterion) -> Codes:
    mine = facts.facts(asked)
    mine = mine[facts.having(mine, asked.value)]
    _, first = np.unique(facts.rows[mine], return_index=True)
    mine = mine[first]
    mine = mine[~np.isnan(facts.number[mine])]
    has = facts.number[mine].astype(np.float64).round(1)
    codes = np.full(len(mine), MET)
    if asked.least is not None:
        nearly = np.where(has >= asked.least * NEARLY, PARTLY, NOT_MET)
        codes = np.where(has < asked.least, nearly, codes)
    if asked.most is not None:
        nearly = np.where(has * NEARLY <= asked.most, PARTLY, NOT_MET)
        codes = np.where(has > asked.most, nearly, codes)
    return facts.best(mine, codes.astype(np.int8))


def is_exact(asked: Criterion) -> bool:
    """Say whether a step of seniority is asked and no higher one: those below senior are."""
    return seniority_rank(asked.value) < seniority_rank("senior")


def years_of(asked: Criterion) -> Criterion | None:
    """Return the years that stand in for a step of seniority of which nothing is said."""
    bounds = {"senior": (SENIOR_YEARS, None), "junior": (None, JUNIOR_YEARS)}
    if asked.value not in bounds:
        return None
    least, most = bounds[asked.value]
    return Criterion(Kind.YEARS, "experience", "", least=least, most=most)


def _seniority(facts: FactTable, asked: Criterion) -> Codes:
    mine, rank = facts.facts(asked, now=True), seniority_rank(asked.value)
    ranks = np.full(facts.size, -1, np.int16)
    np.maximum.at(ranks, facts.rows[mine], facts.by_value(mine, seniority_rank).astype(np.int16))
    met = ranks == rank if is_exact(asked) else ranks >= rank
    told = np.zeros(facts.size, bool)
    told[facts.rows[mine]] = True
    years = years_of(asked)
    partly = (_years(facts, years) == MET) if years else False
    silent = np.where(partly, PARTLY, UNKNOWN)
    return np.where(told, np.where(met, MET, NOT_MET), silent).astype(np.int8)


def degree_code(asked: Criterion) -> CodeOf:
    """Return how a degree stands to the one that is asked; a field or a school tells nothing."""
    wanted = degree_rank(asked.value)

    def code(value: str) -> int:
        rank = degree_rank(value)
        return UNKNOWN if rank is None or wanted is None else MET if rank >= wanted else NOT_MET

    return code


def _education(facts: FactTable, asked: Criterion) -> Codes:
    if degree_rank(asked.value) is None:
        return facts._same(asked)
    mine = facts.facts(asked)
    return _told(facts, mine, facts.by_value(mine, degree_code(asked)))


_FITS: dict[Kind, Callable[[FactTable, Criterion], Codes]] = {
    Kind.TITLE: _title,
    Kind.PLACE: _place,
    Kind.LANGUAGE: _language,
    Kind.YEARS: _years,
    Kind.SENIORITY: _seniority,
    Kind.EDUCATION: _education,
}


def _level(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else -1
