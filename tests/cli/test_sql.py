"""`vanne sql`, as a data engineer uses it: tables, words, the SELECT, the verdicts.

DuckDB stands for the warehouse, and PostgreSQL; nothing goes from one step to the next but text.
"""

import json
import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.conftest import CASES, Run
from vanne.cli.sql import command
from vanne.decide.sql import DIALECTS
from vanne.policy import load
from vanne.terms import REASONS

TABLES = Path(__file__).parents[2] / "examples" / "tables"
POLICY = ("--policy", "linkedin-2025-11-03")
ASKED = (*POLICY, "--as-of", "2026-01-01")

LOAD = f"""
SET TimeZone = 'UTC';
INSERT INTO items BY NAME SELECT item_id, owner, author, string_split(subjects, ';') AS subjects,
    category, CAST(created_at AS TIMESTAMPTZ) AS created_at, visibility,
    string_split(tags, ';') AS tags, reservation, FALSE AS unreadable
    FROM read_csv('{TABLES}/items.csv', all_varchar = true);
INSERT INTO members BY NAME SELECT member_id, region, birth_date, string_split(signs, ';') AS signs
    FROM read_csv('{TABLES}/members.csv', all_varchar = true);
INSERT INTO choices BY NAME SELECT member_id, purpose, scope, target, "on" = 'on' AS "on",
    CAST("at" AS TIMESTAMPTZ) AS "at" FROM read_csv('{TABLES}/choices.csv', all_varchar = true);
"""


