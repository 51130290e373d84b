"""The API as one more way to decide: a home with a corpus is made of a batch, and asked over HTTP.

Items of categories that are never used go into a data file of their own, as an operator lays them
out. Every item is asked about three times: alone, in JSON and, unless its id has a line break in
it, in text; the answers must agree.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from urllib.parse import quote

from starlette.testclient import TestClient

from tests.decide.conformance import Batch, Case, Kind
from vanne.config import Home
from vanne.corpus import build
from vanne.corpus.contract import Accepting
from vanne.decide.people import until
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.settings import Settings
from vanne.sources.tables import read_choices
from vanne.terms import MAIN_PURPOSE, Choice
from vanne.web import create_app

TOKEN = "a-token-of-the-tests"
PATH = "/v1/verdicts"
AT_ONCE = 700
"""How many ids a request asks about: a large batch does not fit into one."""

Pairs = list[tuple[str, str]]


def by_api(batch: Batch, folder: Path, kind: Kind = "parquet") -> Pairs:
    """Decide a batch through the API; data files are Parquet whatever the kind."""
    home = make_home(batch.whole, folder)
    ids = [str(row["item_id"]) for row in batch.whole.items]
    with client(home) as asked:
        if batch.whole.purpose != MAIN_PURPOSE:
            asked.params = {"purpose": batch.whole.purpose}
        return list(zip(ids, reasons(asked, ids), strict=True))


def make_home(case: Case, folder: Path) -> Home:
    """Make a home of a case: its tables, its choices in the ledger, its corpus."""
    home = Home(folder / "home")
    home.items.mkdir(parents=True)
    never = case.question().rules.never
    apart = [row for row in case.items if row.get("category") in never]
    for name, rows in (
        ("items", [r for r in case.items if r not in apart]),
        ("never-items", apart),
    ):
        written = folder / name
        written.mkdir()
        tables = replace(case, items=rows).write(written, "parquet")
        if rows:
            copyfile(tables.items, home.items / f"{name}.parquet")
    copyfile(tables.members, home.members)
    home.policy.write_text(text_of(case.policy))
    said = until(read_choices(str(tables.choices)), case.as_of)
    with Ledger.create(home.ledger) as ledger:
        ledger.append(_ordered(list(said)))
    accepting = Accepting(case.as_of, schema=True)  # a table of odd values alone is asked for
    build(home, case.as_of, purpose=case.purpose, accepting=accepting)
    return home


def _ordered(choices: list[Choice]) -> list[Choice]:
    """Bring the choices of a table into the order in which an import records them.

    Of a table an on at the very time of an off was never there.
    """
    offs = {(c.member_id, c.purpose, c.scope, c.target, c.at) for c in choices if not c.on}
    there = [
        replace(c, claimed_at=c.at)
        for c in choices
        if not c.on or (c.member_id, c.purpose, c.scope, c.target, c.at) not in offs
    ]
    return sorted(there, key=lambda choice: choice.at)


def client(home: Home) -> TestClient:
    """Return a program that holds the token."""
    app = create_app(home, now=lambda: datetime.now(UTC), settings=Settings(api_token=TOKEN))
    headers = {"authorization": f"Bearer {TOKEN}"}
    return TestClient(app, base_url="http://127.0.0.1:8000", headers=headers)


def reasons(asked: TestClient, ids: list[str]) -> Iterable[str]:
    """Ask for the reasons of some items in every way there is."""
    found: list[str] = []
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        answer = asked.post(PATH, json={"ids": some})
        assert answer.status_code == 200, answer.text
        found += answer.json()["reasons"]
    assert [one(asked, item_id) for item_id in ids] == found
    lines = [n for n, item_id in enumerate(ids) if not set("\r\n") & set(item_id)]
    for first in range(0, len(lines), AT_ONCE):
        rows = lines[first : first + AT_ONCE]
        assert as_text(asked, [ids[n] for n in rows]) == [found[n] for n in rows]
    return found


def one(asked: TestClient, item_id: str) -> str | None:
    """Ask about a single item."""
    answer = asked.get(f"{PATH}/{quote(item_id, safe='')}")
    if answer.status_code == 404:
        return None
    said = answer.json()
    assert (answer.status_code, said["item_id"]) == (200, item_id)
    assert said["allowed"] == (said["reason"] == "allowed")
    return str(said["reason"])


def as_text(asked: TestClient, ids: list[str]) -> list[str]:
    """Ask in the fast form."""
    body = "\n".join(ids).encode()
    answer = asked.post(PATH, content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 200, answer.text
    return answer.text.splitlines()
