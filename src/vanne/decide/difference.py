"""Say exactly what one policy permits and another does not, without any data.

A verdict is allowed only if no rule speaks, so a policy permits an item exactly if it permits its
situation (where, when, what, chosen) and each of its traits (age, tags, ...). It is enough, then,
to ask both policies about every situation that either can tell apart, and, in a situation that both
permit, about every trait. The answers are the reference verdict's; here they are only gathered.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta

from vanne.decide.witnesses import Chose, Situation, probe, traits, verdict
from vanne.policy.policy import Policy, PurposePolicy, midnight
from vanne.terms import REGIONS, Category, Purpose, Reason

Values = tuple[str, ...]
Both = tuple[PurposePolicy, PurposePolicy]


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """For whom the answer changes: what is in `when` names them, from one reason to another.

    An empty `regions`, `categories` or `chosen` is no condition; `trait` names one thing more about
    the item or a person in it. What is not named is anything that the permitting policy permits.
    """

    before: Reason
    after: Reason
    regions: Values = ()
    categories: Values = ()
    chosen: tuple[Chose, ...] = ()
    start: date | None = None
    end: date | None = None
    trait: str | None = None
    values: Values = ()

    @property
    def permits(self) -> bool:
        """True for no → yes: the new policy permits what the old one did not."""
        return self.after is Reason.ALLOWED


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """All that changes from one policy to another for one purpose; `keys` that say other things."""

    purpose: Purpose
    keys: Values
    changes: tuple[PolicyChange, ...]


def difference(
    before: PurposePolicy, after: PurposePolicy, as_of: datetime | None = None
) -> PolicyDifference:
    """Compare two policies for one purpose, at one time of asking or at every one."""
    both = (before, after)
    times = _times(both) if as_of is None else [_Time(as_of, None, None)]
    # Regions and categories that no policy tells apart get one answer.
    regions = _alike(sorted(REGIONS), lambda r: tuple(rules.rollouts_in(r) for rules in both))
    kinds = _alike(
        [c.value for c in Category], lambda c: tuple((c in r.listed, c in r.never) for r in both)
    )
    points = {
        (alike, kind): [
            _Point(number, chosen, *(verdict(rules, at) for rules in both))
            for number, time in enumerate(times)
            for chosen in Chose
            for at in [Situation(alike[0], time.moment, kind[0], chosen)]
        ]
        for alike in regions
        for kind in kinds
    }
    common = _common(points, times)
    differing = (
        f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)
    )
    keys = tuple(_KEYS.get(name, name) for name in differing)
    changes = [
        *_of_situations(points, times),
        *_of_traits(both, common),
        *_of_windows(both, common, times),
    ]
    changes.sort(key=lambda change: not change.permits)
    return PolicyDifference(after.purpose, keys, tuple(changes))


def compare_policies(
    before: Policy, after: Policy, purpose: Purpose | None = None, as_of: datetime | None = None
) -> dict[Purpose, PolicyDifference]:
    """Compare two policies, for one purpose or for each that either has.

    Raises:
        ConfigError: neither has the purpose.
    """
    purposes = [*after.purposes, *(name for name in before.purposes if name not in after.purposes)]
    if purpose is not None and purpose not in purposes:
        after.purpose(purpose)
    differences = {}
    for name in purposes if purpose is None else [purpose]:
        old, new = (with_purpose(policy, name).purpose(name) for policy in (before, after))
        differences[name] = difference(old, new, as_of)
    return differences


def with_purpose(policy: Policy, purpose: Purpose) -> Policy:
    """Return the policy; a purpose that it does not have is added, and nothing permitted for it."""
    if purpose in policy.purposes:
        return policy
    none: frozenset[Category] = frozenset()
    nothing = PurposePolicy(purpose, none, none, (), frozenset(), 18, frozenset())
    return replace(policy, purposes={**policy.purposes, purpose: nothing})


_KEYS = {
    "minimum_age": "age.minimum",
    "minor_signs": "age.signs",
    "account_age": "age.account",
    "sensitive_tags": "sensitive.tags",
    "window_since": "window.since",
    "window_days": "window.days",
    "visibilities": "visibility.listed",
    "objection_covers": "objection.covers",
    "non_members": "people.non_members",
    "reservation_keys": "reservation.keys",
    "redact": "screening.redact",
    "announced": "waiting.announced",
    "waiting_days": "waiting.days",
    "not_started": "not-started.regions",
    "gpc": "gpc.counts",
    "forget_days": "objection.forget_within_days",
    "rollouts": "rollout",
    "clauses": "sources and what is uncertain",
}


# Situations


@dataclass(frozen=True, slots=True)
class _Time:
    """A stretch of time in which neither policy starts or ends anything, and a moment in it."""

    moment: datetime
    start: date | None
    end: date | None


def _times(both: Both) -> list[_Time]:
    days = {day for rules in both for r in rules.rollouts for day in (r.start, r.end) if day}
    for since in (rules.window_since for rules in both if rules.window_since):
        spans = (rules.window_days for rules in both if rules.window_days is not None)
        days |= {since, *(since + timedelta(days=span) for span in spans)}
    edges = sorted(days) or [date(2000, 1, 1)]
    first = _Time(midnight(edges[0]) - timedelta(hours=12), None, edges[0])
    ends = [*edges[1:], None]
    later = (
        _Time(midnight(a) + timedelta(hours=12), a, b) for a, b in zip(edges, ends, strict=True)
    )
    return [first, *later]


def _alike(values: Iterable[str], key: Callable[[str], Hashable]) -> list[Values]:
    """Gather the values that have the same key."""
    groups: dict[Hashable, list[str]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return [tuple(group) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class _Point:
    """One answer of both policies, in one time, for one choice."""

    time: int
    chosen: Chose
    before: Reason
    after: Reason

    @property
    def changes(self) -> bool:
        return (self.before is Reason.ALLOWED) != (self.after is Reason.ALLOWED)


Box = tuple[Values, Values]
"""Regions and categories that no policy tells apart."""


def _of_situations(points: dict[Box, list[_Point]], times: list[_Time]) -> list[PolicyChange]:
    changes = []
    for (regions, categories), answers in points.items():
        for change in _runs((point for point in answers if point.changes), times):
            changes.append(replace(change, regions=regions, categories=categories))
    return _joined(_joined(changes, "regions"), "categories")


def _joined(changes: Iterable[PolicyChange], name: str) -> list[PolicyChange]:
    """Join changes that say the same of different regions, or of different categories."""
    alike: dict[PolicyChange, list[str]] = {}
    for change in changes:
        rest = replace(change, **{name: ()})  # type: ignore[arg-type]
        alike.setdefault(rest, []).extend(getattr(change, name))
    return [replace(c, **{name: tuple(values)}) for c, values in alike.items()]  # type: ignore[arg-type]


def _runs(changed: Iterable[_Point], times: list[_Time]) -> Iterator[PolicyChange]:
    """Join the choices that change alike, and times that follow each other."""
    when: dict[tuple[Reason, Reason, Chose], list[int]] = {}
    for point in changed:
        when.setdefault((point.before, point.after, point.chosen), []).append(point.time)
    alike: dict[tuple[Reason, Reason, tuple[int, ...]], list[Chose]] = {}
    for (before, after, chosen), numbers_of in when.items():
        alike.setdefault((before, after, tuple(numbers_of)), []).append(chosen)
    for (before, after, numbers), choices in alike.items():
        for first, last in _stretches(numbers):
            yield PolicyChange(
                before,
                after,
                chosen=tuple(choices),
                start=times[first].start,
                end=times[last].end,
            )


def _stretches(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each row of numbers that follow each other.

    >>> list(_stretches([0, 1, 2, 5]))
    [(0, 2), (5, 5)]
    """
    first = last = None
    for number in numbers:
        if first is None or last is None or number != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


