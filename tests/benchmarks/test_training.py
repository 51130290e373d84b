"""The benchmarks of training: what is computed is what is really trained, and the whole runs work."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.forking import run_whole
from tests.train.tiny import save_tiny_model


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base"))


def run(command: str, folder: Path, *arguments: object) -> dict[str, Any]:
    """Run a benchmark with everything it writes in a folder; return its measurements."""
    page = folder / "page.md"
    page.write_text(f"# Page\n<!-- {command}: begin -->\n<!-- {command}: end -->\nkept\n")
    places = ["--work", folder, "--results", folder, "--page", page, "--charts", folder]
    run_whole(command, *places, *arguments)
    assert page.read_text().endswith("kept\n")
    (found,) = folder.glob(f"{command}-*.json")
    assert str(folder) not in found.read_text(), "a result names a place of this machine"
    return json.loads(found.read_text())  # type: ignore[no-any-return]


@pytest.fixture
def config(base: Path, tmp_path: Path) -> Path:
    path = tmp_path / "train.toml"
    path.write_text(f'base = "{base}"\nthreads = 1\nmax_tokens = 48\nrank = 2\n')
    return path


def test_forgetting_is_measured_against_a_full_training(config: Path, tmp_path: Path) -> None:
    found = run("forget", tmp_path, "--members", 10, "--shards", 4, "--config", config)
    (grid,) = found["grids"]
    one = grid["leave"]["one member"]
    said = one["run"]["said"]
    assert 0 < said["tokens"] < said["tokens_full"] < grid["full"]["said"]["tokens"]
    assert one["minimum"] == 5 / 32
    assert set(grid["leave"]) == {"one member"}, "there are fewer than ten"
    assert "| 4 shards | ≤ 27.5% | 15.6% |" in (tmp_path / "page.md").read_text()


def test_every_way_to_train_reads_the_same_tokens(config: Path, tmp_path: Path) -> None:
    found = run("train", tmp_path, "--members", 10, "--rounds", 1, "--no-peers",
                "--config", config)  # fmt: skip
    runs = {name: run for name, (run,) in found["runs"].items()}
    assert set(runs) == {"vanne", "bare", "tight"}
    assert len({run["tokens"] for run in runs.values()}) == 1
    assert runs["bare"]["loss"] == pytest.approx(runs["tight"]["loss"], rel=0.02)
    assert "tokens a second against the faster bare loop" in (tmp_path / "page.md").read_text()
