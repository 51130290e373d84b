"""Ask the reference verdict about made-up items, to say what a policy does without any data.

A *situation* is what a policy looks at first: the region, the time of asking, the category of the
data, and the choice of the owner. Everything else about the item is made to fit the policy, so that
only the situation can deny it. A *trait* is one thing that then differs: a tag, a visibility, an
age. No rule is written here: `vanne.decide.reference` answers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from vanne.decide.people import People, Stand, Stands
from vanne.decide.reference import decide
from vanne.policy.policy import VOCABULARY, PurposePolicy, midnight
from vanne.terms import Item, Member, Reason

OWNER, OTHER = "owner", "other"
_HOUR = timedelta(hours=1)
_LIFETIME = 500
"""Longer than any window and any minimum age: the imaginary owner was always of age."""


class Chose(StrEnum):
    """What somebody chose, as far as a policy can tell the difference."""

    NEVER = "never"
    ON = "on"
    OFF = "off"
    OFF_LATER = "off-later"
    """Off, and the item was made before that."""
    MIXED = "mixed"
    """Off after the item was made, but on for a part that holds the item."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where, when, what kind of data, and what its owner chose."""

    region: str
    as_of: datetime
    category: str
    chose: Chose


@dataclass(frozen=True, slots=True)
class Probe:
    """An imaginary item with its people, before a policy sees it."""

    item: Item
    owner: Member
    as_of: datetime
    stands: dict[str, Stands] = field(default_factory=dict)

    def ask(self, rules: PurposePolicy) -> Reason:
        """Return the reference verdict."""
        return decide(self.item, People(rules, self.as_of, {OWNER: self.owner}, self.stands))

    def with_item(self, **changes: Any) -> "Probe":
        """Return it with another item."""
        return replace(self, item=replace(self.item, **changes))

    def with_owner(self, **changes: Any) -> "Probe":
        """Return it with another owner."""
        return replace(self, owner=replace(self.owner, **changes))

    def with_off(self, who: str, place: tuple[str, str | None], ago: timedelta) -> "Probe":
        """Return it with somebody who is off there since so long."""
        off = Stand(on=False, since=self.as_of - ago)
        return replace(self, stands={**self.stands, who: {place: off}})


Trait = Callable[[Probe], Probe]
_NO_WORD = " any other "
"""A visibility that no policy can list: words have no space around them."""


def probe(rules: PurposePolicy, at: Situation) -> Probe:
    """Make an item against which, if the policy permits any, only the situation can speak."""
    oldest = rules.oldest(at.as_of)
    created = at.as_of - _HOUR if oldest is None else max(at.as_of - _HOUR, oldest)
    item = Item(
        item_id="item",
        owner=OWNER,
        category=at.category,
        created_at=min(created, at.as_of),
        visibility=next(iter(sorted(rules.visibilities or ())), None),
    )
    born = date(max(1, at.as_of.year - _LIFETIME), 1, 1)
    made, whole = min(created, at.as_of), ("all", None)
    earlier = Stand(on=False, since=made - _HOUR)
    later = Stand(on=False, since=made + (at.as_of - made) / 2)
    chosen: dict[Chose, dict[tuple[str, str | None], Stand]] = {
        Chose.NEVER: {},
        Chose.ON: {whole: Stand(on=True, since=earlier.since)},
        Chose.OFF: {whole: earlier},
        Chose.OFF_LATER: {whole: later},
        Chose.MIXED: {whole: later, ("item", item.item_id): Stand(on=True, since=later.since)},
    }
    return Probe(item, Member(OWNER, at.region, born), at.as_of, {OWNER: chosen[at.chose]})


def verdict(rules: PurposePolicy, at: Situation) -> Reason:
    """Say what a policy answers in a situation, when nothing else speaks against the item."""
    return probe(rules, at).ask(rules)


# What else a policy looks at: (name of the trait, its value, how an item gets it)


def traits(*policies: PurposePolicy) -> Iterator[tuple[str, str, Trait]]:
    """Yield all that any of these policies can tell apart, but the situation and the window.

    Policies count whole years and only ask whether a minimum is reached, so one owner stands for
    all below the lowest minimum, one for each step between two of them, and one for all above.
    """
    minimums = sorted({rules.minimum_age for rules in policies})
    for low, high in zip([0, *minimums], [*minimums, None], strict=True):
        band = f"{low} or more" if high is None else f"{low} to {high - 1}"
        band = str(low) if high == low + 1 else band
        yield "age", band, partial(_aged, low)
        if high is not None:
            yield "age when made", band, partial(_grown_up_today, high)

    def values(sets: Iterable[Iterable[str]]) -> list[str]:
        return sorted({value for each in sets for value in each})

    for sign in values(rules.minor_signs for rules in policies):
        yield "sign", sign, partial(Probe.with_owner, signs=(sign,))
    for tag in values(rules.sensitive_tags for rules in policies):
        yield "tag", tag, partial(Probe.with_item, tags=(tag,))
    for seen in values(rules.visibilities or () for rules in policies):
        yield "visibility", seen, partial(Probe.with_item, visibility=seen)
    if any(rules.visibilities is not None for rules in policies):
        yield "visibility", "any other", partial(Probe.with_item, visibility=_NO_WORD)
        yield "visibility", "none", partial(Probe.with_item, visibility=None)
    for key in sorted(VOCABULARY):
        for value, text in (("n", f"{key}=n"), ("?", f"{key}=unclear")):
            name = f"{key}={value}"
            yield "reservation", name, partial(Probe.with_item, reservation=text)

    # Somebody who is no member: in the item, who said nothing or objected, or not in it.
    yield "non-member", "who said nothing", partial(_with_stranger, None)
    yield "non-member", "who objected", partial(_with_stranger, 2 * _HOUR)
    yield "non-member", "who objected after it was made", partial(_with_stranger, _HOUR / 2)
    yield "non-member", "not in it, who objected to it after it was made", _objected_later


def _with_stranger(ago: timedelta | None, of: Probe) -> Probe:
    of = of.with_item(subjects=(OTHER,))
    return of if ago is None else of.with_off(OTHER, ("all", None), ago)


def _objected_later(of: Probe) -> Probe:
    return of.with_off(OTHER, ("item", of.item.item_id), _HOUR / 2)


def _aged(years: int, of: Probe) -> Probe:
    """Let the owner have been that old for half a year."""
    return _born(of, (of.as_of - timedelta(days=183)).date(), years)


def _grown_up_today(years: int, of: Probe) -> Probe:
    """Let today be the owner's birthday, and the item of the day before."""
    today = of.as_of.date()
    made = midnight(today) - timedelta(microseconds=1)
    return _born(of.with_item(created_at=made), today, years)


def _born(of: Probe, birthday: date, years: int) -> Probe:
    year = max(1, birthday.year - years)
    leap_day = (birthday.month, birthday.day) == (2, 29)
    born = birthday.replace(year=year, day=28 if leap_day else birthday.day)
    return of.with_owner(birth_date=born)
