"""`-` is standard input, wherever a file, a table or a policy is read."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from vanne.cli import main

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "examples" / "tables"
DECIDE = ["decide", "--policy", "linkedin-2025-11-03", "--as-of", "2026-01-01", "--json"]
Piped = Callable[..., tuple[int, str, str]]


@pytest.fixture
def piped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Piped:
    """Pipe bytes into a command: its exit code, stdout and stderr."""

    def run(data: bytes, *words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        monkeypatch.setattr("sys.argv", ["vanne", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def items() -> bytes:
    return (TABLES / "items.csv").read_bytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_table_of_items_is_piped_in(
    piped: Piped, tmp_path: Path, items: bytes, pack: Callable[[bytes], bytes]
) -> None:
    named = piped(b"", *DECIDE, "--items", TABLES / "items.csv", "--members", TABLES / "members.csv")  # fmt: skip
    assert named[0] == 0
    assert piped(pack(items), *DECIDE, "--items", "-", "--members", TABLES / "members.csv") == named
    assert list(tmp_path.iterdir()) == []  # the copy is gone


def test_parquet_and_json_lines_are_told_by_how_they_begin(
    piped: Piped, tmp_path: Path, items: bytes
) -> None:
    import duckdb

    members = TABLES / "members.csv"
    named = piped(b"", *DECIDE, "--items", TABLES / "items.csv", "--members", members)
    for kind in ("parquet", "json"):
        file = tmp_path / f"items.{kind}"
        table = f"read_csv('{TABLES}/items.csv', all_varchar=true)"
        duckdb.execute(f"COPY (FROM {table}) TO '{file}' (FORMAT {kind})")
        assert piped(file.read_bytes(), *DECIDE, "--items", "-", "--members", members) == named


def test_standard_input_is_read_once(piped: Piped, tmp_path: Path, items: bytes) -> None:
    code, out, err = piped(items, *DECIDE[:-1], "--items", "-", "--members", "-")
    assert (code, out) == (2, "")
    assert err.startswith("vanne: standard input can be read once: give one `-`: see ")
    assert list(tmp_path.iterdir()) == []


def test_an_archive_and_a_cv_are_piped_in(piped: Piped, tmp_path: Path) -> None:
    import shutil

    archive = Path(shutil.make_archive(str(tmp_path / "a"), "zip", ROOT / "examples" / "archive"))
    asked = ["inspect", "--region", "CH", "--as-of", "2026-01-01"]
    assert piped(archive.read_bytes(), *asked, "-") == piped(b"", *asked, archive)


def test_a_policy_is_piped_in(vanne: Run) -> None:
    text = vanne("policy", "explain", "linkedin-2025-11-03", "--toml").stdout
    named = vanne("policy", "check", "linkedin-2025-11-03").stdout
    assert vanne("policy", "check", "-", input=text).stdout == named
    wrong = vanne("policy", "check", "-", input=text.replace("listed", "lsted"))
    assert (wrong.returncode, wrong.stderr.count("\n")) == (78, 1)


def test_choices_are_piped_in(vanne: Run) -> None:
    vanne("corpus", "init", "--policy", "linkedin-2025-11-03", "--members", TABLES / "members.csv")
    choices = (TABLES / "choices.csv").read_text()
    first = vanne("choose", "--from", "-", input=choices).stdout
    assert first.startswith("imported 2 choices of 2 rows")
    again = vanne("choose", "--from", TABLES / "choices.csv").stdout
    assert "2 were there from an earlier import" in again
