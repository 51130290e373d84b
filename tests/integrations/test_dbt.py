"""The example project of dbt: the verdicts of `vanne sql`, tested and joined in the warehouse."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.integrations.conftest import ROOT, Command
from vanne.terms import REASONS

pytest.importorskip("dbt.adapters.duckdb", reason="run `./run integrations`")

EXAMPLE = ROOT / "examples" / "dbt"
PROJECT = ("--project-dir", "project", "--profiles-dir", "project")
SQL = ["vanne", "sql", "--policy", "linkedin-2025-11-03", "--as-of", "2026-01-01"]
TABLES = [
    f"--table={name}={{{{ ref('{model}') }}}}"
    for name, model in (
        ("items", "stg_items"), ("members", "stg_members"), ("choices", "stg_choices"), ("words", "words"),
    )
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, command: Command) -> Path:
    """The example with the tables of the examples as seeds."""
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    for table in (ROOT / "examples" / "tables").glob("*.csv"):
        shutil.copy(table, project / "seeds")
    command("dbt", "deps", *PROJECT)
    return project


def test_the_model_is_what_the_command_prints(command: Command) -> None:
    printed = command(*SQL, "--dialect", "duckdb", *TABLES)
    assert printed == (EXAMPLE / "models" / "verdicts.sql").read_text()


def test_it_gives_each_item_the_reason_that_the_command_gives(
    project: Path, command: Command, tmp_path: Path
) -> None:
    command("dbt", "build", *PROJECT)
    tables = [f"--{name}={project}/seeds/{name}.csv" for name in ("items", "members", "choices")]
    command("vanne", "decide", *SQL[2:], *tables, "--verdicts", "verdicts.parquet")
    with duckdb.connect(tmp_path / "network.duckdb") as warehouse:
        built = warehouse.sql("SELECT item_id, code FROM verdicts ORDER BY item_id").fetchall()
        allowed = warehouse.sql("SELECT item_id FROM training_items ORDER BY item_id").fetchall()
    decided = duckdb.sql(
        f"SELECT item_id, reason FROM '{tmp_path}/verdicts.parquet' ORDER BY item_id"
    ).fetchall()
    assert [(item, str(REASONS[code])) for item, code in built] == decided
    assert allowed == [(item,) for item, reason in decided if reason == "allowed"]


def test_an_item_with_two_verdicts_fails_the_build(project: Path, command: Command) -> None:
    model = project / "models" / "verdicts.sql"
    model.write_text(f"SELECT * FROM ({model.read_text()}) UNION ALL SELECT 'p1', 0")
    assert "one_verdict_each" in command("dbt", "build", *PROJECT, fails=True)


def test_the_package_names_every_reason() -> None:
    macro = (EXAMPLE / "vanne" / "macros" / "reason.sql").read_text()
    assert [f"when {r.code} then '{r}'" in macro for r in REASONS] == [True] * len(REASONS)
    assert macro.count("when ") == len(REASONS)
