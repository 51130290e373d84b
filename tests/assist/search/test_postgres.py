"""An index in a database answers as the one in files does, on a real server with pgvector."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.assist.search.homes import AS_OF, choice, item, member, network, say
from tests.conftest import CASES
from tests.ledger.conftest import new_schema
from tests.postgres import running
from vanne.config import Home
from vanne.demo.network import make_network
from vanne.demo.rules import policy_text
from vanne.errors import ConfigError, InputError, MissingError, StorageError, VerificationError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE
from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.find import Results, find
from vanne_assist.search.index import folder
from vanne_assist.search.keeping import update
from vanne_assist.search.postgres import server
from vanne_assist.search.searchable import open_index

Homes = tuple[Home, Home]
_lines = (CASES / "search" / "briefs.txt").read_text("utf-8").splitlines()
BRIEFS = [
    read_brief(text, lang) for lang, _, text in (x.partition("\t") for x in _lines if x[0] != "#")
]
RUST = Criterion(Kind.SKILL, "rust", "Rust")
CRITERIA = [
    Criterion(Kind.PLACE, "2659994", "Lausanne", within_km=60.0),
    Criterion(Kind.PLACE, "2659994", "Lausanne", "not"),
    Criterion(Kind.PLACE, "nowhere", "nowhere"),
    Criterion(Kind.LANGUAGE, "fr", "French", level="b2"),
    Criterion(Kind.LANGUAGE, "de", "German", "nice"),
    Criterion(Kind.YEARS, "experience", "4 to 9 years", least=4.0, most=9.0),
    Criterion(Kind.YEARS, "tenure", "2 years", "not", least=2.0),
    *(Criterion(Kind.SENIORITY, step, step) for step in ("junior", "senior", "lead")),
    Criterion(Kind.EDUCATION, "master", "master"),
    Criterion(Kind.EDUCATION, "law", "law", "nice"),
    Criterion(Kind.TITLE, "nurse", "nurse", is_past=True),
    Criterion(Kind.TITLE, "", "", is_past=False),
    Criterion(Kind.INDUSTRY, "health", "health", "not", is_past=True),
    Criterion(Kind.WORDS, "hospital", "hospital"),
    Criterion(Kind.WORDS, "team work", "team work", "not"),
    Criterion(Kind.WORDS, "", ""),
    RUST,
]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Homes:
    """Make the demo's network twice, with one index in files and one in the database."""
    files = Home(tmp_path_factory.mktemp("both") / "files")
    made = make_network(7, 150, AS_OF)
    write_items(made.items, files.items / "items.parquet")
    write_members(made.members, files.members)
    files.policy.write_text(policy_text())
    with Ledger.of(files) as ledger:
        ledger.append(list(made.choices))
    update(files, AS_OF)
    return files, beside(files, postgres)


def beside(files: Home, server: str) -> Home:
    """Copy a home, key and all, and give the copy an index in the database."""
    root = files.root.with_name("database")
    shutil.copytree(files.root, root)
    home = Home(root, search_url=new_schema(server))
    update(home, AS_OF)
    return home


def alike(one: Results, other: Results) -> None:
    """Check that two answers say the same, but for the names of their indexes."""
    assert [hit.member_id for hit in one.hits] == [hit.member_id for hit in other.hits]
    for here, there in zip(one.hits, other.hits, strict=True):
        assert (here.states, here.profile) == (there.states, there.profile)
        for part in ("score", "meaning", "words", "criteria"):
            assert getattr(here, part) == pytest.approx(getattr(there, part), abs=2e-4)
    assert (one.shown, one.passed, one.nearly) == (other.shown, other.passed, other.nearly)
    assert one.facets == other.facets


def answers(homes: Homes, asked: Brief, **page: int) -> tuple[Results, Results]:
    with open_index(homes[0]) as files, open_index(homes[1]) as database:
        return find(files, asked, **page), find(database, asked, **page)


@pytest.mark.parametrize("asked", BRIEFS, ids=[brief.text for brief in BRIEFS])
def test_a_brief_finds_the_same_people_in_the_same_order(homes: Homes, asked: Brief) -> None:
    one, other = answers(homes, asked, count=1000)
    assert one.shown > 50
    alike(one, other)


