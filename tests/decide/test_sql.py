"""The text of a verdict in each dialect: reviewed and complete.

The texts lie in `tests/cases/sql`. To write them again after a change that was meant:

    VANNE_WRITE_SQL=1 ./run pytest -q tests/decide/test_sql.py

and then read the difference, dialect by dialect (what to look for: `docs/reference/sql.md`).
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp, parse_one

from tests.conftest import CASES
from tests.decide.conformance import Batch, batches, load_cases
from tests.table import every
from vanne.decide.request import EvaluationRequest
from vanne.decide.sql import DIALECTS, Dialect, create_tables, verdict_sql, vocabulary_sql
from vanne.decide.sql.staging import Staged, stage, write_words
from vanne.decide.sql.text import says
from vanne.errors import ConfigError
from vanne.policy import builtin_names, load
from vanne.terms import MAIN_PURPOSE, REASONS

WHOLE = str(CASES / "policy" / "whole.toml")
LINKEDIN = "linkedin-2025-11-03"
ASKED = datetime(2026, 6, 1, 12, 0, 0, 1, tzinfo=UTC)  # a microsecond that no dialect may lose
READ_ONLY: tuple[Dialect, ...] = ("trino", "bigquery", "snowflake")
"""The dialects that no engine here runs."""


def question(policy: str = WHOLE, as_of: datetime = ASKED) -> EvaluationRequest:
    return EvaluationRequest(load(policy), MAIN_PURPOSE, as_of)


@cache
def printed(dialect: Dialect, policy: str = WHOLE) -> str:
    return verdict_sql(question(policy), dialect)


# The reviewed texts

TEXTS = [(f"{dialect}.sql", WHOLE, dialect) for dialect in DIALECTS]
TEXTS.append((f"{LINKEDIN}.trino.sql", LINKEDIN, "trino"))


@pytest.mark.parametrize(("name", "policy", "dialect"), TEXTS, ids=[name for name, *_ in TEXTS])
def test_the_text_is_the_reviewed_one(name: str, policy: str, dialect: Dialect) -> None:
    parts = (
        create_tables(dialect),
        vocabulary_sql(dialect) + ";\n",
        printed(dialect, policy) + ";\n",
    )
    text, path = "\n".join(parts), CASES / "sql" / name
    if os.environ.get("VANNE_WRITE_SQL") == "1":
        path.write_text(text, encoding="utf-8")
    again = "not what was reviewed: see the first lines of this test for how to write it again"
    assert text == path.read_text(encoding="utf-8"), again


def test_there_is_no_other_text() -> None:
    assert {path.name for path in (CASES / "sql").iterdir()} == {name for name, *_ in TEXTS}


@every("policy", builtin_names())
def test_every_policy_can_be_said(policy: str) -> None:
    for purpose in load(policy).purposes:
        text = verdict_sql(EvaluationRequest(load(policy), purpose, ASKED), "snowflake")
        assert parse_one(text, dialect="snowflake").named_selects == ["item_id", "code"]


def test_the_time_of_asking_is_the_same_moment_in_any_zone() -> None:
    elsewhere = ASKED.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert verdict_sql(question(as_of=elsewhere), "duckdb") == printed("duckdb")
    for dialect in DIALECTS:
        assert "'2026-06-01 12:00:00.000001'" in printed(dialect)


WORDS = (
    "it's",
    'say "so"',
    "back\\slash",
    "a\\'b",
    "new\n-- line",
    "x`y",
    "--",
    "/*",
    "{{x}}",
    "$1",
    "é",
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_words_of_the_policy_arrive_as_they_are(dialect: Dialect) -> None:
    asked = question()
    rules = replace(asked.rules, visibilities=frozenset(WORDS))
    policy = asked.policy.with_purposes({MAIN_PURPOSE: rules})
    text = verdict_sql(replace(asked, policy=policy), dialect)
    read = {literal.this for literal in parse_one(text, dialect=dialect).find_all(exp.Literal)}
    assert set(WORDS) <= read


def test_a_dialect_that_is_not_there_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="no SQL dialect `postgresql`: did you mean `postgres`"):
        verdict_sql(question(), "postgresql")  # type: ignore[arg-type]


def test_the_purpose_must_be_there() -> None:
    with pytest.raises(ConfigError, match="no purpose `ads`"):
        verdict_sql(replace(question(), purpose="ads"), "duckdb")


# What words mean


@every(
    ("kind", "value", "meaning"),
    [
        ("reservation", "train-ai=n", "reservation"),
        ("reservation", "train-ai=y", "allowed"),
        ("reservation", "noai", "unreadable"),
        ("tag", "Health", "sensitive"),
        ("tag", "travel", "allowed"),
        ("tag", " travel", "unreadable"),
        ("tag", "", "unreadable"),
        ("sign", "Secondary_School", "minor"),
        ("sign", "verified", "allowed"),
    ],
)  # fmt: skip
def test_a_word_means_what_the_reference_makes_of_it(kind: str, value: str, meaning: str) -> None:
    assert says(question().rules, kind, value) == meaning  # type: ignore[arg-type]


def test_allowed_sorts_before_every_other_meaning() -> None:
    words = ("train-ai=n", "train-ai=y", "noai")
    meanings = {says(question().rules, "reservation", word) for word in words}
    meanings |= {
        says(question().rules, "tag", "health"),
        says(question().rules, "sign", "teen-account"),
    }
    assert len(meanings) == 5
    assert min(meanings) == "allowed"


# Texts that no engine here runs: read back by SQLGlot and run by DuckDB, they must say the same

LARGE = sorted(batches(load_cases()), key=lambda batch: -len(batch.cases))[:2]


@pytest.mark.parametrize("dialect", READ_ONLY)
@pytest.mark.parametrize("batch", LARGE, ids=lambda batch: Path(batch.whole.policy).stem)
def test_the_text_says_in_another_reading_what_the_cases_expect(
    batch: Batch, dialect: Dialect, tmp_path: Path
) -> None:
    asked = batch.whole.question()
    staged = stage(batch.whole.write(tmp_path, "jsonl"), asked, tmp_path)
    with duckdb.connect() as connection:
        filled(connection, staged)
        vocabulary = in_duckdb(vocabulary_sql(dialect), dialect)
        words = write_words(asked, connection.execute(vocabulary).fetchall(), staged)
        connection.execute(f"INSERT INTO words FROM read_parquet({in_folder(words)})")
        given = dict(connection.execute(in_duckdb(verdict_sql(asked, dialect), dialect)).fetchall())
    reasons = [REASONS[given[row["item_id"]]].value for row in batch.whole.items]
    expected = batch.whole.expected
    assert [
        pair
        for pair in zip(batch.whole.items, reasons, expected, strict=True)
        if pair[1] != pair[2]
    ] == []


def in_duckdb(text: str, dialect: Dialect) -> str:
    """Translate a text; Snowflake's way to take a list apart, which SQLGlot leaves, by hand."""
    text = FLATTEN.sub(r"UNNEST(\1) AS \2(\3)", text)
    (translated,) = sqlglot.transpile(text, read=dialect, write="duckdb")
    return translated


