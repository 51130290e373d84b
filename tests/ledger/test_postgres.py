"""What only a server can do wrong, each in one clear line that tells no password."""

import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psycopg
import pytest

from tests.ledger.conftest import MakeHome, change, off, offs, on_postgres
from tests.postgres import running
from vanne.config import Home
from vanne.errors import (
    BusyError,
    ConfigError,
    InputError,
    MissingError,
    StorageError,
    VanneError,
)
from vanne.ledger import Ledger

pytestmark = on_postgres
SECRET = "s3cret-w0rd"


def url_of(home: Home) -> str:
    assert home.database_url
    return home.database_url


def said(home: Home, **options: bool) -> VanneError:
    """Return how a ledger that cannot be opened says so; nothing of it may hold the password."""
    with pytest.raises(VanneError) as caught:
        Ledger.of(home, **options) if options else Ledger.create(home)
    error = caught.value
    assert SECRET not in f"{error} {error.__cause__!r} {error.problem()} {home!r}"
    assert "\n" not in str(error)
    return error


def test_the_address_comes_from_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANNE_DATABASE_URL", url_of(home))
    found = Home.find(home.root)
    with Ledger.create(found) as ledger:
        ledger.append([off()])
    assert found.database_url == home.database_url and not home.ledger.exists()
    assert (home.root / "ledger.key").exists()
    with Ledger.of(found, read_only=True) as ledger:
        assert list(ledger.choices()) == [off()]


def test_a_server_that_is_not_there(home: Home) -> None:
    nowhere = f"postgresql://vanne:{SECRET}@/choices?host={home.root}"
    error = said(Home(home.root, nowhere))
    assert isinstance(error, StorageError) and "cannot be reached" in str(error)
    assert not (home.root / "ledger.key").exists()


