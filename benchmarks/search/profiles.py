"""Made-up profiles as the arrays of an index, made by dice and not from items.

There are half as many distinct titles as people, as in the networks that were looked at; a title is
a noun of one of four languages, one or two fields and a number. Everybody has one to three titles,
a town (large towns have more people), one to three languages, six skills, years, and 45 words, few
common and most rare (Zipf). Items are one short passage each: what hits show costs the same however
many people there are.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vanne.config import Home
from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import data
from vanne_assist.search.fact_table import KINDS, NO_YEAR
from vanne_assist.search.index import Index, IndexManifest
from vanne_assist.search.indexer import form_columns
from vanne_assist.search.word_index import WordIndex
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

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The arrays of the index."""
        return self._people() | self._facts() | self._meaning() | self._words()

    def _people(self) -> dict[str, Any]:
        one_each = np.arange(self.size + 1, dtype=np.int64)
        return {
            "members": _text([f"m{row:07d}" for row in range(self.size)]),
            "members_order": np.arange(self.size, dtype=np.int32),
            "passages_start": one_each,
            "passage_item": _text([f"i{row:07d}" for row in range(self.size)]),
            "passage_item_order": np.arange(self.size, dtype=np.int32),
            "passage_category": _text(["position"] * self.size),
            "passage_fields": _text(["{}"] * self.size),
            "passage_text": _text(["engineer in Lausanne"] * self.size),
            "passage_lang": _text(["en"] * self.size),
            "other_person": _text([]),
            "other_row": np.zeros(0, np.int32),
        }

    def _facts(self) -> dict[str, Any]:
        dice = np.random.default_rng([self.seed, 5])
        towns, weights = _towns()
        skills = list(data("skills"))
        people = np.arange(self.size)
        starts, held = self.held
        languages = dice.integers(1, 4, size=self.size)
        kinds = [
            (Kind.TITLE, np.repeat(people, np.diff(starts)), held, self.titles),
            (Kind.PLACE, people, dice.choice(len(towns), self.size, p=weights), towns),
            (Kind.YEARS, people, np.zeros(self.size, np.int64), ["experience"]),
            (
                Kind.LANGUAGE,
                np.repeat(people, languages),
                dice.integers(len(LANGUAGES), size=int(languages.sum())),
                list(LANGUAGES),
            ),
            (
                Kind.SKILL,
                np.repeat(people, SKILLS),
                dice.integers(len(skills), size=self.size * SKILLS),
                skills,
            ),
        ]
        values = [value for _, _, _, names in kinds for value in names]
        first = np.cumsum([0, *(len(names) for _, _, _, names in kinds)])
        rows = np.concatenate([rows for _, rows, _, _ in kinds])
        order = np.argsort(rows, kind="stable")
        kind = np.concatenate([np.full(len(r), KINDS.index(k), np.int8) for k, r, _, _ in kinds])
        value = np.concatenate([v + at for (_, _, v, _), at in zip(kinds, first[:-1], strict=True)])
        years = dice.integers(0, 40, size=len(rows)).astype(np.float32)
        number = np.where(kind == KINDS.index(Kind.YEARS), years, np.float32("nan"))
        return {
            "facts_start": np.concatenate([[0], np.cumsum(np.bincount(rows))]).astype(np.int64),
            "values": _text(values),
            "fact_kinds": kind[order],
            "fact_value": value[order].astype(np.int32),
            "fact_number": number[order].astype(np.float32),
            "fact_since": np.full(len(rows), NO_YEAR, np.int32),
            "fact_until": np.full(len(rows), NO_YEAR, np.int32),
            "fact_level": np.full(len(rows), -1, np.int8),
            "fact_passage": rows[order].astype(np.int32),
            "fact_span": np.zeros(2 * len(rows), np.int32),
        }

    def _meaning(self) -> dict[str, Any]:
        dice = np.random.default_rng([self.seed, 6])
        vectors = dice.standard_normal((len(self.titles), DIMENSIONS), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return form_columns(self.titles) | {
            "title_vectors": vectors.reshape(-1),
            "held_start": self.held[0],
            "held": self.held[1],
        }

    def _words(self) -> dict[str, Any]:
        """Weigh the words as `WordIndex.of` does, but for stems: these words have none."""
        keys = np.arange(self.size)[:, None] * VOCABULARY + self.spoken
        pairs, counts = np.unique(keys, return_counts=True)
        rows, numbers = np.divmod(pairs, VOCABULARY)
        known = {word: at for at, word in enumerate(self.vocabulary)}
        lengths = np.full(self.size, WORDS, np.int32)
        words = WordIndex.weighed(known, numbers, rows.astype(np.int32), counts, lengths)
        return {
            "words": _text(list(words.known)),
            "word_starts": words.starts,
            "word_rows": words.rows,
            "word_weights": words.weights,
        }


class Silent:
    """A ledger to which nothing was added."""

    size = 0

    def later(self, start: int) -> tuple[int, list[object]]:
        """Return that there is nothing new."""
        return 0, []


def open_index(profiles: Profiles, ledger: Any = None) -> Index:
    """Return an index of the profiles, which hears of a ledger that began empty."""
    made = IndexManifest(
        "", "", "2026-01-01T00:00:00+00:00", 0, "", "", "", profiles.size, "0" * 64
    )
    return Index(Home(Path("nowhere")), made, profiles.columns, ledger or Silent())


def _text(values: list[str]) -> Any:
    return pa.array(values, pa.large_string())


def _towns() -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return the towns of four countries, and how many of all who live in one live there."""
    text = files("vanne.places").joinpath("towns.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    here = [row for row in rows if row[2][:2] in ("CH", "FR", "DE", "IT")]
    people = np.array([int(row[3]) for row in here], np.float64)
    return [row[0] for row in here], people / people.sum()
