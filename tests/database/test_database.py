"""The one database: made on first use, brought up to the program, refused in one line, erased by one row."""

import shutil
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, Text, insert, inspect, select, text

from vanne import tokens
from vanne.config import Home
from vanne.database import Database, add_persons, person, person_reference
from vanne.database import database as opening
from vanne.database.database import alembic_config, schemas
from vanne.database.tables import metadata
from vanne.errors import BusyError, InputError, StorageError, VanneError
from vanne.plugins import Schema

AT = datetime(2026, 11, 29, tzinfo=UTC)


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    with Database.of(home).reading() as db:
        return [tuple(row) for row in db.execute(text(query))]


def test_an_empty_home_gets_every_table_of_every_package(home: Home) -> None:
    with Database.of(home).reading() as db:
        for each in schemas():
            config = alembic_config(each, db)
            (head,) = ScriptDirectory.from_config(config).get_heads()
            found = db.execute(text(f"SELECT version_num FROM {each.version_table}")).scalar_one()
            assert found == head == each.revisions[-1]


def test_the_migrations_make_the_tables_that_the_code_names(home: Home) -> None:
    with Database.of(home).reading() as db:
        for each in schemas():
            ours = {"include_name": lambda name, kind, _, its=each.metadata.tables: kind != "table" or name in its}  # fmt: skip
            options = ours | {"version_table": each.version_table, "compare_type": True}
            context = MigrationContext.configure(db, opts=options)
            assert compare_metadata(context, each.metadata) == []


def test_a_token_is_made_revoked_and_listed(home: Home) -> None:
    token_id = tokens.create(home, "program", ["ledger"], 9, AT).split("_")[1]
    assert tokens.revoke(home, token_id, AT).revoked == AT
    assert tokens.revoke(home, token_id, AT + timedelta(days=1)).revoked == AT
    (kept,) = tokens.read(home)
    assert (kept.id, kept.created, kept.scopes) == (token_id, AT, ("ledger",))


def test_many_that_open_at_once_make_it_once(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(tokens.create, home, f"n{n}", ["ledger"], 9, AT) for n in range(16)]
        assert len({each.result() for each in made}) == 16
    assert len(tokens.read(home)) == 16


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    tokens.create(home, "x", ["ledger"], 9, AT)
    files = list(tmp_path.glob("database.sqlite*"))
    assert files and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_database_of_a_newer_program_is_refused(home: Home) -> None:
    with Database.of(home).writing() as db:
        db.execute(text("UPDATE schema_version_core SET version_num = 'core_9999'"))
    opening.close_all()
    with pytest.raises(InputError, match=r"newer version of Vanne \(schema core_9999") as caught:
        Database.of(home)
    assert caught.value.todo == "upgrade Vanne"


