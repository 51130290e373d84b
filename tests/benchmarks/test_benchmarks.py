"""The benchmarks work as wholes on a small network, and no row is wrong. Nothing here is timed."""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.chart import bars, lines
from benchmarks.check import wrong
from benchmarks.network import LAYOUTS, MACROS, make
from benchmarks.page import write_section
from benchmarks.refresh import nights

from benchmarks import measure
from tests.benchmarks.forking import run_whole

WAYS = (
    "floor",
    "kernel-codes",
    "kernel-verdicts",
    "kernel-counts",
    "hand-sql",
    "hand-sql-ordered",
)


def run(command: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a benchmark with everything it writes in a folder; return its measurements."""
    page = folder / "page.md"
    page.write_text(f"# Page\n<!-- {command}: begin -->\n<!-- {command}: end -->\nkept\n")
    places = ["--work", folder, "--results", folder, "--page", page]
    size = ["--items", "20k" if command == "decide" else "4k", "--rounds", "1"]
    run_whole(command, *size, *places, *arguments)
    assert page.read_text().endswith("kept\n")
    (found,) = folder.glob(f"{command}-*.json")
    assert str(folder) not in found.read_text(), "a result names a place of this machine"
    return json.loads(found.read_text())  # type: ignore[no-any-return]


def others(folder: Path) -> tuple[str, ...]:
    return ("--peers", sys.executable, "--charts", str(folder))


def test_every_way_to_decide_is_right_about_every_row(tmp_path: Path) -> None:
    only = ("--ways", *WAYS, "--layouts", "apart")
    found = run("decide", tmp_path, *others(tmp_path), *only)
    assert found["verdicts"]["by"] == "reference"
    (measured,) = (layout["ways"] for layout in found["layouts"].values())
    assert set(measured) == set(WAYS)
    runs = [run for name, runs in measured.items() if name != "floor" for run in runs]
    assert [run["wrong"] for run in runs] == [0] * len(runs)
    counts = found["verdicts"]["counts"]
    assert all(count for reason, count in counts.items() if reason != "start_cpu_s"), counts
    assert "**wrong rows 0**" in (tmp_path / "page.md").read_text()


def test_a_refresh_is_what_a_build_from_nothing_gives(tmp_path: Path) -> None:
    found = run("refresh", tmp_path, *others(tmp_path), "--changes", "1 %")
    steps = [step for way in found["changes"]["1 %"].values() for step in way]
    assert [step["equal"]["same_manifest"] for step in steps] == [True, True]
    assert [step["equal"]["wrong"] for step in steps] == [0, 0]
    for name in ("decide", "sql-all", "sql-again"):
        assert [step["runs"][name]["said"]["wrong"] for step in steps] == [0, 0]
        assert all(step["runs"][name]["said"]["checked"] for step in steps)
    (hidden,) = found["hidden"]
    assert hidden["seen_before"] > 0
    assert hidden["seen_after"] == 0


def test_nights_leave_few_files_and_what_a_build_gives(tmp_path: Path) -> None:
    found = nights.run(tmp_path, 2000, 4)
    assert found["equal"] and found["deletion"]["items"] == 2
    assert max(night["files"] for night in found["nights"]) <= 8
    assert "**is not**" not in nights.section(found)


def test_every_server_gives_the_verdicts_of_the_sidecars(tmp_path: Path) -> None:
    found = run("lookup", tmp_path, "--loops", "plain", "--requests", "20")
    runs = found["loops"]["plain"]["runs"]
    assert {"floor", "one", "text", "text-near", "json", "starlette", "sqlite"} <= set(runs)
    assert [run["wrong"] for way in runs.values() for run in way] == [0] * len(runs)
    assert "Wrong answers: 0." in (tmp_path / "page.md").read_text()


def test_every_choice_that_is_posted_is_recorded(tmp_path: Path) -> None:
    found = run("http", tmp_path, "--requests", "16")
    assert {"floor", "settings", "vanne-1", "vanne-16", "vanne-64", "insert-64"} <= set(
        found["runs"]
    )
    assert (found["recorded"], found["wrong"]) == (2 * (16 + 16 + 64), 0)
    assert "not in the ledger: 0 of 192" in (tmp_path / "page.md").read_text()


# The parts that a mistake would hide in


def mixed(number: int, key: int) -> int:
    """The finaliser of MurmurHash3, as anybody would write it."""
    x = (number + key * 2654435769) & 0xFFFFFFFF
    x = (x ^ x >> 16) * 2246822507 & 0xFFFFFFFF
    x = (x ^ x >> 13) * 3266489909 & 0xFFFFFFFF
    return x ^ x >> 16


def test_the_hash_of_the_network_is_the_one_that_it_says() -> None:
    pairs = [(0, 1), (1, 1), (99_999_999, 17), (2**32 - 1, 145)]
    with duckdb.connect() as connection:
        connection.execute(MACROS.format(step=1000, width=1000))
        for number, key in pairs:
            found = connection.execute(f"SELECT h({number}, {key})").fetchall()
            assert found == [(mixed(number, key),)]


def test_all_layouts_hold_the_same_items(tmp_path: Path) -> None:
    tables = [make(tmp_path / layout, layout, 2000, files=2) for layout in LAYOUTS]
    rows = [
        duckdb.sql(f"SELECT * FROM '{each.item_files}' ORDER BY item_id").fetchall()
        for each in tables
    ]
    assert len(rows[0]) == 2000
    assert rows[0] == rows[1] == rows[2]
    assert len(list(tables[2].items_folder.glob("never-*.parquet"))) == 2


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Items 2, 0, 1 in a file and 3 in one of never used categories."""
    folder = tmp_path / "items"
    folder.mkdir()
    pq.write_table(pa.table({"item_id": ["i2", "i0", "i1"]}), folder / "items.parquet")
    pq.write_table(pa.table({"item_id": ["i3"]}), folder / "never-items.parquet")
    return folder


TRUTH = np.array([0, 7, 13, 1], np.uint8)


def test_codes_in_file_order_are_right_and_a_moved_row_is_found(network: Path) -> None:
    answer = network.parent / "answer"
    answer.write_bytes(bytes([13, 0, 7]))
    assert wrong("codes", answer, network, TRUTH)[0] == 0
    for codes in ([0, 13, 7], [13, 0], [13, 0, 7, 1]):
        answer.write_bytes(bytes(codes))
        assert wrong("codes", answer, network, TRUTH)[0] > 0


def test_an_allowed_item_in_a_file_of_never_used_categories_is_wrong(network: Path) -> None:
    answer = network.parent / "answer"
    answer.write_bytes(bytes([13, 0, 7]))
    assert wrong("codes", answer, network, np.array([0, 7, 13, 0], np.uint8))[0] == 1


@pytest.mark.parametrize(
    ("ids", "codes", "bad"),
    [
        (["i3", "i2", "i1", "i0"], [1, 13, 7, 0], 0),
        (["i3", "i2", "i1", "i0"], [1, 13, 0, 7], 2),
        (["i3", "i2", "i1"], [1, 13, 7], 1),
        (["i3", "i2", "i1", "i0", "i0"], [1, 13, 7, 0, 0], 1),
    ],
)
def test_keyed_rows_may_come_in_any_order_but_each_once(
    network: Path, ids: list[str], codes: list[int], bad: int
) -> None:
    answer = network.parent / "answer.parquet"
    pq.write_table(pa.table({"item_id": ids, "code": pa.array(codes, pa.uint8())}), answer)
    assert wrong("keyed", answer, network, TRUTH)[0] == bad


def test_what_a_process_leaves_behind_is_counted_too() -> None:
    burn = "import time\nwhile time.process_time() < 0.4: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    used = measure.run([sys.executable, "-c", f"{leave}; print('{{\"start_cpu_s\": 0}}')"])
    assert used.cpu_s >= 0.4


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(measure.FailedError, match="no such way"):
        measure.run([sys.executable, "-c", "raise SystemExit('no such way')"])


def test_charts_are_drawn_for_what_was_measured() -> None:
    drawing = bars("a < b", "note", {"way": {"clustered": 0.5, "unsorted": 20}})
    assert "a &lt; b" in drawing
    assert drawing.count("<rect") == 1 + 2 + 2  # the page, two bars, two in the legend
    assert "polyline" in lines("t", "n", {"kernel": {1e6: 500.0, 1e7: 480.0}})


def test_a_page_without_the_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n")
    with pytest.raises(ValueError, match="no markers"):
        write_section(page, "decide", "text")
    assert page.read_text() == "# Page\n"