@pytest.mark.parametrize("asked", CRITERIA, ids=[f"{c.kind}-{c.value}-{c.force}" for c in CRITERIA])
def test_a_criterion_filters_alike(homes: Homes, asked: Criterion) -> None:
    brief = Brief("nurse with Rust", "en", (asked, replace(RUST, force="nice")), "nurse")
    alike(*answers(homes, brief, count=1000))


def test_pages_of_an_answer_follow_and_one_past_the_end_is_empty(homes: Homes) -> None:
    with open_index(homes[1]) as database:
        whole = find(database, BRIEFS[1], count=9)
        pages = [find(database, BRIEFS[1], count=3, offset=at) for at in (0, 3, 6)]
        assert sum((page.hits for page in pages), ()) == whole.hits
        past = find(database, BRIEFS[1], count=3, offset=10_000)
        assert (past.hits, past.passed, past.facets) == ((), whole.passed, whole.facets)


# Small networks: who says no

NAMES = ("ada", "ben", "cleo", "dan")
ITEMS = (
    item("ada-position-1", "position", "Nurse at the Ostberg hospital in Lausanne since 2015"),
    item("ada-post-1", "post", "Thoughts on zebrafish", visibility="private"),
    item("ada-salary-1", "salary", "I earn okapi francs"),
    item("ben-position-1", "position", "Infirmier à Genève depuis 2012", lang="fr"),
    item("ben-skill-1", "skill", "Rust, axolotl", lang="fr"),
    item("cleo-position-1", "position", "Krankenpflegerin in Bern seit 2019", lang="de"),
    item("cleo-post-1", "post", "Dan helped me with the pangolin", author="dan"),
    item("dan-position-1", "position", "Baker in Zürich since 2001, nul \0 byte"),
)
TABLES = ("index", "profile", "document", "value", "fact", "posting", "title", "run")
NURSE = Brief("nurse", "en", (Criterion(Kind.TITLE, "nurse", "nurse", "nice"),), "")


@pytest.fixture
def home(tmp_path: Path, postgres: str) -> Home:
    made = network(tmp_path / "home", [member(name) for name in NAMES], ITEMS)
    made = replace(made, search_url=new_schema(postgres))
    update(made, AS_OF)
    return made


def found(home: Home) -> set[str]:
    with open_index(home) as index:
        return {hit.member_id for hit in find(index, NURSE).hits}


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with server.connect(str(home.search_url)) as db:
        return db.execute(sql).fetchall()


def texts(home: Home) -> bytes:
    """Return every byte that a client can read, of all tables."""
    with psycopg.connect(str(home.search_url)) as db:
        got = [db.execute(f"SELECT t::text FROM search_{table} t").fetchall() for table in TABLES]
        hexes = [str(row[0]).replace("\\\\x", "\\x") for part in got for row in part]
        plain = [bytes.fromhex(x) for row in hexes for x in _hex(row)]
    return "\n".join(hexes).encode() + b"\n".join(plain)


def _hex(row: str) -> Iterator[str]:
    for part in row.replace('"', "").replace("}", ",").replace(")", ",").split("\\x")[1:]:
        yield part.split(",")[0]


def test_what_is_denied_is_in_no_table_and_nothing_is_left_in_files(home: Home) -> None:
    whole = texts(home)
    words = {"zebrafish", "okapi", "axolotl", "pangolin", "ostberg"}
    assert {word for word in words if word.encode() in whole} == {"axolotl", "pangolin", "ostberg"}
    assert sorted(path.name for path in folder(home).iterdir()) == ["key"]
    with open_index(home) as index:
        dan = index.row("dan")
        assert dan is not None
        assert index.profile(dan).passages[0].text.endswith("nul \0 byte")


@pytest.mark.parametrize("target", [None, "position", "ben-position-1"])
def test_a_no_takes_the_rows_out_before_the_next_answer(home: Home, target: str | None) -> None:
    with open_index(home) as index:
        assert index.row("ben") is not None
        say(home, choice("ben", False, target=target))
        answer = find(index, NURSE)
        assert {hit.member_id for hit in answer.hits} == {"ada", "cleo", "dan"}
        assert (answer.shown, answer.passed, index.count_shown()) == (3, 3, 3)
        assert index.row("ben") is None
    for word in (b"axolotl", b"infirmi", b"ben-"):
        assert word not in texts(home)
    update(home, AS_OF)
    assert found(home) == {"ada", "cleo", "dan"} | (set() if target is None else {"ben"})
    assert b"infirmi" not in texts(home)


