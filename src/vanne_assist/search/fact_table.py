"""The facts of all profiles in columns, those of a kind together: who meets a criterion?

The rule is the one that judges a single person (`vanne_assist.brief.judge`). It is applied once to
each distinct value, not to each fact.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne.places import EARTH_KM, place_of, point_of
from vanne_assist.brief.criteria import Criterion, Fact, Kind
from vanne_assist.brief.judge import (
    IN_TIME,
    MET,
    NOT_MET,
    NOW,
    PARTLY,
    TWICE,
    UNKNOWN,
    Rule,
    farthest_km,
    is_occupation,
    occupations_of,
    rule_of,
    years_for,
)
from vanne_assist.brief.language import LANGUAGE_LEVELS
from vanne_assist.search.words import Floats, Ints

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Places = npt.NDArray[np.intp]

KINDS = tuple(Kind)
LEVELS = LANGUAGE_LEVELS
NO_YEAR = -1
_TENTHS = 10
"""Years are told to a tenth."""

_PACKED = np.dtype(
    [("kinds", "i1"), ("level", "i1"), ("number", "<f4"), ("since", "<i4"), ("until", "<i4"),
     ("passage", "<i4"), ("start", "<i4"), ("end", "<i4")]
)  # fmt: skip
"""How one fact lies in a row of the table, but for its value."""


def joined(lines: Iterable[str]) -> str:
    """Return the values of somebody's facts, or their titles, as one text: no value has two lines.

    >>> parted([joined(["cook", "bern"]), joined([]), joined(["nurse"])])
    ['cook', 'bern', 'nurse']
    """
    return "\n".join(lines)


def parted(texts: Iterable[str]) -> list[str]:
    """Return the values of some people, one after the other."""
    whole = "\n".join(filter(None, texts))
    return whole.split("\n") if whole else []


def title_line(form: str) -> str:
    """Return a title, the occupations that it names, and if it is the plain name of one.

    >>> title_line("night nurse"), title_line("nurse")
    ('night nurse\\tnurse\\t', 'nurse\\tnurse\\tplain')
    """
    return f"{form}\t{' '.join(sorted(occupations_of(form)))}\t{'plain' * is_occupation(form)}"


def packed(facts: Sequence[Fact], items: Sequence[str]) -> bytes:
    """Return the facts of somebody, but for their values; `items` are the ids of their items."""
    nothing = float("nan")
    place = {item: at for at, item in enumerate(items)}
    rows = [
        (
            KINDS.index(fact.kind),
            LEVELS.index(fact.level) if fact.level else -1,
            nothing if fact.number is None else fact.number,
            NO_YEAR if fact.since is None else fact.since,
            NO_YEAR if fact.until is None else fact.until,
            place[fact.item_id],
            *fact.span,
        )
        for fact in facts
    ]
    return np.array(rows, _PACKED).tobytes()


def unpacked(facts: bytes, values: Sequence[str], items: Sequence[str]) -> tuple[Fact, ...]:
    """Return the facts that were packed."""
    return tuple(
        Fact(
            kind=KINDS[kind],
            value=value,
            item_id=items[passage],
            span=(start, end),
            number=None if np.isnan(number) else round(number, 1),
            since=None if since == NO_YEAR else since,
            until=None if until == NO_YEAR else until,
            level=LEVELS[level] if level >= 0 else None,
        )
        for value, (kind, level, number, since, until, passage, start, end) in zip(
            values, np.frombuffer(facts, _PACKED).tolist(), strict=True
        )
    )


@dataclass(frozen=True)
class FactColumn:
    """The facts of one kind: whose each is, and what it says.

    `value` is a place in `values`, which are the distinct ones.
    """

    rows: Places
    values: tuple[str, ...]
    value: Ints
    number: Floats
    until: Ints
    level: Codes

    def codes(self, asked: Criterion) -> tuple[Places, Codes]:
        """Return the facts that tell something of a criterion, and what, whatever its force."""
        kind, rule = asked.kind, rule_of(asked)
        if kind in (Kind.TITLE, Kind.PLACE, Kind.SENIORITY, Kind.EDUCATION):
            told = self._of_values(asked, rule)
            at = np.flatnonzero(told[self.value] != UNKNOWN)
            codes = told[self.value[at]]
        else:
            at = np.flatnonzero(self.value == self._place_of.get(asked.value, -1))
            if kind is Kind.YEARS:
                tenths, back = self._tenths
                of_tenths = [
                    rule(asked.value, t / _TENTHS, None) if t >= 0 else UNKNOWN for t in tenths
                ]
                codes = np.array(of_tenths, np.int8)[back[at]]
            elif kind is Kind.LANGUAGE:
                of_levels = [rule(asked.value, None, level) for level in (*LEVELS, None)]
                codes = np.array(of_levels, np.int8)[self.level[at]]
            else:
                codes = np.full(len(at), rule(asked.value, None, None), np.int8)
        is_past = self.until[at] != NO_YEAR
        if kind in NOW:
            codes[is_past] = UNKNOWN
        if asked.is_past is not None and kind in IN_TIME:
            codes[is_past != asked.is_past] = UNKNOWN
        return at, codes

    def _of_values(self, asked: Criterion, rule: Rule) -> Codes:
        """Return how each distinct value stands to a criterion."""
        told = np.zeros(len(self.values), np.int8)
        some: Sequence[int] = range(len(self.values))
        if asked.kind is Kind.TITLE:
            told[self.holding(asked.value.split())] = MET
            return told
        there = place_of(asked.value) if asked.kind is Kind.PLACE else None
        if there and (point := point_of(there)):
            km, most = self._away_km(point), farthest_km(asked)
            told[:] = np.where(km <= most / TWICE, MET, np.where(km <= most, PARTLY, NOT_MET))
            some = np.flatnonzero(np.isnan(km)).tolist()
        for at in some:
            told[at] = rule(self.values[at], None, None)
        return told

    def holding(self, words: Sequence[str]) -> list[int]:
        """Return the places of the values that hold all of some words."""
        held = [self._with_word.get(word, set()) for word in words]
        return sorted(set.intersection(*held)) if held else []

    @cached_property
    def _with_word(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for at, value in enumerate(self.values):
            for word in value.split():
                found.setdefault(word, set()).add(at)
        return found

    def _away_km(self, point: tuple[float, float]) -> npt.NDArray[np.float64]:
        """Return how far each town is, as `distance_km` tells it; what is no town is nowhere."""
        (lat, lon), (lats, lons) = np.radians(point), self._points
        half, turn = np.sin((lats - lat) / 2) ** 2, np.sin((lons - lon) / 2) ** 2
        km: npt.NDArray[np.float64] = np.arcsin(np.sqrt(half + np.cos(lat) * np.cos(lats) * turn))
        return 2 * EARTH_KM * km

    @cached_property
    def _points(self) -> npt.NDArray[np.float64]:
        places = map(place_of, self.values)
        points = [(point_of(each) if each else None) or (np.nan, np.nan) for each in places]
        return np.radians(np.array(points, np.float64).reshape(-1, 2).T)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {value: at for at, value in enumerate(self.values)}

    @cached_property
    def _tenths(self) -> tuple[list[int], Places]:
        """The distinct years, in tenths, and which each fact says; -1 is none."""
        number = np.where(np.isnan(self.number), -1, np.rint(self.number * _TENTHS))
        tenths, back = np.unique(number.astype(np.int32), return_inverse=True)
        return tenths.tolist(), back

    @cached_property
    def _turns(self) -> list[tuple[Places, Ints]]:
        """The first value of everybody, the second of those who have two, and so on."""
        if not len(self.rows):
            return []
        _, starts, counts = np.unique(self.rows, return_index=True, return_counts=True)
        turn = np.arange(len(self.rows)) - np.repeat(starts, counts)
        order = np.argsort(turn, kind="stable")
        ends = np.cumsum(np.bincount(turn))[:-1]
        parts = np.split(self.rows[order], ends), np.split(self.value[order], ends)
        return list(zip(*parts, strict=True))

    def best(self, told: npt.NDArray[Any], out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put for each person who has facts the best that is told of their values."""
        for turn, (rows, value) in enumerate(self._turns):
            out[rows] = np.maximum(out[rows], told[value]) if turn else told[value]
        return out


