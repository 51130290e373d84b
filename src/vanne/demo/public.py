"""Texts that are nobody's data: job ads and company pages, and people who are in no network.

The first are what a model may start from, since nobody can withdraw them; their grammar is another
one than that of the members' texts. The second measure what a model learnt.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

from vanne.demo.dice import Dice
from vanne.demo.grammar import Speaker, lexicon
from vanne.demo.items import own_items
from vanne.demo.people import homes, person, some_employer
from vanne.terms import Category, Item

_HELD_OUT_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
_HELD_OUT = {Category.PROFILE, Category.POSITION, Category.POST, Category.CV}


def public_texts(seed: int, count: int) -> tuple[str, ...]:
    """Return job ads and company descriptions in four languages; no person is in them."""
    return tuple(_public(Dice("public", seed, number)) for number in range(count))


def _public(dice: Dice) -> str:
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
    speaker = Speaker(home.lang, dice, facts, occupation.lists, region=home.region)
    return speaker.say_one(dice.weighted(("ad", "company"), (3, 2)))


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
