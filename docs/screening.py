"""Write the table of docs/reference/screening.md: what screening finds in the labelled texts.

`./run python docs/screening.py` rewrites it; a test fails when it is not up to date.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.screening.labelled import labelled, rates, score

TARGET = Path(__file__).parent / "reference" / "screening.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def table() -> str:
    """Return the table as Markdown."""
    lines = [
        "| | labelled: marks | precision | recall | held out: marks | precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    made, held = score(labelled("labelled")), score(labelled("heldout"))
    for by in (0, 1):
        others = {name: figures for name, *figures in rates(held, by)}
        for name, *figures in rates(made, by):
            cells = [_cells(figures), _cells(others[name])]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cells(figures: list[float]) -> str:
    marks, precision, recall = figures
    return f"{marks} | {precision:.2f} | {recall:.2f}"


def page(text: str) -> str:
    """Return the page with the table of now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    TARGET.write_text(page(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
