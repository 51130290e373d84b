"""Encode each person's region, age and choices as arrays for the kernel.

All that depends on a person alone is computed here once for each person, so an item needs only
look-ups. The arrays follow `vanne.decide.people` and `vanne.decide.reference`, which are the
specification. Times are microseconds since 1970 in UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.decide.item_columns import NEVER, SIDES, Flags, Times, ranges, values_of
from vanne.decide.request import EvaluationRequest
from vanne.errors import InputError
from vanne.ids import UNKNOWN, IdIndex, Ordinals
from vanne.terms import REGIONS, Category, Reason, word

if TYPE_CHECKING:
    import pyarrow as pa

Codes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.int64]

ALWAYS = np.iinfo(np.int64).min
"""Since ever: an off that covers everything."""
SCOPES = ("all", "category", "item")
ALL, CATEGORY, ITEM = range(3)
CATEGORIES = tuple(category.value for category in Category)
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class MemberTable:
    """The members, as they are listed: `birth_day` is in days since 1970, `NEVER` if unknown.

    Member `sign_of[i]` (ascending) has the sign `signs[sign[i]]`.
    """

    index: IdIndex
    region: Ordinals
    regions: Sequence[str | None]
    birth_day: Times
    sign_of: Keys
    sign: Ordinals
    signs: Sequence[str]

    def __len__(self) -> int:
        return len(self.region)

    def of(self, people: "pa.Array") -> "MemberTable":
        """Return the members among some (distinct) people."""
        places = self.index.find(people)
        places = places[places >= 0]
        first, last = (np.searchsorted(self.sign_of, places, side) for side in SIDES)
        signs = ranges(first, last)
        return MemberTable(
            index=IdIndex(self.index.ids.take(places)),
            region=self.region[places],
            regions=self.regions,
            birth_day=self.birth_day[places],
            sign_of=np.repeat(np.arange(len(places)), last - first),
            sign=self.sign[signs],
            signs=self.signs,
        )


@dataclass(frozen=True, slots=True)
class ChoiceColumns:
    """The choices of one purpose: `scope` is a place in `SCOPES`.

    `at` orders them, and `since` is from when on each speaks (see `vanne.terms.Choice`). `target`
    is a place in `CATEGORIES` or in `items`, after the scope; 0 for all.
    """

    person: Ordinals
    scope: npt.NDArray[np.int32]
    target: Ordinals
    on: Flags
    at: Times
    since: Times
    items: IdIndex


@dataclass(frozen=True, slots=True)
class PersonIndex:
    """The members and, after them, people who are none but chose something."""

    members: IdIndex
    strangers: IdIndex

    def __len__(self) -> int:
        return len(self.members) + len(self.strangers)

    def find(self, people: "pa.Array") -> Ordinals:
        """Return the place of each person, `UNKNOWN` where they are neither."""
        places = self.members.find(people)
        if len(self.strangers):
            rows = np.flatnonzero(places == UNKNOWN)
            strangers = self.strangers.find(people.take(rows))
            places[rows] = np.where(strangers == UNKNOWN, UNKNOWN, strangers + len(self.members))
        return places


@dataclass(frozen=True, slots=True)
class NarrowChoices:
    """Where people stand on targets of one scope: sorted keys, and since when off (`NEVER`: on).

    `has_any` says of each person whether they stand anywhere.
    """

    keys: Keys
    off_since: Times
    targets: int
    has_any: Flags

    def find(self, person: Ordinals, target: Ordinals) -> tuple[Times, Flags]:
        """Return since when each person is off for each target, and whether they said on."""
        off_since, said_on = np.full(len(person), NEVER), np.zeros(len(person), np.bool_)
        rows = np.flatnonzero(self.has_any[person] & (target >= 0))
        if len(rows):
            keys = person[rows].astype(np.int64) * self.targets + target[rows]
            place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            stands = self.keys[place] == keys
            off_since[rows] = np.where(stands, self.off_since[place], NEVER)
            said_on[rows] = stands & (off_since[rows] == NEVER)
        return off_since, said_on


@dataclass(frozen=True, slots=True)
class ObjectedItems:
    """The items for which somebody who is no member is off, and since when the first is."""

    items: IdIndex
    off_since: Times

    def __len__(self) -> int:
        return len(self.items)

    def since(self, item_ids: "pa.Array") -> Times:
        """Return since when somebody is off for each item, `NEVER` where nobody is."""
        places = self.items.find(item_ids)
        return np.where(places == UNKNOWN, NEVER, self.off_since[places])


@dataclass(frozen=True, slots=True)
class MemberColumns:
    """p people and, last, whoever is unknown.

    `code` says why nothing that they own may be used; what was made before `adult_at` was made as a
    minor; `NEVER` as `off_since` is no off; `needs_on` says who has to say on, and has not for
    everything; `is_special` who does, or chose for a category or an item.
    """

    people: PersonIndex
    code: Codes
    adult_at: Times
    off_since: Times
    needs_on: Flags
    is_member: Flags
    is_special: Flags
    by_category: NarrowChoices
    by_item: NarrowChoices
    items: IdIndex
    objected: ObjectedItems

    def find(self, people: "pa.Array") -> Ordinals:
        """Return the place of each person; the last place is that of whoever is unknown."""
        places = self.people.find(people)
        places[places == UNKNOWN] = len(self.code) - 1
        return places


def micros(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# The members


def member_table(members: "Iterable[pa.RecordBatch]") -> MemberTable:
    """Gather members in plain form (see `vanne.sources.batches`), in any order.

    Raises:
        InputError: a member is listed twice.
    """
    import pyarrow as pa

    fields = {
        "member_id": pa.large_string(),
        "region": pa.string(),
        "birth_date": pa.int32(),
        "signs": pa.list_(pa.string()),
    }
    listed = _concatenated(members, fields)
    index, order = IdIndex.in_order(listed["member_id"])
    if index.repeated() is not None:
        row = IdIndex(listed["member_id"]).repeated() or 0
        raise InputError(
            f"members: row {row + 1} repeats the member of an earlier row",
            todo="give each member one row",
        )
    listed = {name: column.take(order) for name, column in listed.items()}
    region = listed["region"].dictionary_encode(null_encoding="encode")
    sign_of, signs = values_of(listed["signs"])
    sign = signs.dictionary_encode()
    return MemberTable(
        index=index,
        region=region.indices.to_numpy(),
        regions=region.dictionary.to_pylist(),
        birth_day=listed["birth_date"].cast(pa.int64()).fill_null(NEVER).to_numpy(),
        sign_of=sign_of,
        sign=sign.indices.to_numpy(),
        signs=sign.dictionary.to_pylist(),
    )


def _concatenated(
    batches: "Iterable[pa.RecordBatch]", fields: "dict[str, pa.DataType]"
) -> "dict[str, pa.Array]":
    """Return the named columns of all batches, each as one array."""
    import pyarrow as pa

    parts: list[pa.RecordBatch] = [batch.select(list(fields)) for batch in batches]
    return {
        name: pa.concat_arrays([pa.array([], type_), *(part[name].cast(type_) for part in parts)])
        for name, type_ in fields.items()
    }


# The columns


def member_columns(
    members: MemberTable, choices: "Iterable[pa.RecordBatch]", question: EvaluationRequest
) -> MemberColumns:
    """Fold everybody for a question: the region, the age, the choices for its purpose.

    The choices are in plain form, in any order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    purpose = question.purpose
    own = (batch.filter(pc.equal(batch["purpose"], purpose)) for batch in choices)
    texts = dict.fromkeys(("member_id", "scope", "target"), pa.large_string())
    numbers = {"on": pa.bool_(), "at": pa.int64(), "since": pa.int64()}
    chosen = _concatenated(own, texts | numbers)
    unlisted = pa.array(members.index.find(chosen["member_id"]) < 0)
    people = PersonIndex(members.index, IdIndex(chosen["member_id"].filter(unlisted).unique()))
    scope = pc.index_in(chosen["scope"], value_set=pa.array(SCOPES, pa.large_string())).to_numpy()
    of_item = pa.array(scope == ITEM)
    items = IdIndex(chosen["target"].filter(of_item).unique())
    target = np.zeros(len(scope), np.int32)
    known = pc.index_in(chosen["target"], value_set=pa.array(CATEGORIES, pa.large_string()))
    narrow = scope == CATEGORY
    target[narrow] = known.fill_null(-1).to_numpy()[narrow]
    target[scope == ITEM] = items.find(chosen["target"].filter(of_item))
    columns = ChoiceColumns(
        person=people.find(chosen["member_id"]),
        scope=scope,
        target=target,
        on=chosen["on"].to_numpy(zero_copy_only=False),
        at=chosen["at"].to_numpy(),
        since=chosen["since"].to_numpy(),
        items=items,
    )
    # Why nothing of a member may be used, and when each reaches the minimum age.
    code = region_codes(members, question)[members.region]
    minor = np.zeros(len(code), np.bool_)
    is_sign = [word(sign) in question.rules.minor_signs for sign in members.signs]
    minor[members.sign_of[np.array(is_sign, np.bool_)[members.sign]]] = True
    unknown = members.birth_day == NEVER
    adult_at = birthdays(np.where(unknown, 0, members.birth_day), question.rules.minimum_age)
    code[(code == 0) & minor] = Reason.MINOR.code
    code[(code == 0) & unknown] = Reason.AGE_UNKNOWN.code
    code[(code == 0) & (micros(question.as_of) < adult_at)] = Reason.MINOR.code
    off_since, said_on, by_category, by_item = _stands(columns, question, len(people))
    rest = len(people) + 1 - len(members)  # people who are no members, and whoever is unknown
    by_default = default_off(members, question)[members.region]
    needs_on = np.append(by_default, np.zeros(rest, np.bool_)) & ~said_on
    return MemberColumns(
        people=people,
        code=np.append(code, np.full(rest, Reason.MEMBER_UNKNOWN.code, np.uint8)),
        adult_at=np.append(adult_at, np.full(rest, ALWAYS)),
        off_since=off_since,
        needs_on=needs_on,
        is_member=np.arange(len(people) + 1) < len(members),
        is_special=needs_on | by_category.has_any | by_item.has_any,
        by_category=by_category,
        by_item=by_item,
        items=items,
        objected=_objected(by_item, items, len(members)),
    )


