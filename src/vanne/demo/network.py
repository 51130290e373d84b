"""The made-up network: members, their items, their choices, and its policy, from a seed.

The module also makes texts that are nobody's data. Training can start from job ads and company
pages, since nobody can withdraw them; their grammar differs from that of the members' texts. Texts
of people who are in no network measure what a model learnt.

>>> from datetime import UTC, datetime
>>> make_network(1, 10, datetime(2026, 1, 1, tzinfo=UTC)).members[0].member_id
'm00001'
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from vanne.demo.dice import Dice
from vanne.demo.grammar import TextWriter, lexicon
from vanne.demo.items import (
    Circle,
    is_objected,
    outsider,
    own_items,
    post_times,
    shared_items,
)
from vanne.demo.people import DemoPerson, Space, homes, person, some_employer
from vanne.policy import Policy
from vanne.policy.load import parse, text_of, with_purposes
from vanne.terms import MAIN_PURPOSE, Category, Choice, Item, Member, Scope


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """Members, their items, and the choices in the order in which they were made."""

    members: tuple[Member, ...]
    items: tuple[Item, ...]
    choices: tuple[Choice, ...]


def make_network(
    seed: int,
    members: int,
    as_of: datetime,
    media: Path | None = None,
    space: Space = "network",
) -> DemoNetwork:
    """Return the network of a seed, as it is at that time; write its photos into a media folder.

    In the space `search` it is one to find people in: three countries, and no odd regions.

    Raises:
        StorageError: a photo cannot be written.
    """
    people = _people(seed, members, as_of, space)
    choices = (choice for each in people for choice in choices_of(each, as_of))
    return DemoNetwork(
        tuple(iter_members(seed, members, as_of, space)),
        tuple(iter_items(seed, members, as_of, media, space)),
        tuple(sorted(choices, key=lambda choice: (choice.at, choice.member_id))),
    )


def iter_members(
    seed: int, members: int, as_of: datetime, space: Space = "network"
) -> Iterator[Member]:
    """Yield the members one by one."""
    return (each.member for each in _people(seed, members, as_of, space))


def iter_items(
    seed: int,
    members: int,
    as_of: datetime,
    media: Path | None = None,
    space: Space = "network",
) -> Iterator[Item]:
    """Yield the items one by one, member by member, so that a large network needs little memory."""
    for each in _people(seed, members, as_of, space):
        yield from own_items(each, as_of, media)
        yield from shared_items(Circle(each, seed, members, as_of), media)


def _people(seed: int, members: int, as_of: datetime, space: Space) -> Iterator[DemoPerson]:
    return (person(space, seed, number, as_of) for number in range(1, members + 1))


OTHER_PURPOSE = "recruiter-search"
"""A purpose with its own switch; it must not matter for the main one."""

_NOTICE = "2025-11"
_ANNOUNCED = datetime(2025, 9, 18, tzinfo=UTC)


def choices_of(person: DemoPerson, as_of: datetime) -> Iterator[Choice]:
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
        kinds = ["profile", "position", "education"]
        kinds += ["post"] if post_times(person, as_of) else []
        target = f"{person.member_id}-{dice.choice(kinds)}-1"
        yield _choice(dice, person, as_of, "item", target)
    elif throw < 31:
        off = _choice(dice, person, as_of)
        later = dice.moment(off.at + timedelta(seconds=1), as_of)
        yield off
        yield Choice(person.member_id, MAIN_PURPOSE, "all", True, later, None, "web", _NOTICE)
    elif throw < 33:
        yield _choice(dice, person, as_of, on=True)
    if dice.chance(0.05):
        yield _choice(dice, person, as_of, purpose=OTHER_PURPOSE)
    dice = person.dice("objection")
    if dice.chance(0.08) or is_objected(person.number):
        at = _time(dice, person, as_of)
        yield Choice(outsider(person.number), MAIN_PURPOSE, "all", False, at, None, "mail", _NOTICE)


def _choice(
    dice: Dice,
    person: DemoPerson,
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


def _time(dice: Dice, person: DemoPerson, as_of: datetime) -> datetime:
    """Return a time after joining: half of them since the announcement, which made people look."""
    earliest = person.joined_at + timedelta(hours=1)
    recent = max(earliest, _ANNOUNCED)
    is_recent = dice.chance(0.5) and recent < as_of
    return dice.moment(recent if is_recent else earliest, as_of - timedelta(seconds=1))


_HELD_OUT_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
_HELD_OUT = {Category.PROFILE, Category.POSITION, Category.POST, Category.CV}


def public_texts(seed: int, count: int) -> tuple[str, ...]:
    """Return job ads and company descriptions in four languages; no person is in them."""
    texts = []
    for number in range(count):
        dice = Dice("public", seed, number)
        home = dice.weighted(homes(), [each.weight for each in homes()])
        words = lexicon(home.lang)
        occupation = words.occupations[dice.choice(sorted(words.occupations))]
        employer = some_employer(dice, home.lang, occupation.key)
        facts = {
            "title_both": words.label["or"].join(dict.fromkeys(occupation.title)),
            "field": occupation.field,
            "degree": occupation.degree,
            "place": dice.choice(home.towns),
            "company": employer.name,
        }
        writer = TextWriter(home.lang, dice, facts, occupation.lists, region=home.region)
        texts.append(writer.say_one(dice.weighted(("ad", "company"), (3, 2))))
    return tuple(texts)


def held_out_texts(seed: int, count: int) -> tuple[str, ...]:
    """Return profiles, positions, posts and CVs of people who are in no network."""
    return tuple(item.text or "" for item in itertools.islice(held_out_items(seed), count))


def held_out_items(seed: int) -> Iterator[Item]:
    """Yield the texts of people who are in no network, person by person, without end.

    # INVARIANT: each names an employer of theirs, and those have names of their own, so no text of
    # any network is among them.
    """
    for number in itertools.count(1):
        stranger = person("held-out", seed, number, _HELD_OUT_AS_OF)
        employers = {job.employer.name for job in stranger.jobs}
        for item in own_items(stranger, _HELD_OUT_AS_OF):
            names_one = any(name in (item.text or "") for name in employers)
            if item.category in _HELD_OUT and names_one:
                yield item


BASE = "linkedin-2025-11-03"


@cache
def policy_text() -> str:
    """Return the TOML of the demo's policy: it says in its version that it says more."""
    return with_purposes(text_of(BASE))


def demo_policy() -> Policy:
    """Return the demo's policy."""
    return parse(policy_text(), file=f"{BASE}+demo")
