"""`./run python benchmarks/search`: how well titles and people are found, and how fast.

Titles: sets in MELO's form (`queries.tsv`, `corpus_elements.tsv`, `annotations.tsv`), which are not
in the repository: `--melo` names the folder of the sets, `--esco` one with ESCO's names in German
and Spanish (`occupations_de.tsv`), of which the fourth language of a mixed corpus comes. `--work`
is where the encoder's vectors of all these titles are kept for the next run.

People: briefs to the demo network, in which it is known who has which occupation and lives where.

Hands: briefs, requests and profiles that others wrote and labelled (`hands/README.md`).

Reader: the same briefs, read by the model server that `writing.toml` of `--home` names.

Speed: indexes of made-up profiles in memory, one thread, `--profiles`.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import machine
from benchmarks.page import write_section
from benchmarks.search import asked, latency, people, quality, report, shown
from benchmarks.search.fitting import read_occupations
from benchmarks.search.sets import mixed, names_in, names_of, read_set
from benchmarks.terminal import amount, places, say
from vanne.config import Home
from vanne_assist.model_server import WritingSettings
from vanne_assist.recruiting.reading import read

PARTS = ("titles", "people", "hands", "speed", "reader")


def main() -> None:
    """Run what the command line asks for; what is not asked for stays as it was measured."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    path = wish.results / "search.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    found |= {"schema": "vanne-benchmark/search/2"}
    for part in wish.only:
        say(part)
        ways = {"titles": titles, "people": members, "hands": hands, "speed": speed}
        measured = (ways | {"reader": reader})[part](wish)
        about = {"command": machine.command("search", sys.argv[1:]), "machine": machine.about()}
        found[part] = about | {"found": measured}
        path.write_text(json.dumps(found, indent=1) + "\n")
    for name, drawing in report.charts(found).items():
        (wish.charts / name).write_text(drawing, encoding="utf-8")
    write_section(wish.page, "search", report.section(found))


def titles(wish: Namespace) -> list[dict[str, Any]]:
    """Score every way on sets of titles."""
    if not wish.melo:
        return []
    folders = [each for each in sorted(wish.melo.iterdir()) if (each / "queries.tsv").exists()]
    sets = [read_set(folder) for folder in folders]
    names = names_of(sets, wish.esco)
    made = [names_in(names, lang, wish.queries) for lang in ("en", "de")]
    asked = [each.some(wish.queries) for each in sets]
    occupations = read_occupations(folder / "corpus_elements.tsv" for folder in folders)
    return quality.measure(
        [*asked, mixed(sets, names, wish.queries), *made], occupations, wish.work
    )


def members(wish: Namespace) -> list[dict[str, Any]]:
    """Score every way on briefs to the demo network."""
    return people.measure(wish.members, wish.seed)


def hands(wish: Namespace) -> dict[str, Any]:
    """Score briefs, requests and profiles of others."""
    return {
        part: {
            "briefs": asked.briefs(part),
            "fairness": asked.fairness(part),
            "shown": shown.measure(part),
        }
        for part in wish.parts
    }


def reader(wish: Namespace) -> dict[str, Any]:
    """Score the briefs of others by the rules, and with a model's answers beside them.

    Without a home only the answers that are the labels themselves.
    """
    ways: dict[str, asked.Reader] = {"rules": asked.by_rules, "labels": asked.by_labels}
    if wish.home:
        home = Home(wish.home)
        settings = WritingSettings.read(home.root)
        if not (settings and settings.reads_briefs):
            raise SystemExit(f"{wish.home}/writing.toml: set `reads_briefs = true`")
        ways[settings.model] = lambda line: read(home, line["text"])
    return {
        part: {way: asked.briefs(part, read_by) for way, read_by in ways.items()}
        for part in wish.parts
    }


def speed(wish: Namespace) -> dict[str, Any]:
    """Measure whole questions, and how long a no takes to be heard."""
    return {"sizes": [latency.measure(profiles, wish.seed) for profiles in wish.profiles]}


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    places(parser)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--melo", type=Path)
    parser.add_argument("--esco", type=Path)
    parser.add_argument("--queries", type=int, default=400, help="of each set, spread evenly")
    parser.add_argument("--parts", nargs="*", default=["dev"], help="of what others wrote")
    parser.add_argument("--home", type=Path, help="of `writing.toml`, for `reader`")
    parser.add_argument("--members", type=int, default=800)
    parser.add_argument("--profiles", type=amount, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
