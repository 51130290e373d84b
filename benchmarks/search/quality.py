"""How well titles are found: Vanne, its parts, and what others do, on sets with judgements.

Of everything that was fitted on names of ESCO's occupations there are two figures. *As shipped* the
matrix has seen the names that are searched (not who asks for them: the queries are national
titles). *Held out* a matrix is fitted anew on half of the occupations, and only queries count all
of whose answers are of the other half; all ways are scored on these queries. *New names*: it is
fitted on half of the names of every occupation, and the other half are searched.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search import peers
from benchmarks.search.fitting import Occupations, fit_groups, kept_names
from benchmarks.search.sets import Ranker, Set, occupation, scores_of, shuffled
from vanne_assist.search.encoder import Vectors, Whitening, encode, fitted
from vanne_assist.titles import neutral

WAYS = ("vanne", "encoder", "bm25s", "tantivy")

_UNCHANGED = Whitening(
    np.zeros(512, np.float32), np.eye(512, dtype=np.float32), np.zeros((0, 512), np.float32)
)
"""A whitening that changes nothing: what the encoder gives by itself."""


class Memory:
    """Vectors of the encoder, each text once; kept in a file, if there is a folder for it."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "titles.npz" if folder else None
        self._known: dict[str, Vectors] = {}
        if self._path and self._path.exists():
            with np.load(self._path) as file:
                self._known = dict(zip(file["texts"].tolist(), file["vectors"], strict=True))

    def raw(self, texts: Sequence[str]) -> Vectors:
        """Return the encoder's own vectors, in half precision."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, encode(new).astype(np.float16), strict=True)
            self._save()
        return np.array([self._known[text] for text in texts], np.float32)

    def _save(self) -> None:
        if self._path:
            texts = np.array(list(self._known))
            np.savez(self._path, texts=texts, vectors=np.array(list(self._known.values())))


class Tested:
    """A set with everything that is made ready for it."""

    def __init__(self, tested: Set, memory: Memory) -> None:
        self.set = tested
        self._memory = memory
        forms = [neutral(title, tested.lang) or title for title in tested.titles]
        self._forms = tuple(dict.fromkeys(forms))
        place = {form: row for row, form in enumerate(self._forms)}
        self._back = np.array([place[form] for form in forms])

    def by(self, whitening: Whitening) -> Ranker:
        """Return how Vanne scores every title for a query."""
        raw = self._memory.raw(self._forms)
        titles = whitening.apply(raw)

        def scores(query: str, lang: str | None) -> Any:
            vector = whitening.apply(encode([neutral(query, lang) or query]))[0]
            return (titles @ vector)[self._back]

        return scores

    def rankers(self, whitening: Whitening) -> dict[str, Ranker]:
        """Return all ways."""
        return {
            "vanne": self.by(whitening),
            "encoder": self.by(_UNCHANGED),
            **self._peers,
        }

    @cached_property
    def _peers(self) -> dict[str, Ranker]:
        return {
            "bm25s": any_language(peers.bm25s(self.set)),
            "tantivy": any_language(peers.tantivy(self.set)),
        }

    def scores(self, asked: Set, whitening: Whitening) -> dict[str, Any]:
        """Score all ways on the queries of the set, or some of them."""
        ways = self.rankers(whitening)
        return {name: scores_of(asked, rank) for name, rank in ways.items()}


def any_language(rank: Callable[[str], Any]) -> Ranker:
    """Return what ranks by the query alone, whatever its language."""
    return lambda query, _: rank(query)


def measure(sets: Sequence[Set], names: Occupations, work: Path | None) -> list[dict[str, Any]]:
    """Score every set, as shipped and held out."""
    memory = Memory(work)
    half = {key: names[key] for key in names if not is_held_out(key)}
    old = {
        key: {lang: {name for name in some if not is_new(name)} for lang, some in of.items()}
        for key, of in names.items()
    }
    fits = fitted_on(half, memory), fitted_on(old, memory)
    return [_measured(each, *fits, memory) for each in sets]


def fitted_on(names: Occupations, memory: Memory) -> Whitening:
    """Return the matrix that some names give."""
    kept = [kept_names(names[key]) for key in sorted(names)]
    kept = [some for each in kept if (some := [group for group in each if group])]
    texts = sorted({name for group in kept for some in group for name in some})
    place = {text: row for row, text in enumerate(texts)}
    groups = [[np.array([place[name] for name in some]) for some in group] for group in kept]
    return fit_groups(memory.raw(texts), groups)


def is_held_out(name: str) -> bool:
    """Say whether an occupation is in the half that nothing is fitted on."""
    return bool(shuffled(occupation(name))[0] & 1)


def is_new(name: str) -> bool:
    """Say whether a name is in the half of the names that nothing is fitted on."""
    return bool(shuffled(name)[1] & 1)


def _measured(tested: Set, half: Whitening, old: Whitening, memory: Memory) -> dict[str, Any]:
    apart = tested.only(lambda query: all(map(is_held_out, tested.relevant[query])))
    new = tested.among(lambda title: is_new(neutral(title, tested.lang) or title))
    ready = Tested(tested, memory)
    return {
        "name": tested.name,
        "titles": len(tested.corpus),
        "queries": len(tested.queries),
        "ways": ready.scores(tested, fitted()),
        "held_out_queries": len(apart.queries),
        "held_out": ready.scores(apart, half),
        "new_titles": len(new.corpus),
        "new_queries": len(new.queries),
        "new": Tested(new, memory).scores(new, old),
    }
