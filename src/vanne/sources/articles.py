"""Reads an article as LinkedIn exports it: an HTML page with a title, a body, at times dates."""

import re
from dataclasses import dataclass
from datetime import datetime

from vanne.sources.dates import parse
from vanne.sources.markup import page_lines

_DATED = re.compile(r"^(?:Published|Created) on (.+)$")


@dataclass(frozen=True, slots=True)
class Article:
    """The text of an article, and when it was published or else begun, if the page says so."""

    text: str
    created_at: datetime | None


def read_article(html: str) -> Article | None:
    """Return the article in a page; `None` if there is no text in it."""
    title, lines = page_lines(html)
    if title and title not in lines:
        lines.insert(0, title)
    dates = {line.split()[0]: found for line in lines if (found := _dated(line)) is not None}
    text = "\n".join(line for line in lines if line and not _DATED.match(line))
    return Article(text, dates.get("Published") or dates.get("Created")) if text else None


def _dated(line: str) -> datetime | None:
    match = _DATED.match(line)
    return parse(match[1], ["minute", "second", "minute-utc", "second-utc"]) if match else None
