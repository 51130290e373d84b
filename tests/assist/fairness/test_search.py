"""The whole way of a search over a real index: checked and recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vanne.config import Home
from vanne.corpus.intake import in_force
from vanne.demo.demo import demo_policy, write_network
from vanne.demo.network import DemoNetwork, make_network
from vanne.errors import RefusedError
from vanne.ledger import Ledger
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.record import SearchLog
from vanne_assist.fairness.search import Asker, search
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update

AS_OF = datetime(2026, 11, 26, tzinfo=UTC)
MEMBERS = 60
ASKER = Asker("account-7", "recruiter")


def build(root: Path, network: DemoNetwork) -> Home:
    home = Home(root)
    write_network(home, network.members, network.items)
    with Ledger.create(home) as ledger:
        ledger.append([in_force(demo_policy(), AS_OF), *network.choices])
    update(home, AS_OF)
    return home


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> DemoNetwork:
    return make_network(1, MEMBERS, AS_OF, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, network: DemoNetwork) -> Home:
    return build(tmp_path_factory.mktemp("home") / "home", network)


@pytest.fixture
def index(home: Home) -> Iterator[Index]:
    with Index.open(home) as index:
        yield index


def test_what_is_shown_is_recorded(home: Home, index: Index) -> None:
    brief = read_brief("idéalement français", "fr")
    listed = search(home, index, brief, ASKER, AS_OF, count=5)
    kept = SearchLog(home).find(listed.search.id)
    assert [hit.member_id for hit in kept.hits] == [hit.member_id for hit in listed.hits]
    assert len(kept.hits) == 5
    assert kept.eligible == listed.results.passed


def test_a_later_page_is_recorded_at_its_places(home: Home, index: Index) -> None:
    brief = read_brief("idealerweise Deutsch", "de")
    search(home, index, brief, ASKER, AS_OF, count=5)
    second = search(home, index, brief, ASKER, AS_OF, count=5, offset=5)
    assert [hit.place for hit in second.search.hits] == [6, 7, 8, 9, 10]


@pytest.mark.parametrize("text", ["nurse, native Russian", "nurse, women only"])
def test_a_brief_that_asks_for_the_protected_shows_nobody_and_says_why(
    home: Home, index: Index, text: str
) -> None:
    before = list(SearchLog(home).searches())
    with pytest.raises(RefusedError, match="it asks for"):
        search(home, index, read_brief(text, "en"), ASKER, AS_OF)
    assert list(SearchLog(home).searches()) == before


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("fr", "vendeur", "vendeuse"),
        ("fr", "infirmier", "infirmière"),
        ("de", "Lehrer", "Lehrerin"),
        ("de", "Verkäufer", "Verkäuferin"),
        ("it", "cuoco", "cuoca"),
        ("it", "infermiere", "infermiera"),
    ],
)
def test_a_title_finds_the_same_people_in_either_gender(
    index: Index, lang: str, one: str, other: str
) -> None:
    found = [find(index, read_brief(title, lang), count=10).hits for title in (one, other)]
    assert [hit.member_id for hit in found[0]] == [hit.member_id for hit in found[1]]
