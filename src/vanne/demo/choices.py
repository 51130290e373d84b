"""Make up who switched what off, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from vanne.demo.dice import Dice
from vanne.demo.items import post_times
from vanne.demo.links import is_objected, outsider
from vanne.demo.people import Person
from vanne.terms import MAIN_PURPOSE, Category, Choice, Scope

OTHER_PURPOSE = "recruiter-search"
"""A purpose with its own switch; it must not matter for the main one."""

_NOTICE = "2025-11"
_ANNOUNCED = datetime(2025, 9, 18, tzinfo=UTC)


def choices_of(person: Person, as_of: datetime) -> Iterator[Choice]:
    """Yield a member's choices, oldest first, and the objection of somebody outside whom they know.

    Of a hundred members 15 are off wholly, 6 by category, 5 by item, 5 were off and are on again,
    2 said on only; most of the others never chose.
    """
    dice = person.dice("choices")
    throw = dice.below(100)
    if throw < 15:
        yield _choice(dice, person, as_of)
    elif throw < 21:
        for category in dice.shuffled((Category.PHOTO, Category.POST, Category.CV))[
            : dice.between(1, 2)
        ]:
            yield _choice(dice, person, as_of, "category", category.value)
    elif throw < 26:
        yield _choice(dice, person, as_of, "item", _some_item(dice, person, as_of))
    elif throw < 31:
        yield from _and_back(dice, person, as_of)
    elif throw < 33:
        yield _choice(dice, person, as_of, on=True)
    if dice.chance(0.05):
        yield _choice(dice, person, as_of, purpose=OTHER_PURPOSE)
    yield from _objection(person, as_of)


def _choice(
    dice: Dice,
    person: Person,
    as_of: datetime,
    scope: Scope = "all",
    target: str | None = None,
    *,
    on: bool = False,
    purpose: str = MAIN_PURPOSE,
) -> Choice:
    channel = dice.weighted(("web", "app", "mail"), (6, 3, 1))
    at = _time(dice, person, as_of)
    return Choice(person.member_id, purpose, scope, on, at, target, channel, _NOTICE)


def _time(dice: Dice, person: Person, as_of: datetime) -> datetime:
    """Return a time after joining: half of them since the announcement, which made people look."""
    earliest = person.joined_at + timedelta(hours=1)
    recent = max(earliest, _ANNOUNCED)
    is_recent = dice.chance(0.5) and recent < as_of
    return dice.moment(recent if is_recent else earliest, as_of - timedelta(seconds=1))


def _and_back(dice: Dice, person: Person, as_of: datetime) -> Iterator[Choice]:
    off = _choice(dice, person, as_of)
    later = dice.moment(off.at + timedelta(seconds=1), as_of)
    yield off
    yield Choice(person.member_id, MAIN_PURPOSE, "all", True, later, None, "web", _NOTICE)


def _some_item(dice: Dice, person: Person, as_of: datetime) -> str:
    kinds = ["profile", "position", "education"] + (["post"] if post_times(person, as_of) else [])
    return f"{person.member_id}-{dice.choice(kinds)}-1"


def _objection(person: Person, as_of: datetime) -> Iterator[Choice]:
    dice = person.dice("objection")
    if dice.chance(0.08) or is_objected(person.number):
        at = _time(dice, person, as_of)
        yield Choice(outsider(person.number), MAIN_PURPOSE, "all", False, at, None, "mail", _NOTICE)