def region_codes(members: MemberTable, question: EvaluationRequest) -> Codes:
    """Return for each of the regions why nothing may be used there, 0 if it may."""

    def of(region: str | None) -> int:
        if region not in REGIONS:
            return Reason.REGION_UNKNOWN.code
        started = question.rules.rollout(region, question.as_of) is not None
        return 0 if started else Reason.REGION_NOT_STARTED.code

    return np.array([of(region) for region in members.regions], np.uint8)


def default_off(members: MemberTable, question: EvaluationRequest) -> Flags:
    """Say for each of the regions whether whoever never chose is off."""

    def of(region: str | None) -> bool:
        rollout = None if region is None else question.rules.rollout(region, question.as_of)
        return rollout is None or not rollout.default_on

    return np.array([of(region) for region in members.regions], np.bool_)


def birthdays(days: Times, years: int) -> Times:
    """Return when people born on those days are that old (see `vanne.decide.people.birthday`)."""
    first = int(days.min(initial=0))
    span = int(days.max(initial=0)) - first + 1
    if span > len(days):
        return _birthdays(days, years)
    return _birthdays(np.arange(first, first + span), years)[days - first]  # each day once


def _birthdays(days: Times, years: int) -> Times:
    """The day is added to the first of its month: so 29 February becomes 1 March."""
    born = days.astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    day = (born - month.astype("datetime64[D]")).astype(np.int64)
    months = np.minimum(month.astype(np.int64) + 12 * years, 12 * (9999 - 1970) + 11)
    adult: Times = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day
    return adult * DAY


