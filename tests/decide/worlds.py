"""Made-up worlds to decide: a policy, people, choices and items, with values chosen to hurt.

Hypothesis draws the policy, the time of asking and a number; from that number a generator makes the
rows, thousands at a time. Times come from a small set around the edges (the time of asking, the
window, birthdays, the choices themselves, each a microsecond early and late), so that equal and
nearly equal values are common; ids differ in case, accents and zeros; a part of every column is
missing or makes no sense.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from vanne.decide.bulk import EvaluationRequest, Tables
from vanne.decide.people import birthday
from vanne.policy.policy import TRAINING_KEYS, Policy, PurposePolicy, Rollout, midnight
from vanne.terms import MAIN_PURPOSE, Category

Generator = np.random.Generator

ASKED = (
    datetime(2026, 6, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)
REGIONS = ("CH", "FR", "DE", "US", "BR", "GB", "IS")
NO_REGIONS = (None, "", "ch", "XX", "EU", "UK", " CH")
CATEGORIES = ("post", "comment", "photo", "cv", "salary", "follow")
NO_CATEGORIES = (None, "", "Post", "posts", " post")
SIGNS = ("secondary-school", "Secondary_School", "verified", "teen_account")
TAGS = ("health", "Health", "trade_union", "Trade-Union", "travel", "STRASSE", "straße")
NO_LISTS = ([None], [""], [" health"], ["travel", None], ["health", ""])
VISIBILITIES = ("public", "connections", "Public", " public", "", None)
RESERVATIONS = (
    "train-ai=n", "train-ai=y", "ai=n, train-ai=y", "train-ai=y, train-ai=n", "all=n", "tdm=y",
    "search=n", "search=y, bots=n", "train-ai=n;exp=1", "train-ai=?0", "train-ai", "genai=maybe",
    "noai", "NoAI", "Train-AI=n", "train-ai=n, foo=y", "foo=n", "n", "é", " ", "", "train-ai=n,",
)  # fmt: skip
NO_TIMES = ("yesterday", "2024-02-30", "infinity", "1714564800", "24:00", "")
STRANGERS = ("q1", "q2", "q3", "q4", "q5", "Q1", "Q2", "nobody")
ODD_IDS = ("P1", "p01", "7", "07", "o'brien", 'q"uote', "jos\u00e9", "jose\u0301", "a,b", "a;b", "100%", "名前", "p1/x", "null")  # fmt: skip


@dataclass(frozen=True)
class World:
    """Three tables, and what is asked of them."""

    question: EvaluationRequest
    members: pa.Table
    choices: pa.Table
    items: pa.Table

    def write(self, folder: Path, row_group: int = 700) -> Tables:
        """Write the tables as Parquet."""
        paths = {name: folder / f"{name}.parquet" for name in ("items", "members", "choices")}
        for name, path in paths.items():
            pq.write_table(getattr(self, name), path, row_group_size=row_group)
        return Tables(**{name: str(path) for name, path in paths.items()})

    def about(self, item_id: str) -> dict[str, Any]:
        """Return all that bears upon an item: what a person needs who looks for a mistake."""
        item = next(row for row in self.items.to_pylist() if row["item_id"] == item_id)
        people = {item["owner"], item["author"], *(item["subjects"] or ())}
        rows = {"members": self.members.to_pylist(), "choices": self.choices.to_pylist()}
        people |= {row["member_id"] for row in rows["choices"] if row["target"] == item_id}
        of = {name: [r for r in table if r["member_id"] in people] for name, table in rows.items()}
        return {"item": item, **of, "as_of": self.question.as_of, "rules": self.question.rules}


# The policy and the question: drawn by Hypothesis


@st.composite
def questions(draw: st.DrawFn) -> EvaluationRequest:
    """Draw a policy with every field of the language, and a time of asking."""
    as_of = draw(st.sampled_from(ASKED))
    places = {region: draw(st.sampled_from(("a", "a", "rest", "b", "rest", "left-out"))) for region in REGIONS}  # fmt: skip
    named = {group: frozenset(r for r in REGIONS if places[r] == group) for group in ("a", "b")}
    rollouts = [
        Rollout(regions, start, default_on, end)
        for regions in named.values()
        if regions
        for start, end, default_on in draw(runs(as_of.date()))
    ]
    if draw(st.sampled_from((True, True, True, False))):
        rollouts += [
            Rollout(frozenset(), start, default_on, end, everywhere=True)
            for start, end, default_on in draw(runs(as_of.date()))
        ]
    listed = draw(st.sets(st.sampled_from(CATEGORIES[:4]), min_size=2))
    since, days = draw(st.sampled_from(((None, None), (None, None), (None, None), (as_of.date() - timedelta(30), None), (None, 30), (None, 365))))  # fmt: skip
    rules = PurposePolicy(
        purpose=MAIN_PURPOSE,
        listed=frozenset(map(Category, listed)),
        never=frozenset(map(Category, draw(st.sets(st.sampled_from(["salary", "payment"]))))),
        rollouts=tuple(rollouts),
        not_started=frozenset(r for r in REGIONS if places[r] == "left-out"),
        minimum_age=draw(st.sampled_from((13, 16, 18, 21))),
        minor_signs=draw(st.sampled_from((frozenset(), frozenset({"secondary-school"}), frozenset({"secondary-school", "teen-account"})))),
        sensitive_tags=draw(st.sampled_from((frozenset(), frozenset({"health"}), frozenset({"health", "trade-union", "strasse"})))),
        window_since=since,
        window_days=days,
        visibilities=draw(st.sampled_from((None, None, None, frozenset({"public"}), frozenset({"public", "connections"}), frozenset()))),
        objection_covers=draw(st.sampled_from(("everything", "afterwards"))),
        non_members=draw(st.sampled_from(("deny", "unless-objected"))),
        reservation_keys=draw(st.sampled_from((TRAINING_KEYS, frozenset({"train-ai"}), frozenset({"search", "all"})))),
    )  # fmt: skip
    return EvaluationRequest(Policy.of("made-up", "1", "made-up", "0" * 64, {MAIN_PURPOSE: rules}), MAIN_PURPOSE, as_of)  # fmt: skip


@st.composite
def runs(draw: st.DrawFn, today: date) -> list[tuple[date, date | None, bool]]:
    """Draw when a purpose is in force: (from, until, default on) that do not overlap."""
    if draw(st.sampled_from((True, True, False))):
        return [(today - timedelta(400), None, draw(st.booleans()))]
    ages = draw(st.sets(st.sampled_from((-30, -1, 0, 1, 30, 400)), min_size=1))
    days = [today - timedelta(age) for age in sorted(ages, reverse=True)]
    ends = [*days[1:], draw(st.sampled_from((None, today + timedelta(60))))]
    kept = [draw(st.sampled_from((True, True, False))) for _ in days]
    found = [
        (start, end, draw(st.booleans()))
        for start, end, keep in zip(days, ends, kept, strict=True)
        if keep
    ]
    return found or [(days[0], None, True)]


@st.composite
def worlds(draw: st.DrawFn, rows: int, people: int = 80) -> World:
    """Draw a question and a world to ask it of."""
    question = draw(questions())
    return world(question, draw(st.integers(0, 2**32 - 1)), rows, people)


# The rows: from a number


def world(question: EvaluationRequest, number: int, rows: int, people: int) -> World:
    """Make a world; the same number gives the same one."""
    random = np.random.default_rng(number)
    known = [*(f"p{n}" for n in range(people)), *ODD_IDS]
    born = {name: _birth_date(random, question) for name in known}
    times = _edges(question)
    items = [f"i{n}" for n in range(rows)]
    members = _members(random, known, born)
    table = _items(random, question, [*known, *STRANGERS], born, items, times)
    choices = _choices(random, [*known, *STRANGERS], table, times)
    return World(question, members, choices, table)  # fmt: skip


def _edges(question: EvaluationRequest) -> list[datetime]:
    """Return the moments that times are taken from: edges, and a microsecond beside each."""
    as_of, oldest = question.as_of, question.rules.oldest(question.as_of)
    ages = (0, 1, 29, 30, 31, 200, 365, 400)
    moments = [as_of - timedelta(days) for days in ages] + [midnight(as_of.date()), as_of + timedelta(40)]  # fmt: skip
    moments += [oldest] if oldest else []
    beside = (timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1))
    return [moment + step for moment in moments for step in beside]


def _birth_date(random: Generator, question: EvaluationRequest) -> date | None:
    """Return a birth date: mostly an adult's, often just about of age, sometimes odd or unknown."""
    today, years = question.as_of.date(), question.rules.minimum_age
    of_age = today.replace(year=today.year - years, day=min(today.day, 28))
    some = (
        None, of_age, of_age + timedelta(1), of_age - timedelta(1), of_age - timedelta(400),
        date(2008, 2, 29), date(2012, 2, 29), date(today.year - 5, 1, 1), date(9999, 12, 31),
        date(1, 1, 1), date(1988, 2, 29), date(1930, 1, 1), date(1904, 2, 29),
        *(date(1990, 4, 12), date(1975, 6, 30), date(1984, 2, 29)) * 6,
    )  # fmt: skip
    return some[int(random.integers(len(some)))]


