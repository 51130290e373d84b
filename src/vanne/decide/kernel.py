"""The kernel: decide all items on one machine, with NumPy, in one pass in file order.

The kernel applies the rules of `vanne.decide.reference` to arrays: the rules run in the same order,
and the first that denies a row gives its reason. Each person is folded once
(`vanne.decide.member_columns`), and each distinct word is interpreted once. Categories go first,
which saves the look-ups of people for items that are never used. What is left per row is looking up
and comparing numbers. No row can get another row's verdict, since nothing is sorted or joined.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from vanne.decide.item_columns import (
    NOBODY,
    UNDATED,
    CodedColumn,
    Flags,
    ItemColumns,
    Rows,
    columns_of,
)
from vanne.decide.member_columns import (
    CATEGORIES,
    Codes,
    MemberColumns,
    member_columns,
    member_table,
    micros,
)
from vanne.decide.reference import spoken
from vanne.decide.request import EvaluationRequest, Tables
from vanne.ids import Ordinals
from vanne.memory import give_back, keep_pages
from vanne.policy.policy import PurposePolicy
from vanne.sources.batches import map_items, member_batches
from vanne.terms import Reason, word

if TYPE_CHECKING:
    import pyarrow as pa

ALLOWED = Reason.ALLOWED.code


def judge(tables: Tables, question: EvaluationRequest) -> Iterator[tuple[ItemColumns, Codes]]:
    """Decide all items, in file order.

    Raises:
        InputError: a table cannot be read.
    """
    keep_pages()
    members = folded(tables, question)

    def judged(batch: "pa.RecordBatch") -> tuple[ItemColumns, Codes]:
        items = columns_of(batch)
        return items, codes_of(items, members, question)

    return map_items(tables.items, judged)


def folded(tables: Tables, question: EvaluationRequest) -> MemberColumns:
    """Fold everybody for a question; the memory that it takes is given back.

    Raises:
        InputError: the members or the choices cannot be read.
    """
    table = member_table(member_batches(tables.members))
    give_back()
    members = member_columns(table, question.counted_batches(tables), question)
    give_back()
    return members


def codes_of(
    items: ItemColumns,
    members: MemberColumns,
    question: EvaluationRequest,
    places: Ordinals | None = None,
) -> Codes:
    """Return the code of the reason for each item.

    `places` is what `members` finds of the people of the items, if it was looked up already.
    """
    rules = question.rules

    def category_reason(category: object) -> Reason | None:
        if category in rules.never:
            return Reason.CATEGORY_NEVER
        if category in rules.listed:
            return None
        return Reason.CATEGORY_NOT_LISTED if category in CATEGORIES else Reason.CATEGORY_UNKNOWN

    codes = _looked_up(items.category, category_reason)
    rows = np.flatnonzero(codes == ALLOWED)  # a third is never used: nobody is looked up for it
    if places is None:  # only who is in these rows is looked for; the others stay unknown
        is_in = np.zeros(len(items.people) + 1, np.bool_)
        is_in[items.owner[rows]] = True  # of nobody the last
        is_in[items.other] = True
        people = np.flatnonzero(is_in[:-1])
        places = np.full(len(items.people), len(members.code) - 1, np.int32)
        places[people] = members.find(items.people.take(people))
    codes[rows] = _owned(items, members, question, rows, places)
    _say_others(codes, items, members, places, rules)
    rows = np.flatnonzero(codes == ALLOWED)
    if len(members.objected):
        since = members.objected.since(items.item_ids.take(rows))
        codes[rows[items.created_at[rows] >= since]] = Reason.OBJECTION.code

    def reserved_by(text: object) -> Reason | None:
        assert text is None or isinstance(text, str)
        return spoken(text, rules.reservation_keys)

    reserved = _looked_up(items.reservation.at(rows), reserved_by)
    unreadable = items.unreadable[rows] | (items.created_at[rows] == UNDATED)
    by_item = np.where(reserved == Reason.RESERVATION.code, reserved, 0).astype(np.uint8)
    _say_if(by_item, unreadable, Reason.UNREADABLE)
    _say(by_item, reserved)
    codes[rows] = np.where(codes[rows] == ALLOWED, by_item, codes[rows])
    return codes


def _owned(
    items: ItemColumns,
    members: MemberColumns,
    question: EvaluationRequest,
    rows: Rows,
    places: Ordinals,
) -> Codes:
    """Return what the owner, their choices and the item itself say of some rows."""
    rules = question.rules
    owner = np.append(places, np.int32(len(members.code) - 1))[items.owner[rows]]
    created = items.created_at[rows]
    codes = members.code[owner]
    _say_if(codes, created < members.adult_at[owner], Reason.MADE_AS_MINOR)
    if (oldest := rules.oldest(question.as_of)) is not None:
        _say_if(codes, created < micros(oldest), Reason.OUTSIDE_WINDOW)
    if (listed := rules.visibilities) is not None:
        not_listed = Reason.VISIBILITY_NOT_LISTED
        visibility = items.visibility.at(rows)
        _say(codes, _looked_up(visibility, lambda value: None if value in listed else not_listed))

    def sensitive(tags: object) -> Reason | None:
        assert isinstance(tags, tuple)
        return None if rules.sensitive_tags.isdisjoint(map(word, tags)) else Reason.SENSITIVE

    _say(codes, _looked_up(items.tags.at(rows), sensitive))
    _say_if(codes, created >= members.off_since[owner], Reason.OFF)
    special = np.flatnonzero(members.is_special[owner] & (codes == ALLOWED))
    if len(special):
        codes[special] = _narrow(items, members, rows[special], owner[special])
    return codes


# Speaking: what was said before stays


def _say(codes: Codes, others: Codes) -> None:
    np.copyto(codes, others, where=codes == ALLOWED)


def _say_if(codes: Codes, flags: Flags, reason: Reason) -> None:
    np.copyto(codes, np.uint8(reason.code), where=flags & (codes == ALLOWED))


def _looked_up(column: CodedColumn, reason_of: Callable[[object], Reason | None]) -> Codes:
    """Ask once about each distinct value."""
    reasons = (reason_of(value) for value in column.values)
    table = np.array([0 if reason is None else reason.code for reason in reasons], np.uint8)
    return table[column.codes]


# People


def _narrow(items: ItemColumns, members: MemberColumns, rows: Rows, person: Ordinals) -> Codes:
    """Return what each person said about each row: off for its category, or for it, or no on."""
    names = {category: number for number, category in enumerate(CATEGORIES)}
    known = np.array([names.get(str(value), NOBODY) for value in items.category.values], np.int32)
    category = known[items.category.codes[rows]]
    item = np.full(len(rows), NOBODY, np.int32)
    some = np.flatnonzero(members.by_item.has_any[person])
    item[some] = members.items.find(items.item_ids.take(rows[some]))
    created = items.created_at[rows]
    category_off, category_on = members.by_category.find(person, category)
    item_off, item_on = members.by_item.find(person, item)
    codes = np.zeros(len(rows), np.uint8)
    codes[created >= category_off] = Reason.OFF_CATEGORY.code
    _say_if(codes, created >= item_off, Reason.OFF_ITEM)
    _say_if(codes, members.needs_on[person] & ~category_on & ~item_on, Reason.OFF_BY_DEFAULT)
    return codes


def _say_others(
    codes: Codes, items: ItemColumns, members: MemberColumns, places: Ordinals, rules: PurposePolicy
) -> None:
    """Say what the other people in the items do not permit, or object to."""
    open_ = codes[items.other_row] == ALLOWED
    rows, person = items.other_row[open_], places[items.other[open_]]
    if not len(rows):
        return
    created = items.created_at[rows]
    is_off = (created >= members.off_since[person]) | (_narrow(items, members, rows, person) != 0)
    member = members.is_member[person]
    unsuited = (members.code[person] != 0) | (created < members.adult_at[person])
    refuses = np.where(member, unsuited | is_off, (rules.non_members == "deny") & ~is_off)
    is_author = items.is_author[open_]
    for flags, reason in (
        (refuses & is_author, Reason.AUTHOR_REFUSES),
        (refuses & ~is_author, Reason.SUBJECT_REFUSES),
        (is_off & ~member, Reason.OBJECTION),
    ):
        rows_of_reason = rows[flags]
        codes[rows_of_reason[codes[rows_of_reason] == ALLOWED]] = reason.code
