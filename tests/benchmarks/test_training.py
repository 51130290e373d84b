"""The benchmarks of training: what is computed is what is really trained, and the whole runs work."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.placement.places import PLACES, Year, events, grown
from benchmarks.placement.rates import DAYS, auc_of_groups, leaving_days
from benchmarks.placement.year import NEVER, Events, Items, alone, batches, costs, scores, table

from tests.benchmarks.forking import run_whole
from tests.train.tiny import GROUND, documents, save_tiny_model, tiny_settings, without
from vanne.corpus import Document
from vanne.forget import ForgetRequest, forget
from vanne.train.fit import fit
from vanne.train.shards import make_plan
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer


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


# What is computed without training


def items_of(rows: list[Document], tokens: BaseTokenizer) -> tuple[Items, dict[str, int]]:
    """Return the documents as the simulation reads them, and the number of each member."""
    people = {owner: n for n, owner in enumerate(dict.fromkeys(row.owner for row in rows))}
    owner = np.array([people[row.owner] for row in rows])
    length = np.array([len(row) for row in tokens.encode([row.text for row in rows])])
    nobody = np.full(len(rows), -1)
    return Items(owner, nobody, length, np.full(len(rows), -1), len(people)), people


def test_the_computed_cost_is_what_forgetting_really_trains(base: Path, tmp_path: Path) -> None:
    settings = tiny_settings(base, shards=3, slices=3)
    rows = documents(12)
    model = fit(rows, tmp_path, settings, corpus_version="v0", ground=GROUND)
    plan = make_plan(rows, settings, model.ground.key, ModelStore(tmp_path).salt())
    shard, part = (np.array([plan.items[row.item_id][n] for row in rows]) for n in (0, 1))
    items, people = items_of(rows, BaseTokenizer(model_base(base), settings.max_tokens))
    held = table(shard, part, items.tokens, (3, 3))
    assert held.sum() == model.tokens_total
    for night, leavers in enumerate([(0,), (3, 7), (1, 2, 4, 5)], 1):
        gone = np.isin(items.owner, [people[f"member-{n}"] for n in leavers])
        one_night = np.full(gone.sum(), night)
        out = Events(one_night, shard[gone], part[gone], -items.tokens[gone])
        rows = without(rows, *leavers)
        at = datetime(2026, 1, night, tzinfo=UTC)
        request = ForgetRequest(f"v{night - 1}", f"v{night}", lambda at=at: at, ("1",))
        certificate = forget(rows, tmp_path, request, ground=GROUND)
        assert costs(held, out).tolist() == [certificate.cost.tokens]


def model_base(folder: Path) -> Any:
    from vanne.train.base import find_base

    return find_base(tiny_settings(folder))


def test_one_member_costs_all_after_their_first_slice_and_what_they_are_in_elsewhere() -> None:
    owner, tokens = np.array([0, 1, 1, 2, 2]), np.array([10, 20, 30, 30, 10])
    shard, part = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    items = Items(owner, np.array([-1, -1, -1, -1, 0]), tokens, np.full(5, -1), 3)
    held = table(shard, part, tokens, (2, 2))
    # 0 leaves behind 20 + 30 in their shard and, of the slice of 2 with them in it, 30
    assert alone(held, items, shard, part).tolist() == [0.8, 0.1, 0.0]


def test_requests_wait_until_the_oldest_is_due_and_then_all_are_done() -> None:
    days = np.array([0, 5, 30, 31, 70, NEVER])
    assert batches(days, "when due").tolist() == [30, 30, 30, 61, 100, NEVER]
    assert batches(days, "weekly").tolist() == [0, 0, 4, 4, 10, NEVER]


def some_year(share: float, shards: int = 8, slices: int = 4) -> Year:
    dice = np.random.default_rng(5)
    members, count = 2000, 6000
    other = np.where(dice.random(count) < 0.1, dice.integers(0, members, count), -1)
    made = dice.integers(-2000, DAYS, count)
    items = Items(
        dice.integers(0, members, count), other, dice.integers(5, 90, count), made, members
    )
    days = np.full(members, NEVER)
    days[: round(share * members)] = leaving_days(round(share * members), dice)
    return Year(items, shards, slices, days, 1)


def test_whoever_knows_more_pays_less() -> None:
    year = some_year(0.05)
    names = ["likely leavers last, AUC 0.5", "likely leavers last, AUC 0.7",
             "likely leavers last, AUC 0.9", "who leaves is known"]  # fmt: skip
    cost = [costs(*events(year, PLACES[name], "nightly")).sum() for name in names]
    assert cost == sorted(cost, reverse=True)
    assert cost[0] == pytest.approx(costs(*events(year, PLACES["hash"], "nightly")).sum(), rel=0.1)


def test_a_score_knows_as_much_as_its_auc_says() -> None:
    dice = np.random.default_rng(2)
    leaves = dice.random(4000) < 0.2
    found = scores(leaves, 0.8, dice)
    won = (found[leaves][:, None] > found[~leaves][None]).mean()
    assert won == pytest.approx(0.8, abs=0.02)
    assert auc_of_groups(((10, 10), (0, 10))) == 1.0
    assert auc_of_groups(((1, 10), (1, 10))) == 0.5


@pytest.mark.parametrize("name", list(PLACES))
def test_when_the_year_is_over_only_what_is_left_is_in_the_slices(name: str) -> None:
    year = some_year(0.1)
    stays = ~(
        year.leaves[year.items.owner] | (year.items.other >= 0) & year.leaves[year.items.other]
    )
    left = year.items.tokens[stays].sum()
    held, changes = events(year, PLACES[name], "nightly", 0.2)
    costs(held, changes)
    assert held.min() >= 0
    assert held.sum() == left
    held, changes = grown(year, PLACES[name], 7)
    costs(held, changes)
    assert held.sum() == left


def test_a_year_of_opt_outs_is_computed_for_every_placement(tmp_path: Path) -> None:
    found = run("placement", tmp_path, "--items", "20k", "--rounds", 1, "--members", 20)
    network = found["networks"]["made up"]
    assert network["members"] == 2000
    assert {row["place"] for row in network["years"]["middle"]["places"]} == set(PLACES)
    for row in network["alone"]:  # above the minimum by what they are in of other people
        assert 0.98 * row["minimum"] < row["mean"] < min(1, 2.1 * row["minimum"])
    page = (tmp_path / "page.md").read_text()
    assert "AUC of 0.59" in page
    assert (tmp_path / "bench-placement-year.svg").read_text().count("<svg") == 1


# What is really trained


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
