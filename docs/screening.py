"""Write the tables of docs/reference/screening.md: what is found in the labelled texts.

The cards of exports quote the lowest figure of each kind from `screening/measured.json`.
`./run python docs/screening.py` rewrites both; a test fails when they are not up to date.
"""

import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.screening.labelled import Counts, rates, scored
from tests.sources import sensitive

TARGET = Path(__file__).parent / "reference" / "screening.md"
MEASURED = Path(__file__).parents[1] / "src" / "vanne" / "screening" / "measured.json"
END = "<!-- end of table -->\n"


def tables() -> dict[str, str]:
    """Return each table as Markdown, by the line that stands above it."""
    tagged = {
        name: sensitive.score(sensitive.tagged_texts(folder))
        for folder, name in _SETS.items()
        if (sensitive.CASES / folder).exists()
    }
    return {
        "<!-- table -->\n": _table({name: scored(folder) for folder, name in _SETS.items()}),
        "<!-- table of tags -->\n": _table(tagged),
    }


def measured() -> str:
    """Return of each kind how many marks were found in the blind set where least was, as JSON."""
    lowest: dict[str, tuple[float, int]] = {}
    for folder in _SETS:
        if "blind" in folder:
            for kind, marks, _, recall in rates(scored(folder), 1):
                if marks and (recall, -marks) < lowest.get(kind, (2.0, 0)):
                    lowest[kind] = recall, -marks
    found = {kind: {"marks": -n, "found": round(-n * rate)} for kind, (rate, n) in lowest.items()}
    return json.dumps(dict(sorted(found.items())), indent=1) + "\n"


_SETS = {
    "labelled": "labelled",
    "blind": "blind",
    "second-blind": "second blind",
    "third-blind": "third blind",
    "fourth-blind": "fourth blind",
}
"""The folders of texts, and what the tables call them; the first holds every kind."""


def _table(sets: dict[str, Counts]) -> str:
    heads = [f"{name}: marks | precision | recall" for name in sets]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (1 + 3 * len(sets)) + "|"]
    for by in (0, 1):
        found = [{name: figures for name, *figures in rates(each, by)} for each in sets.values()]
        for name in found[0]:
            cells = [_cells(each[name]) if name in each else "0 | |" for each in found]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    marks = [_cells(_of_all(each)) for each in sets.values()]
    lines.append(f"| all | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def _of_all(counts: Counts) -> list[float]:
    """Return the marks of a set, and the precision and recall of all of them together."""
    whole: Counts = Counter()
    for (_, _, state), many in counts.items():
        whole["all", "all", state] += many
    return next(figures for _, *figures in rates(whole, 0))


def _cells(figures: list[float]) -> str:
    marks, precision, recall = figures
    return f"{marks} | {precision:.2f} | {recall:.2f}"


def page(text: str) -> str:
    """Return the page with the tables of now."""
    for begin, table in tables().items():
        before, rest = text.split(begin)
        text = before + begin + table + END + rest.split(END, 1)[1]
    return text


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
    MEASURED.write_text(measured(), encoding="utf-8")
