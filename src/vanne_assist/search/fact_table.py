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
from vanne_assist.search.words import Floats, Ints

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


_PACKED = np.dtype(
    [("kinds", "i1"), ("level", "i1"), ("number", "<f4"), ("since", "<i4"), ("until", "<i4"),
     ("passage", "<i4"), ("start", "<i4"), ("end", "<i4")]
)  # fmt: skip
"""How one fact lies in a row of the table, but for its value."""


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
class FactTable:
    """One entry a fact; `values` (Arrow texts) are the distinct ones, `kinds` places in `KINDS`."""

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
    def of(cls, facts: Sequence[bytes], values: Sequence[str]) -> "FactTable":
        """Put the facts of everybody in columns: those of each packed, the values of all."""
        import pyarrow as pa

        known = pa.array(values, pa.large_string()).dictionary_encode()
        table = np.frombuffer(b"".join(facts), _PACKED)
        sizes = [len(each) // _PACKED.itemsize for each in facts]
        names = ("kinds", "number", "since", "until", "level")
        return cls(
            size=len(facts),
            values=known.dictionary,
            value=known.indices.to_numpy(),
            rows=np.repeat(np.arange(len(facts), dtype=np.int32), sizes),
            **{name: np.ascontiguousarray(table[name]) for name in names},
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
