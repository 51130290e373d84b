"""Made-up profiles in memory, and how long a whole question takes."""

import resource
from time import perf_counter, process_time
from typing import Any

import numpy as np

from vanne.assist.brief.criteria import Brief, Criterion, Fact, Kind
from vanne.assist.brief.places import named
from vanne.assist.search.find import find
from vanne.assist.search.index import Index, Made
from vanne.assist.search.letters import Letters
from vanne.assist.search.table import Facts
from vanne.assist.search.words import Words

SHOWN = {"p50": "p50", "p95": "p95", "cpu": "CPU, mean", "index_mb": "arrays, MB"}
TITLES_SHARE = 0.5
"""How many distinct titles there are for each profile, as in the networks that were looked at."""
_ROLES = ("engineer", "nurse", "accountant", "teacher", "developer", "cook", "architect", "analyst")
_FIELDS = (
    "data",
    "software",
    "civil",
    "night",
    "senior",
    "chief",
    "junior",
    "field",
    "team",
    "lead",
)
_TOWNS = ("Lausanne", "Bern", "Genf", "Zürich", "Lugano", "Basel", "Lyon", "Milano", "München")
_SKILLS = ("rust", "python", "sales", "welding", "planning", "sap", "french-law", "logistics")
_ASKED = 40


def measure(profiles: int, seed: int) -> dict[str, Any]:
    """Make an index of that many profiles and ask it."""
    index, size = _index(profiles, seed)
    asked = [_brief(at) for at in range(_ASKED)]
    for brief in asked[:3]:
        find(index, brief)
    walls, began = [], process_time()
    for brief in asked:
        start = perf_counter()
        find(index, brief)
        walls.append(1000 * (perf_counter() - start))
    cpu = 1000 * (process_time() - began) / len(asked)
    return {
        "profiles": profiles,
        "p50": float(np.percentile(walls, 50)),
        "p95": float(np.percentile(walls, 95)),
        "cpu": cpu,
        "index_mb": size / 1e6,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def _brief(at: int) -> Brief:
    title = f"{_FIELDS[at % len(_FIELDS)]} {_ROLES[at % len(_ROLES)]}"
    town = _TOWNS[at % len(_TOWNS)]
    criteria = (
        Criterion(Kind.TITLE, title, title),
        Criterion(Kind.PLACE, named(town)[0].value, town, within_km=50.0),
        Criterion(Kind.LANGUAGE, "fr", "French", "nice"),
        Criterion(Kind.YEARS, "experience", "3 years", least=3.0),
        Criterion(Kind.SKILL, _SKILLS[at % len(_SKILLS)], _SKILLS[at % len(_SKILLS)], "nice"),
    )
    return Brief(f"{title} near {town} with French", "en", criteria, "")


def _facts(profiles: int, dice: np.random.Generator) -> list[tuple[int, Fact]]:
    towns = [named(town)[0].value for town in _TOWNS]
    rows = []
    for row in range(profiles):
        rows += [
            (row, Fact(Kind.PLACE, towns[int(dice.integers(len(towns)))], "i", (0, 1))),
            (row, Fact(Kind.YEARS, "experience", "i", (0, 1), number=float(dice.integers(0, 40)))),
            (row, Fact(Kind.LANGUAGE, ("fr", "de", "it", "en")[row % 4], "i", (0, 1))),
        ]
        for skill in dice.choice(len(_SKILLS), 3, replace=False):
            rows.append((row, Fact(Kind.SKILL, _SKILLS[int(skill)], "i", (0, 1))))
    return rows


class _Open:
    """A ledger to which nothing was added."""

    size = 0


def _index(profiles: int, seed: int) -> tuple[Index, int]:
    import pyarrow as pa

    dice = np.random.default_rng(seed)
    count = max(1, int(profiles * TITLES_SHARE))
    pick = lambda words, n: [words[int(at)] for at in dice.integers(len(words), size=n)]  # noqa: E731
    forms = [
        f"{a} {b} {at % 977:03d}x"
        for at, (a, b) in enumerate(zip(pick(_FIELDS, count), pick(_ROLES, count), strict=True))
    ]
    forms = list(dict.fromkeys(forms))
    facts = Facts.of(_facts(profiles, dice), profiles)
    words = Words.of(
        [(" ".join(pick(_FIELDS, 10) + pick(_ROLES, 10) + [f"w{row % 5000}"] * 3), "en")]
        for row in range(profiles)
    )
    letters = Letters.of(forms)
    vectors = dice.standard_normal((len(forms), 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = lambda values: pa.array(values, pa.large_string())  # noqa: E731
    one_each = np.arange(profiles + 1, dtype=np.int64)
    sizes = np.bincount(facts.rows, minlength=profiles)
    columns = {
        "members": text([f"m{row:07d}" for row in range(profiles)]),
        "passages_start": one_each,
        "passage_item": text([f"i{row}" for row in range(profiles)]),
        "passage_category": text(["position"] * profiles),
        "passage_text": text(["engineer in Lausanne"] * profiles),
        "passage_lang": text(["en"] * profiles),
        "other_person": text([]),
        "other_row": np.zeros(0, np.int32),
        "facts_start": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        "values": text(list(facts.values)),
        "fact_kinds": facts.kinds,
        "fact_value": facts.value,
        "fact_number": facts.number,
        "fact_since": facts.since,
        "fact_until": facts.until,
        "fact_level": facts.level,
        "fact_passage": facts.rows,
        "fact_span": np.zeros(2 * len(facts.rows), np.int32),
        "titles": text(forms),
        "title_vectors": vectors.reshape(-1),
        "held_start": one_each,
        "held": dice.integers(len(forms), size=profiles).astype(np.int32),
        "letters": text(list(letters.known)),
        "letters_rare": letters.rare,
        "letters_starts": letters.starts,
        "letters_texts": letters.texts,
        "letters_weights": letters.weights,
        "words": text(list(words.known)),
        "word_starts": words.starts,
        "word_rows": words.rows,
        "word_weights": words.weights,
    }
    made = Made("", "", "2026-01-01T00:00:00+00:00", 0, "", "", "", profiles, "0" * 64)
    from pathlib import Path

    from vanne.config import Home

    index = Index(Home(Path("nowhere")), made, columns, _Open())  # type: ignore[arg-type]
    return index, sum(int(column.nbytes) for column in columns.values())
