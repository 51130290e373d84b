"""The kernel: verdicts for one machine, in one pass in file order, without a join.

It says in arrays what `vanne.decide.reference` says in sentences: the rules run in the same order,
and the first that speaks about a row is its reason. People are folded once
(`vanne.decide.states`); words are looked at once for each distinct one; what is left per row is
looking up and comparing numbers. No row can get another's verdict: nothing is sorted or joined.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from vanne.decide.facts import NOBODY, UNDATED, Coded, Facts, Flags, Rows, facts_of
from vanne.decide.people import meant_batches
from vanne.decide.question import Question, Tables
from vanne.decide.reference import spoken
from vanne.decide.states import (
    CATEGORIES,
    Codes,
    States,
    micros,
    register_of,
    roll_of,
    states_of,
)
from vanne.ids import Ordinals
from vanne.memory import give_back, keep_pages
from vanne.policy.policy import PurposePolicy
from vanne.sources.batches import choice_batches, map_items, member_batches
from vanne.terms import Reason, word

if TYPE_CHECKING:
    import pyarrow as pa

ALLOWED = Reason.ALLOWED.code


@dataclass(frozen=True, slots=True)
class Judged:
    """Some items in file order, and for each question one code for each of them."""

    facts: Facts
    codes: tuple[Codes, ...]


def judge(tables: Tables, questions: Sequence[Question]) -> Iterator[Judged]:
    """Decide all items, in one scan, for several questions.

    Raises:
        InputError: a table cannot be read.
    """
    keep_pages()
    states = _folded(tables, questions)
    give_back()

    def judged(batch: "pa.RecordBatch") -> Judged:
        facts = facts_of(batch)
        return Judged(facts, tuple(map(lambda s, q: codes_of(facts, s, q), states, questions)))

    return map_items(tables.items, judged)


def _folded(tables: Tables, questions: Sequence[Question]) -> list[States]:
    """Fold the people once for each question; what that took of memory is given back in between."""
    register = register_of(member_batches(tables.members))
    states = []
    for question in questions:
        give_back()
        choices = () if tables.choices is None else choice_batches(tables.choices)
        said = _until(meant_batches(choices, question.policy), question.as_of)
        roll = roll_of(register, said, question)
        give_back()
        states.append(states_of(roll, question))
    return states


def _until(batches: "Iterable[pa.RecordBatch]", as_of: datetime) -> "Iterator[pa.RecordBatch]":
    """Pass on the choices of a table that were there at that time: each speaks from then on."""
    import pyarrow.compute as pc

    for batch in batches:
        there = batch.filter(pc.less_equal(batch["at"], micros(as_of)))
        yield there.append_column("since", there["at"])


def codes_of(
    facts: Facts, states: States, question: Question, places: Ordinals | None = None
) -> Codes:
    """Return the code of the reason for each item.

    `places` is what `states` finds of the people of the facts, if it was looked up already.
    """
    rules = question.rules
    codes = _looked_up(facts.category, lambda category: _category(category, rules))
    rows = np.flatnonzero(codes == ALLOWED)  # a third is never used: nobody is looked up for it
    if places is None:
        places = _places_of(facts, states, rows)
    codes[rows] = _owned(facts, states, question, rows, places)
    _say_others(codes, facts, states, places, rules)
    rows = np.flatnonzero(codes == ALLOWED)
    if len(states.objected):
        since = states.objected.since(facts.item_ids.take(rows))
        codes[rows[facts.created_at[rows] >= since]] = Reason.OBJECTION.code
    reserved = _looked_up(facts.reservation.at(rows), lambda text: _reserved(text, rules))
    unreadable = facts.unreadable[rows] | (facts.created_at[rows] == UNDATED)
    said = np.where(reserved == Reason.RESERVATION.code, reserved, 0).astype(np.uint8)
    _say_if(said, unreadable, Reason.UNREADABLE)
    _say(said, reserved)
    codes[rows] = np.where(codes[rows] == ALLOWED, said, codes[rows])
    return codes


def _places_of(facts: Facts, states: States, rows: Rows) -> Ordinals:
    """Find the people who are in some rows; the others stay unknown."""
    is_in = np.zeros(len(facts.people) + 1, np.bool_)
    is_in[facts.owner[rows]] = True  # of nobody the last
    is_in[facts.other] = True
    people = np.flatnonzero(is_in[:-1])
    places = np.full(len(facts.people), len(states.code) - 1, np.int32)
    places[people] = states.find(facts.people.take(people))
    return places


def _owned(facts: Facts, states: States, question: Question, rows: Rows, places: Ordinals) -> Codes:
    """Return what the owner, their choices and the item itself say of some rows."""
    rules = question.rules
    owner = np.append(places, np.int32(len(states.code) - 1))[facts.owner[rows]]
    created = facts.created_at[rows]
    codes = states.code[owner]
    _say_if(codes, created < states.adult_at[owner], Reason.MADE_AS_MINOR)
    if (oldest := rules.oldest(question.as_of)) is not None:
        _say_if(codes, created < micros(oldest), Reason.OUTSIDE_WINDOW)
    _say(codes, _looked_up(facts.visibility.at(rows), lambda value: _visibility(value, rules)))
    _say(codes, _looked_up(facts.tags.at(rows), lambda tags: _sensitive(tags, rules)))
    _say_if(codes, created >= states.off_since[owner], Reason.OFF)
    special = np.flatnonzero(states.is_special[owner] & (codes == ALLOWED))
    if len(special):
        codes[special] = _narrow(facts, states, rows[special], owner[special])
    return codes


# Speaking: what was said before stays


def _say(codes: Codes, said: Codes) -> None:
    np.copyto(codes, said, where=codes == ALLOWED)


def _say_if(codes: Codes, flags: Flags, reason: Reason) -> None:
    np.copyto(codes, np.uint8(reason.code), where=flags & (codes == ALLOWED))


def _looked_up(column: Coded, reason_of: Callable[[object], Reason | None]) -> Codes:
    """Ask once about each distinct value."""
    reasons = (reason_of(value) for value in column.values)
    table = np.array([0 if reason is None else reason.code for reason in reasons], np.uint8)
    return table[column.codes]


def _category(category: object, rules: PurposePolicy) -> Reason | None:
    if category in rules.never:
        return Reason.CATEGORY_NEVER
    if category in rules.listed:
        return None
    return Reason.CATEGORY_NOT_LISTED if category in CATEGORIES else Reason.CATEGORY_UNKNOWN


def _visibility(visibility: object, rules: PurposePolicy) -> Reason | None:
    listed = rules.visibilities
    return None if listed is None or visibility in listed else Reason.VISIBILITY_NOT_LISTED


def _sensitive(tags: object, rules: PurposePolicy) -> Reason | None:
    assert isinstance(tags, tuple)
    return None if rules.sensitive_tags.isdisjoint(map(word, tags)) else Reason.SENSITIVE


def _reserved(text: object, rules: PurposePolicy) -> Reason | None:
    assert text is None or isinstance(text, str)
    return spoken(text, rules.reservation_keys)


# People


def _narrow(facts: Facts, states: States, rows: Rows, person: Ordinals) -> Codes:
    """Return what each person said about each row: off for its category, or for it, or no on."""
    names = {category: number for number, category in enumerate(CATEGORIES)}
    known = np.array([names.get(str(value), NOBODY) for value in facts.category.values], np.int32)
    category = known[facts.category.codes[rows]]
    item = np.full(len(rows), NOBODY, np.int32)
    some = np.flatnonzero(states.by_item.has_any[person])
    item[some] = states.items.find(facts.item_ids.take(rows[some]))
    created = facts.created_at[rows]
    category_off, category_on = states.by_category.find(person, category)
    item_off, item_on = states.by_item.find(person, item)
    codes = np.zeros(len(rows), np.uint8)
    codes[created >= category_off] = Reason.OFF_CATEGORY.code
    _say_if(codes, created >= item_off, Reason.OFF_ITEM)
    _say_if(codes, states.needs_on[person] & ~category_on & ~item_on, Reason.OFF_BY_DEFAULT)
    return codes


def _say_others(
    codes: Codes, facts: Facts, states: States, places: Ordinals, rules: PurposePolicy
) -> None:
    """Say what the other people in the items do not permit, or object to."""
    open_ = codes[facts.other_row] == ALLOWED
    rows, person = facts.other_row[open_], places[facts.other[open_]]
    if not len(rows):
        return
    created = facts.created_at[rows]
    is_off = (created >= states.off_since[person]) | (_narrow(facts, states, rows, person) != 0)
    member = states.is_member[person]
    unsuited = (states.code[person] != 0) | (created < states.adult_at[person])
    refuses = np.where(member, unsuited | is_off, (rules.non_members == "deny") & ~is_off)
    is_author = facts.is_author[open_]
    for flags, reason in (
        (refuses & is_author, Reason.AUTHOR_REFUSES),
        (refuses & ~is_author, Reason.SUBJECT_REFUSES),
        (is_off & ~member, Reason.OBJECTION),
    ):
        said = rows[flags]
        codes[said[codes[said] == ALLOWED]] = reason.code
