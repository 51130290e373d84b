"""The example archive is part of the installation, so that the first command works in any folder."""

import json
from pathlib import Path

from tests.conftest import Run
from vanne.cli.inspect import EXAMPLE

ON = ("--as-of", "2026-11-25")


def test_example_is_read_without_a_file_of_ones_own(vanne: Run) -> None:
    shown = vanne("inspect", "--example", *ON)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == vanne("inspect", EXAMPLE, *ON).stdout
    assert "vanne guide linkedin" in shown.stdout


def test_example_counts_beside_archives(vanne: Run, tmp_path: Path) -> None:
    more = tmp_path / "Shares.csv"
    head, row, *_ = (EXAMPLE / "Shares.csv").read_text().splitlines()
    more.write_text(f"{head}\n{row.replace('7000000000000000001', '7000000000000000099')}\n")
    alone, both = (
        json.loads(vanne("inspect", "--json", *ON, *archives).stdout)["totals"]["items"]
        for archives in (["--example"], ["--example", more])
    )
    assert (alone, both) == (15, 16)


def test_without_archive_and_example_the_archive_is_asked_for(vanne: Run) -> None:
    refused = vanne("inspect")
    assert refused.returncode == 2
    assert "Missing argument 'ARCHIVES...'" in refused.stderr
