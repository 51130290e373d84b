"""The made-up network and its job offers, and what is right: known here, in no field of either.

An offer is right for whoever has its occupation, in whatever language either is written. A skill
is shown by a member if an item that may be read names it, in any of the four languages: the lists
of the demo's skills are parallel, so that the third in French is the third in German.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vanne.config import Home
from vanne.corpus.intake import in_force
from vanne.demo.demo import demo_policy, write_network
from vanne.demo.grammar import LANGUAGES, lexicon
from vanne.demo.network import make_network
from vanne.demo.people import person
from vanne.ledger import Ledger
from vanne_assist.brief.text import folded_phrase
from vanne_assist.demo.postings import postings
from vanne_assist.jobs import board
from vanne_assist.search.indexer import update

AS_OF = datetime(2026, 11, 26, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Truth:
    """Of every member and of every offer the occupation, and in which language it is written."""

    members: dict[str, str]
    member_langs: dict[str, str]
    offers: dict[str, str]


def make(root: Path, members: int, offers: int, seed: int) -> tuple[Home, Truth]:
    """Write a network with an index and offers into a folder."""
    made = make_network(seed, members, AS_OF, root / "media")
    home = Home(root / "home")
    write_network(home, made.members, made.items)
    with Ledger.create(home) as ledger:
        ledger.append([in_force(demo_policy(), AS_OF), *made.choices])
    update(home, AS_OF)
    rows = list(postings(seed, offers, AS_OF))
    board.add(home, [posting for _, posting in rows], AS_OF)
    people = [person("network", seed, number, AS_OF) for number in range(1, members + 1)]
    return home, Truth(
        {each.member_id: each.occupation for each in people},
        {each.member_id: each.home.lang for each in people},
        {posting.posting_id: occupation for occupation, posting in rows},
    )


def skill_names(occupation: str, said: str) -> frozenset[str]:
    """Return what a skill of an occupation is called in every language; nothing if it is none."""
    lists = [lexicon(lang).occupations[occupation].lists["skill"] for lang in LANGUAGES]
    asked = folded_phrase(said)
    for names in zip(*lists, strict=False):
        folded = frozenset(map(folded_phrase, names))
        if asked in folded:
            return folded
    return frozenset()
