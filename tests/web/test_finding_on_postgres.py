"""The pages and the API over an index in a real PostgreSQL: what they show over one in files."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.ledger.conftest import new_schema
from tests.web.api.conftest import asking
from tests.web.conftest import sign_in
from tests.web.network import START, clock
from tests.web.people import BRIEF, PURPOSE, make_people
from vanne.config import Home
from vanne.web import create_app
from vanne_assist.search.keeping import update

NEARLY = "Rust, speaks French"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_people(tmp_path_factory.mktemp("people") / "files")


@pytest.fixture
def database(files: Home, tmp_path: Path, postgres: str) -> Home:
    root = Path(shutil.copytree(files.root, tmp_path / "home"))
    home = Home(root, search_url=new_schema(postgres))
    update(home, START)
    return home


@contextmanager
def signed_in(home: Home, member: str, *roles: str) -> Iterator[TestClient]:
    """A browser in English, signed in."""
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(home, now=clock())
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield sign_in(client, member, *roles)


def results(home: Home, brief: str) -> str:
    """The page of results of a brief, without what is drawn for each search."""
    with signed_in(home, "anna", "recruiter") as rosa:
        page = rosa.post("/find", data={"brief": brief}).text
    return re.sub(r"[0-9a-f]{16,}", "", page.partition("<main")[2])


@pytest.mark.parametrize("brief", [BRIEF, NEARLY, "infirmière à Lugano"])
def test_a_page_of_results_is_the_same_wherever_the_index_lies(
    files: Home, database: Home, brief: str
) -> None:
    assert "<h3" in results(files, brief)
    assert results(database, brief) == results(files, brief)


def test_the_api_finds_the_same_people_wherever_the_index_lies(files: Home, database: Home) -> None:
    found = []
    for home in (files, database):
        with asking(home, "find") as client:
            found.append(client.post("/v1/find", json={"brief": NEARLY}).json())
    assert len(found[0]["people"]) > 1
    assert found[1]["people"] == found[0]["people"]


def test_a_no_said_on_the_pages_is_heard_by_the_next_search_in_the_database(database: Home) -> None:
    assert "/find/people/bruno" in results(database, NEARLY)
    with signed_in(database, "bruno") as bruno:
        bruno.post("/appear", data={"set": f"off:all:{PURPOSE}"})
    assert "/find/people/bruno" not in results(database, NEARLY)


def test_a_database_that_is_away_is_said_on_the_page_without_its_password(files: Home) -> None:
    away = Home(files.root, search_url="postgresql://u:s3cret@/x?host=/nowhere")
    with signed_in(away, "anna", "recruiter") as rosa:
        answer = rosa.post("/find", data={"brief": BRIEF})
    assert answer.status_code == 503
    assert "s3cret" not in answer.text
