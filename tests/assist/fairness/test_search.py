"""The whole way of a search over a real index: checked, recorded, repeatable."""

import json
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.config import Home
from vanne.corpus.intake import in_force
from vanne.demo.demo import demo_policy, write_network
from vanne.demo.network import DemoNetwork, make_network
from vanne.errors import RefusedError
from vanne.ledger import Ledger
from vanne.terms import Choice
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.audit import everybody
from vanne_assist.fairness.record import SearchLog
from vanne_assist.fairness.search import Asker, replay, search
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update

AS_OF = datetime(2026, 11, 26, tzinfo=UTC)
MEMBERS = 60
ASKER = Asker("account-7", "recruiter")
BRIEFS = [("infirmière", "fr"), ("Lehrerin", "de"), ("cuoca", "it"),
          ("software engineer", "en"), ("vendeur", "fr"), ("Verkäufer", "de")]  # fmt: skip


def build(root: Path, network: DemoNetwork) -> Home:
    home = Home(root)
    write_network(home, network.members, network.items)
    with Ledger.of(home) as ledger:
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


def test_what_is_shown_is_recorded_and_can_be_made_again(home: Home, index: Index) -> None:
    brief = read_brief("idéalement français", "fr")
    listed = search(home, index, brief, ASKER, AS_OF, count=5)
    kept = SearchLog(home).find(listed.search.id)
    assert [hit.member_id for hit in kept.hits] == [hit.member_id for hit in listed.hits]
    assert len(kept.hits) == 5
    assert kept.eligible == listed.results.passed
    again = replay(index, kept)
    assert (again.is_same_index, again.is_same_list, again.gone, again.new) == (True, True, 0, 0)


def test_a_later_page_is_recorded_at_its_places_and_can_be_made_again(
    home: Home, index: Index
) -> None:
    brief = read_brief("idealerweise Deutsch", "de")
    search(home, index, brief, ASKER, AS_OF, count=5)
    second = search(home, index, brief, ASKER, AS_OF, count=5, offset=5)
    assert [hit.place for hit in second.search.hits] == [6, 7, 8, 9, 10]
    assert replay(index, second.search).is_same_list


@pytest.mark.parametrize("text", ["nurse, native Russian", "nurse, women only"])
def test_a_brief_that_asks_for_the_protected_shows_nobody_and_says_why(
    home: Home, index: Index, text: str
) -> None:
    before = list(SearchLog(home).searches())
    with pytest.raises(RefusedError, match="it asks for"):
        search(home, index, read_brief(text, "en"), ASKER, AS_OF)
    assert list(SearchLog(home).searches()) == before


def test_who_said_no_since_is_gone_from_the_list_that_is_made_again(
    home: Home, index: Index
) -> None:
    brief = read_brief("vendeur", "fr")
    listed = search(home, index, brief, ASKER, AS_OF, count=5)
    copy = Home(home.root.parent / "copy")
    if not copy.root.exists():
        shutil.copytree(home.root, copy.root)
    first = listed.hits[0].member_id
    with Ledger.of(copy) as ledger:
        ledger.append([Choice(first, "recruiter-search", "all", False, AS_OF)])
    with Index.open(copy) as other:
        again = replay(other, listed.search)
    assert (again.is_same_index, again.is_same_list, again.gone) == (True, False, 1)


def test_attributes_that_lie_in_the_home_change_no_list_and_are_never_opened(
    home: Home, index: Index, network: DemoNetwork
) -> None:
    before = [find(index, read_brief(text, lang), count=50) for text, lang in BRIEFS]
    planted = home.root / "attributes.csv"
    planted.write_text(attributes_of(network))
    opened: list[str] = []
    listening = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    update(home, AS_OF, full=True)
    with Index.open(home) as again:
        after = [find(again, read_brief(text, lang), count=50) for text, lang in BRIEFS]
    planted.read_bytes()
    listening = False
    assert [r.hits for r in before] == [r.hits for r in after]
    assert [name for name in opened if "attributes" in name] == [str(planted)]


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


def test_an_audit_of_the_index_counts_what_was_stopped(
    home: Home, index: Index, network: DemoNetwork, tmp_path: Path
) -> None:
    briefs, of = (tmp_path / name for name in ("briefs.txt", "of.csv"))
    briefs.write_text("infirmière\nLehrer\nwomen only, nurse\n")
    of.write_text(attributes_of(network))
    options = ["--briefs", briefs, "--attributes", of, "--home", home.root, "--json"]
    done = CliRunner().invoke(cli, ["fairness", "audit", *map(str, options)])
    document = json.loads(done.output)
    assert (document["schema"], document["briefs"], document["stopped"]) == (
        "vanne/fairness-audit/1", 2, 1,
    )  # fmt: skip
    found = {m for brief in ("infirmière", "Lehrer") for m in everybody(index, brief)}
    assert document["people"] == len(found)
    assert not any(member in done.output for member in found)


def attributes_of(network: DemoNetwork) -> str:
    """A file of attributes: every second member says that they are a man."""
    rows = [
        f"{each.member_id},sex,{'men' if n % 2 else 'women'}"
        for n, each in enumerate(network.members)
    ]
    return "\n".join(["member_id,attribute,value", *rows])
