"""The facts of all profiles in columns: one call tells which profiles meet a criterion.

The rule is the one that judges a single person (`vanne_assist.brief.judge`). It is applied once to
each distinct value, not to each fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne_assist.brief.criteria import Criterion, Fact, Kind
from vanne_assist.brief.judge import IN_TIME, MET, NOT_MET, NOW, PARTLY, UNKNOWN, rule_of, years_for
from vanne_assist.brief.language import LANGUAGE_LEVELS
from vanne_assist.search.word_index import Floats, Ints

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Places = npt.NDArray[np.intp]

KINDS = tuple(Kind)
LEVELS = LANGUAGE_LEVELS
NO_YEAR = -1
_TENTHS = 10
"""Years are told to a tenth."""
_BY_VALUE = frozenset({Kind.PLACE, Kind.SENIORITY, Kind.EDUCATION})
"""Kinds of which another value than the one that is asked tells something too."""


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
        nothing = float("nan")
        years = [
            [NO_YEAR if year is None else year for year in pair]
            for pair in ((f.since, f.until) for _, f in facts)
        ]
        since, until = np.array(years, np.int32).reshape(-1, 2).T.copy()
        return cls(
            size,
            pa.array(list(known), pa.large_string()),
            np.array([row for row, _ in facts], np.int32),
            np.array([KINDS.index(fact.kind) for _, fact in facts], np.int8),
            np.array([known[fact.value] for _, fact in facts], np.int32),
            np.array([nothing if f.number is None else f.number for _, f in facts], np.float32),
            since,
            until,
            np.array([LEVELS.index(f.level) if f.level else -1 for _, f in facts], np.int8),
        )

    def states(self, asked: Criterion) -> Codes:
        """Return for each profile how it stands to a criterion, whatever its force.

        The answers are those of `judge`, but that a title which is not the one that is asked is not
        known to be another occupation: that is for the meaning to say.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        kind, rule = asked.kind, rule_of(asked)
        mine = self.of_kind[kind]
        if kind in NOW:
            mine = mine[self.until[mine] == NO_YEAR]
        if asked.is_past is not None and kind in IN_TIME:
            mine = mine[(self.until[mine] != NO_YEAR) == asked.is_past]
        out = np.full(self.size, NOT_MET - 1, np.int8)
        if kind is Kind.TITLE:
            words = set(asked.value.split())
            longest = max(words, key=len, default="")
            near = np.flatnonzero(pc.match_substring(self.values, longest)).tolist()
            table = np.zeros(len(self.values), np.int8)
            table[[n for n in near if words <= set(self.values[n].as_py().split())]] = MET
            codes = table[self.value[mine]]
        else:
            if kind not in _BY_VALUE:
                number = pc.index(self.values, pa.scalar(asked.value, pa.large_string())).as_py()
                mine = mine[self.value[mine] == number]
            keys = self.value[mine]
            if kind is Kind.YEARS:
                mine = mine[~np.isnan(self.number[mine])]
                keys = np.rint(self.number[mine] * _TENTHS).astype(np.int32)
            elif kind is Kind.LANGUAGE:
                keys = self.level[mine] + np.int32(1)
            if kind in _BY_VALUE:
                table = np.zeros(len(self.values), np.int8)
                some, texts = self.values_of[kind]
                table[some] = [rule(text, None, None) for text in texts]
            else:
                table = np.zeros(int(keys.max(initial=0)) + 1, np.int8)
                for key in np.flatnonzero(np.bincount(keys)).tolist():
                    level = LEVELS[key - 1] if kind is Kind.LANGUAGE and key else None
                    table[key] = rule(asked.value, key / _TENTHS, level)
            codes = table[keys]
        told = codes != UNKNOWN
        np.maximum.at(out, self.rows[mine[told]], codes[told])
        out[out < NOT_MET] = UNKNOWN
        if years := years_for(asked):
            out[(out == UNKNOWN) & (self.states(years) == MET)] = PARTLY
        return out

    @cached_property
    def of_kind(self) -> dict[Kind, Places]:
        """The places of the facts of each kind."""
        return {kind: np.flatnonzero(self.kinds == at) for at, kind in enumerate(KINDS)}

    @cached_property
    def values_of(self) -> dict[Kind, tuple[Places, list[str]]]:
        """The distinct values of the kinds of which each value tells something."""
        found = {}
        for kind in _BY_VALUE:
            some = np.flatnonzero(np.bincount(self.value[self.of_kind[kind]], minlength=1))
            found[kind] = some, self.values.take(some).to_pylist()
        return found
