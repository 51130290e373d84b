"""The whole way of a search over a real index: checked, ordered as declared, recorded, repeatable."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from vanne.cli import cli
from vanne.config import Home
from vanne.corpus.network import in_force
from vanne.demo.demo import demo_policy, write_network
from vanne.demo.network import DemoNetwork, make_network
from vanne.errors import RefusedError
from vanne.ledger import Ledger
from vanne.terms import Choice
from vanne_assist.brief.parse import read_brief
from vanne_assist.demo.attributes import attribute_rows
from vanne_assist.fairness.attributes import Attributes
from vanne_assist.fairness.counterfactual import GOAL, compare, swap
from vanne_assist.fairness.explaining import explanation
from vanne_assist.fairness.record import SearchLog
from vanne_assist.fairness.searching import (
    Asker,
    audit_index,
    everybody,
    replay,
    search,
    titles_swapped,
)
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.search.keeping import update

AS_OF = datetime(2026, 11, 26, tzinfo=UTC)
MEMBERS = 60
ASKER = Asker("account-7", "recruiter", "o-1")
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
    for file in home.root.glob("database.sqlite*"):
        file.unlink()
    (home.root / "fairness.toml").unlink(missing_ok=True)
    with Index.open(home) as index:
        yield index


def test_what_is_shown_is_recorded_and_can_be_made_again(home: Home, index: Index) -> None:
    brief = read_brief("idéalement infirmière", "fr")
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
    brief = read_brief("idealerweise Lehrerin", "de")
    search(home, index, brief, ASKER, AS_OF, count=5)
    second = search(home, index, brief, ASKER, AS_OF, count=5, offset=5)
    assert [hit.place for hit in second.search.hits] == [6, 7, 8, 9, 10]
    assert replay(index, second.search).is_same_list


@pytest.mark.parametrize("text", ["nurse, native Russian", "nurse, women only"])
def test_a_brief_that_asks_for_the_protected_shows_nobody_and_says_why(
    home: Home, index: Index, text: str
) -> None:
    with pytest.raises(RefusedError, match="it asks for"):
        search(home, index, read_brief(text, "en"), ASKER, AS_OF)
    assert list(SearchLog(home).searches()) == []


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
    home: Home, index: Index
) -> None:
    before = [find(index, read_brief(text, lang), count=50) for text, lang in BRIEFS]
    rows = [",".join(row) for row in attribute_rows(1, MEMBERS, AS_OF)]
    planted = home.root / "attributes.csv"
    planted.write_text("\n".join(["member_id,attribute,value", *rows]))
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
    assert [name for name in opened if "attributes" in name or "fairness.toml" in name] == [
        str(planted)
    ]


def test_a_declared_order_is_shown_and_both_are_recorded_and_the_member_is_told(
    home: Home, index: Index
) -> None:
    brief = read_brief("idealerweise Verkäufer", "de")
    own = search(home, index, brief, ASKER, AS_OF, count=20)
    everyone = [hit.member_id for hit in find(index, brief, count=200).hits]
    rows = [f"{who},sex,{'men' if n < 10 else 'women'}" for n, who in enumerate(everyone)]
    apart = home.root.parent / "apart.csv"
    apart.write_text("\n".join(["member_id,attribute,value", *rows]))
    (home.root / "fairness.toml").write_text(
        f'[rerank]\nattribute = "sex"\nattributes = "{apart}"\nalgorithm = "det-greedy"\n'
        'target = { men = 0.5, women = 0.5 }\ntop = 20\nlegal_basis = "decision 12 of 2026"\n'
    )
    listed = search(home, index, brief, ASKER, AS_OF + timedelta(hours=1), count=20)
    assert [hit.member_id for hit in listed.hits] != [hit.member_id for hit in own.hits]
    assert all(everyone[(h.place_before or 0) - 1] == h.member_id for h in listed.search.hits)
    assert replay(index, listed.search).is_same_list
    moved = listed.search.hits[1]
    assert moved.place_before != 2
    told = explanation(SearchLog(home), moved.member_id, AS_OF)["searches"][-1]
    assert told["reranked_under"]["legal_basis"] == "decision 12 of 2026"
    assert told["place_before_reranking"] == moved.place_before


def test_the_pages_of_a_list_in_a_declared_order_are_parts_of_one_list(
    home: Home, index: Index
) -> None:
    brief = read_brief("idealerweise Verkäufer", "de")
    own = find(index, brief, count=40).hits
    apart = home.root.parent / "pages.csv"
    rows = [f"{h.member_id},sex,{'women' if n > 20 else 'men'}" for n, h in enumerate(own)]
    apart.write_text("\n".join(["member_id,attribute,value", *rows]))
    (home.root / "fairness.toml").write_text(
        f'[rerank]\nattribute = "sex"\nattributes = "{apart}"\nalgorithm = "det-greedy"\n'
        'target = "pool"\ntop = 10\nlegal_basis = "decision 12 of 2026"\n'
    )
    whole = search(home, index, brief, ASKER, AS_OF, count=40).hits
    paged = [
        hit
        for offset in (0, 10, 20, 30)
        for hit in search(home, index, brief, ASKER, AS_OF, count=10, offset=offset).hits
    ]
    assert [hit.member_id for hit in paged] == [hit.member_id for hit in whole]


def test_the_command_line_shows_the_declared_order_and_what_it_recorded_can_be_made_again(
    home: Home, index: Index
) -> None:
    own = find(index, read_brief("Verkäufer", "de"), count=2).hits
    apart = home.root.parent / "two.csv"
    rows = [f"{own[0].member_id},sex,men", f"{own[1].member_id},sex,women"]
    apart.write_text("\n".join(["member_id,attribute,value", *rows]))
    (home.root / "fairness.toml").write_text(
        f'[rerank]\nattribute = "sex"\nattributes = "{apart}"\nalgorithm = "det-greedy"\n'
        'target = { men = 0.01, women = 0.99 }\ntop = 2\nlegal_basis = "decision 13 of 2026"\n'
    )
    asked = ["find", "Verkäufer", "--lang", "de", "--count", "2", "--nice", "Bern", "--json"]
    done = CliRunner().invoke(cli, [*asked, "--home", str(home.root)])
    assert done.exit_code == 0, done.output
    (kept,) = SearchLog(home).searches()
    assert kept.rule is not None
    shown = [row["member_id"] for row in json.loads(done.stdout)["hits"]]
    assert shown == [hit.member_id for hit in kept.hits]
    assert replay(index, kept).is_same_list


def test_a_title_finds_the_same_people_in_its_other_form(index: Index) -> None:
    for found in titles_swapped(index, titles=8):
        assert found.overlap is not None
        if found.lang != "en":
            assert found.overlap >= GOAL, found


def test_names_and_pronouns_in_a_brief_find_the_same_people(index: Index) -> None:
    def by(brief: str, count: int) -> list[str]:
        return [hit.member_id for hit in find(index, read_brief(brief, "fr"), count=count).hits]

    brief = "Elle est idéalement infirmière, comme Marie"
    assert compare(by, [(brief, swap(brief, "fr"))], "fr").overlap is not None


def test_an_audit_of_the_index_counts_what_was_stopped_and_swaps_titles(
    home: Home, index: Index, tmp_path: Path
) -> None:
    file = tmp_path / "briefs.txt"
    file.write_text("infirmière\nLehrer\nwomen only, nurse\n")
    of: dict[str, dict[str, str]] = {}
    for member, attribute, value in attribute_rows(1, MEMBERS, AS_OF):
        of.setdefault(attribute, {})[member] = value
    document = audit_index(home, file, Attributes(of), AS_OF, top=10, titles=2)
    assert (document["briefs"], document["stopped"]) == (2, 1)
    assert document["people"] == len(
        {m for brief in ("infirmière", "Lehrer") for m, _ in everybody(index, brief)}
    )
    assert {test["lang"] for test in document["counterfactual"]} == {"fr", "en", "de", "it"}


def test_people_of_the_other_gender_are_found_by_the_same_briefs(
    home: Home, index: Index, network: DemoNetwork, tmp_path: Path
) -> None:
    items = [replace(i, text=swap(i.text, i.lang or "en")) if i.text else i for i in network.items]
    other = build(tmp_path / "other", replace(network, items=tuple(items)))
    (other.root / "search" / "key").write_bytes((home.root / "search" / "key").read_bytes())
    update(other, AS_OF, full=True)
    with Index.open(other) as swapped:
        for text, lang in BRIEFS:
            one = [hit.member_id for hit in find(index, read_brief(text, lang), count=10).hits]
            two = [hit.member_id for hit in find(swapped, read_brief(text, lang), count=10).hits]
            print(text, len({*one} & {*two}) / max(len(one), 1))
            assert len({*one} & {*two}) >= 0.9 * len(one), text
