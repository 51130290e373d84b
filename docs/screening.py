"""Write the tables of docs/reference/screening.md: what is found in the labelled texts.

`./run python docs/screening.py` rewrites them; a test fails when they are not up to date.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.screening.labelled import Counts, labelled, rates, score
from tests.sources import sensitive

TARGET = Path(__file__).parent / "reference" / "screening.md"
END = "<!-- end of table -->\n"


def tables() -> dict[str, str]:
    """Return each table as Markdown, by the line that stands above it."""
    redacted = (score(labelled(folder)) for folder in _FOLDERS)
    tagged = (sensitive.score(sensitive.tagged_texts(folder)) for folder in _FOLDERS)
    return {"<!-- table -->\n": _table(*redacted), "<!-- table of tags -->\n": _table(*tagged)}


_FOLDERS = ("labelled", "heldout")


def _table(made: Counts, held: Counts) -> str:
    lines = [
        "| | labelled: marks | precision | recall | held out: marks | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for by in (0, 1):
        others = {name: figures for name, *figures in rates(held, by)}
        for name, *figures in rates(made, by):
            cells = [_cells(figures), _cells(others[name]) if name in others else "0 | |"]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


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
