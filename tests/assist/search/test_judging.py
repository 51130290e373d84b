"""The index and the judge give the same answer for everybody, and `vanne find` shows it."""

import json
from datetime import UTC, datetime

import pytest

from tests.assist.brief.scoring import cases
from tests.assist.search.homes import AS_OF, item, job, member, network
from vanne.cli import cli
from vanne.config import Home
from vanne.demo.network import make_network
from vanne_assist.brief.criteria import Criterion, Kind, Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import STATES, judge
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.record import SearchLog
from vanne_assist.search.fact_table import FactTable, joined, packed
from vanne_assist.search.indexer import update

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def profiles() -> list[Profile]:
    made = make_network(9, 60, NOW)
    found = []
    for each in made.members:
        texts = [i for i in made.items if i.owner == each.member_id and i.text]
        passages = tuple(Passage(i.item_id, i.category, i.text or "", i.lang) for i in texts)
        found.append(Profile(each.member_id, passages, facts_of(passages, NOW)))
    return found


def asked() -> list[Criterion]:
    briefs = [*cases("developed"), *cases("held-out")]
    read = (each for case in briefs for each in read_brief(case.text).criteria)
    plain = [c for c in read if c.kind not in (Kind.WORDS, Kind.TITLE)]
    more = "nurse in Bern, 20+ years; cook, at most 3 years, Ticino; Lyon @ French C2, master, photovoltaics"
    return list(
        dict.fromkeys([*plain, *(c for c in read_brief(more).criteria if c.kind is not Kind.TITLE)])
    )


def test_index_and_judge_agree_on_everybody(profiles: list[Profile]) -> None:
    told = [packed(who.facts, [each.item_id for each in who.passages]) for who in profiles]
    table = FactTable()
    table.add(told, [joined(f.value for f in who.facts) for who in profiles])
    seen = set()
    for criterion in asked():
        states = [STATES[int(code)] for code in table.states(criterion)]
        plain = Criterion(**{**_fields(criterion), "force": "must"})
        judged = [judge(plain, profile).state for profile in profiles]
        assert states == judged, criterion
        seen |= set(judged)
    assert seen == {"met", "partly", "not-met", "unknown"}


def _fields(criterion: Criterion) -> dict[str, object]:
    return {name: getattr(criterion, name) for name in criterion.__slots__}


ITEMS = (
    item("ada-position-1", "position", job("Rust developer", "Tarvu Software", "Lausanne", "2012")),
    item(
        "ada-profile-1", "profile", {"name": "French", "level": "Native or bilingual proficiency"}
    ),
    item("ben-position-1", "position", job("Développeur", "Solva", "Nyon", "2024"), lang="fr"),
    item(
        "cleo-position-1",
        "position",
        job("Krankenpflegerin", "Spital Ostre", "Bern", "2019"),
        lang="de",
    ),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("find") / "home"
    made = network(folder, [member(name) for name in ("ada", "ben", "cleo")], ITEMS)
    update(made, as_of=AS_OF)
    return made


def run(home: Home, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    cli.main(["find", *arguments, "--home", str(home.root)], standalone_mode=False)
    return capsys.readouterr().out


BRIEF = "Rust developer near Lausanne who speaks French, 5+ years, ideally Kubernetes"


def test_find_shows_people_with_evidence_and_parts(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run(home, capsys, BRIEF, "--lang", "en")
    assert "3 people may be found" in said
    assert "ada" in said and "cleo" not in said
    assert "✓ Title: Rust developer – “Rust developer Tarvu" in said
    assert "✓ Language: French" in said
    assert "? Skill: Kubernetes" in said
    assert "meaning" in said and "words" in said


def test_find_as_json_quotes_items(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(home, capsys, BRIEF, "--json"))
    assert document["schema"] == "vanne/find/1"
    assert [hit["member_id"] for hit in document["hits"]] == ["ada"]
    texts = {each.item_id: each.text for each in ITEMS}
    quotes = [e for c in document["hits"][0]["judgements"] for e in c["evidence"]]
    assert quotes and all(each["said"] in (texts[each["item_id"]] or "") for each in quotes)


def test_words_of_the_brief_widen_and_narrow(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    near = json.loads(run(home, capsys, "developer within 10 km of Lausanne", "--json"))
    far = json.loads(run(home, capsys, "developer within 60 km of Lausanne", "--json"))
    assert [hit["member_id"] for hit in near["hits"]] == ["ada"]
    assert {hit["member_id"] for hit in far["hits"]} == {"ada", "ben"}
    without = json.loads(run(home, capsys, "developer, no Rust", "--json"))
    assert "ada" not in {hit["member_id"] for hit in without["hits"]}


def test_every_search_is_recorded_with_whom_it_showed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(list(SearchLog(home).searches()))
    run(home, capsys, BRIEF)
    after = list(SearchLog(home).searches())
    assert len(after) == before + 1
    assert [hit.member_id for each in after if each.brief == BRIEF for hit in each.hits][:1] == [
        "ada"
    ]