class _Numbered(dict[str, int]):
    """Names with their numbers, in the order in which they are asked for."""

    def __missing__(self, name: str) -> int:
        self[name] = number = len(self)
        return number


class FactTable:
    """The facts of everybody, in the order of the people."""

    def __init__(self) -> None:
        self._facts, self._sizes, self._values = bytearray(), array("q"), array("i")
        self._numbered = _Numbered()

    def add(self, facts: Sequence[bytes], values: Iterable[str]) -> None:
        """Add some people: the packed facts of each, and their values."""
        self._facts += b"".join(facts)
        self._sizes.extend(len(each) // _PACKED.itemsize for each in facts)
        self._values.extend(map(self._numbered.__getitem__, parted(values)))

    @cached_property
    def columns(self) -> dict[Kind, FactColumn]:
        """The columns, once everybody is added."""
        table, value = np.frombuffer(self._facts, _PACKED), np.array(self._values)
        rows, names = np.repeat(np.arange(len(self._sizes)), self._sizes), tuple(self._numbered)
        found: dict[Kind, FactColumn] = {}
        for at, kind in enumerate(KINDS):
            where = np.flatnonzero(table["kinds"] == at)
            is_here = np.zeros(len(names), bool)
            is_here[value[where]] = True
            known = tuple(names[each] for each in np.flatnonzero(is_here).tolist())
            place = (np.cumsum(is_here, dtype=np.int32) - 1)[value[where]]
            columns = (table[name][where] for name in ("number", "until", "level"))
            found[kind] = FactColumn(rows[where], known, place, *columns)
        del self._facts, self._values, self._numbered
        return found

    def states(self, asked: Criterion) -> Codes:
        """Return for each profile how it stands to a criterion, whatever its force.

        The answers are those of `judge`, but that a title which is not the one that is asked is not
        known to be another occupation: that is for the meaning to say.
        """
        column, out = self.columns[asked.kind], np.full(len(self._sizes), UNKNOWN, np.int8)
        at, codes = column.codes(asked)
        rows = column.rows[at]
        for code in (NOT_MET, PARTLY, MET):  # the best of several stands
            out[rows[codes == code]] = code
        if years := years_for(asked):
            out[(out == UNKNOWN) & (self.states(years) == MET)] = PARTLY
        return out
