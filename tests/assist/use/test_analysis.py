"""The analysis errs as often as it says, on people whose occasions are alike, and finds what is there."""

import csv
import math
import random
from hashlib import sha256
from pathlib import Path
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.people import BORN
from vanne.terms import Member
from vanne_assist.use.analysis import BUCKETS, Bucket, compare, needed, quantile, rate
from vanne_assist.use.trials import assigned

FILE = Path(__file__).parents[2] / "cases" / "use" / "behaviour.csv"
RUNS = 1000

People = list[tuple[Member, int, int]]


@pytest.fixture(scope="module")
def people() -> People:
    """1,200 made-up people: their occasions, and how many had a result; few are many, and alike."""
    with FILE.open() as file:
        return [
            (Member(row["member"], "CH", BORN), int(row["occasions"]), int(row["results"]))
            for row in csv.DictReader(file)
        ]


def split(people: People, run: int, lift: float = 0.0) -> tuple[list[Bucket], list[Bucket]]:
    """Both arms of one run; in the other arm that share of what had no result has one."""
    salt, dice = sha256(f"run {run}".encode()).digest(), random.Random(run)
    arms = ([[0, 0] for _ in range(BUCKETS)], [[0, 0] for _ in range(BUCKETS)])
    for member, occasions, results in people:
        arm, bucket = assigned(salt, member)
        extra = sum(dice.random() < lift for _ in range(occasions - results)) if arm else 0
        arms[arm][bucket][0] += occasions
        arms[arm][bucket][1] += results + extra
    return tuple([(n, t) for n, t in arm] for arm in arms)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def alike(people: People) -> list[tuple[list[Bucket], list[Bucket]]]:
    """Runs in which both arms are treated alike."""
    return [split(people, run) for run in range(RUNS)]


def found(people: People, lift: float, runs: int) -> float:
    """In which share of the runs a difference is found."""
    compared = (compare(*split(people, run, lift), 0.95) for run in range(runs))
    return sum(each is not None and each.is_found for each in compared) / runs


def test_alike_arms_differ_as_rarely_as_the_confidence_says(
    alike: list[tuple[list[Bucket], list[Bucket]]],
) -> None:
    compared = [compare(*arms, 0.95) for arms in alike]
    wrong = sum(each is not None and each.is_found for each in compared) / RUNS
    assert abs(wrong - 0.05) <= 3 * math.sqrt(0.05 * 0.95 / RUNS)


def test_counting_each_occasion_as_a_person_would_err_more_often(
    alike: list[tuple[list[Bucket], list[Bucket]]],
) -> None:
    """The reason for buckets: on the same runs Newcombe's interval errs far more often."""
    assert sum(newcombe_finds(*arms) for arms in alike) / RUNS > 0.3


def newcombe_finds(usual: list[Bucket], other: list[Bucket]) -> bool:
    """Newcombe's hybrid score interval (1998, method 10) of independent occasions."""
    z = NormalDist().inv_cdf(0.975)
    ends = []
    for arm in (usual, other):
        n, k = (sum(column) for column in zip(*arm, strict=True))
        p, centre = k / n, (k + z * z / 2) / (n + z * z)
        reach = z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
        ends.append((p, centre - reach, centre + reach))
    (p0, l0, u0), (p1, l1, u1) = ends
    low = p1 - p0 - math.hypot(p1 - l1, u0 - p0)
    high = p1 - p0 + math.hypot(u1 - p1, p0 - l0)
    return low > 0 or high < 0


def test_an_effect_that_is_there_is_found_and_its_size_is_in_the_interval(people: People) -> None:
    assert found(people, 0.25, 100) > 0.9
    compared = compare(*split(people, 1, lift=0.25), 0.95)
    assert compared is not None
    expected = 0.25 * (1 - compared.usual.value)
    assert compared.difference.low < expected < compared.difference.high


def test_a_power_calculation_finds_as_often_as_it_says() -> None:
    """As many independent occasions as it asks for, a person each: 80 in 100 runs find it."""
    n, hits, runs = needed(0.1, (0.4899, 0.5), 0.95, 0.8), 0, 400
    for run in range(runs):
        dice = random.Random(run)
        arms = []
        for share in (0.4, 0.5):
            buckets = [[0, 0] for _ in range(BUCKETS)]
            for _ in range(n):
                bucket = buckets[dice.randrange(BUCKETS)]
                bucket[0] += 1
                bucket[1] += dice.random() < share
            arms.append([(a, b) for a, b in buckets])
        compared = compare(*arms, 0.95)
        hits += compared is not None and compared.is_found
    assert abs(hits / runs - 0.8) <= 3 * math.sqrt(0.16 / runs)


buckets = st.lists(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=BUCKETS,
    max_size=BUCKETS,
)


@given(buckets, buckets, st.randoms())
def test_the_order_of_the_buckets_changes_nothing(
    usual: list[Bucket], other: list[Bucket], dice: random.Random
) -> None:
    before = compare(usual, other, 0.95)
    dice.shuffle(usual)
    dice.shuffle(other)
    assert compare(usual, other, 0.95) == before


@given(buckets, buckets)
def test_arms_that_change_places_change_the_sign_alone(
    usual: list[Bucket], other: list[Bucket]
) -> None:
    one, two = compare(usual, other, 0.95), compare(other, usual, 0.95)
    assert one is not None and two is not None
    assert one.difference.value == -two.difference.value
    assert math.isclose(one.difference.low, -two.difference.high, abs_tol=1e-12)
    assert one.is_found == two.is_found


@given(buckets)
def test_a_rate_is_what_came_of_the_occasions(arm: list[Bucket]) -> None:
    estimate = rate(arm, 0.95)
    assert estimate.value == sum(t for _, t in arm) / sum(n for n, _ in arm)
    assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize("arm", [[(5, 2)] * (BUCKETS - 1), [(5, 2)] * (BUCKETS - 1) + [(0, 0)], []])
def test_an_empty_bucket_is_too_few_people(arm: list[Bucket]) -> None:
    assert compare(arm, [(5, 2)] * BUCKETS, 0.95) is None
    assert compare([(5, 2)] * BUCKETS, arm, 0.95) is None


@pytest.mark.parametrize(
    ("p", "df", "t"),
    [
        (0.975, 10, 2.228), (0.975, 20, 2.086), (0.975, 30, 2.042), (0.995, 20, 2.845),
        (0.95, 38, 1.686), (0.9, 19, 1.328), (0.8, 1e9, 0.842),
    ],
)  # fmt: skip
def test_quantiles_are_those_of_the_tables(p: float, df: float, t: float) -> None:
    assert round(quantile(p, df), 3) == t


def test_everybody_has_one_place_and_places_are_drawn_evenly(people: People) -> None:
    salt = sha256(b"one").digest()
    places = [assigned(salt, member) for member, _, _ in people]
    assert places == [assigned(salt, member) for member, _, _ in people]
    assert abs(sum(arm for arm, _ in places) - 600) < 3 * math.sqrt(300)
    other = [assigned(sha256(b"two").digest(), member)[0] for member, _, _ in people]
    both = sum(a == b for (a, _), b in zip(places, other, strict=True))
    assert abs(both - 600) < 3 * math.sqrt(300)
