"""The benchmark of the two homes of an index works as a whole, and both find the same people."""

import json
from pathlib import Path

import pytest
from benchmarks.search import homes


def test_both_homes_of_an_index_find_the_same_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- search-homes: begin -->\n<!-- search-homes: end -->\nkept\n")
    wish = ["homes", "--profiles", "60", "--results", tmp_path, "--page", page]
    monkeypatch.setattr("sys.argv", [str(word) for word in wish])
    homes.main()
    (size,) = json.loads((tmp_path / "search-homes.json").read_text())["sizes"]
    assert (size["profiles"], size["same"]) == (60, 1.0)
    assert "ratio (same list in 100%)" in page.read_text()
    assert page.read_text().endswith("kept\n")
