"""What a change of policy would do is said exactly: nothing that goes from no to yes is missed."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.policy.made_up import (
    MOMENTS,
    asked,
    changes_of_policy,
    people_of,
    policy_of,
    purpose_policies,
)
from vanne.decide import decide
from vanne.decide.difference import (
    PolicyChange,
    compare_policies,
    difference,
    with_purpose,
)
from vanne.decide.witnesses import Chose, Situation, verdict
from vanne.errors import ConfigError
from vanne.policy import PurposePolicy, Rollout
from vanne.policy.load import parse
from vanne.policy.policy import midnight
from vanne.terms import MAIN_PURPOSE, Category, Item, Member, Reason

WHOLE = (Path(__file__).parents[1] / "cases" / "policy" / "whole.toml").read_text(encoding="utf-8")
RULES = parse(WHOLE, "whole.toml").purpose(MAIN_PURPOSE)
PLAIN = replace(
    RULES,
    rollouts=(Rollout(frozenset(("CH",)), date(2025, 1, 1), True),),
    not_started=frozenset(),
    minor_signs=frozenset(),
    sensitive_tags=frozenset(),
    window_days=None,
    visibilities=None,
    objection_covers="everything",
    minimum_age=18,
)


def in_time(change: PolicyChange, at: datetime) -> bool:
    started = change.start is None or midnight(change.start) <= at
    return started and (change.end is None or at < midnight(change.end))


def might_name(change: PolicyChange, item: Item, members: list[Member], as_of: datetime) -> bool:
    """Say whether a change speaks of this item: by a trait, or by where its people live."""
    if change.trait:
        return in_time(change, as_of)
    there = {item.owner, item.author, *item.subjects}
    regions = {m.region for m in members if m.member_id in there}
    return in_time(change, as_of) and not regions.isdisjoint(change.regions)


@settings(max_examples=25, deadline=None)
@given(changes_of_policy(), st.lists(asked(), min_size=4, max_size=8))
def test_whatever_goes_from_no_to_yes_or_back_is_named(
    policies: tuple[PurposePolicy, PurposePolicy],
    questions: list,  # type: ignore[type-arg]
) -> None:
    before, after = policies
    changes = difference(before, after).changes
    for item, members, choices, as_of in questions:
        if item.created_at is not None and item.created_at > as_of:
            continue  # nobody can have made it yet
        was, is_ = (
            decide(item, people_of(rules, members, choices, as_of)) for rules in (before, after)
        )
        if (was is Reason.ALLOWED) == (is_ is Reason.ALLOWED):
            continue
        event("changed")
        same_way = [c for c in changes if c.permits == (is_ is Reason.ALLOWED)]
        assert any(might_name(c, item, members, as_of) for c in same_way), (was, is_)
        then = difference(before, after, as_of).changes
        assert any(c.permits == (is_ is Reason.ALLOWED) for c in then)


@settings(max_examples=20, deadline=None)
@given(purpose_policies(), purpose_policies())
def test_all_that_is_named_is_so(before: PurposePolicy, after: PurposePolicy) -> None:
    for change in difference(before, after).changes:
        assert (change.before is Reason.ALLOWED) != (change.after is Reason.ALLOWED)
        for moment in (m for m in MOMENTS if m.hour and in_time(change, m) and change.regions):
            for region in change.regions[:3]:
                for category in change.categories:
                    for chosen in change.chosen:
                        at = Situation(region, moment, category, chosen)
                        answers = (verdict(before, at), verdict(after, at))
                        assert answers == (change.before, change.after)


@settings(max_examples=20, deadline=None)
@given(purpose_policies(), purpose_policies())
def test_the_way_back_is_the_same_way(one: PurposePolicy, other: PurposePolicy) -> None:
    there, back = difference(one, other), difference(other, one)
    assert Counter(c.permits for c in there.changes) == Counter(not c.permits for c in back.changes)
    assert difference(one, one).changes == ()


def changed(**keys: object) -> list[PolicyChange]:
    return list(difference(PLAIN, replace(PLAIN, **keys)).changes)  # type: ignore[arg-type]


def test_a_category_more_is_named() -> None:
    (change,) = changed(listed=PLAIN.listed | {Category.CV})
    assert change.permits and change.before is Reason.CATEGORY_NOT_LISTED
    assert (change.regions, change.categories) == (("CH",), ("cv",))
    assert (change.start, change.end) == (date(2025, 1, 1), None)
    assert set(change.chosen) == {Chose.NEVER, Chose.ON}


def test_a_default_that_becomes_on_is_named_for_those_who_never_chose() -> None:
    on = PLAIN.rollouts[0]
    before = replace(PLAIN, rollouts=(replace(on, default_on=False),))
    (change,) = difference(before, PLAIN).changes
    assert (change.before, change.chosen) == (Reason.OFF_BY_DEFAULT, (Chose.NEVER,))


def test_a_start_that_moves_is_named_with_the_days_between() -> None:
    earlier = replace(PLAIN.rollouts[0], start=date(2024, 6, 1))
    (change,) = changed(rollouts=(earlier,))
    assert change.permits and (change.start, change.end) == (date(2024, 6, 1), date(2025, 1, 1))
    assert difference(PLAIN, replace(PLAIN, rollouts=(earlier,)), MOMENTS[-1]).changes == ()


def test_a_change_that_goes_on_over_another_start_is_named_once_to_its_end() -> None:
    first, second = date(2024, 6, 1), date(2024, 9, 1)
    elsewhere = Rollout(frozenset(("FR",)), second, True)
    before = replace(PLAIN, rollouts=(*PLAIN.rollouts, elsewhere))
    after = replace(before, rollouts=(replace(PLAIN.rollouts[0], start=first), elsewhere))
    (change,) = difference(before, after).changes
    assert (change.regions, change.start, change.end) == (("CH",), first, date(2025, 1, 1))


def test_an_age_is_named_by_the_years_between() -> None:
    for minimum, years in ((16, "16 to 17"), (17, "17"), (19, "18"), (20, "18 to 19")):
        reasons = [("age", Reason.MINOR), ("age when made", Reason.MADE_AS_MINOR)]
        found = changed(minimum_age=minimum)
        assert [(c.trait, c.values, c.permits) for c in found] == [
            (trait, (years,), minimum < 18) for trait, _ in reasons
        ], minimum
        named = [c.before if minimum < 18 else c.after for c in found]
        assert named == [reason for _, reason in reasons]


@pytest.mark.parametrize(
    ("keys", "trait", "values", "permits"),
    [
        ({"sensitive_tags": frozenset(("health",))}, "tag", ("health",), False),
        ({"minor_signs": frozenset(("pupil",))}, "sign", ("pupil",), False),
        ({"visibilities": frozenset(("public",))}, "visibility", ("any other", "none"), False),
        ({"window_days": 30}, "made", ("within any time, not within 30 days",), False),
        ({"window_since": date(2020, 1, 1)}, "made", ("within any time, not within the time since 2020-01-01",), False),
        ({"non_members": "deny"}, "non-member", ("who said nothing",), False),
        ({"reservation_keys": RULES.reservation_keys - {"tdm"}}, "reservation", ("tdm=n",), True),
        ({"reservation_keys": RULES.reservation_keys - {"tdm"}}, "reservation", ("tdm=?",), True),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, (dict, tuple)) else str(value),
)  # fmt: skip
def test_a_trait_is_named(
    keys: dict[str, object], trait: str, values: tuple[str, ...], permits: bool
) -> None:
    found = changed(**keys)
    assert (trait, values, permits) in [(c.trait, c.values, c.permits) for c in found]
    assert all(c.permits == permits for c in found)


def test_an_objection_that_covers_less_is_named_for_what_was_made_before_it() -> None:
    found = changed(objection_covers="afterwards")
    assert all(c.permits for c in found)
    assert {chosen for c in found for chosen in c.chosen} == {Chose.OFF_LATER, Chose.MIXED}
    assert [c.values for c in found if c.trait] == [
        ("who objected after it was made", "not in it, who objected to it after it was made")
    ]


def test_a_waiting_period_keeps_what_it_keeps() -> None:
    before, after = parse(WHOLE.replace("days = 61", "days = 30"), "x"), parse(WHOLE, "x")
    found = compare_policies(before, after, MAIN_PURPOSE)[MAIN_PURPOSE]
    assert "waiting.days" in found.keys
    assert found.changes and not any(change.permits for change in found.changes)


def test_a_purpose_that_is_new_permits_all_that_it_permits() -> None:
    without = parse(WHOLE[: WHOLE.index("# A second purpose")], "x")
    found = compare_policies(without, parse(WHOLE, "x"))["search-ranking"]
    assert found.changes and all(change.permits for change in found.changes)
    assert (
        compare_policies(parse(WHOLE, "x"), without)["search-ranking"].changes[0].permits is False
    )
    assert with_purpose(without, MAIN_PURPOSE) is without
    with pytest.raises(ConfigError, match="no purpose `ranking`"):
        compare_policies(without, without, "ranking")


@given(purpose_policies())
@example(PLAIN)
def test_a_made_up_policy_is_one(rules: PurposePolicy) -> None:
    assert policy_of(rules).purpose(MAIN_PURPOSE) == rules