def test_a_no_of_who_wrote_an_item_takes_out_whom_it_shows_and_a_yes_brings_back(
    home: Home,
) -> None:
    say(home, choice("dan", False))
    assert found(home) == {"ada", "ben"}
    update(home, AS_OF)
    assert found(home) == {"ada", "ben", "cleo"}
    assert b"pangolin" not in texts(home)
    say(home, choice("dan", True, day=3))
    update(home, AS_OF)
    assert found(home) == set(NAMES)


def test_a_no_between_two_updates_is_heard_though_a_yes_followed(home: Home) -> None:
    say(home, choice("ben", False), choice("ben", True, day=3))
    update(home, AS_OF)
    assert found(home) == set(NAMES)  # the corpus heard both
    say(home, choice("ben", False, day=4), choice("ben", True, day=5))
    assert "ben" not in found(home)  # a yes waits for the update
    update(home, AS_OF)
    assert found(home) == set(NAMES)


def test_a_choice_about_training_changes_nothing(home: Home) -> None:
    with open_index(home) as index:
        before = find(index, NURSE)
        say(home, choice("ada", False, MAIN_PURPOSE), choice("dan", False, MAIN_PURPOSE))
        assert find(index, NURSE) == before


def content(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """Return what is in the tables, but for the numbers that the database gave."""
    value = "JOIN search_value v ON v.number = t.value"
    place = "JOIN search_profile p ON p.id = t.profile"
    asked = {
        "index": "SELECT heard, profiles, words, titles FROM search_index",
        "profile": "SELECT place, people, items, words, digest FROM search_profile",
        "document": f"SELECT place, document FROM search_document t {place}",
        "value": "SELECT kind, value, held FROM search_value",
        "fact": f"SELECT place, position, kind, v.value, t.number, level, ended FROM search_fact t {value} {place}",
        "posting": f"SELECT place, v.value, count, length FROM search_posting t {value} {place}",
        "title": f"SELECT v.value, t.words, l2_norm(letters)::real FROM search_title t {value}",
        "run": "SELECT run, rare FROM search_run",
    }
    return {name: sorted(rows(home, sql), key=repr) for name, sql in asked.items()}


def titles(home: Home) -> dict[bytes, list[float]]:
    sql = "SELECT v.value, meaning FROM search_title t JOIN search_value v ON v.number = t.value"
    return {bytes(title): json.loads(vector) for title, vector in rows(home, sql)}


def test_an_update_leaves_what_making_it_anew_leaves(home: Home) -> None:
    said = [("ben", False), ("dan", False), ("ben", True), ("ada", False), ("dan", True)]
    for day, (name, on) in enumerate(said, 2):
        say(home, choice(name, on, day=day))
        if day % 2:
            found(home)  # some noes are heard before the update, some by it
        updated, changed = update(home, AS_OF + timedelta(hours=day))
        assert changed
    after, vectors = content(home), titles(home)
    assert len(after["profile"]) == updated.profiles == 3
    anew, _ = update(home, AS_OF + timedelta(hours=9), full=True)
    assert content(home) == after
    assert {t: pytest.approx(v, abs=1e-5) for t, v in titles(home).items()} == vectors
    assert anew.sha256 == updated.sha256
    assert not update(home, AS_OF + timedelta(hours=9))[1]


def test_an_update_writes_only_who_changed(home: Home) -> None:
    sql = "SELECT place, id FROM search_profile"
    before = dict(rows(home, sql))
    say(home, choice("ben", False, target="ben-skill-1"))
    update(home, AS_OF)
    after = dict(rows(home, sql))
    assert len({place for place, number in after.items() if before[place] == number}) == 3
    say(home, choice("ada", False))
    with open_index(home) as index:
        update(home, AS_OF)
        assert {hit.member_id for hit in find(index, NURSE).hits} == {"ben", "cleo", "dan"}
        assert len(index) == 3  # what was open goes on with what is there now


def test_a_no_while_an_update_is_under_way_is_not_lost(home: Home) -> None:
    """The update read its corpus before the no, and writes the person after the no was heard."""
    say(home, choice("ben", False, target="ben-skill-1"))

    def meanwhile(done: int) -> None:
        if len(heard) == 0:
            say(home, choice("cleo", False))
            heard.append(found(home))

    heard: list[set[str]] = []
    update(home, AS_OF, progress=meanwhile)
    written = rows(home, "SELECT profiles FROM search_index")
    assert (heard, written) == ([{"ada", "dan"}], [(4,)])
    assert found(home) == {"ada", "ben", "dan"}
    assert rows(home, "SELECT profiles FROM search_index") == [(3,)]


def test_who_asks_while_the_index_is_written_gets_the_one_that_was_there(home: Home) -> None:
    with open_index(home) as index, psycopg.connect(str(home.search_url)) as writer:
        writer.execute("SELECT FROM search_index FOR UPDATE")
        writer.execute("DELETE FROM search_profile")
        assert len(find(index, NURSE).hits) == 4
        writer.rollback()


# What can go wrong


def test_no_index_another_schema_and_another_ledger_are_told_in_one_line(
    home: Home, postgres: str
) -> None:
    empty = replace(home, search_url=new_schema(postgres))
    with pytest.raises(MissingError, match="no search index: run `vanne search index`"):
        open_index(empty)
    with psycopg.connect(str(home.search_url)) as db:
        db.execute("COMMENT ON TABLE search_index IS 'Vanne search, schema 0'")
    with pytest.raises(MissingError, match="has schema 0, this Vanne reads 3: run"):
        open_index(home)
    update(home, AS_OF)
    assert found(home) == set(NAMES)
    with psycopg.connect(str(home.search_url)) as db:
        db.execute("UPDATE search_index SET made = replace(made, 'fast-', 'slow-')")
    with pytest.raises(VerificationError, match="another encoder"):
        open_index(home)
    say(home, choice("ada", True))
    update(home, AS_OF)
    home.ledger.unlink()
    home.ledger.with_suffix(".key").unlink()
    Ledger.of(home).close()
    with pytest.raises(VerificationError, match="ledger"):
        open_index(home)


def test_tables_of_somebody_else_are_left_alone(home: Home, postgres: str) -> None:
    theirs = replace(home, search_url=new_schema(postgres))
    with psycopg.connect(str(theirs.search_url)) as db:
        db.execute("CREATE TABLE search_index (url text)")
    for use in (lambda: update(theirs, AS_OF), lambda: open_index(theirs)):
        with pytest.raises(InputError, match="not a search index's"):
            use()
    assert rows(theirs, "SELECT * FROM search_index") == []


def test_a_server_without_pgvector_or_with_an_old_one_is_told_in_one_line(
    home: Home, postgres: str
) -> None:
    told = pytest.raises(ConfigError, match=r"has no pgvector: install pgvector 0\.7 or newer")
    with running(without="vector") as plain, told:
        update(replace(home, search_url=plain), AS_OF)
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS old")
        db.execute("CREATE DATABASE old")
    old = postgres.replace("@/postgres", "@/old")
    with psycopg.connect(old) as db:
        db.execute("CREATE EXTENSION vector")
        db.execute("UPDATE pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'")
    with pytest.raises(ConfigError, match=r"has pgvector 0\.6\.2: install"):
        update(replace(home, search_url=old), AS_OF)


def test_a_server_that_is_not_there_is_told_in_one_line_without_the_password(home: Home) -> None:
    nowhere = replace(home, search_url="postgresql://u:s3cret@/x?host=/nowhere")
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        open_index(nowhere)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ConfigError, match="VANNE_SEARCH_URL is not the address"):
        open_index(replace(home, search_url="postgres:/x"))


def test_a_server_that_goes_away_is_told_and_found_again(home: Home) -> None:
    from vanne_assist.web.finder import Finder

    finder = Finder(home)
    with finder.use() as index:
        assert len(find(index, NURSE).hits) == 4
    with psycopg.connect(str(home.search_url), autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'vanne'")  # fmt: skip
    with pytest.raises(StorageError, match="cannot be reached"), finder.use() as index:
        find(index, NURSE)
    with finder.use() as index:
        assert len(find(index, NURSE).hits) == 4
    finder.close()
