"""What the ledger's tests share: choices, a ledger, and the naive tree of RFC 9162."""

import re
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

AT = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)

Tamper = Callable[..., None]


def off(member_id: str = "member-7", **fields: object) -> Choice:
    """A member's no, for everything unless told otherwise."""
    return Choice(**{"member_id": member_id, "purpose": MAIN_PURPOSE, "scope": "all"}
                  | {"on": False, "at": AT} | fields)  # fmt: skip


def offs(count: int, start: int = 0) -> list[Choice]:
    """A no of each of some members, one after the other."""
    numbers = range(start, start + count)
    return [off(f"member-{n}", at=AT + timedelta(microseconds=n)) for n in numbers]


def at_any_time(choices: Iterable[Choice]) -> list[Choice]:
    """What was chosen, without the times that the ledger gave."""
    return [replace(choice, at=AT, claimed_at=None) for choice in choices]


def naive_root(entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, as it is written there."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


MakeHome = Callable[[str], Home]
on_sqlite = pytest.mark.parametrize("home", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("home", ["postgres"], indirect=True)


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home without a ledger; each of the two back ends in turn."""
    if request.param == "sqlite":
        return Home(tmp_path)
    return Home(tmp_path, new_schema(request.getfixturevalue("postgres")))


@pytest.fixture
def another(home: Home, tmp_path: Path) -> MakeHome:
    """Make another home on the same back end."""

    def make(name: str) -> Home:
        url = home.database_url and new_schema(home.database_url.partition("&options")[0])
        (tmp_path / name).mkdir()
        return Home(tmp_path / name, url)

    return make


def new_schema(server: str) -> str:
    """Make a schema of its own on a server; return the address that leads to it."""
    import psycopg

    name = f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
    return f"{server}&options=-csearch_path%3D{name}"


@pytest.fixture
def path(home: Home) -> Path:
    return home.ledger


@pytest.fixture
def key_path(home: Home) -> Path:
    return home.ledger.with_suffix(".key")


@pytest.fixture
def ledger(home: Home) -> Iterator[Ledger]:
    with Ledger.create(home) as ledger:
        yield ledger


@pytest.fixture
def tamper(home: Home) -> Tamper:
    """Change the ledger's tables behind its back."""
    return lambda sql, *values, of=home: change(of, sql, *values)


def change(home: Home, sql: str, *values: object) -> None:
    """Run one statement on the database of a ledger; it is written for SQLite."""
    if home.database_url:
        import psycopg

        for pattern, ours in _FOR_POSTGRES:
            sql = re.sub(pattern, ours, sql)
        with psycopg.connect(home.database_url) as server:
            server.execute(sql, values or None)
    else:
        with closing(sqlite3.connect(home.ledger)) as db:
            db.execute(sql, values)
            db.commit()


def lose(home: Home) -> None:
    """Take the ledger away, and leave its key."""
    if home.database_url:
        change(home, "DROP TABLE log, entry, tile, erased, request")
    else:
        home.ledger.unlink()


_FOR_POSTGRES = [
    (r"CAST\(replace\(CAST\(private AS TEXT\), ('\w+'), ('\w+')\) AS BLOB\)",
     r"convert_to(replace(convert_from(private, 'UTF8'), \1, \2), 'UTF8')"),
    (r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')"),
    (r"x'(\w+)'", r"decode('\1', 'hex')"),
    (r"CAST\((\'\{\}\') AS BLOB\)", r"CAST(\1 AS bytea)"),
    (r"\?", "%s"),
]  # fmt: skip
