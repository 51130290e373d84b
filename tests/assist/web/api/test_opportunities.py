"""A member's job offers by the API: for whom it is on alone."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.assist.tools import make_tools
from tests.web.api.conftest import asking, problem
from tests.web.network import make_home
from vanne.config import Home

PATH = "/v1/opportunities"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who look for work."""
    return make_tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def sender(tools: Home) -> Iterator[TestClient]:
    """A program that may ask for job offers, and nothing else."""
    with asking(tools, "opportunities") as client:
        yield client


def test_offers_come_with_reasons_and_what_is_missing(sender: TestClient) -> None:
    found = sender.get(PATH, params={"member_id": "anna"}).json()
    offers = {each["posting"]["posting_id"]: each for each in found["opportunities"]}
    assert set(offers) == {"nacht", "pflege"}
    offer = offers["pflege"]
    states = {j["criterion"]["said"]: j["state"] for j in offer["judgements"]}
    assert states["Wound care"] == "met" and "unknown" in states.values()
    assert (found["why_none"], found["far"]) == (None, 1)


def test_how_many_and_how_far_can_be_said(sender: TestClient) -> None:
    asked = {"member_id": "anna", "within_km": 20_040, "count": 1}
    found = sender.get(PATH, params=asked).json()
    assert len(found["opportunities"]) == 1 and found["far"] == 0
    for wrong in ({"count": 0}, {"count": 51}, {"within_km": -1}, {"within_km": "nan"}):
        assert problem(sender.get(PATH, params=asked | wrong)) == (422, "bad-input")


def test_for_who_is_off_the_list_is_empty_and_says_why(sender: TestClient) -> None:
    found = sender.get(PATH, params={"member_id": "carla"}).json()
    assert (found["why_none"], found["items_read"], found["opportunities"]) == (
        "nothing-to-read", [], [],
    )  # fmt: skip


def test_who_is_no_member_and_what_is_not_offered_are_problems(
    sender: TestClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert problem(sender.get(PATH, params={"member_id": "zoe"})) == (404, "unknown-member")
    assert problem(sender.get(PATH)) == (422, "bad-input")
    with asking(make_home(tmp_path_factory.mktemp("other")), "opportunities") as other:
        asked = other.get(PATH, params={"member_id": "anna"})
    assert problem(asked) == (404, "unknown-purpose")


def test_another_scope_is_told_nothing(tools: Home) -> None:
    with asking(tools, "reports", "find") as other:
        assert problem(other.get(PATH, params={"member_id": "anna"})) == (403, "wrong-scope")
