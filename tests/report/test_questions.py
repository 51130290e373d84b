"""Each question that the docs list is answered by the page that they name, so many links away."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from starlette.testclient import TestClient

from tests.report.lives import NOW, PastLife
from tests.web.conftest import sign_in
from tests.web.network import clock
from vanne.web import create_app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "questions.md"
NO_PAGES = ("/static/", "/sign-", "/certificates/", "/api", "?lang=", "#")


class Question(NamedTuple):
    """One row of the table."""

    who: str
    asks: str
    page: str
    links: str
    words: str
    answer: str


def questions(*people: str) -> Iterator[Question]:
    """Yield what these people ask."""
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in people:
            yield Question(*cells)


def text_of(html: str) -> str:
    """Return what a page says, in one line."""
    html = re.sub(r"<(script|style|template)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


class Reached(NamedTuple):
    """A page: how many links lead there, past how many words they stand, and what it says."""

    links: int
    words: int
    text: str


def walked(client: TestClient, most: int) -> dict[str, Reached]:
    """Follow every link from the home page, so many deep, as somebody who reads from the top."""
    pages, ahead = dict[str, Reached](), [("/", 0)]
    for links in range(most + 1):
        following = []
        for path, words in ahead:
            if path in pages:
                continue
            html = client.get(path).text
            pages[path] = Reached(links, words, text_of(html))
            for link in re.finditer(r'href="([^"]+)"', html):
                if link[1].startswith(("/", "generative-ai")) and not link[1].startswith(NO_PAGES):
                    before = words + len(text_of(html[: html.rindex("<", 0, link.start())]).split())
                    following.append((urljoin(path, unescape(link[1])).partition("#")[0], before))
        ahead = following
    return pages


def unanswered(client: TestClient, *people: str) -> list[object]:
    """Return what is not so of their rows."""
    asked = [each for each in questions(*people) if each.links != "–"]
    pages = walked(client, max(int(each.links) for each in asked))
    assert asked
    missing = list[object]()
    for each in asked:
        reached = pages.get(each.page.strip("`"))
        if reached is None or each.answer not in reached.text:
            missing.append((each.asks, reached))
            continue
        words = reached.words + len(reached.text.partition(each.answer)[0].split())
        if reached.links != int(each.links) or words > int(each.words):
            missing.append((each.asks, reached.links, words))
    return missing


def test_each_question_is_answered_by_its_page(past: PastLife) -> None:
    app = create_app(past.home, now=clock(NOW))
    for person in ("anybody", "member", "auditor", "operator"):
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            client.get("/?lang=en")
            if person != "anybody":
                sign_in(client, "anna", person)
            assert unanswered(client, person) == [], person
