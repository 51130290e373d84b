"""No row of a source is lost, whatever it is called, whenever it comes and however often.

A history of versions of items and of choices is cut into nights: rows come late, twice, or again
after they were absent. After each night the documents are those that SQL finds in all rows that
ever were in the source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.night.test_drifts import documents, night
from tests.night.test_intake import PUBLIC
from vanne.config import Home

MEMBERS, NIGHTS, DAY = 6, 3, datetime(2026, 6, 1, 2, tzinfo=UTC)
PLAN = """
policy = "linkedin-2025-11-03"
[[sources]]
name = "people"
table = "members"
from = "{lake}/members.parquet"
[[sources]]
name = "switches"
table = "choices"
from = "FROM read_parquet('{lake}/choices.parquet')"
[[sources]]
name = "posts"
table = "items"
from = "FROM read_parquet('{lake}/items.parquet')"
watermark = "updated_at"
"""
TABLES = """
CREATE TABLE items (n INTEGER, item VARCHAR, member VARCHAR, is_public BOOLEAN, op VARCHAR);
CREATE TABLE choices (n INTEGER, member VARCHAR, is_on BOOLEAN);
CREATE TABLE there ("table" VARCHAR, n INTEGER, night INTEGER, times INTEGER);
"""
SOURCES = {
    "items": """SELECT item AS item_id, member AS owner, 'post' AS category, 'public' AS visibility,
        TIMESTAMP '2025-06-01' AS created_at, CASE WHEN NOT is_public THEN 'train-ai=n' END AS reservation,
        op, 'Some words' AS text, TIMESTAMP '2026-05-01' + INTERVAL (n) HOUR AS updated_at""",
    "choices": """SELECT member AS member_id, 'generative-ai-training' AS purpose, 'all' AS scope,
        is_on AS "on", TIMESTAMP '2026-05-01' + INTERVAL (n) HOUR AS "at" """,
}
USED = {
    "items": {"author", "subjects", "tags", "fields", "visibility"},
    "choices": {"target"},
}
"""Columns that would change a verdict. What a source selects itself is used, too."""
DOCUMENTS = """
WITH come AS (SELECT DISTINCT "table", n FROM there WHERE night <= $night),
last_item AS (SELECT item, arg_max(i, n) AS i FROM items AS i
    WHERE n IN (SELECT n FROM come WHERE "table" = 'items') GROUP BY item),
is_off AS (SELECT member FROM choices AS c WHERE n IN (SELECT n FROM come WHERE "table" = 'choices')
    GROUP BY member HAVING NOT arg_max(is_on, n))
SELECT item FROM last_item
WHERE i.op = 'upsert' AND i.is_public AND i.member NOT IN (FROM is_off)
"""


@dataclass(frozen=True)
class History:
    """Versions of items (item, member, public, deleted) and of choices (member, on), oldest first."""

    items: list[tuple[int, int, bool, bool]]
    choices: list[tuple[int, bool]]
    extra: str
    is_same: bool
    seed: int


ITEM = st.tuples(st.integers(0, 7), st.integers(0, MEMBERS - 1), st.booleans(), st.booleans())
HISTORIES = st.builds(
    History,
    items=st.lists(ITEM, min_size=4, max_size=24),
    choices=st.lists(st.tuples(st.integers(0, MEMBERS - 1), st.booleans()), min_size=1, max_size=8),
    extra=st.sampled_from([*PUBLIC, "source", "rows", "vanne_source", "k"]),
    is_same=st.booleans(),
    seed=st.integers(0, 2**32),
)


def put(db: duckdb.DuckDBPyConnection, history: History) -> None:
    """Put a history into tables, with the nights in which each row is in the source."""
    pick = Random(history.seed)
    db.execute(TABLES)
    for n, (item, member, is_public, is_deleted) in enumerate(history.items):
        op = "delete" if is_deleted and pick.random() < 0.5 else "upsert"
        row = [n, f"i{item}", f"m{member}", is_public, op]
        db.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)
    for n, (member, is_on) in enumerate(history.choices):
        db.execute("INSERT INTO choices VALUES (?, ?, ?)", [n, f"m{member}", is_on])
    for table, n in [*places("items", history.items), *places("choices", history.choices)]:
        first = pick.randrange(NIGHTS) if n else 0  # the first night has a row of each table
        for each in range(first, NIGHTS):
            if each == first or pick.random() < 0.7:
                db.execute(
                    "INSERT INTO there VALUES (?, ?, ?, ?)",
                    [table, n, each, pick.choice([1, 1, 2])],
                )


def places(table: str, rows: list[object]) -> Iterator[tuple[str, int]]:
    return ((table, n) for n in range(len(rows)))


def lay(db: duckdb.DuckDBPyConnection, lake: Path, number: int, history: History) -> None:
    """Write what the sources have in a night."""
    for table, columns in SOURCES.items():
        word = "'web'" if history.is_same else "'w' || n"
        taken = {
            name.strip('" ') for name, *_ in db.sql(f"DESCRIBE {columns} FROM {table}").fetchall()
        }
        extra = "" if history.extra in taken | USED[table] else f', {word} AS "{history.extra}"'
        rows = f"""{columns}{extra} FROM {table} JOIN there USING (n), range(times)
            WHERE "table" = '{table}' AND night = {number} ORDER BY hash(n)"""
        db.execute(f"COPY ({rows}) TO '{lake}/{table}.parquet'")


def check(history: History, folder: Path) -> None:
    lake, home = folder / "lake", Home(folder / "home")
    lake.mkdir()
    plan = lake / "night.toml"
    plan.write_text(PLAN.format(lake=lake))
    with duckdb.connect() as db:
        people = f"""SELECT 'm' || n AS member_id, 'DE' AS region, DATE '1980-01-01' AS birth_date
            FROM range({MEMBERS}) t(n)"""
        db.execute(f"COPY ({people}) TO '{lake}/members.parquet'")
        put(db, history)
        for number in range(NIGHTS):
            lay(db, lake, number, history)
            report = night(home, plan, DAY + timedelta(days=number), accept=["posts"])
            assert report.exit_code == 0, report.line
            right = {item for (item,) in db.execute(DOCUMENTS, {"night": number}).fetchall()}
            assert documents(home) == right, (number, report.line)
            for source in report.sources[1:]:
                total = db.sql(
                    f"""SELECT sum(times) FROM there WHERE "table" = '{source.kind}' AND night = {number}"""
                ).fetchall()[0][0]
                parts = ("new", "changed", "known", "older", "repeated")
                assert (
                    sum(source.tally[each] for each in parts)
                    == source.tally["rows"]
                    == (total or 0)
                )


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(HISTORIES)
def test_no_row_is_lost(history: History) -> None:
    with TemporaryDirectory() as name:
        check(history, Path(name))
