"""Of what is asked with an «or» one suffices: people are found, and none is kept out twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assist.search.homes import AS_OF, item, member, network
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    people = {
        "ada": "Nurse. Lives in Lausanne. Languages: German B2.",
        "bea": "Nurse. Lives in Bern. Languages: Italian C1.",
        "cleo": "Nurse. Lives in Lugano. Languages: French C1.",
    }
    items = [item(f"{name}-1", "profile", text) for name, text in people.items()]
    home = network(Path(tmp_path_factory.mktemp("or")) / "home", [*map(member, people)], items)
    update(home, AS_OF)
    with Index.open(home) as found:
        yield found


@pytest.mark.parametrize(
    ("brief", "who"),
    [
        ("nurse in Lausanne or Bern", {"ada", "bea"}),
        ("infirmière à Lausanne ou à Berne", {"ada", "bea"}),
        ("Pflegefachfrau in Lugano oder Genf", {"cleo"}),
        ("nurse in Lausanne", {"ada"}),
        ("nurse or cook in Bern", {"bea"}),
    ],
)
def test_one_of_several_places_is_enough(index: Index, brief: str, who: set[str]) -> None:
    assert {hit.member_id for hit in find(index, read_brief(brief)).hits} == who


def test_who_meets_one_alternative_scores_as_if_it_were_all_that_was_asked(index: Index) -> None:
    one = find(index, read_brief("nurse who speaks German")).hits[0]
    either = find(index, read_brief("nurse who speaks German or Italian"))
    assert {hit.member_id: hit.criteria for hit in either.hits}["ada"] == one.criteria


@pytest.mark.parametrize(
    "brief", ["nurse", "infirmière", "Krankenpfleger", "Koch oder Pflegefachfrau"]
)
def test_a_title_puts_in_order_and_who_has_nothing_of_a_brief_is_not_shown(
    index: Index, brief: str
) -> None:
    nurses = find(index, read_brief(brief)).hits
    cooks = find(index, read_brief("cook")).hits
    some = find(index, read_brief("cook who speaks German")).hits
    assert (len(nurses), len(cooks), len(some)) == (3, 0, 0)
