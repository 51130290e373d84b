"""Made-up profiles as rows of an index, made by dice and not from items.

There are half as many distinct titles as people, as in the networks that were looked at; a title is
a noun of one of four languages, one or two fields and a number. Everybody has one to three titles,
a town (large towns have more people), one to three languages, six skills, years, and 45 words, few
common and most rare (Zipf). Items are one short passage each: what hits show costs the same however
many people there are.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from vanne.config import Home
from vanne.database import Database, add_persons
from vanne.ledger import Ledger
from vanne_assist.brief.criteria import Fact, Kind
from vanne_assist.brief.lexicon import data
from vanne_assist.search.fact_table import joined, packed, title_line
from vanne_assist.search.index import IndexState, rows_name
from vanne_assist.search.words import number
from vanne_assist.tables import findable, findable_state
from vanne_assist.titles import neutral

SHARE = 0.5
SKILLS, WORDS, VOCABULARY = 6, 45, 50_000
DIMENSIONS = 128
LANGUAGES = ("fr", "de", "it", "en", "es", "pt")
_FIELDS = 2000


@dataclass(frozen=True)
class Profiles:
    """So many made-up profiles; the same seed, the same profiles."""

    size: int
    seed: int

    @cached_property
    def titles(self) -> list[str]:
        """The distinct titles, in their form for everybody."""
        dice = np.random.default_rng([self.seed, 1])
        count = max(1, int(self.size * SHARE))
        nouns = [
            neutral(name)
            for names in data("occupations").values()
            for each in names
            for name in each.split("|")
        ]
        noun, one, two = (dice.integers(n, size=count) for n in (len(nouns), _FIELDS, _FIELDS))
        return [
            f"{nouns[a]} {self.vocabulary[b]} {self.vocabulary[c]}"
            for a, b, c in zip(noun.tolist(), one.tolist(), two.tolist(), strict=True)
        ]

    @cached_property
    def vocabulary(self) -> list[str]:
        """Words that mean nothing, of three to five syllables."""
        dice = np.random.default_rng([self.seed, 2])
        parts = [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "er", "un")]
        picks = dice.integers(len(parts), size=(VOCABULARY, 5)).tolist()
        sizes = dice.integers(3, 6, size=VOCABULARY).tolist()
        return ["".join(parts[at] for at in each[:n]) for each, n in zip(picks, sizes, strict=True)]

    @cached_property
    def spoken(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The words of everybody (people, 45): places in the vocabulary."""
        dice = np.random.default_rng([self.seed, 3])
        return np.minimum(dice.zipf(1.15, size=(self.size, WORDS)) - 1, VOCABULARY - 1)

    def text(self, row: int) -> str:
        """Return what somebody wrote."""
        words = " ".join(self.vocabulary[at] for at in self.spoken[row].tolist())
        return f"{self.titles[int(self.held[1][self.held[0][row]])]} {words}"

    @cached_property
    def held(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Where everybody's titles begin, and which they are."""
        dice = np.random.default_rng([self.seed, 4])
        starts = np.concatenate([[0], np.cumsum(dice.integers(1, 4, size=self.size))])
        return starts.astype(np.int64), dice.integers(
            len(self.titles), size=int(starts[-1]), dtype=np.int32
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the row of everybody in the index."""
        dice = np.random.default_rng([self.seed, 5])
        towns, weights = _towns()
        skills = list(data("skills"))
        lived = dice.choice(len(towns), self.size, p=weights).tolist()
        years = dice.integers(0, 40, size=self.size).tolist()
        spoken = dice.integers(len(LANGUAGES), size=(self.size, 3)).tolist()
        able = dice.integers(len(skills), size=(self.size, SKILLS)).tolist()
        vectors = dice.standard_normal((len(self.titles), DIMENSIONS), dtype=np.float32)
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
        numbers = np.array([number(word) for word in self.vocabulary], np.uint32)
        starts, held = self.held
        for row in range(self.size):
            mine = list(dict.fromkeys(held[starts[row] : starts[row + 1]].tolist()))
            titles = [self.titles[at] for at in mine]
            told = [
                *((Kind.TITLE, title, None) for title in titles),
                (Kind.PLACE, towns[lived[row]], None),
                (Kind.YEARS, "experience", float(years[row])),
                *((Kind.LANGUAGE, LANGUAGES[at], None) for at in sorted(set(spoken[row]))),
                *((Kind.SKILL, skills[at], None) for at in able[row]),
            ]
            item = f"i{row:07d}"
            facts = [Fact(kind, value, item, (0, 1), each) for kind, value, each in told]
            yield {
                "person_id": f"m{row:07d}",
                "digest": f"{row:064x}",
                "tie": f"{row:032x}",
                "facts": packed(facts, [item]),
                "fact_values": joined(fact.value for fact in facts),
                "titles": joined(map(title_line, titles)),
                "vectors": vectors[mine].tobytes(),
                "stems": np.unique(numbers[self.spoken[row]]).tobytes(),
                "passages": json.dumps([[item, "position", "engineer in Lausanne", "en", {}]]),
            }


def home_of(profiles: Profiles, folder: Path) -> Home:
    """Return a home with an index of the profiles and an empty ledger."""
    home = Home(folder)
    with Ledger.create(home) as ledger:
        root = ledger.root(0).hex()
    rows = profiles.rows()
    with Database.of(home).writing() as db:
        while some := list(islice(rows, 5000)):
            add_persons(db, [row["person_id"] for row in some])
            db.execute(insert(findable), some)
        state = IndexState(
            "",
            "",
            "2026-01-01T00:00:00+00:00",
            0,
            root,
            rows_name(),
            profiles.size,
            "0" * 64,
            "",
        )
        db.execute(insert(findable_state), asdict(state))
    Database.of(home).scrub()
    return home


def _towns() -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return the towns of four countries, and how many of all who live in one live there."""
    text = files("vanne.places").joinpath("towns.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    here = [row for row in rows if row[2][:2] in ("CH", "FR", "DE", "IT")]
    people = np.array([int(row[3]) for row in here], np.float64)
    return [row[0] for row in here], people / people.sum()
