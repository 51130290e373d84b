"""The demo network with known relevance: briefs whose answers are known as people were made up.

Who is an electrician in Sion is in the dice that made the network; what a search sees is what they
wrote and may show, each in their own language. A brief names an occupation in one of four languages
and either gender, or an occupation and a town. Relevant is who has that occupation (and lives
there), whatever their language.
"""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.search import peers
from benchmarks.search.quality import any_language
from benchmarks.search.sets import Ranker, Set, scores_of
from vanne.config import Home
from vanne.corpus.intake import in_force
from vanne.demo.demo import write_network
from vanne.demo.grammar import LANGUAGES, lexicon
from vanne.demo.network import demo_policy, make_network
from vanne.demo.people import DemoPerson, person
from vanne.ledger import Ledger
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.encoder import encode, unit
from vanne_assist.search.find import MOST, find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
_IN = {"fr": "à", "en": "in", "de": "in", "it": "a"}
_ENCODED_WORDS = 100


def measure(members: int, seed: int) -> list[dict[str, Any]]:
    """Score every way on briefs in each language, of people of all languages and of others."""
    with TemporaryDirectory() as folder:
        home = _home(Path(folder) / "network", members, seed)
        with Index.open(home) as index:
            if len(index) > MOST:
                raise ValueError(f"more than {MOST} people: a search does not return them all")
            return [_of_language(index, seed, lang) for lang in LANGUAGES]


def _home(folder: Path, members: int, seed: int) -> Home:
    home, network = Home(folder), make_network(seed, members, AS_OF)
    folder.mkdir()
    write_network(home, network.members, network.items)
    with Ledger.create(home) as ledger:
        ledger.append([in_force(demo_policy(), AS_OF), *network.choices])
    update(home, AS_OF)
    return home


def _of_language(index: Index, seed: int, lang: str) -> dict[str, Any]:
    people = [_person(index.member(row), seed) for row in range(len(index))]
    texts = [_text(index, row) for row in range(len(index))]
    briefs = _briefs(lang, people)
    named = list(enumerate(briefs))
    tested = Set(
        name=lang,
        lang=lang,
        asked_in=(lang,) * len(briefs),
        queries=[(str(at), text) for at, text in named],
        corpus=[(each.member_id, text) for each, text in zip(people, texts, strict=True)],
        relevant={str(at): {each.member_id for each in briefs[text]} for at, text in named},
    )
    return {
        "lang": lang,
        "briefs": len(briefs),
        "people": len(people),
        "of_other_languages": sum(each.home.lang != lang for each in people),
        "ways": {name: scores_of(tested, rank) for name, rank in _ways(index, tested).items()},
    }


def _person(member_id: str, seed: int) -> DemoPerson:
    return person("network", seed, int(member_id.removeprefix("m")), AS_OF)


def _text(index: Index, row: int) -> str:
    return " ".join(passage.text for passage in index.profiles([row])[row].passages)


def _briefs(lang: str, people: list[DemoPerson]) -> dict[str, list[DemoPerson]]:
    """Return the briefs of a language, each with everybody whom it should find."""
    found = {}
    for at, (key, occupation) in enumerate(lexicon(lang).occupations.items()):
        holders = [each for each in people if each.occupation == key]
        towns = sorted({each.place for each in holders})
        if not holders:
            continue
        found[occupation.title[at % 2]] = holders
        town = towns[at % len(towns)]
        brief = f"{occupation.title[(at + 1) % 2]} {_IN[lang]} {town}"
        found[brief] = [each for each in holders if each.place == town]
    return found


def _ways(index: Index, tested: Set) -> dict[str, Ranker]:
    vectors = unit(encode([" ".join(text.split()[:_ENCODED_WORDS]) for text in tested.titles]))
    rows = {member: row for row, (member, _) in enumerate(tested.corpus)}

    def by(*parts: str) -> Ranker:
        def scores(query: str, lang: str | None) -> Any:
            brief = read_brief(query, lang)
            out = np.full(len(rows), -1.0)
            for hit in find(index, brief, count=MOST).hits:
                out[rows[hit.member_id]] = sum(getattr(hit, part) for part in parts)
            return out

        return scores

    return {
        "vanne": by("score"),
        "meaning": by("meaning"),
        "words": by("words"),
        "encoder": lambda query, _: vectors @ unit(encode([query]))[0],
        "bm25s": any_language(peers.bm25s(tested)),
        "tantivy": any_language(peers.tantivy(tested)),
    }
