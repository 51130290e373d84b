"""Sets of titles with what was judged relevant, and the measures of retrieval.

MELO's sets (Retyk et al. 2024) ask for national titles among the names of ESCO's occupations in one
language. Of them two more are made here. *Mixed*: the names of the occupations that are asked for,
and as many others, in four languages in one corpus, of which every one counts that names the right
occupation. *Names*: in one language, one name of an occupation asks for its other names.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

Ranker = Callable[[str, str | None], "np.ndarray[Any, Any]"]
"""What gives a query in a language a score for each title of a corpus."""
Names = dict[str, dict[str | None, dict[str, str]]]
"""Of each occupation in each language its names, by their ids."""


@dataclass(frozen=True, slots=True)
class Set:
    """Titles that are asked for, titles that are searched, and which belong to which.

    `asked_in` are the languages of the queries, one a query; `lang` is that of the corpus, None if
    it has several.
    """

    name: str
    lang: str | None
    asked_in: tuple[str | None, ...]
    queries: list[tuple[str, str]]
    corpus: list[tuple[str, str]]
    relevant: dict[str, set[str]]

    @property
    def titles(self) -> list[str]:
        """The titles that are searched."""
        return [title for _, title in self.corpus]

    def some(self, most: int) -> "Set":
        """Return the set with so many of its queries, spread evenly."""
        step = max(1, len(self.queries) // most)
        kept = slice(0, step * most, step)
        return replace(self, queries=self.queries[kept], asked_in=self.asked_in[kept])

    def only(self, wanted: Callable[[str], bool]) -> "Set":
        """Return the set with some of its queries."""
        kept = [at for at, (query, _) in enumerate(self.queries) if wanted(query)]
        return replace(
            self,
            queries=[self.queries[at] for at in kept],
            asked_in=tuple(self.asked_in[at] for at in kept),
        )

    def among(self, wanted: Callable[[str], bool]) -> "Set":
        """Return the set with some of its titles, and the queries that have an answer in them."""
        corpus = [row for row in self.corpus if wanted(row[1])]
        there = {name for name, _ in corpus}
        relevant = {query: names & there for query, names in self.relevant.items()}
        made = replace(self, corpus=corpus, relevant=relevant)
        return made.only(lambda query: bool(relevant[query]))


def read_set(folder: Path) -> Set:
    """Read a set in MELO's form; the languages are in its name (`fra_q_fr_c_en`)."""
    queries, corpus = _pairs(folder / "queries.tsv"), _pairs(folder / "corpus_elements.tsv")
    relevant: dict[str, set[str]] = {}
    for line in (folder / "annotations.tsv").read_text().splitlines():
        query, _, element, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(element)
    judged = [query for query in queries if query[0] in relevant]
    parts = folder.name.split("_")
    asked_in, lang = (parts[2], parts[4]) if len(parts) == 5 else (None, None)
    return Set(folder.name, lang, (asked_in,) * len(judged), judged, corpus, relevant)


def _pairs(path: Path) -> list[tuple[str, str]]:
    rows = [line.partition("\t") for line in path.read_text().splitlines()]
    return [(name, title) for name, _, title in rows]


# Sets that are made of others


def names_of(sets: Sequence[Set], esco: Path | None) -> Names:
    """Return the names that the corpora give to occupations, and ESCO's Spanish ones."""
    found: Names = {}
    for each in sets:
        for name, title in each.corpus if each.lang else ():
            found.setdefault(occupation(name), {}).setdefault(each.lang, {})[name] = title
    if esco:
        for name, title in _spanish(esco, found):
            found[occupation(name)].setdefault("es", {})[name] = title
    return found


def _spanish(esco: Path, names: Names) -> Iterator[tuple[str, str]]:
    """Give Spanish names; an occupation is known by a German name that both have."""
    known = {title: key for key, of in names.items() for title in of.get("de", {}).values()}
    german, spanish = (_labels(esco / f"occupations_{lang}.tsv") for lang in ("de", "es"))
    for concept, labels in german.items():
        same = [known[label] for label in labels if label in known]
        if same:
            titles = enumerate(spanish.get(concept, ()))
            yield from ((f"{same[0]}_es_{at:03d}", title) for at, title in titles)