def test_an_older_database_is_upgraded_when_it_is_opened(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.create(home, "kept", ["ledger"], 9, AT)
    migrations = tmp_path / "migrations"
    shutil.copytree(opening.CORE.migrations, migrations)
    (migrations / "core_9999.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision, down_revision = 'core_9999', '{opening.CORE.revisions[-1]}'\n"
        "def upgrade():\n    op.add_column('token', sa.Column('note', sa.Text))\n"
    )
    newer = Schema("core", opening.CORE.metadata, migrations)
    monkeypatch.setattr(opening, "schemas", lambda: (newer,))
    opening.close_all()
    assert rows(home, "SELECT name, note FROM token") == [("kept", None)]


def test_a_database_of_version_0_2_0_is_upgraded_and_keeps_its_tokens(home: Home) -> None:
    tokens.create(home, "program", ["ledger"], 9, AT)
    with Database.of(home).writing() as db:
        new = set(inspect(db).get_table_names())
        for table in reversed(metadata.sorted_tables):
            if table.name not in ("person", "token"):
                db.execute(text(f"DROP TABLE {table.name}"))
        db.execute(text("CREATE TABLE revoked_session (id TEXT PRIMARY KEY, expires INTEGER)"))
        db.execute(text("UPDATE schema_version_core SET version_num = 'core_0001'"))
    opening.close_all()
    with Database.of(home).reading() as db:
        assert set(inspect(db).get_table_names()) == new
    assert [token.name for token in tokens.read(home)] == ["program"]


@pytest.mark.parametrize("content", [b"", b"member_id,on\n" * 1000, bytes(8192)])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    home = Home(tmp_path)
    home.database.write_bytes(content)
    with pytest.raises(InputError, match="is not a database of Vanne's"):
        Database.of(home)
    assert home.database.read_bytes() == content


def test_somebody_elses_database_is_refused(home: Home) -> None:
    if home.database_url is None:
        with closing(sqlite3.connect(home.database)) as db:
            db.execute("CREATE TABLE person (x)")
    else:
        import psycopg

        with psycopg.connect(home.database_url) as server:
            server.execute("CREATE TABLE person (x text)")
    with pytest.raises(InputError, match="a database of Vanne's"):
        Database.of(home)


def test_a_writer_that_waits_too_long_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE_S", 0.1)
    home = Home(tmp_path)
    Database.of(home)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert tokens.read(home) == []  # readers wait for nobody
        with pytest.raises(BusyError, match="is being written by somebody else"):
            tokens.create(home, "x", ["ledger"], 9, AT)
        other.execute("ROLLBACK")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a disk that is full")
def test_a_full_disk_says_so_and_keeps_what_was_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    tokens.create(home, "before", ["ledger"], 9, AT)
    full = pytest.raises(StorageError, match="no space left on the disk")
    with full, Database.of(home).writing() as db:
        (pages,) = db.execute(text("PRAGMA page_count")).one()
        db.execute(text(f"PRAGMA max_page_count = {pages}"))
        db.execute(insert(person), [{"id": f"{n}" * 500} for n in range(1000)])
    opening.close_all()  # the limit is its connection's
    assert [token.name for token in tokens.read(home)] == ["before"]


def test_a_database_that_was_put_there_since_is_opened_anew(tmp_path: Path) -> None:
    home = Home(tmp_path)
    tokens.create(home, "x", ["ledger"], 9, AT)
    for file in tmp_path.glob("database.sqlite*"):
        file.unlink()
    assert tokens.read(home) == []


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    home = Home(tmp_path, f"postgresql://me:s3cret@/x?host={tmp_path}")
    with pytest.raises(VanneError, match="cannot be reached") as caught:
        Database.of(home)
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__!r} {home!r}"


# Persons

elsewhere = MetaData()
goes = Table("goes", elsewhere, Column("id", Text, primary_key=True), person_reference("who", on_erasure="CASCADE"))  # fmt: skip
stays = Table("stays", elsewhere, Column("id", Text, primary_key=True), person_reference("who", on_erasure="SET NULL"))  # fmt: skip


def test_erasing_a_person_deletes_or_empties_every_row_that_refers_to_them(home: Home) -> None:
    with Database.of(home).writing() as db:
        elsewhere.create_all(db)  # tables of a plug-in that nobody has installed
        add_persons(db, ["anna-who-leaves", "bruno", "bruno"])
        for who in ("anna-who-leaves", "bruno"):
            db.execute(insert(goes), {"id": f"g-{who[0]}", "who": who})
            db.execute(insert(stays), {"id": f"s-{who[0]}", "who": who})
    Database.of(home).erase("anna-who-leaves")
    with Database.of(home).reading() as db:
        assert db.execute(select(goes)).all() == [("g-b", "bruno")]
        assert db.execute(select(stays).order_by(stays.c.id)).all() == [("s-a", None), ("s-b", "bruno")]  # fmt: skip
    if home.database_url is None:
        files = [file.read_bytes() for file in home.root.iterdir()]
        assert not any(b"anna-who-leaves" in file for file in files)
        assert any(b"bruno" in file for file in files)


def test_an_erasure_that_somebody_reads_over_says_so_and_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE_S", 0.1)
    home = Home(tmp_path)
    database = Database.of(home)
    with database.writing() as db:
        add_persons(db, ["anna"])
    with database.reading() as reader:
        assert reader.execute(select(person)).all() == [("anna",)]
        with pytest.raises(BusyError, match="still in its files"):
            database.erase("anna")
    database.erase("anna")
    assert rows(home, "SELECT id FROM person") == []
