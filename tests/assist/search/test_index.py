"""The index holds what may be shown and nothing else, and a no is heard at the next question."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy import update as sql_update

from tests.assist.search.homes import AS_OF, PURPOSE, choice, item, job, member, network, say
from vanne.config import Home
from vanne.database import Database
from vanne.errors import MissingError, UsageError, VerificationError
from vanne.ledger import Ledger
from vanne.plugins import tell_choices
from vanne.terms import MAIN_PURPOSE
from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.recruiting.evidence import seen
from vanne_assist.search.find import Results, find
from vanne_assist.search.index import Index
from vanne_assist.search.indexer import update
from vanne_assist.tables import findable, findable_other, findable_state
from vanne_assist.titles import neutral

MEMBERS = ("ada", "ben", "cleo", "dan", "eva", "finn")
ITEMS = (
    item(
        "ada-position-1",
        "position",
        job("Nurse", "Ostberg hospital", "Lausanne, Vaud, Switzerland", "2015"),
    ),
    item("ada-post-1", "post", "Thoughts on zebrafish", visibility="private"),
    item("ada-salary-1", "salary", "I earn okapi francs"),
    item("ada-photo-1", "photo", "a quagga on the wall"),
    item("ben-position-1", "position", job("Infirmier", place="Genève", start="2012"), lang="fr"),
    item("ben-skill-1", "skill", "Rust, axolotl", lang="fr"),
    item(
        "cleo-position-1",
        "position",
        job("Krankenpflegerin", place="Bern", start="2019"),
        lang="de",
    ),
    item("cleo-post-1", "post", "Dan helped me with the pangolin", author="dan", lang="en"),
    item("dan-position-1", "position", job("Baker", place="Zürich", start="2001")),
    item("eva-position-1", "position", job("Narwhal nurse", start="2011")),
    item("finn-position-1", "position", job("Software developer", place="Lugano", start="2018")),
    item("finn-skill-1", "skill", "Rust, Python"),
)
PEOPLE = [member(each, date(2010, 1, 1) if each == "eva" else date(1985, 5, 5)) for each in MEMBERS]
"""Eva is a minor: she is never found."""
WORDS = ("zebrafish", "okapi", "quagga", "axolotl", "pangolin", "Narwhal")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return network(tmp_path / "home", PEOPLE, ITEMS)


def brief(title: str, lang: str = "en", *criteria: Criterion) -> Brief:
    wish = Criterion(Kind.TITLE, neutral(title, lang), title, "nice")  # who holds another is there
    return Brief(title, lang, (wish, *criteria), "")


def found(home: Home, asked: Brief) -> list[str]:
    return [hit.member_id for hit in results(home, asked).hits]


def results(home: Home, asked: Brief) -> Results:
    with Index.open(home) as index:
        return find(index, asked)


def bytes_of(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.root.glob(f"{home.database.name}*"))


def rows_of(home: Home) -> dict[str, object]:
    with Database.of(home).reading() as db:
        rows = {row.person_id: row for row in db.execute(select(findable))}
        return rows | {"others": sorted(map(tuple, db.execute(select(findable_other))))}


def test_what_is_denied_is_in_no_file_of_the_index(home: Home) -> None:
    update(home, AS_OF)
    whole = bytes_of(home)
    assert {word for word in WORDS if word.encode() in whole} == {"axolotl", "pangolin"}
    assert found(home, brief("nurse"))[:3] != []
    assert set(found(home, brief("nurse"))) == {"ada", "ben", "cleo"}
    say(home, choice("ben", False), choice("dan", False))
    update(home, AS_OF)
    whole = bytes_of(home)
    assert not {word for word in WORDS if word.encode() in whole}
    assert b"infirmier" not in whole.lower()


def test_a_title_finds_its_like_in_every_language(home: Home) -> None:
    update(home, AS_OF)
    for title, lang in (("nurse", "en"), ("Infirmière", "fr"), ("Krankenpfleger", "de")):
        assert set(found(home, brief(title, lang))[:3]) == {"ada", "ben", "cleo"}


@pytest.mark.parametrize(
    ("one", "other", "lang"),
    [("Infirmier", "Infirmière", "fr"), ("Krankenpfleger", "Krankenpflegerin", "de"),
     ("Infermiere", "Infermiera", "it"), ("Salesman", "Saleswoman", "en")],
)  # fmt: skip
def test_both_forms_of_a_title_find_the_same_people(
    home: Home, one: str, other: str, lang: str
) -> None:
    update(home, AS_OF)
    assert results(home, brief(one, lang)).hits == results(home, brief(other, lang)).hits


@pytest.mark.parametrize("target", [None, "position", "ben-position-1"])
def test_a_no_hides_at_the_next_question_and_after_the_refresh(
    home: Home, target: str | None
) -> None:
    update(home, AS_OF)
    with Index.open(home) as index:
        assert "ben" in [hit.member_id for hit in find(index, brief("nurse")).hits]
        say(home, choice("ben", False, target=target))
        after = find(index, brief("nurse"))
        assert "ben" not in [hit.member_id for hit in after.hits]
        assert (after.shown, after.passed) == (4, 2)
        assert index.row("ben") is None
    update(home, AS_OF)
    with Index.open(home) as index:
        kept = index.people(["ben"])  # their other items may be shown still, after a no to one
        texts = [passage.text for each in kept.values() for passage in each.passages]
        assert texts == ([] if target is None else ["Rust, axolotl"])


def test_a_no_of_who_wrote_an_item_hides_whom_it_shows(home: Home) -> None:
    update(home, AS_OF)
    with Index.open(home) as index:
        say(home, choice("dan", False))
        assert {hit.member_id for hit in find(index, brief("nurse")).hits} == {"ada", "ben"}
    update(home, AS_OF)
    assert set(found(home, brief("nurse"))) == {"ada", "ben", "cleo"}
    assert b"pangolin" not in bytes_of(home)


def test_a_no_takes_the_rows_out_at_once_and_moves_nobody_else(either_home: Home) -> None:
    home = network(either_home.root / "here", PEOPLE, ITEMS, either_home.database_url)
    update(home, AS_OF)
    wish = Criterion(Kind.SKILL, "rust", "Rust", "nice")
    before = {hit.member_id: hit for hit in results(home, brief("nurse", "en", wish)).hits}
    said = choice("dan", False)
    say(home, said)
    tell_choices(home, [said], AS_OF)
    assert not {"dan", "cleo"} & rows_of(home).keys()
    assert home.database_url or b"pangolin" not in bytes_of(home)
    assert set(before) >= {"ada", "ben", "cleo", "finn"}
    for _ in range(2):  # at once, and when cleo is there again with what is hers alone
        after = {hit.member_id: hit for hit in results(home, brief("nurse", "en", wish)).hits}
        assert {name: before[name] for name in after if name != "cleo"} == {
            name: hit for name, hit in after.items() if name != "cleo"
        }
        assert update(home, AS_OF)
    assert set(after) == {"ada", "ben", "cleo", "finn"}


def test_a_yes_is_found_after_the_refresh(home: Home) -> None:
    say(home, choice("ada", False))
    update(home, AS_OF)
    assert "ada" not in found(home, brief("nurse"))
    say(home, choice("ada", True, day=3))
    assert update(home, AS_OF)[1]
    assert "ada" in found(home, brief("nurse"))[:3]
    assert not update(home, AS_OF)[1]


def test_a_choice_about_training_changes_no_result(home: Home) -> None:
    update(home, AS_OF)
    asked = brief("nurse", "en", Criterion(Kind.SKILL, "rust", "Rust", "nice"))
    before = results(home, asked)
    said = [choice(name, on, MAIN_PURPOSE) for name, on in (("ada", False), ("ben", True))]
    say(home, *said, choice("dan", False, MAIN_PURPOSE, "position"))
    assert results(home, asked) == before
    update(home, AS_OF)
    after = results(home, asked)
    assert replace(after, index="") == replace(before, index="")
    update(home, AS_OF, full=True)
    assert results(home, asked).hits == before.hits


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.booleans()), min_size=1, max_size=5))
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_update_gives_the_rows_that_making_all_anew_gives(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, bool]]
) -> None:
    people = [member(name) for name in MEMBERS]
    here = network(tmp_path_factory.mktemp("some") / "home", people, ITEMS)
    update(here, AS_OF)
    for day, (name, on) in enumerate(said, 2):
        say(here, choice(name, on, day=day))
        updated, _ = update(here, AS_OF + timedelta(hours=day))
    rows = rows_of(here)
    anew, _ = update(here, AS_OF + timedelta(hours=len(said) + 1), full=True)
    assert (updated.sha256, rows) == (anew.sha256, rows_of(here))


def test_what_must_be_filters_and_unknown_is_not_no(home: Home) -> None:
    update(home, AS_OF)
    near = Criterion(Kind.PLACE, "2659994", "near Lausanne", within_km=30.0)
    answer = results(home, brief("nurse", "en", near))
    states = {hit.member_id: hit.states[1] for hit in answer.hits}
    assert states["ada"] == "met"
    assert "finn" not in states  # Lugano is too far
    assert answer.passed + answer.nearly <= answer.shown == 5
    rust = Criterion(Kind.SKILL, "rust", "Rust")
    states = {h.member_id: h.states[1] for h in results(home, brief("nurse", "en", rust)).hits}
    assert states == {"ada": "unknown", "ben": "met", "cleo": "unknown", "finn": "met"}
    no_rust = results(home, brief("nurse", "en", replace(rust, force="not")))
    assert {hit.member_id for hit in no_rust.hits} == {"ada", "cleo"}


def test_the_score_is_the_sum_of_its_parts_and_pages_follow(home: Home) -> None:
    update(home, AS_OF)
    asked = brief("nurse", "en", Criterion(Kind.SKILL, "rust", "Rust", "nice"))
    with Index.open(home) as index:
        whole = find(index, asked)
        pages = [find(index, asked, count=2, offset=at).hits for at in (0, 2, 4)]
        assert sum(pages, ()) == whole.hits
        for hit in whole.hits:
            assert hit.score == pytest.approx(hit.meaning + hit.words + hit.criteria, abs=2e-4)
        assert [h.score for h in whole.hits] == sorted((h.score for h in whole.hits), reverse=True)
        with pytest.raises(UsageError, match="count"):
            find(index, asked, count=0)


def test_an_empty_brief_finds_everybody_who_may_be_shown(home: Home) -> None:
    update(home, AS_OF)
    assert len(found(home, Brief("", "en", (), ""))) == 5


def test_a_title_is_asked_where_nobody_has_one(tmp_path: Path) -> None:
    home = network(tmp_path / "home", PEOPLE, [each for each in ITEMS if each.category == "skill"])
    update(home, AS_OF)
    rust = Criterion(Kind.SKILL, "rust", "Rust", "nice")
    assert sorted(found(home, brief("nurse", "en", rust))) == ["ben", "finn"]
    home = network(tmp_path / "nobody", PEOPLE, ITEMS[1:2])
    update(home, AS_OF)
    assert found(home, brief("nurse")) == []


def test_an_index_that_is_missing_or_another_s_says_so(home: Home) -> None:
    with pytest.raises(MissingError, match="no search index"):
        Index.open(home)
    update(home, AS_OF)
    with Database.of(home).writing() as db:
        db.execute(sql_update(findable_state).values(encoder="other==1"))
    with pytest.raises(VerificationError, match="another encoder"):
        Index.open(home)
    update(home, AS_OF)
    assert found(home, brief("nurse"))


def test_another_ledger_is_refused_and_a_newer_corpus_told(home: Home) -> None:
    update(home, AS_OF)
    say(home, choice("ada", False))
    assert not results(home, brief("nurse")).is_stale
    from vanne import corpus

    corpus.refresh(home, AS_OF, purpose=PURPOSE)
    assert results(home, brief("nurse")).is_stale
    update(home, AS_OF)
    home.ledger.unlink()
    home.ledger.with_suffix(".key").unlink()
    Ledger.create(home).close()
    with pytest.raises(VerificationError, match="ledger"):
        Index.open(home)


def test_a_name_is_in_no_row_though_the_profile_that_tells_it_is_off(tmp_path: Path) -> None:
    cv = "Curriculum vitae\nHead baker in Leeds\nMark Baker bakes; Zielinski too\nMr Baker"
    who = {"given_name": "Mark", "family_name": "Zielinski-Baker", "headline": "Okapi keeper"}
    items = [item("ada-cv-1", "cv", cv), item("ada-profile-1", "profile", who)]
    home = network(tmp_path / "cv", [member("ada")], items)
    say(home, choice("ada", True), choice("ada", False, target="profile"))
    update(home, AS_OF)
    shown = bytes_of(home)
    assert not [word for word in (b"Mark", b"Zielinski", b"Mr Baker", b"Okapi") if word in shown]
    with Index.open(home) as index:
        ada = index.people(["ada"])["ada"]
        assert ada.passages[0].text.endswith("\n… bakes; … too")
        assert seen(index, ada, None).title == "Head baker"


@pytest.mark.parametrize("name", ["Sarah Johnson", "Mark Baker", "Ana Koch"])
def test_a_person_without_a_title_is_headed_by_no_name_of_theirs(tmp_path: Path, name: str) -> None:
    home = network(
        tmp_path / "cv", [member("ada")], [item("ada-cv-1", "cv", f"{name}\nI like hills")]
    )
    update(home, AS_OF)
    with Index.open(home) as index:
        assert seen(index, index.people(["ada"])["ada"], None).title is None