def _labels(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["concept"]: list(
                dict.fromkeys(
                    label.strip()
                    for label in (row["preferred"], *row["alternatives"].split("|"))
                    if label.strip()
                )
            )
            for row in csv.DictReader(file, delimiter="\t")
        }


def names_in(names: Names, lang: str, occupations: int) -> Set:
    """Return a set in which one name of an occupation asks for its others."""
    able = [key for key in names if len(names[key].get(lang, ())) > 2]
    queries, corpus, relevant = [], [], {}
    for key in sorted(able, key=shuffled)[: 2 * occupations]:
        asked, *others = sorted(names[key][lang], key=shuffled)
        if len(queries) < occupations:
            queries.append((asked, names[key][lang][asked]))
            relevant[asked] = set(others)
        corpus += [(name, names[key][lang][name]) for name in others]
    return Set(f"names-{lang}", lang, (lang,) * len(queries), queries, corpus, relevant)


def mixed(sets: Sequence[Set], names: Names, queries: int) -> Set:
    """Return a set whose corpus has the names of all languages.

    A query of MELO's stands for all names of its occupations. There are as many occupations that
    nobody asks for.
    """
    asked, langs, wanted = [], [], {}
    for each in (each.some(queries) for each in sets if each.lang in each.asked_in):
        for (query, title), lang in zip(each.queries, each.asked_in, strict=True):
            asked.append((f"{lang}{query}", title))
            langs.append(lang)
            wanted[f"{lang}{query}"] = {occupation(name) for name in each.relevant[query]}
    right = set().union(*wanted.values())
    others = sorted(set(names) - right, key=shuffled)[: len(right)]
    of = {key: dict(row for each in names[key].values() for row in each.items()) for key in names}
    corpus = [row for key in sorted(right | set(others)) for row in of[key].items()]
    relevant = {query: {name for key in keys for name in of[key]} for query, keys in wanted.items()}
    return Set("mixed", None, tuple(langs), asked, corpus, relevant)


def occupation(name: str) -> str:
    """Return the occupation of a name of it: `C000123` of `C000123_fr_001`."""
    return name.partition("_")[0]


def shuffled(name: str) -> bytes:
    """Return what names are ordered by where any order would do, the same each time."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


# Measures


def scores_of(tested: Set, rank: Ranker) -> dict[str, Any]:
    """Return nDCG@10, MAP and recall at 50, the means over the queries, and of each language's."""
    place = {name: at for at, (name, _) in enumerate(tested.corpus)}
    found = []
    for (query, title), lang in zip(tested.queries, tested.asked_in, strict=True):
        wanted = np.array([place[name] for name in tested.relevant[query]])
        found.append(measures(rank(title, lang), wanted))
    whole = np.array(found)
    langs = np.array([str(lang) for lang in tested.asked_in])
    by = {lang: float(whole[langs == lang, 0].mean()) for lang in sorted(set(langs.tolist()))}
    ndcg, average, recall = whole.mean(axis=0).tolist()
    return {"ndcg10": ndcg, "map": average, "recall50": recall, "ndcg10_by": by}


def measures(
    scores: "np.ndarray[Any, Any]", wanted: "np.ndarray[Any, Any]"
) -> tuple[float, float, float]:
    """Return nDCG@10, average precision and recall at 50 of an order by scores; ties as they lie.

    >>> [round(each, 2) for each in measures(np.array([0.9, 0.5, 0.7]), np.array([0, 1]))]
    [0.92, 0.83, 1.0]
    """
    before = [
        np.count_nonzero(scores > scores[at]) + np.count_nonzero(scores[:at] == scores[at])
        for at in wanted.tolist()
    ]
    ranks = np.sort(np.array(before)) + 1
    gains = 1 / np.log2(ranks[ranks <= 10] + 1)
    ideal = 1 / np.log2(np.arange(2, min(10, len(wanted)) + 2))
    precision = np.arange(1, len(ranks) + 1) / ranks
    return (
        float(gains.sum() / ideal.sum()),
        float(precision.mean()),
        float((ranks <= 50).mean()),
    )
