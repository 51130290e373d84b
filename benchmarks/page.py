"""Write what a run found into the docs, between two markers; the rest of the page stays."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
CHARTS = ROOT / "docs" / "_static"


def write_section(page: Path, name: str, text: str) -> None:
    """Replace what is between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.

    Raises:
        ValueError: the page has no such markers.
    """
    whole = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if not pattern.search(whole):
        raise ValueError(f"`{page}` has no markers for `{name}`")
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", whole), encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: bool = False) -> str:
    """Return a Markdown table; all but the first column are figures, unless they are words."""
    lines = [head, ["---", *["---" if words else "--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def millions(items: int) -> str:
    """Return a number of items as people say it.

    >>> millions(10_000_000), millions(20_000)
    ('10M', '20k')
    """
    return f"{items // 1_000_000}M" if items >= 1_000_000 else f"{items // 1000}k"
