"""What is always true of the reference verdict, whatever people and items there are.

The conformance cases are in `test_conformance`; that other engines agree in `test_engines_agree`.
"""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vanne.decide import People, decide
from vanne.decide.people import birthday
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, Category, Choice, Item, Member, Reason

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = st.sampled_from(["ada", "bob", "eve", "stranger"])
TIMES = st.datetimes(datetime(2003, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
ITEMS = st.builds(
    Item,
    item_id=st.sampled_from(["1", "2", "3"]),
    owner=st.none() | PEOPLE,
    category=st.sampled_from([*(c.value for c in Category), "posts"]) | st.none(),
    author=st.none() | PEOPLE,
    subjects=st.lists(PEOPLE, max_size=2).map(tuple),
    created_at=st.none() | TIMES,
    tags=st.lists(st.sampled_from(["health", "travel"]), max_size=1).map(tuple),
    reservation=st.sampled_from([None, "train-ai=n", "train-ai=y", "?!"]),
)
MEMBERS = st.tuples(
    *(
        st.builds(
            Member,
            member_id=st.just(name),
            region=st.sampled_from(["CH", "FR", "US", "CN", "XX", None]),
            birth_date=st.none() | st.dates(date(1960, 1, 1), date(2012, 1, 1)),
            signs=st.sampled_from([(), ("secondary-school",)]),
        )
        for name in ("ada", "bob", "eve")
    )
)
CHOICES = st.lists(
    st.builds(
        Choice,
        member_id=PEOPLE,
        purpose=st.sampled_from([MAIN_PURPOSE, "recruiter-search"]),
        scope=st.just("all"),
        on=st.booleans(),
        at=TIMES,
    )
    | st.builds(
        Choice,
        member_id=PEOPLE,
        purpose=st.just(MAIN_PURPOSE),
        scope=st.just("category"),
        target=st.sampled_from(["post", "cv"]),
        on=st.booleans(),
        at=TIMES,
    ),
    max_size=6,
)
POLICY = load("linkedin-2025-11-03")


def verdict(item: Item, members: tuple[Member, ...], choices: list[Choice]) -> Reason:
    return decide(item, People.of(members, choices, POLICY, MAIN_PURPOSE, AS_OF))


@given(ITEMS, MEMBERS, CHOICES)
def test_an_off_of_anybody_in_it_denies_whatever_else_is_true(item, members, choices) -> None:
    people = {item.owner, item.author, *item.subjects} - {None}
    for person in people:
        off = Choice(person, MAIN_PURPOSE, "all", False, AS_OF)
        assert verdict(item, members, [*choices, off]) is not Reason.ALLOWED


@given(ITEMS, MEMBERS, CHOICES, st.randoms())
def test_the_order_in_which_choices_arrive_does_not_matter(item, members, choices, random) -> None:
    shuffled = random.sample(choices, len(choices))
    assert verdict(item, members, choices) is verdict(item, members, shuffled)


@given(ITEMS, MEMBERS, CHOICES)
def test_what_is_allowed_has_everything_known(item, members, choices) -> None:
    if verdict(item, members, choices) is not Reason.ALLOWED:
        return
    owner = next(member for member in members if member.member_id == item.owner)
    assert owner.region in {"CH", "FR", "US"} and owner.birth_date and not owner.signs
    assert item.created_at is not None and not item.tags
    assert item.created_at.date() >= birthday(owner.birth_date, 18)
    assert item.reservation in (None, "train-ai=y")


@given(ITEMS, MEMBERS, CHOICES, st.sampled_from(["category", "owner", "created_at"]))
def test_taking_a_needed_value_away_never_allows(item, members, choices, field) -> None:
    values = {name: getattr(item, name) for name in Item.__slots__} | {field: None}
    assert verdict(Item(**values), members, choices) is not Reason.ALLOWED


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.integers(13, 21))
def test_a_birthday_is_that_many_years_later_and_never_early(born, years) -> None:
    day = birthday(born, years)
    assert day.year == born.year + years
    assert (day.month, day.day) == (born.month, born.day) or day == date(day.year, 3, 1)
    assert day - born >= timedelta(days=365 * years)