def _members(random: Generator, known: list[str], born: dict[str, date | None]) -> pa.Table:
    shuffled = [known[n] for n in random.permutation(len(known))]
    signs = [[SIGNS[n] for n in random.integers(0, len(SIGNS), size)] if size else None for size in _few(random, len(known), 0.08)]  # fmt: skip
    return pa.table(
        {
            "member_id": pa.array(shuffled, pa.string()),
            "region": pa.array(_mostly(random, REGIONS, NO_REGIONS, len(known), 0.08), pa.string()),
            "birth_date": pa.array([born[name] for name in shuffled], pa.date32()),
            "signs": pa.array(signs, pa.list_(pa.string())),
        }
    )


def _choices(
    random: Generator, people: list[str], items: pa.Table, times: list[datetime]
) -> pa.Table:
    """Return choices, most for an item or a category; an item is mostly one's own or one is in it.

    Strangers say more, and half of it of items that do not list them.
    """
    who = [*_picked(random, people, 4 * len(people)), *_picked(random, STRANGERS, 8 * len(STRANGERS))]  # fmt: skip
    count = len(who)
    scopes = _mostly(random, ("category", "item", "item"), ("all",), count, 0.2)
    ids = items["item_id"].to_pylist()
    mine: dict[str | None, list[str]] = {}
    for column in ("owner", "author"):
        for item_id, person in zip(ids, items[column].to_pylist(), strict=True):
            mine.setdefault(person, []).append(item_id)
    for item_id, subjects in zip(ids, items["subjects"].to_pylist(), strict=True):
        for person in subjects or ():
            mine.setdefault(person, []).append(item_id)

    def target(scope: str, person: str) -> str | None:
        if scope == "all":
            return None
        if scope == "category":
            return CATEGORIES[int(random.integers(len(CATEGORIES)))]
        near = mine.get(person) if random.random() < (0.5 if person in STRANGERS else 0.9) else None
        return (near or ids)[int(random.integers(len(near or ids)))]

    return pa.table(
        {
            "member_id": pa.array(who, pa.string()),
            "purpose": pa.array(_mostly(random, (MAIN_PURPOSE,), ("advertising",), count, 0.1), pa.string()),
            "scope": pa.array(scopes, pa.string()),
            "target": pa.array(list(map(target, scopes, who)), pa.string()),
            "on": pa.array(random.random(count) < 0.6, pa.bool_()),
            "at": pa.array(_picked(random, times, count), pa.timestamp("us", tz="UTC")),
        }
    )  # fmt: skip