def test_a_wrong_password_and_none(home: Home, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS locked")
        server.execute("CREATE DATABASE locked TEMPLATE template0")
        server.execute("DROP ROLE IF EXISTS keeper")
        server.execute("CREATE ROLE keeper LOGIN PASSWORD 'right'")
        server.execute("ALTER DATABASE locked OWNER TO keeper")
    host = quote(postgres.partition("host=")[2])
    for user in (f"keeper:{SECRET}", "keeper"):
        error = said(Home(home.root, f"postgresql://{user}@/locked?host={host}"))
        assert isinstance(error, ConfigError) and "wrong or no password" in str(error)
        assert "PGPASSWORD" in error.help()
    with Ledger.create(Home(home.root, f"postgresql://keeper:right@/locked?host={host}")) as ledger:
        assert ledger.append([off()]) == range(1)


def test_a_database_that_does_not_exist(home: Home, postgres: str) -> None:
    error = said(Home(home.root, postgres.replace("/postgres?", "/nowhere?")))
    assert isinstance(error, ConfigError) and '"nowhere" does not exist' in str(error)


def test_a_schema_that_does_not_exist(home: Home, postgres: str) -> None:
    error = said(Home(home.root, f"{postgres}&options=-csearch_path%3Dnowhere"))
    assert isinstance(error, ConfigError) and "schema" in str(error)


@pytest.mark.parametrize(
    "address", [f"postgresql://me:x@{SECRET}@host/z", f"what={SECRET}", SECRET]
)
def test_what_is_no_address(home: Home, address: str) -> None:
    error = said(Home(home.root, address))
    assert isinstance(error, ConfigError) and "not the address" in str(error)


def test_tables_of_somebody_else_are_left_alone(home: Home) -> None:
    change(home, "CREATE TABLE log (line text)")
    error = said(home)
    assert isinstance(error, InputError) and "are not a ledger's" in str(error)
    change(home, "INSERT INTO log VALUES ('still there')")
    assert not (home.root / "ledger.key").exists()


def test_a_newer_schema_is_refused(home: Home) -> None:
    Ledger.create(home).close()
    change(home, "COMMENT ON TABLE log IS 'Vanne ledger, schema 5'")
    for read_only in (False, True):
        error = said(home, read_only=read_only)
        assert "newer version of Vanne (schema 5, this one reads 4)" in str(error)


def test_a_database_that_does_not_keep_utf_8(home: Home, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS latin")
        server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    error = said(Home(home.root, postgres.replace("/postgres?", "/latin?")))
    assert isinstance(error, InputError) and "UTF-8" in str(error)


def test_a_user_that_may_not_write(home: Home, postgres: str) -> None:
    with Ledger.create(home) as ledger:
        ledger.append([off()])
    schema = url_of(home).rpartition("%3D")[2]
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP ROLE IF EXISTS reader")
        server.execute("CREATE ROLE reader LOGIN")
        server.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader")
        server.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
    reader = Home(home.root, url_of(home).replace("postgres@", "reader@"))
    with Ledger.of(reader, read_only=True) as ledger:
        assert ledger.fsck().ok and list(ledger.choices()) == [off()]
    with Ledger.of(reader) as ledger, pytest.raises(StorageError, match="does not let us write"):
        ledger.append([off()])
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP OWNED BY reader")
        server.execute("DROP ROLE reader")


def test_a_ledger_that_somebody_else_writes_is_busy(home: Home) -> None:
    with Ledger.create(home, patience_s=0.1) as ledger, psycopg.connect(url_of(home)) as other:
        other.execute("SELECT * FROM log FOR UPDATE")
        with pytest.raises(BusyError, match="somebody else"):
            ledger.append([off()])
        assert ledger.size == 0
        other.rollback()
        assert ledger.append([off()]) == range(1)


def test_a_server_that_let_go_of_its_connections_is_asked_again(home: Home, postgres: str) -> None:
    with Ledger.create(home) as ledger:
        ledger.append(offs(3))
        end_sessions(postgres)
        assert ledger.size == 3
        end_sessions(postgres)
        assert ledger.append([off()]) == range(3, 4) and ledger.fsck().ok


def end_sessions(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'vanne' AND pid <> pg_backend_pid()"
        )


def test_a_session_that_is_ended_while_it_writes_records_nothing(home: Home, postgres: str) -> None:
    with Ledger.create(home) as ledger:
        ledger.append(offs(3))
        with pytest.raises(StorageError, match="cannot be reached"), ledger._store.writing() as db:
            db.ask("DELETE FROM entry")
            end_sessions(postgres)
            db.ask("SELECT 1")
        assert ledger.append([off()]) == range(3, 4) and ledger.fsck().ok


def test_a_server_that_is_stopped(home: Home) -> None:
    with running() as address:
        ledger = Ledger.create(Home(home.root, address))
        ledger.append(offs(3))
    for ask in (lambda: ledger.append([off()]), lambda: ledger.size):
        with pytest.raises(StorageError, match="cannot be reached"):
            ask()
    ledger.close()


def test_a_member_whose_id_is_long_or_odd_is_found(home: Home) -> None:
    odd = ["x" * 8000, "a\0b", "名前", "'; DROP TABLE log; --", "%s", "?"]
    with Ledger.create(home) as ledger:
        ledger.append([off(name) for name in odd])
        found = [ledger.history(name) for name in odd]
        assert [[(n, c.member_id) for n, c in said] for said in found] == [
            [(n, name)] for n, name in enumerate(odd)
        ]
        assert ledger.fsck().ok


def test_a_commit_is_on_the_disk_whatever_the_database_says(home: Home, postgres: str) -> None:
    schema = url_of(home).rpartition("%3D")[2]
    lazy = Home(
        home.root, f"{postgres}&options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"
    )
    with Ledger.create(lazy) as ledger, ledger._store.writing() as db:
        assert db.ask("SHOW synchronous_commit") == [("on",)]


def test_many_who_begin_at_once_make_one_ledger(home: Home) -> None:
    def begin(_: int) -> str:
        try:
            with Ledger.create(home) as ledger:
                return ledger.vkey
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(6) as pool:
        vkey, *others = sorted(pool.map(begin, range(6)), key=lambda said: "already" in said)
    assert all("is there already" in said for said in others)
    with Ledger.of(home) as ledger:
        assert ledger.vkey == vkey and ledger.fsck().ok


def test_two_ledgers_on_one_server_know_nothing_of_each_other(
    home: Home, another: MakeHome
) -> None:
    with Ledger.create(home) as one, Ledger.create(another("other")) as other:
        one.append(offs(2))
        assert other.size == 0 and one.vkey != other.vkey


def test_without_the_driver_one_is_told_what_to_install(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = said(home)
    assert isinstance(error, MissingError) and "vanne[postgres]" in str(error)