def said(vanne: Run, *arguments: object) -> str:
    done = vanne("sql", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_from_empty_tables_to_verdicts(vanne: Run, tmp_path: Path) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute(said(vanne, "--dialect", "duckdb", "--tables"))
        warehouse.execute(LOAD)
        vocabulary = said(vanne, "--dialect", "duckdb", "--vocabulary")
        warehouse.execute(f"COPY ({vocabulary}) TO '{tmp_path}/found.csv'")
        words = said(vanne, *POLICY, "--words", tmp_path / "found.csv")
        (tmp_path / "words.csv").write_text(words, encoding="utf-8")
        warehouse.execute(f"INSERT INTO words FROM read_csv('{tmp_path}/words.csv')")
        found = warehouse.execute(said(vanne, *ASKED, "--dialect", "duckdb")).fetchall()
    given = {item_id: REASONS[code].value for item_id, code in found}
    done = vanne(
        "decide", *ASKED, "--items", TABLES / "items.csv", "--members", TABLES / "members.csv",
        "--choices", TABLES / "choices.csv", "--out", "v.parquet",
    )  # fmt: skip
    assert done.returncode == 0
    wanted = pq.read_table(tmp_path / "v.parquet").to_pydict()
    assert given == dict(zip(wanted["item_id"], wanted["reason"], strict=True))
    assert len(found) == len(given) == 9
    assert len(set(given.values())) == 8


def test_without_the_words_no_item_that_has_any_is_allowed(vanne: Run) -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute(said(vanne, "--dialect", "duckdb", "--tables"))
        warehouse.execute(LOAD)
        found = dict(warehouse.execute(said(vanne, *ASKED, "--dialect", "duckdb")).fetchall())
        spoken = warehouse.execute(
            "SELECT item_id FROM items WHERE tags IS NOT NULL OR reservation IS NOT NULL"
        ).fetchall()
    assert {REASONS[found[item_id]].value for (item_id,) in spoken} == {"unreadable"}


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_words_with_quotes_lines_and_commas_come_back_as_they_were(
    kind: str, vanne: Run, tmp_path: Path
) -> None:
    values = [
        'train-ai=n, foo="a;b"',
        "two\nlines",
        'say "so"',
        "it's",
        " spaced ",
        "é",
        "null",
        "train-ai=n",
    ]
    with duckdb.connect() as warehouse:
        warehouse.execute(
            "CREATE TABLE found AS SELECT 'reservation' AS kind, unnest(?) AS value", [values]
        )
        forms = {
            "csv": "",
            "tsv": "(FORMAT csv, DELIMITER '\t')",
            "jsonl": "(FORMAT json)",
            "parquet": "",
        }
        warehouse.execute(f"COPY found TO '{tmp_path}/found.{kind}' {forms[kind]}")
        words = said(vanne, *POLICY, "--words", f"found.{kind}")
        (tmp_path / "words.csv").write_text(words, encoding="utf-8")
        rows = warehouse.execute(
            f"SELECT value, says FROM read_csv('{tmp_path}/words.csv', all_varchar = true)"
        ).fetchall()
    assert [value for value, _ in rows] == values
    assert dict(rows)["train-ai=n"] == "reservation"
    assert {says for _, says in rows} == {
        "reservation",
        "unreadable",
    }  # never empty: empty may be null


def test_the_text_says_what_it_is_of(vanne: Run) -> None:
    head = said(vanne, *ASKED, "--dialect", "trino").split("WITH")[0]
    policy = load("linkedin-2025-11-03")
    assert all(line.startswith("-- ") for line in head.splitlines())
    assert "generative-ai-training, as of 2026-01-01T00:00:00+00:00" in head
    assert policy.digest in head


@pytest.mark.parametrize(
    ("name", "heads"),
    [(r"a\nSELECT 1 AS item_id, 0 AS code; --", ["-- ", "-- ", "-- ", "WIT"]), (r"a\rb", None)],
)
def test_no_name_of_a_policy_leads_out_of_the_comment(
    vanne: Run, tmp_path: Path, name: str, heads: list[str] | None
) -> None:
    text = (CASES / "policy" / "whole.toml").read_text(encoding="utf-8")
    odd = text.replace('name = "whole"', f'name = "{name}"')
    (tmp_path / "odd.toml").write_text(odd, encoding="utf-8")
    done = vanne("sql", "--policy", "odd.toml", "--as-of", "2026-06-01", "--dialect", "duckdb")
    if heads:
        assert [line[:3] for line in done.stdout.splitlines()[:4]] == heads
    else:
        assert (done.returncode, done.stdout) == (78, "")
        assert "odd.toml, line 2: `name` holds an invisible character" in done.stderr


def test_each_answer_as_json(vanne: Run, tmp_path: Path) -> None:
    digest = load("linkedin-2025-11-03").digest
    select = json.loads(said(vanne, *ASKED, "--dialect", "spark", "--json"))
    assert (select["schema"], select["dialect"], select["policy"]["digest"]) == (
        "vanne/sql/1",
        "spark",
        digest,
    )
    assert select["sql"] == said(vanne, *ASKED, "--dialect", "spark")
    tables = json.loads(said(vanne, "--dialect", "spark", "--tables", "--json"))
    assert tables["sql"].count("CREATE TABLE") == 4
    (tmp_path / "found.csv").write_text("kind,value\ntag,union\n")
    words = json.loads(said(vanne, *POLICY, "--words", "found.csv", "--json"))
    assert words["schema"] == "vanne/sql-words/1"
    assert words["words"] == [{"kind": "tag", "value": "union", "says": "sensitive"}]


WRONG = {
    "no dialect": ([*ASKED], 2, "Missing option '--dialect'"),
    "no policy": (["--dialect", "duckdb", "--as-of", "2026-01-01"], 2, "Missing option '--policy'"),
    "no time": ([*POLICY, "--dialect", "duckdb"], 2, "Missing option '--as-of'"),
    "no such dialect": ([*ASKED, "--dialect", "oracle"], 2, "use one of 'duckdb', 'spark'"),
    "two answers": (["--dialect", "duckdb", "--tables", "--vocabulary"], 2, "--vocabulary does not go with --tables"),
    "no such purpose": ([*ASKED, "--purpose", "ads", "--dialect", "duckdb"], 78, "no purpose `ads`"),
    "no such file": ([*POLICY, "--words", "absent.csv"], 74, "no such file: `absent.csv`"),
    "no such column": ([*POLICY, "--words", TABLES / "items.csv"], 65, "column `kind` is missing"),
    "no such kind": ([*POLICY, "--words", "SELECT 'tags' AS kind, 'x' AS value"], 65, "row 1: the kind is not known: did you mean `tag`?"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "line"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_line(vanne: Run, arguments: list[object], code: int, line: str) -> None:
    done = vanne("sql", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert line in done.stderr and done.stderr.count("\n") == 1


def test_the_command_knows_every_dialect() -> None:
    (option,) = (option for option in command.params if option.name == "dialect")
    assert tuple(option.type.choices) == DIALECTS  # type: ignore[attr-defined]


def test_the_tables_are_those_of_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "sql.md").read_text(encoding="utf-8")
    for dialect in DIALECTS:
        assert re.search(rf"^\| `{dialect}` \|", page, flags=re.M)


def test_a_table_may_have_another_name(vanne: Run) -> None:
    text = said(
        vanne, *ASKED, "--dialect", "postgres",
        "--table", "items=raw.items", "--table", "words={{ ref('words') }}",
    )  # fmt: skip
    assert '"raw"."items" AS i' in text
    assert "{{ ref('words') }} AS w" in text
    assert re.search(r"\bFROM choices AS c\b", text)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--table", "items"), "`items` is not NAME=TABLE"),
        (("--table", "itens=x"), "items"),
        (("--table", "items=x y"), "no name of a table"),
        (("--tables", "--table", "items=x"), "--table"),
    ],
)
def test_a_table_that_cannot_be_renamed_is_one_line(
    vanne: Run, arguments: tuple[str, ...], line: str
) -> None:
    done = vanne("sql", *ASKED, "--dialect", "duckdb", *arguments)
    assert done.returncode in (2, 65)
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
