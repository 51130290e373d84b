"""Where a command writes is said to be wrong before the work, and a name gives the format it promises."""

from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import pytest

from tests.conftest import Run
from tests.table import every
from vanne.cli import cli
from vanne.cli.options import OutputFile, OutputFolder
from vanne.decide.bulk import refuse_overwriting

TABLES = Path(__file__).parents[2] / "examples" / "tables"
WRITTEN = {"out", "output", "verdicts", "curves"}
DECIDE = ("decide", "--policy", "linkedin-2025-11-03", "--items", TABLES / "items.csv",
          "--members", TABLES / "members.csv", "--as-of", "2026-01-01", "--out")  # fmt: skip


def parameters(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Parameter]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        inner = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from parameters(command, inner)
        else:
            yield from ((inner, parameter) for parameter in command.params)


OUTPUTS = [(f"{command} {p.name}", p) for command, p in parameters(cli) if p.name in WRITTEN]  # fmt: skip


def test_outputs_are_many() -> None:
    assert len(OUTPUTS) >= 5


@every("output", [p for _, p in OUTPUTS])
@every("suffix", [".xlsx", ".svg", ".zip"])
def test_name_that_promises_another_format_is_refused(
    output: click.Parameter, suffix: str, tmp_path: Path
) -> None:
    assert isinstance(output.type, OutputFile | OutputFolder)
    with pytest.raises(Exception, match="what is written is"):
        output.type.convert(str(tmp_path / f"out{suffix}"), output, None)


def test_verdicts_called_csv_are_csv(vanne: Run, tmp_path: Path) -> None:
    for name in ("v.csv", "v.parquet", "v.2026-01-01"):
        done = vanne(*DECIDE, name)
        assert done.returncode == 0, done.stderr
        refuse_overwriting(tmp_path / name, [])  # the same name again is no loss
    text = (tmp_path / "v.csv").read_text()
    assert text.startswith('"item_id","reason"\n"p1","allowed"\n')
    rows = duckdb.sql(f"FROM read_csv('{tmp_path}/v.csv')").fetchall()
    for name in ("v.parquet", "v.2026-01-01"):
        assert duckdb.sql(f"FROM read_parquet('{tmp_path}/{name}')").fetchall() == rows


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("v.json", "vanne: `v.json`: what is written is .parquet / .csv, and not .json: give another name\n"),
        ("gone/v.csv", "vanne: no such folder: `gone`: make it, or check the path\n"),
    ],
)  # fmt: skip
def test_verdicts_are_refused_before_anything_is_read(vanne: Run, name: str, line: str) -> None:
    done = vanne(*DECIDE[:4], "gone.csv", *DECIDE[5:], name)
    assert (done.stdout, done.stderr) == ("", line)
