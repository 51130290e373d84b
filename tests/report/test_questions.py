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


def walked(client: TestClient, most: int) -> dict[str, tuple[int, str]]:
    """Follow every link from the home page, so many deep: each page with its distance and text."""
    pages, ahead = dict[str, tuple[int, str]](), ["/"]
    for links in range(most + 1):
        following = []
        for path in ahead:
            if path in pages:
                continue
            answer = client.get(path)
            pages[path] = links, text_of(answer.text)
            for link in re.findall(r'href="([^"]+)"', answer.text):
                if link.startswith(("/", "generative-ai")) and not link.startswith(NO_PAGES):
                    following.append(urljoin(path, unescape(link)).partition("#")[0])
        ahead = following
    return pages


def unanswered(client: TestClient, *people: str) -> list[object]:
    """Return what is not so of their rows."""
    asked = [each for each in questions(*people) if each.links != "–"]
    pages = walked(client, max(int(each.links) for each in asked))
    assert len(asked) >= 3
    return [
        (each.asks, pages.get(each.page.strip("`"), ("no page",)))
        for each in asked
        if (found := pages.get(each.page.strip("`"))) is None
        or found[0] != int(each.links)
        or each.answer not in found[1]
    ]


def test_each_question_is_answered_by_its_page(past: PastLife) -> None:
    app = create_app(past.home, now=clock(NOW))
    for person in ("anybody", "member", "auditor", "operator"):
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            client.get("/?lang=en")
            if person != "anybody":
                sign_in(client, "anna", person)
            assert unanswered(client, person) == [], person
