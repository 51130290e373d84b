"""The demo's network to find people in answers briefs as recruiters write them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from vanne.config import Home
from vanne.demo.demo import DemoOptions, run_without_model
from vanne.demo.network import iter_items, make_network
from vanne.demo.people import person
from vanne_assist.brief.criteria import Brief, Kind, together
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.search import protected
from vanne_assist.search.find import find
from vanne_assist.search.index import Index

AS_OF = datetime(2026, 11, 29, tzinfo=UTC)
OPTIONS = DemoOptions(seed=1, members=800, as_of=AS_OF, space="search")

BRIEFS = {
    "Senior nurse near Lausanne who speaks German, at least 5 years": "nurse",
    "Software developer in Switzerland, Python and automated tests, English B2": "developer",
    "Infirmière ou infirmier près de Lyon, 3 ans d'expérience, travail de nuit souhaité": "nurse",
    "Comptable à Genève ou Lausanne, TVA et bouclement, allemand un plus": "accountant",
    "Elektroinstallateur oder Elektroinstallateurin im Raum Zürich, Photovoltaik, "
    "mindestens 3 Jahre Erfahrung": "electrician",
    "Cuoca o cuoco in Svizzera, parla tedesco, gestione delle scorte": "cook",
}


class Silent:
    """Says nothing of the steps."""

    def step(self, text: str, /, **values: object) -> None:
        pass

    found = step

    def progress(self, done: int, total: int, label: str, /) -> None:
        pass


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    home = Home(tmp_path_factory.mktemp("demo") / "home")
    summary = run_without_model(home, OPTIONS, Silent())
    assert summary["network"]["members"] == 800 and "training" not in summary
    opened = Index.open(home)
    yield opened
    opened.close()


@pytest.mark.parametrize(("brief", "occupation"), BRIEFS.items(), ids=range(len(BRIEFS)))
def test_a_lawful_brief_finds_people_of_that_work(
    index: Index, brief: str, occupation: str
) -> None:
    asked = read_brief(brief)
    assert not protected(asked)
    title = [criterion.kind for criterion in asked.criteria].index(Kind.TITLE)
    hits = find(index, asked, count=10).hits
    work = [
        person("search", 1, int(hit.member_id.removeprefix("m")), AS_OF).occupation
        for hit in hits
        if hit.states[title] in ("met", "partly")
    ]
    assert work.count(occupation) >= 2 and work[0] == occupation
    wanted = [at for at, each in enumerate(asked.criteria) if each.force == "must"]
    met = [sum(hit.states[at] in ("met", "partly") for at in wanted) for hit in hits]
    assert max(met) >= len(wanted) - alternatives(asked), "all that must be"


def alternatives(asked: Brief) -> int:
    """Count the criteria of which another one is enough."""
    return sum(len(group) - 1 for group in together(asked.criteria))


def test_its_members_live_in_three_countries_and_the_kth_is_the_same_in_any_size() -> None:
    small, large = (make_network(1, count, AS_OF, space="search") for count in (60, 90))
    assert {member.region for member in large.members} == {"CH", "FR", "DE"}
    assert large.members[:60] == small.members
    once, again = (list(iter_items(1, 20, AS_OF, space="search")) for _ in range(2))
    assert once == again
    languages = [item for item in once if "name" in (item.fields or {})]
    assert {(item.fields or {})["level"] for item in languages} >= {"C2", "B1"}


def test_the_network_to_search_is_another_than_the_one_to_train_on() -> None:
    usual, other = (make_network(1, 30, AS_OF, space=space) for space in ("network", "search"))
    assert {m.member_id for m in usual.members} == {m.member_id for m in other.members}
    assert usual.members != other.members
