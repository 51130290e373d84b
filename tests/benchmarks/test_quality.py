"""The benchmark of quality works as a whole on a tiny model, and each way is what it says."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from benchmarks.quality import ways
from benchmarks.quality.held_out import Losses, Text, interval, texts
from benchmarks.quality.jobs import Job, train, train_ground
from benchmarks.quality.scoring import Scorer

from tests.train.tiny import documents, save_tiny_model, tiny_settings
from vanne.train import shards
from vanne.train.ensemble import load_base_model, merge
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore

ROOT = Path(__file__).parents[2]
NAME = "base_model.model.model.layers.1.mlp.up_proj.lora_A.weight"
LAYER = "model.layers.1.mlp.up_proj"


def adapter(seed: int, start: ways.Tensors | None = None) -> ways.Tensors:
    import torch

    draw = torch.Generator().manual_seed(seed)
    shapes = {NAME: (2, 32), NAME.replace("lora_A", "lora_B"): (48, 2)}
    own = {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}
    return own if start is None else {name: start[name] + 0.1 * own[name] for name in own}


@pytest.fixture
def parts() -> ways.Parts:
    ground = adapter(0)
    return ways.Parts(ground, [adapter(seed, ground) for seed in (1, 2, 3)], [1, 2, 5])


def changes(parts: ways.Parts) -> np.ndarray:
    return parts.changes[LAYER].numpy()


def added(parts: ways.Parts, deltas: ways.Deltas) -> np.ndarray:
    return (deltas[LAYER] - parts.start[LAYER]).numpy()


def test_a_gain_scales_what_shards_changed_and_never_the_ground(parts):
    shards = np.array([ways.delta(one)[LAYER].numpy() for one in parts.shards])
    assert np.allclose(ways.mean(parts)[LAYER].numpy(), shards.mean(0), atol=1e-4)
    assert np.allclose(added(parts, ways.scaled(parts, 3.0)), changes(parts).sum(0), atol=1e-4)


def test_documents_weigh(parts):
    weighted = np.average(changes(parts), axis=0, weights=[1, 2, 5])
    assert np.allclose(added(parts, ways.by_documents(parts)), weighted, atol=1e-4)


def test_of_one_length_has_the_direction_of_the_mean_and_the_length_of_a_shard(parts):
    found, each = added(parts, ways.of_one_length(parts)), changes(parts)
    lengths = [np.linalg.norm(one) for one in each]
    assert np.linalg.norm(found) == pytest.approx(np.mean(lengths), rel=1e-4)
    assert np.allclose(
        found / np.linalg.norm(found), each.mean(0) / np.linalg.norm(each.mean(0)), atol=1e-4
    )


def test_ties_keeps_large_entries_and_averages_those_of_the_elected_sign(parts):
    found, each = added(parts, ways.ties(parts)), changes(parts)
    kept = [np.where(np.abs(one) > np.quantile(np.abs(one), 0.8), one, 0) for one in each]
    place = np.unravel_index(np.abs(each[0]).argmax(), each[0].shape)
    values = np.array([one[place] for one in kept])
    elected = values[(np.sign(values) == np.sign(values.sum())) & (values != 0)]
    assert found[place] == pytest.approx(elected.mean(), rel=1e-3)
    assert 0.2 < np.mean(found != 0) < 0.6


def test_where_shards_disagree_nothing_is_kept(parts):
    found, each = added(parts, ways.agreed(parts)), changes(parts)
    unanimous = np.abs(np.sign(each).sum(0)) == 3
    assert np.allclose(found, np.where(unanimous, each.mean(0), 0), atol=1e-4)


def test_means_of_a_and_b_are_multiplied_after_averaging(parts):
    a, b = (
        np.mean([one[name].numpy() for one in parts.shards], axis=0)
        for name in (NAME, NAME.replace("lora_A", "lora_B"))
    )
    assert np.allclose(ways.by_factor(parts)[LAYER].numpy(), 2 * b @ a, atol=1e-4)


def test_scorer_measures_what_the_served_model_would(parts, tmp_path):
    settings = TrainingSettings(
        base=str(save_tiny_model(tmp_path)), layers=1, threads=1, max_tokens=48
    )
    rows = [row.text for row in texts("measured", 12)]
    scorer = Scorer(settings, rows)
    served = load_base_model(settings)
    merge(served.causal, [(each, 1) for each in parts.shards])
    assert scorer.losses(ways.mean(parts)).mean() == pytest.approx(served.loss(rows), abs=1e-3)
    plain = load_base_model(settings).loss(rows)
    assert scorer.losses({}).mean() == pytest.approx(plain, abs=1e-3), "a change was left behind"


def test_mixing_one_shard_with_itself_changes_nothing_and_mixing_lies_above_the_best(
    parts, tmp_path
):
    settings = TrainingSettings(
        base=str(save_tiny_model(tmp_path)), layers=1, threads=1, max_tokens=48
    )
    scorer = Scorer(settings, [row.text for row in texts("measured", 6)])
    first = ways.delta(parts.shards[0])
    alone = scorer.losses(first).sums
    twice = scorer.mixed([first, first])
    assert np.allclose(twice["probabilities"].sums, alone, rtol=1e-4)
    assert np.allclose(twice["logits"].sums, alone, rtol=1e-4)
    mixed = scorer.mixed([ways.delta(one) for one in parts.shards])
    singles = [mixed[f"shard {number}"].mean() for number in range(3)]
    assert min(singles) - 0.5 < mixed["probabilities"].mean() < np.mean(singles)


def test_interval_is_over_people_and_a_ratio_is_paired():
    rows = [Text(f"person {number // 2}", "en", "x") for number in range(40)]
    spread = np.repeat(np.linspace(1, 3, 20), 2)
    losses = Losses(spread * 10, np.full(40, 10.0))
    low, high = interval(losses, rows)
    assert low < 2 < high
    half = Losses(losses.sums / 2, losses.counts)
    assert interval(half, rows, losses) == pytest.approx([0.5, 0.5])


def test_people_who_are_measured_are_not_those_a_gain_is_tuned_on():
    measured, tuned = ({row.text for row in texts(which, 60)} for which in ("measured", "tuning"))
    assert not measured & tuned
    owners = sorted(row.owner for row in texts("measured", 60))
    assert all(a != c for (a, _), (_, c) in pairwise(pairwise(owners))), "three texts of one person"


def test_the_whole_benchmark_on_a_tiny_model(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- quality: begin -->\n<!-- quality: end -->\nkept\n")
    base = tmp_path / "base"
    base.mkdir()
    save_tiny_model(base)
    command = [
        sys.executable, ROOT / "benchmarks/quality", "--members", "20", "--grounds", "20", "--levers", "0",
        "--kinds", "none", "ads", "--texts", "20", "--tuning", "8", "--workers", "1", "--base", base,
        "--set", "layers=1", "rank=2", "slices=2", "max_tokens=24", "batch_size=16",
        "--work", tmp_path / "work", "--results", tmp_path, "--page", page, "--charts", tmp_path,
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=ROOT, timeout=500)
    found = json.loads((tmp_path / "quality-20.json").read_text())
    assert str(tmp_path) not in json.dumps({k: v for k, v in found.items() if k != "rows"}), found[
        "command"
    ]
    measured = {(row["way"], row["shards"]) for row in found["rows"] if "shards" in row}
    assert {(way, 16) for way in ways.MERGED} <= measured
    assert {
        ("probabilities", 8),
        ("logits", 8),
        ("routed by language", 8),
        ("shard 7", 8),
    } <= measured
    for row in found["rows"]:
        low, high = row["interval"]
        assert low <= row["loss"] <= high
        assert set(row["languages"]) == {"de", "en", "fr", "it"}
    text = page.read_text()
    assert text.endswith("kept\n")
    assert "### 20 members" in text
    assert "### What to set out from" in text
    assert (tmp_path / "bench-quality-20.svg").read_text().startswith("<?xml")


def trained(variant, tmp_path, monkeypatch, **changes):
    """The names of the tensors that a variant changed, beyond the ground."""
    monkeypatch.setattr("benchmarks.quality.jobs.documents_of", lambda *_: documents(6))
    settings = tiny_settings(save_tiny_model(tmp_path), shards=1, layers=2, **changes)
    job = Job(6, settings, variant=variant)
    lender, ground = train_ground(job, tmp_path)
    last = train(job, tmp_path).shards[0][-1]
    before = lender.load(ground.ground.key, ground.ground.sha256)
    after = ModelStore(job.store(tmp_path)).load(last.key, last.sha256)
    return {name for name in after if not np.array_equal(before[name].numpy(), after[name].numpy())}


def test_a_frozen_a_stays_the_grounds(tmp_path, monkeypatch):
    changed = trained("frozen A", tmp_path, monkeypatch, slices=2)
    assert changed
    assert all(".lora_B." in name for name in changed)


def test_layers_by_slice_leave_the_layers_of_other_slices_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "slot", lambda *_: (0, 1))  # everybody in slice 1
    changed = trained("layers by slice", tmp_path, monkeypatch, slices=2)
    assert changed
    assert all(".layers.1." in name for name in changed)