def _items(
    random: Generator,
    question: EvaluationRequest,
    people: list[str],
    born: dict[str, date | None],
    items: list[str],
    times: list[datetime],
) -> pa.Table:
    count = len(items)
    owners = _mostly(random, list(born), (None, "", "P2 ", "no-one", "q1"), count, 0.03)
    authors = [_other(random, people) if more else None for more in _few(random, count, 0.25)]
    subjects = [[_other(random, people) for _ in range(n)] if n else None for n in _few(random, count, 0.3)]  # fmt: skip
    for row in np.flatnonzero(random.random(count) < 0.01):
        subjects[row] = [None, "p1"]
    tags = [[TAGS[t] for t in random.integers(0, len(TAGS), n)] if n else None for n in _few(random, count, 0.1)]  # fmt: skip
    for row in np.flatnonzero(random.random(count) < 0.02):
        tags[row] = list(NO_LISTS[int(random.integers(len(NO_LISTS)))])
    visible = question.rules.visibilities is None or random.random() < 0.3
    return pa.table(
        {
            "item_id": pa.array(items, pa.string()),
            "owner": pa.array(owners, pa.string()),
            "author": pa.array(authors, pa.string()),
            "subjects": pa.array(subjects, pa.list_(pa.string())),
            "category": pa.array(_mostly(random, sorted(question.rules.listed), (*CATEGORIES, *NO_CATEGORIES), count, 0.1), pa.string()),
            "created_at": _made(random, question, owners, born, times),
            "visibility": pa.array(_mostly(random, ("public",), VISIBILITIES, count, 0.9 if visible else 0.2), pa.string()),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "reservation": pa.array(_mostly(random, (None,), RESERVATIONS, count, 0.15), pa.string()),
        }
    )  # fmt: skip


