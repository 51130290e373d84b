"""What the ledger's tests share: choices, a ledger, and the naive tree of RFC 9162."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

AT = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)

Tamper = Callable[..., None]


def off(member_id: str = "member-7", **fields: object) -> Choice:
    """A member's no, for everything unless told otherwise."""
    return Choice(**{"member_id": member_id, "purpose": MAIN_PURPOSE, "scope": "all"}
                  | {"on": False, "at": AT} | fields)  # fmt: skip


def offs(count: int, start: int = 0) -> list[Choice]:
    return [off(f"member-{n}") for n in range(start, start + count)]


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path) as ledger:
        yield ledger


@pytest.fixture
def tamper(path: Path) -> Tamper:
    """Change the ledger's file behind its back."""

    def run(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute(sql, values)
            db.commit()

    return run
