"""Sets of titles with what was judged relevant, and the measures of retrieval."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Set:
    """Titles that are asked for, titles that are searched, and which belong to which."""

    name: str
    lang: str | None
    asked_in: str | None
    queries: list[tuple[str, str]]
    corpus: list[tuple[str, str]]
    relevant: dict[str, set[str]]

    @property
    def titles(self) -> list[str]:
        """The titles that are searched."""
        return [title for _, title in self.corpus]


def read_set(folder: Path, most: int) -> Set:
    """Read a set in MELO's form; the languages are in its name (`fra_q_fr_c_en`)."""
    queries, corpus = _pairs(folder / "queries.tsv"), _pairs(folder / "corpus_elements.tsv")
    relevant: dict[str, set[str]] = {}
    for line in (folder / "annotations.tsv").read_text().splitlines():
        query, _, element, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(element)
    judged = [query for query in queries if query[0] in relevant]
    some = judged[:: max(1, len(judged) // most)][:most]
    parts = folder.name.split("_")
    asked_in, lang = (parts[2], parts[4]) if len(parts) == 5 else (None, None)
    return Set(folder.name, lang, asked_in, some, corpus, relevant)


def _pairs(path: Path) -> list[tuple[str, str]]:
    rows = [line.partition("\t") for line in path.read_text().splitlines()]
    return [(name, title) for name, _, title in rows]


def scores_of(tested: Set, rank: Callable[[str], "np.ndarray[Any, Any]"]) -> dict[str, float]:
    """Return nDCG@10, MAP and recall at 50, the means over the queries."""
    place = {name: at for at, (name, _) in enumerate(tested.corpus)}
    found = []
    for query, title in tested.queries:
        wanted = np.array([place[name] for name in tested.relevant[query]])
        order = np.argsort(-rank(title), kind="stable")
        ranks = np.sort(np.argsort(order, kind="stable")[wanted]) + 1
        gains = 1 / np.log2(ranks[ranks <= 10] + 1)
        ideal = 1 / np.log2(np.arange(2, min(10, len(wanted)) + 2))
        precision = np.arange(1, len(ranks) + 1) / ranks
        found.append((gains.sum() / ideal.sum(), precision.mean(), (ranks <= 50).mean()))
    ndcg, average, recall = np.mean(found, axis=0).tolist()
    return {"ndcg10": ndcg, "map": average, "recall50": recall}