FLATTEN = re.compile(
    r"TABLE\(FLATTEN\(INPUT => ([\w.]+)\)\) AS (\w)\(seq, key, path, index, (\w+), this\)"
)


def in_folder(folder: Path) -> list[str]:
    return [str(path) for path in folder.glob("*.parquet")]


def filled(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Make the tables as a warehouse's engineer would, and fill all but the words."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(create_tables("duckdb"))
    for table, folder in (
        ("items", staged.items),
        ("members", staged.members),
        ("choices", staged.choices),
    ):
        connection.execute(f"INSERT INTO {table} FROM read_parquet({in_folder(folder)})")


# Tables that nobody has read for us: whatever is not understood denies


@pytest.fixture(scope="module")
def stocked() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with one allowed post of an adult in Switzerland."""
    with duckdb.connect() as connection:
        connection.execute(create_tables("duckdb"))
        connection.execute(
            "INSERT INTO members VALUES ('ada', 'CH', '1990-04-12', NULL), ('bob', 'CH', '1990-04-12', [])"
        )
        connection.execute(
            "INSERT INTO items VALUES ('i', 'ada', NULL, ['bob'], 'post', '2026-05-01', 'public', ['travel'], 'train-ai=y', FALSE)"
        )
        connection.execute(
            "INSERT INTO words VALUES ('tag', 'travel', 'allowed'), ('reservation', 'train-ai=y', 'allowed')"
        )
        yield connection


@pytest.fixture
def warehouse(stocked: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, in which each test's change is taken back."""
    stocked.begin()
    yield stocked
    stocked.rollback()


@cache
def afterwards() -> str:
    return verdict_sql(question(str(CASES / "policy" / "case-afterwards.toml")), "duckdb")


def reason(connection: duckdb.DuckDBPyConnection) -> str:
    (pair,) = connection.execute(afterwards()).fetchall()
    assert pair[0] == "i"
    return REASONS[pair[1]].value


SPOILT = {
    "nothing": ("SELECT 1", "allowed"),
    "no owner": ("UPDATE items SET owner = NULL", "member-unknown"),
    "no time": ("UPDATE items SET created_at = NULL", "unreadable"),
    "a time without an end": ("UPDATE items SET created_at = 'infinity'", "unreadable"),
    "a time without a beginning": ("UPDATE items SET created_at = '-infinity'", "unreadable"),
    "no flag": ("UPDATE items SET unreadable = NULL", "unreadable"),
    "a flag": ("UPDATE items SET unreadable = TRUE", "unreadable"),
    "no category": ("UPDATE items SET category = NULL", "category-unknown"),
    "an empty author": ("UPDATE items SET author = ''", "unreadable"),
    "an unknown subject": ("UPDATE items SET subjects = [NULL]", "unreadable"),
    "an unknown tag": ("UPDATE items SET tags = [NULL]", "unreadable"),
    "a tag without a meaning": ("DELETE FROM words WHERE kind = 'tag'", "unreadable"),
    "a reservation without a meaning": ("DELETE FROM words WHERE kind = 'reservation'", "unreadable"),
    "meanings that are null": ("UPDATE words SET says = NULL", "unreadable"),
    "meanings that are empty": ("UPDATE words SET says = ''", "unreadable"),
    "two meanings": ("INSERT INTO words VALUES ('reservation', 'train-ai=y', 'reservation')", "reservation"),
    "a meaning that is null beside another": ("INSERT INTO words VALUES ('tag', 'travel', NULL)", "unreadable"),
    "no birth date": ("UPDATE members SET birth_date = NULL", "age-unknown"),
    "a birth date without a beginning": ("UPDATE members SET birth_date = '-infinity'", "age-unknown"),
    "a birth date before our time": ("UPDATE members SET birth_date = '4000-01-01 (BC)'", "age-unknown"),
    "no region": ("UPDATE members SET region = NULL", "region-unknown"),
    "a sign without a meaning": ("UPDATE members SET signs = ['?']", "minor"),
    "an off": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, '2026-01-01')", "off"),
    "an off for what came later": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, '2026-05-02')", "allowed"),
    "an off without a time": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, NULL)", "off"),
    "an off at the end of time": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, 'infinity')", "off"),
    "an off without a time after an on": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, NULL), ('ada', 'generative-ai-training', 'all', NULL, TRUE, '2026-05-02')", "off"),
    "an off without a switch": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, NULL, '2026-01-01')", "off"),
    "an off of an unknown scope": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'everything', NULL, FALSE, '2026-01-01')", "off"),
    "an off without a scope": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', NULL, NULL, FALSE, '2026-01-01')", "off"),
    "an off for no category": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'category', 'posts', FALSE, '2026-01-01')", "off"),
    "an off for another category": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'category', 'photo', FALSE, '2026-01-01')", "allowed"),
    "an off for no item": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'item', '', FALSE, '2026-01-01')", "off"),
    "an on without a time after an off": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, '2026-01-01'), ('ada', 'generative-ai-training', 'all', NULL, TRUE, NULL)", "off"),
    "an on of an unknown scope after an off": ("INSERT INTO choices VALUES ('ada', 'generative-ai-training', 'all', NULL, FALSE, '2026-01-01'), ('ada', 'generative-ai-training', 'any', NULL, TRUE, '2026-02-01')", "off"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), SPOILT.values(), ids=SPOILT)
def test_a_value_that_is_not_understood_denies(
    warehouse: duckdb.DuckDBPyConnection, change: str, expected: str
) -> None:
    warehouse.execute(change)
    assert reason(warehouse) == expected


def test_an_item_without_a_word_needs_none(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("UPDATE items SET tags = NULL, reservation = NULL")
    warehouse.execute("DELETE FROM words")
    assert reason(warehouse) == "allowed"


def test_each_item_has_one_verdict_however_many_people_and_tags_it_has(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    warehouse.execute(
        "UPDATE items SET subjects = ['bob', 'bob', 'ada', 'bob'], tags = ['travel', 'travel']"
    )
    assert Counter(warehouse.execute(printed("duckdb")).fetchall()).total() == 1
