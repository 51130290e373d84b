"""`./run python benchmarks/search`: how well titles are found, and how fast people are.

Quality: sets in MELO's form (`queries.tsv`, `corpus_elements.tsv`, `annotations.tsv`), which are
not in the repository: `--melo FOLDER` names the folder of the sets. For each: nDCG@10, MAP and
recall of the meaning, the letters, both (what Vanne does), the bare encoder, bm25s and tantivy.

Latency: an index of made-up profiles in memory, one thread, `--profiles`.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from benchmarks import machine
from benchmarks.page import PAGE, table, write_section
from benchmarks.search import latency, peers
from benchmarks.search.sets import Set, read_set, scores_of
from benchmarks.terminal import say
from vanne.assist.search.match import LETTERS_WEIGHT, Titles, stretched
from vanne.assist.search.meaning import encode, unit
from vanne.assist.titles import neutral

RESULTS = Path(__file__).parents[1] / "results"

Ranker = Callable[[str], "np.ndarray[Any, Any]"]


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/search/1",
        "command": machine.command("search", sys.argv[1:]),
        "machine": machine.about(),
        "sets": [],
        "latency": [],
    }
    for folder in sorted(wish.melo.iterdir()) if wish.melo else ():
        if (folder / "queries.tsv").exists():
            found["sets"].append(quality(read_set(folder, wish.queries), wish))
    for profiles in wish.profiles:
        say(f"latency at {profiles} profiles")
        found["latency"].append(latency.measure(profiles, wish.seed))
    path = wish.results / "search.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    write_section(wish.page, "search", report(found))


def quality(tested: Set, wish: Namespace) -> dict[str, Any]:
    """Score every way on one set."""
    say(f"{tested.name}: {len(tested.queries)} queries, {len(tested.corpus)} titles")
    ways = rankers(tested)
    return {
        "name": tested.name,
        "queries": len(tested.queries),
        "titles": len(tested.corpus),
        "ways": {name: scores_of(tested, rank) for name, rank in ways.items()},
    }


def rankers(tested: Set) -> dict[str, Ranker]:
    """Return the ways, each a function from a query to a score for every title of the corpus."""
    forms = [neutral(title, tested.lang) or title for title in tested.titles]
    titles = Titles.of(forms)
    place = {form: row for row, form in enumerate(titles.forms)}
    back = np.array([place[form] for form in forms])
    bare = unit(encode(tested.titles))

    def form(query: str) -> str:
        return neutral(query, tested.asked_in) or query

    def both(query: str) -> Any:
        meaning = stretched(titles.meaning(form(query)))
        return (meaning + LETTERS_WEIGHT * titles.letters.similar(form(query)))[back]

    return {
        "vanne": both,
        "meaning": lambda query: titles.meaning(form(query))[back],
        "letters": lambda query: titles.letters.similar(form(query))[back],
        "encoder": lambda query: bare @ unit(encode([query]))[0],
        "bm25s": peers.bm25s(tested),
        "tantivy": peers.tantivy(tested),
    }


def report(found: dict[str, Any]) -> str:
    """Return the section of the page."""
    names = ("vanne", "meaning", "letters", "encoder", "bm25s", "tantivy")
    rows: list[Sequence[str]] = []
    for each in found["sets"]:
        for measure in ("ndcg10", "map", "recall50"):
            figures = [f"{each['ways'][name][measure]:.3f}" for name in names]
            rows.append(
                [f"{each['name']}, {measure} ({each['queries']} of {each['titles']})", *figures]
            )
    fast = [
        [f"{each['profiles']:,}", *(f"{each[key]:.1f}" for key in latency.SHOWN)]
        for each in found["latency"]
    ]
    return "\n\n".join(
        [
            "## Finding people by their titles",
            f"`{found['command']}` on {found['machine'].get('cpu', 'this machine')}.",
            "`vanne` is the meaning and the letters together. `encoder` is the same encoder as it "
            "comes: no form for everybody, no whitening. The matrix was fitted on ESCO's English, "
            "German and Spanish names of occupations, which name the occupations of these sets "
            "too: figures on other sets may be lower.",
            table(["set", *names], rows),
            "Made-up profiles, all in memory, one thread; milliseconds for one whole question: "
            "filters, meaning, words, fusion, facets and twenty hits with their profiles.",
            table(["profiles", *latency.SHOWN.values()], fast),
        ]
    )


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--melo", type=Path)
    parser.add_argument("--queries", type=int, default=400, help="of each set, spread evenly")
    parser.add_argument("--profiles", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


if __name__ == "__main__":
    main()
