"""Who may have another verdict than before, though they chose nothing: time passed, or they moved.

What is said here may name too many people but never too few: whoever is named is decided again.
"""

from typing import TYPE_CHECKING

import numpy as np

from vanne.decide.item_columns import NEVER, Flags, Times
from vanne.decide.member_columns import (
    DAY,
    MemberTable,
    birthdays,
    default_off,
    micros,
    region_codes,
)
from vanne.decide.question import Question

if TYPE_CHECKING:
    import pyarrow as pa


def aged(register: MemberTable, before: Question, after: Question) -> "pa.Array":
    """Return the members who came of age between two times, or whose region changed its rules."""
    import pyarrow as pa

    first, last = sorted((micros(before.as_of), micros(after.as_of)))
    known = register.birth_day != NEVER
    near = np.flatnonzero(known & _born_between(register.birth_day, first, last, after))
    at = birthdays(register.birth_day[near], after.rules.minimum_age)
    of_age = near[(at > first) & (at <= last)]
    started = np.flatnonzero(_regions_changed(register, before, after)[register.region])
    return register.index.ids.take(pa.array(np.union1d(of_age, started)))


def _born_between(days: Times, first: int, last: int, question: Question) -> Flags:
    """Say who may reach the minimum age between two times: a few days more than do."""
    age_days = int(question.rules.minimum_age * 365.2425)
    after = np.greater_equal(days, first // DAY - age_days - 3)
    near: Flags = np.logical_and(after, np.less_equal(days, last // DAY - age_days + 3))
    return near


def _regions_changed(register: MemberTable, before: Question, after: Question) -> Flags:
    now, then = (region_codes(register, q) for q in (after, before))
    changed: Flags = (now != then) | (default_off(register, after) != default_off(register, before))
    return changed


def moved(before: MemberTable, after: MemberTable) -> "pa.Array":
    """Return who joined, left, moved, or is known to be of another age, between two registers."""
    import pyarrow as pa

    place = after.index.find(before.index.ids)
    stayed = place >= 0
    old, new = np.flatnonzero(stayed), place[stayed]
    same = before.birth_day[old] == after.birth_day[new]
    same &= _regions_of(before)[old] == _regions_of(after)[new]
    same &= ~(_signed(before)[old] | _signed(after)[new])
    left = before.index.ids.take(pa.array(np.concatenate((old[~same], np.flatnonzero(~stayed)))))
    was_there = np.zeros(len(after), np.bool_)
    was_there[new] = True
    joined = after.index.ids.take(pa.array(np.flatnonzero(~was_there)))
    return pa.concat_arrays([left, joined]).unique()


def _signed(register: MemberTable) -> Flags:
    """Say who has any sign: they are few, so all of them count as changed."""
    signed = np.zeros(len(register), np.bool_)
    signed[register.sign_of] = True
    return signed


def _regions_of(register: MemberTable) -> "np.typing.NDArray[np.object_]":
    return np.array([*register.regions, None], np.object_)[register.region]