def _made(
    random: Generator,
    question: EvaluationRequest,
    owners: list[Any],
    born: dict[str, date | None],
    times: list[datetime],
) -> pa.Array:
    """Return when each item was made: at an edge, or at its owner's coming of age."""
    made: list[datetime | None] = _picked(random, times, len(owners))
    for row in np.flatnonzero(random.random(len(owners)) < 0.3):
        birth_date = born.get(owners[row])
        if birth_date is not None and birth_date.year < 9000:
            adult = midnight(birthday(birth_date, question.rules.minimum_age))
            made[row] = adult + timedelta(microseconds=int(random.integers(-1, 2)))
    for row in np.flatnonzero(random.random(len(owners)) < 0.03):
        made[row] = None
    if random.random() < 0.5:
        return pa.array(made, pa.timestamp("us", tz="UTC"))
    texts = [moment and _written(random, moment) for moment in made]
    for row in np.flatnonzero(random.random(len(owners)) < 0.03):
        texts[row] = NO_TIMES[int(random.integers(len(NO_TIMES)))]
    return pa.array(texts, pa.string())


def _written(random: Generator, moment: datetime) -> str:
    """Write a moment in one of the ways that are the same moment."""
    if moment.year < 1900:  # an offset could lead before the first year
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26) + "Z"
    ways = (
        moment.isoformat().replace("+00:00", "Z"),
        moment.replace(tzinfo=None).isoformat(sep=" "),
    )
    hours = timedelta(hours=int(random.integers(-11, 13)), minutes=30)
    zone = f"{'-' if hours < timedelta(0) else '+'}{abs(hours) // timedelta(hours=1):02d}:30"
    elsewhere = (moment + hours).replace(tzinfo=None).isoformat() + zone
    return (*ways, elsewhere)[int(random.integers(3))]


def _other(random: Generator, people: list[str]) -> str:
    """Return somebody; now and then with space around."""
    name = people[int(random.integers(len(people)))]
    return f" {name}" if random.random() < 0.02 else name


def _few(random: Generator, count: int, share: float) -> list[int]:
    """Return how many of something each row has: none in most."""
    return np.where(random.random(count) < share, random.integers(1, 4, count), 0).tolist()


def _picked(random: Generator, values: Any, count: int) -> list[Any]:
    return [values[n] for n in random.integers(0, len(values), count)]


def _mostly(random: Generator, usual: Any, odd: Any, count: int, share: float) -> list[Any]:
    """Return usual values, and in a share of the rows odd ones."""
    return [
        odd[o] if is_odd else usual[u]
        for is_odd, o, u in zip(
            random.random(count) < share,
            random.integers(0, len(odd), count),
            random.integers(0, len(usual), count),
            strict=True,
        )
    ]
