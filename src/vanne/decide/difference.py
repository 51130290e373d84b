"""Compare two policies: what each permits, without any data.

A verdict is allowed only if no rule denies. So a policy permits an item exactly if it permits the
item's situation (where, when, which category, which choice) and each of its traits (age, tags,
...). It is enough, then, to ask both policies about every situation that either of them
distinguishes, and about every trait in each situation that both permit. The reference verdict gives
the answers; this module only collects them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from itertools import groupby, product

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
    changes, common = list[PolicyChange](), dict[int, Situation]()
    for alike, kind in product(regions, kinds):
        # In which times the answer changes, by the reasons and the choice.
        changed: dict[tuple[Reason, Reason, Chose], list[int]] = {}
        for (number, time), chosen in product(enumerate(times), Chose):
            at = Situation(alike[0], time.moment, kind[0], chosen)
            old, new = (verdict(rules, at) for rules in both)
            if old is new is Reason.ALLOWED:
                common.setdefault(number, at)
            elif Reason.ALLOWED in (old, new):
                changed.setdefault((old, new, chosen), []).append(number)
        # Choices that change alike are one change; so are times that follow each other.
        choices: dict[tuple[Reason, Reason, tuple[int, ...]], list[Chose]] = {}
        for (old, new, chosen), numbers in changed.items():
            choices.setdefault((old, new, tuple(numbers)), []).append(chosen)
        for (old, new, stretch), chose in choices.items():
            for start, end in _stretches(stretch, times):
                change = PolicyChange(old, new, alike, kind, tuple(chose), start, end)
                changes.append(change)
    changes = _joined(_joined(changes, "regions"), "categories")
    changes += [*_of_traits(both, common), *_of_windows(both, common, times)]
    changes.sort(key=lambda change: not change.permits)
    differing = (
        f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)
    )
    keys = tuple(_KEYS.get(name, name) for name in differing)
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
    return policy.with_purposes({**policy.purposes, purpose: nothing})


_KEYS = {
    "minimum_age": "age.minimum",
    "minor_signs": "age.signs",
    "account_age": "age.account",
    "reserves": "claim.verb",
    "is_generative": "claim.generative",
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
    pairs = zip(edges, [*edges[1:], None], strict=True)
    return [first, *(_Time(midnight(a) + timedelta(hours=12), a, b) for a, b in pairs)]


def _alike(values: Iterable[str], key: Callable[[str], Hashable]) -> list[Values]:
    """Gather the values that have the same key."""
    groups: dict[Hashable, list[str]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return [tuple(group) for group in groups.values()]


def _joined(changes: Iterable[PolicyChange], name: str) -> list[PolicyChange]:
    """Join changes that say the same of different regions, or of different categories."""
    alike: dict[PolicyChange, list[str]] = {}
    for change in changes:
        rest = replace(change, **{name: ()})  # type: ignore[arg-type]
        alike.setdefault(rest, []).extend(getattr(change, name))
    return [replace(c, **{name: tuple(values)}) for c, values in alike.items()]  # type: ignore[arg-type]


def _stretches(
    numbers: Sequence[int], times: list[_Time]
) -> Iterator[tuple[date | None, date | None]]:
    """Yield the start and the end of each run of times that follow each other."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        first, *others = (number for _, number in run)
        yield times[first].start, times[[first, *others][-1]].end


def _of_traits(both: Both, common: dict[int, Situation]) -> Iterator[PolicyChange]:
    """Ask about one thing more, in each situation that both policies permit."""
    values_of: dict[tuple[str, Reason, Reason], dict[str, None]] = {}
    for at in (common[number] for number in sorted(common)):
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
    for number in sorted(common):
        at = common[number]
        oldest = [rules.oldest(at.as_of) for rules in both]
        known = sorted(day for day in oldest if day is not None)
        if known and oldest[0] != oldest[1]:
            moment = known[-1] - timedelta(microseconds=1)
            probes = (probe(rules, at) for rules in both)
            made_then = (replace(p, item=replace(p.item, created_at=moment)) for p in probes)
            before, after = (p.ask(rules) for p, rules in zip(made_then, both, strict=True))
            changed.setdefault((before, after), []).append(number)
    windows = [
        f"{rules.window_days} days"
        if rules.window_days is not None
        else f"the time since {rules.window_since}"
        if rules.window_since
        else "any time"
        for rules in both
    ]
    for (before, after), numbers in changed.items():
        longer, shorter = windows if before is Reason.ALLOWED else reversed(windows)
        words = (f"within {longer}, not within {shorter}",)
        for start, end in _stretches(numbers, times):
            yield PolicyChange(before, after, start=start, end=end, trait="made", values=words)
