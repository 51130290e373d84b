"""Training and being found are two switches: the one changes nothing that the other shows.

By command, by page and by program, on one network with real parts: nobody's rank, evidence or offer
differs after everybody switched training off and corpus and index were brought up to date.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.assist.people import BRIEF, MEMBERS, make_people
from tests.web.api.conftest import asking
from tests.web.conftest import sign_in
from tests.web.network import clock
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import refresh
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice
from vanne.web import create_app
from vanne_assist.jobs import board
from vanne_assist.jobs.posting import read_posting
from vanne_assist.search.indexer import update

NOW = clock()()
OFFER = {"id": "rust", "title": "Rust engineer", "place": "Lausanne", "lang": "en",
         "text": "You know Rust and Python and speak French."}  # fmt: skip
_OF_THE_RUN = frozenset({"index", "as_of", "at", "search", "is_stale"})


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def home(people: Home, tmp_path: Path) -> Home:
    home = Home(Path(shutil.copytree(people.root, tmp_path / "home")))
    board.add(home, [read_posting(OFFER)], NOW)
    return home


def printed(home: Home, *arguments: str) -> Any:
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home.root), "--json"])
    assert done.exit_code == 0, done.output
    return plain(json.loads(done.stdout))


def plain(document: Any) -> Any:
    """A document without what names the run: when, by which index, under which record."""
    if isinstance(document, dict):
        return {k: plain(v) for k, v in document.items() if k not in _OF_THE_RUN}
    return [plain(each) for each in document] if isinstance(document, list) else document


def on_pages(home: Home) -> list[str]:
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(home, now=clock())
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        page = sign_in(client, "anna", "recruiter").post("/find", data={"brief": BRIEF}).text
    people = re.findall(r'<h3 id="h\d+"><a href="/find/people/([^?"]+)', page)
    return [*people, *re.findall(r"adds? [^<.]+ points", page)]


def everything(home: Home) -> dict[str, Any]:
    at = ("--as-of", NOW.isoformat())
    with asking(home, "find") as program:
        by_program = plain(program.post("/v1/find", json={"brief": BRIEF}).json())
    return {
        "command": printed(home, "find", BRIEF),
        "pages": on_pages(home),
        "program": by_program,
        "offers": [printed(home, "jobs", "match", member, *at) for member in ("anna", "dario")],
    }


def test_switching_training_off_changes_nothing_that_anybody_is_shown(home: Home) -> None:
    before = everything(home)
    assert before["pages"] and before["command"]["hits"]
    assert any(each["opportunities"] for each in before["offers"])
    with Ledger.of(home) as ledger:
        ledger.append([Choice(each.member_id, MAIN_PURPOSE, "all", False, NOW) for each in MEMBERS])
    assert everything(home) == before
    refresh(home, NOW)
    update(home, NOW)
    assert everything(home) == before
    with Ledger.of(home) as ledger:
        ledger.append([Choice("anna", "recruiter-search", "all", False, NOW)])
    assert everything(home)["pages"] != before["pages"], "the other switch does"
