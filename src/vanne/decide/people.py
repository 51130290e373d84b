"""What is known about people: who they are and what they chose, for one purpose at one time.

For each (scope, target) the latest choice holds; of two choices at the very same time, as a table
may have them, the off holds. A ledger gives each of its choices a time of its own, in the order in
which they were recorded. `off_since` is the start of the current run of offs, so that opting out
twice does not move the date of the opt-out.

The caller says which choices count. Of a ledger, all choices up to some entry count, whatever the
clock says. Of a table, the choices that are not after the time of asking count.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from vanne.errors import InputError
from vanne.policy.policy import Policy, PurposePolicy, Rollout, midnight
from vanne.terms import REGIONS, Choice, Item, ItemId, Member, MemberId, Purpose, word

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody stands on one (scope, target): on, or off since a time."""

    on: bool
    since: datetime


Stands = Mapping[tuple[str, str | None], Stand]


@dataclass(frozen=True, slots=True)
class People:
    """The members and everybody's choices, as one purpose of one policy sees them at one time.

    `objected` says since when anybody who is no member is off for an item, be they in it or not.
    """

    rules: PurposePolicy
    as_of: datetime
    members: Mapping[MemberId, Member]
    stands: Mapping[MemberId, Stands] = field(default_factory=dict)
    objected: Mapping[ItemId, datetime] = field(init=False)
    _rollouts: dict[str, Rollout | None] = field(init=False, repr=False, compare=False)
    _adults: dict[date, datetime] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        objected: dict[ItemId, datetime] = {}
        for stands in (s for person, s in self.stands.items() if person not in self.members):
            for (scope, item), stand in stands.items():
                if scope == "item" and item is not None and not stand.on:
                    objected[item] = min(objected.get(item, stand.since), stand.since)
        object.__setattr__(self, "objected", objected)
        object.__setattr__(self, "_rollouts", {})
        object.__setattr__(self, "_adults", {})

    @classmethod
    def of(
        cls,
        members: Iterable[Member],
        choices: Iterable[Choice],
        policy: Policy,
        purpose: Purpose,
        as_of: datetime,
    ) -> "People":
        """Fold members and all of the choices (in any order) for that purpose at that time.

        Raises:
            ConfigError: the policy does not have that purpose.
            InputError: a member is listed twice.
        """
        rules = policy.purpose(purpose)
        by_id: dict[MemberId, Member] = {}
        for row, member in enumerate(members, 1):
            if member.member_id in by_id:
                raise InputError(
                    f"members: row {row} repeats the member of an earlier row",
                    todo="give each member one row",
                )
            by_id[member.member_id] = member
        return cls(rules, as_of, by_id, fold(choices, purpose))

    def off_since(self, person: MemberId, scope: str, target: str | None = None) -> datetime | None:
        """Return since when somebody is off for that scope and target, or None if they are not."""
        stand = self.stands.get(person, {}).get((scope, target))
        return stand.since if stand and not stand.on else None

    def is_on(self, person: MemberId, item: Item) -> bool:
        """Say whether somebody chose on: wholly, for the item's category, or for the item."""
        stands = self.stands.get(person, {})
        keys = (("all", None), ("category", item.category), ("item", item.item_id))
        return any(key in stands and stands[key].on for key in keys)

    def adult_at(self, member: Member) -> datetime | None:
        """Return when a member reaches the minimum age; None if the birth date is unknown."""
        born = member.birth_date
        if born is None:
            return None
        if born not in self._adults:
            self._adults[born] = midnight(birthday(born, self.rules.minimum_age))
        return self._adults[born]

    def profile(self, person: MemberId | None) -> tuple[Hashable, list[datetime]]:
        """Return all that the rules see of somebody, but their choices for single items, and when.

        Items are decided alike with two people of whom the first is the same, if they were made
        after the same of their moments.
        """
        if person is None:
            return None, []
        everything, moments = self.rules.objection_covers == "everything", list[datetime]()
        wide = sorted(
            (scope, target or "", stand.on, stand.since)
            for (scope, target), stand in self.stands.get(person, {}).items()
            if scope != "item"
        )
        stands = tuple(each[:3] for each in wide)
        if not everything:
            moments += [since for _, _, on, since in wide if not on]
        if person not in self.members:
            return stands, moments
        member = self.members[person]
        adult_at, rollout = self.adult_at(member), self.rollout(member.region or "")
        has_sign = not self.rules.minor_signs.isdisjoint(map(word, member.signs))
        is_adult = None if adult_at is None else adult_at <= self.as_of
        if adult_at is not None:
            moments.append(adult_at)
        default = rollout.default_on if rollout else None
        return (stands, member.region in REGIONS, default, has_sign, is_adult), moments

    def rollout(self, region: str) -> Rollout | None:
        """Return the rollout in force in a region, if there is one."""
        if region not in self._rollouts:
            self._rollouts[region] = self.rules.rollout(region, self.as_of)
        return self._rollouts[region]


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody is that many years old.

    Who is born on 29 February has the birthday on 1 March in years without one: the later of the
    two days that laws name.

    >>> birthday(date(2008, 2, 29), 18)
    datetime.date(2026, 3, 1)
    """
    year = min(born.year + years, date.max.year)
    if (born.month, born.day) == (2, 29):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return date(year, 2, 29) if leap else date(year, 3, 1)
    return born.replace(year=year)


def meant(choices: Iterable[Choice], policy: Policy) -> Iterator[Choice]:
    """Pass the choices of a table on; refuse one for what looks like a misspelt purpose.

    Choices of a ledger are not asked: who wrote them asked then, and nobody can mend them now.

    Raises:
        InputError: there is one.
    """
    known = set[Purpose]()
    for row, choice in enumerate(choices):
        if choice.purpose not in known:
            refuse_misspelt(choice.purpose, policy, row)
            known.add(choice.purpose)
        yield choice


def meant_batches(
    batches: "Iterable[pa.RecordBatch]", policy: Policy
) -> "Iterator[pa.RecordBatch]":
    """Pass the choices of a table on in the same way, as batches in plain form."""
    import pyarrow.compute as pc

    start = 0
    for batch in batches:
        for purpose in batch["purpose"].unique().to_pylist():
            refuse_misspelt(purpose, policy, start + pc.index(batch["purpose"], purpose).as_py())
        start += len(batch)
        yield batch


def refuse_misspelt(purpose: Purpose, policy: Policy, row: int) -> None:
    """Refuse a choice (in that row, from 0) whose purpose is nearly one of the policy's.

    Choices for other purposes are none of our business, but a misspelt opt-out must not be lost.

    Raises:
        InputError: it is.
    """
    if purpose in policy.purposes:
        return
    spelling = purpose.strip().casefold()
    near = [known for known in policy.purposes if spelling and known.startswith(spelling)]
    if near := near or get_close_matches(spelling, policy.purposes, n=1, cutoff=0.8):
        raise InputError(
            f"choices: row {row + 1} is for the purpose `{purpose}`",
            todo=f"did you mean `{near[0]}`?",
        )


def until(choices: Iterable[Choice], as_of: datetime) -> Iterator[Choice]:
    """Pass on the choices that were there at that time."""
    return (choice for choice in choices if choice.at <= as_of)


def fold(
    choices: Iterable[Choice], purpose: Purpose
) -> dict[MemberId, dict[tuple[str, str | None], Stand]]:
    """Follow each person's ons and offs; an on at the very time of an off was never there."""
    by_place: dict[tuple[MemberId, str, str | None], dict[datetime, Stand]] = {}
    for choice in (c for c in choices if c.purpose == purpose):
        target = choice.target if choice.scope != "all" else None
        times = by_place.setdefault((choice.member_id, choice.scope, target), {})
        if choice.at not in times or times[choice.at].on:
            times[choice.at] = Stand(choice.on, choice.since)
    stands: dict[MemberId, dict[tuple[str, str | None], Stand]] = {}
    for (person, scope, target), times in by_place.items():
        latest, *earlier = (times[at] for at in sorted(times, reverse=True))
        since = latest.since
        for stand in earlier:  # back to where the run of its like began
            if stand.on != latest.on:
                break
            since = min(since, stand.since)
        stands.setdefault(person, {})[scope, target] = Stand(latest.on, since)
    return stands
