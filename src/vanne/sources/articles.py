"""Reads an article as LinkedIn exports it: an HTML page with a title, a body, at times dates."""

import re
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser

from vanne.sources.dates import parse

_SILENT = {"title", "style", "script", "head", "template"}
_BLOCKS = set(
    "p div br h1 h2 h3 h4 h5 h6 li ul ol blockquote pre table tr section figure hr".split()
)
_DATED = re.compile(r"^(?:Published|Created) on (.+)$")


@dataclass(frozen=True, slots=True)
class Article:
    """The text of an article, and when it was published or else begun, if the page says so."""

    text: str
    created_at: datetime | None


def read_article(html: str) -> Article | None:
    """Return the article in a page; `None` if there is no text in it, or it is no page."""
    page = page_lines(html)
    if page is None:
        return None
    title, lines = page
    if title and title not in lines:
        lines.insert(0, title)
    dates = {line.split()[0]: found for line in lines if (found := _dated(line)) is not None}
    text = "\n".join(line for line in lines if line and not _DATED.match(line))
    return Article(text, dates.get("Published") or dates.get("Created")) if text else None


def page_lines(html: str) -> tuple[str, list[str]] | None:
    """Return the title of a page and the lines that a reader sees; `None` if it is no page."""
    page = _Page()
    try:
        page.feed(html)
        page.close()
    except AssertionError:  # how the parser refuses a marked section that it does not know
        return None
    lines = [" ".join(line.split()) for line in "".join(page.parts).split("\n")]
    return " ".join("".join(page.title).split()), lines


def _dated(line: str) -> datetime | None:
    match = _DATED.match(line)
    return parse(match[1], ["minute", "second", "minute-utc", "second-utc"]) if match else None


class _Page(HTMLParser):
    """Collects its title and what a reader would see, a line break around each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.title: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent.clear()
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._silent[-1:] == ["title"]:
            self.title.append(data)
        elif not self._silent:
            self.parts.append(data)