def _stands(
    chosen: ChoiceColumns, question: EvaluationRequest, people: int
) -> tuple[Times, Flags, NarrowChoices, NarrowChoices]:
    """Return since when people are off for all, who said on for all, and the narrower stands."""
    known = chosen.target >= 0
    everything = question.rules.objection_covers == "everything"

    def of(scope: int, targets: int) -> NarrowChoices:
        rows = np.flatnonzero(known & (chosen.scope == scope))
        keys = chosen.person[rows].astype(np.int64) * targets + chosen.target[rows]
        on, at, since = chosen.on[rows], chosen.at[rows], chosen.since[rows]
        keys, off_since = _since_when_off(keys, on, at, since)
        if everything:
            off_since[off_since != NEVER] = ALWAYS
        has_any = np.zeros(people + 1, np.bool_)
        has_any[keys // targets] = True
        return NarrowChoices(keys, off_since, targets, has_any)

    whole = of(ALL, 1)
    off_since, said_on = np.full(people + 1, NEVER), np.zeros(people + 1, np.bool_)
    off_since[whole.keys] = whole.off_since
    said_on[whole.keys] = whole.off_since == NEVER
    return off_since, said_on, of(CATEGORY, len(CATEGORIES)), of(ITEM, max(1, len(chosen.items)))


def _objected(by_item: NarrowChoices, items: IdIndex, members: int) -> ObjectedItems:
    """Gather the offs for items of those who come after the members: the keys are sorted so."""
    import pyarrow as pa

    first = int(np.searchsorted(by_item.keys, members * by_item.targets))
    off_since = by_item.off_since[first:]
    is_off = off_since != NEVER
    targets, place = np.unique(by_item.keys[first:][is_off] % by_item.targets, return_inverse=True)
    since = np.full(len(targets), NEVER)
    np.minimum.at(since, place, off_since[is_off])
    return ObjectedItems(IdIndex(items.ids.take(pa.array(targets))), since)


def _since_when_off(keys: Keys, on: Flags, at: Times, since: Times) -> tuple[Keys, Times]:
    """Return each key once, and since when it is off: since the first of the offs after its last
    on, as they say.

    Of an on and an off at one time only the off counts.
    """
    keys, which = np.unique(keys, return_inverse=True)
    order = np.lexsort((on, at, which))  # at one time the offs come first
    which, on, at, since = which[order], on[order], at[order], since[order]
    again = np.zeros(len(at), np.bool_)
    again[1:] = (which[1:] == which[:-1]) & (at[1:] == at[:-1])
    which, on, at, since = which[~again], on[~again], at[~again], since[~again]
    last_on, off_since = np.full(len(keys), ALWAYS), np.full(len(keys), NEVER)
    np.maximum.at(last_on, which[on], at[on])
    is_off = ~on & (at > last_on[which])
    np.minimum.at(off_since, which[is_off], since[is_off])
    return keys, off_since