# Traits: one thing more, in a situation that both policies permit


def _common(points: dict[Box, list[_Point]], times: list[_Time]) -> dict[int, Situation]:
    """Return for each time a situation that both permit, if there is one."""
    situations: dict[int, Situation] = {}
    for (regions, categories), answers in points.items():
        for point in answers:
            if point.before is point.after is Reason.ALLOWED and point.time not in situations:
                moment = times[point.time].moment
                situations[point.time] = Situation(regions[0], moment, categories[0], point.chosen)
    return dict(sorted(situations.items()))


def _of_traits(both: Both, common: dict[int, Situation]) -> Iterator[PolicyChange]:
    values_of: dict[tuple[str, Reason, Reason], dict[str, None]] = {}
    for at in common.values():
        for name, value, trait in traits(*both):
            before, after = (trait(probe(rules, at)).ask(rules) for rules in both)
            if (before is Reason.ALLOWED) != (after is Reason.ALLOWED):
                values_of.setdefault((name, before, after), {})[value] = None
    for (name, before, after), values in values_of.items():
        yield PolicyChange(before, after, trait=name, values=tuple(values))


def _of_windows(
    both: Both, common: dict[int, Situation], times: list[_Time]
) -> Iterator[PolicyChange]:
    """Ask about an item that lies in one window and just outside the other."""
    changed: dict[tuple[Reason, Reason], list[int]] = {}
    for number, at in common.items():
        oldest = [rules.oldest(at.as_of) for rules in both]
        known = sorted(day for day in oldest if day is not None)
        if known and oldest[0] != oldest[1]:
            moment = known[-1] - timedelta(microseconds=1)
            probes = (probe(rules, at) for rules in both)
            made_then = (replace(p, item=replace(p.item, created_at=moment)) for p in probes)
            before, after = (p.ask(rules) for p, rules in zip(made_then, both, strict=True))
            changed.setdefault((before, after), []).append(number)
    old, new = map(_window, both)
    for (before, after), numbers in changed.items():
        shorter, longer = (new, old) if before is Reason.ALLOWED else (old, new)
        for first, last in _stretches(numbers):
            yield PolicyChange(
                before,
                after,
                start=times[first].start,
                end=times[last].end,
                trait="made",
                values=(f"within {longer}, not within {shorter}",),
            )


def _window(rules: PurposePolicy) -> str:
    if rules.window_days is not None:
        return f"{rules.window_days} days"
    return f"the time since {rules.window_since}" if rules.window_since else "any time"
