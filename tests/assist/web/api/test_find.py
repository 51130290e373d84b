"""Finding people by the API: the search of the pages, for programs, with the same refusals."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.assist.people import BRIEF, make_people
from tests.assist.search.homes import without_index
from tests.table import every
from tests.web.api.conftest import asking, problem
from vanne.config import Home
from vanne_assist.fairness.record import SearchLog


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who can be found."""
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def finder(people: Home) -> Iterator[TestClient]:
    """A program that may find people, and nothing else."""
    with asking(people, "find") as client:
        yield client


def test_people_are_found_with_criteria_evidence_and_a_record(
    finder: TestClient, people: Home
) -> None:
    found = finder.post("/v1/find", json={"brief": BRIEF, "count": 1}).json()
    assert [person["member_id"] for person in found["people"]] == ["anna"]
    assert found["criteria"][0]["span"] == [0, 13] and found["may_be_found"] == 4
    place = next(n for n, each in enumerate(found["criteria"]) if each["kind"] == "place")
    judged = found["people"][0]["judgements"][place]
    assert judged["state"] == "met" and judged["evidence"][0]["said"] == "Lausanne"
    recorded = SearchLog(people).find(found["search"])
    assert (recorded.role, [hit.member_id for hit in recorded.hits]) == ("service", ["anna"])
    assert "Zitronenfalter" not in json.dumps(found)


def test_what_the_law_protects_is_refused_with_a_lawful_wording_and_not_recorded(
    finder: TestClient, people: Home
) -> None:
    before = len(list(SearchLog(people).searches()))
    answer = finder.post("/v1/find", json={"brief": "Rust engineer, native French"})
    assert problem(answer) == (422, "bad-input")
    assert "Instead: “speaks French, C1”. The law: CH:" in answer.json()["errors"][0]["problem"]
    assert len(list(SearchLog(people).searches())) == before


@every("brief", ["...", "x" * 20_001, ""], ids=len)
def test_a_brief_that_cannot_be_read_is_a_problem_of_that_field(
    finder: TestClient, brief: str
) -> None:
    answer = finder.post("/v1/find", json={"brief": brief})
    assert problem(answer) == (422, "bad-input")
    assert answer.json()["errors"][0]["field"] == "brief"


def test_another_scope_finds_nobody(people: Home) -> None:
    with asking(people, "reports") as other:
        assert problem(other.post("/v1/find", json={"brief": BRIEF})) == (403, "wrong-scope")


def test_without_an_index_nobody_is_found_and_the_reason_stays_with_us(
    people: Home, tmp_path: Path
) -> None:
    home = Home(Path(shutil.copytree(people.root, tmp_path / "home")))
    without_index(home)
    with asking(home, "find") as client:
        answer = client.post("/v1/find", json={"brief": BRIEF})
    assert answer.status_code == 503 and "search index" not in answer.text
