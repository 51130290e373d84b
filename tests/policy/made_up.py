"""Made-up policies and questions for property tests: few values, so that they meet often."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from vanne.decide import People
from vanne.decide.people import until
from vanne.policy.policy import Policy, PurposePolicy, Rollout
from vanne.terms import MAIN_PURPOSE, Category, Choice, Item, Member

KINDS = (Category.POST, Category.ARTICLE, Category.PHOTO)
PLACES = ("CH", "FR", "JP")
DAYS = [date(2025, 1, 1) + timedelta(days=days) for days in (0, 1, 30, 365, 366, 730)]
MOMENTS = [
    datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)
    for day in [date(2024, 12, 31), *DAYS]
    for hours in (0, 12)
]
TAGS, SIGNS, SEEN = ("health", "union"), ("pupil", "teen"), ("public", "friends")
PEOPLE = ("ada", "bob", "eve")


SPANS: list[list[tuple[date, date | None]]] = [
    [],
    [(DAYS[0], None)],
    [(DAYS[0], DAYS[2]), (DAYS[2], None)],
    [(DAYS[1], DAYS[3]), (DAYS[4], None)],
    [(DAYS[0], DAYS[1]), (DAYS[3], DAYS[5])],
    [(DAYS[2], DAYS[4])],
]
"""From when until when something is in force, one after the other."""


def subsets(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values))


@st.composite
def rollouts(draw: st.DrawFn) -> tuple[Rollout, ...]:
    found: list[Rollout] = []
    for place in (*PLACES, "WORLD"):
        for start, end in draw(st.sampled_from(SPANS)):
            regions = frozenset() if place == "WORLD" else frozenset((place,))
            on = draw(st.booleans())
            found.append(Rollout(regions, start, on, end, everywhere=place == "WORLD"))
    return tuple(found)


OPEN = PurposePolicy(
    purpose=MAIN_PURPOSE,
    listed=frozenset(KINDS),
    never=frozenset(),
    rollouts=(Rollout(frozenset(), DAYS[0], True, everywhere=True),),
    not_started=frozenset(),
    minimum_age=16,
    minor_signs=frozenset(),
    non_members="unless-objected",
    reservation_keys=frozenset(("train-ai", "all")),
)
"""A policy that permits much, so that a change of one key is seen."""

KEYS: dict[str, st.SearchStrategy[object]] = {
    "listed": st.frozensets(st.sampled_from(KINDS), min_size=1),
    "rollouts": rollouts(),
    "minimum_age": st.sampled_from([13, 16, 17, 18]),
    "minor_signs": subsets(SIGNS),
    "sensitive_tags": subsets(TAGS),
    "window_since": st.sampled_from([DAYS[0], DAYS[2]]),
    "window_days": st.sampled_from([1, 30, 365]),
    "visibilities": subsets(SEEN),
    "objection_covers": st.sampled_from(["everything", "afterwards"]),
    "non_members": st.sampled_from(["deny", "unless-objected"]),
    "reservation_keys": st.sampled_from([frozenset(("search", "all")), frozenset(("train-ai",))]),
}


@st.composite
def purpose_policies(draw: st.DrawFn, most: int = len(KEYS)) -> PurposePolicy:
    """An open policy in which up to `most` keys say something else."""
    names = draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=most, unique=True))
    rules = replace(OPEN, **{name: draw(KEYS[name]) for name in names})
    never = draw(st.frozensets(st.sampled_from(KINDS))) - rules.listed
    one_window = None if rules.window_since else rules.window_days
    return replace(rules, never=never, window_days=one_window)


@st.composite
def changes_of_policy(draw: st.DrawFn) -> tuple[PurposePolicy, PurposePolicy]:
    """A policy, and one that differs from it in a key or a few."""
    before, other = draw(purpose_policies(3)), draw(purpose_policies())
    names = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True))
    after = replace(before, **{name: getattr(other, name) for name in names})
    one_window = None if after.window_since else after.window_days
    return before, replace(after, never=after.never - after.listed, window_days=one_window)


def policy_of(rules: PurposePolicy) -> Policy:
    return Policy.of("made-up", "1", "Made up", "0" * 64, {rules.purpose: rules})


births = st.sampled_from([date(2025 - age, 7, 1) for age in (12, 15, 16, 17, 18, 40)])


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    there = draw(st.frozensets(st.sampled_from(PEOPLE), min_size=1))
    return [
        Member(
            person,
            draw(st.sampled_from([*PLACES, *PLACES, "XX", None])),
            draw(births | births | st.none()),
            tuple(draw(subsets(SIGNS))) if draw(st.booleans()) else (),
        )
        for person in sorted(there)
    ]


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    scope, target = draw(st.sampled_from([("all", None), ("category", "post"), ("item", "item")]))
    who, on = draw(st.sampled_from(PEOPLE)), draw(st.booleans())
    return Choice(who, MAIN_PURPOSE, scope, on, draw(st.sampled_from(MOMENTS)), target)


@st.composite
def items(draw: st.DrawFn) -> Item:
    some = st.sampled_from
    return Item(
        item_id="item",
        owner=draw(some(["ada", "ada", "ada", "bob", None])),
        category=draw(some([*KINDS, "post", "podcast", None])),
        author=draw(some([None, None, "bob", "eve"])),
        subjects=tuple(draw(st.lists(some(PEOPLE), max_size=2))),
        created_at=draw(some([*MOMENTS, None])),
        visibility=draw(some([*SEEN, None])),
        tags=tuple(draw(subsets(TAGS))),
        reservation=draw(some([None, None, "train-ai=n", "search=n", "all=y", "train-ai", "x=n"])),
        unreadable=draw(some([(), (), (), ("tags",)])),
    )


@st.composite
def asked(draw: st.DrawFn) -> tuple[Item, list[Member], list[Choice], datetime]:
    as_of = draw(st.sampled_from(MOMENTS))
    if draw(st.booleans()):
        return draw(items()), draw(members()), draw(st.lists(choices(), max_size=4)), as_of
    return draw(plain_items()), draw(grown_ups()), draw(st.lists(choices(), max_size=1)), as_of


@st.composite
def plain_items(draw: st.DrawFn) -> Item:
    """An item that not much can speak against, with one thing that might."""
    kind, made = draw(st.sampled_from(KINDS)), draw(st.sampled_from(MOMENTS))
    item = Item("item", "ada", kind, created_at=made, visibility="public")
    odd = [
        {},
        {},
        {"tags": ("health",)},
        {"visibility": "friends"},
        {"author": "bob"},
        {"subjects": ("zoe",)},
        {"reservation": "search=n"},
    ]
    return replace(item, **draw(st.sampled_from(odd)))


@st.composite
def grown_ups(draw: st.DrawFn) -> list[Member]:
    born = st.sampled_from([date(1980, 1, 1), date(1980, 1, 1), date(2008, 7, 1)])
    return [Member(who, draw(st.sampled_from(PLACES)), draw(born)) for who in PEOPLE]


def people_of(
    rules: PurposePolicy, members: list[Member], choices: list[Choice], as_of: datetime
) -> People:
    return People.of(members, until(choices, as_of), policy_of(rules), rules.purpose, as_of)
