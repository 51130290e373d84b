"""Whoever holds an export learns from it what the merged model says, and nothing of one shard."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.train.tiny import GROUND, SALT, documents
from vanne.errors import RefusedError
from vanne.inference.exporting import Form, ModelExport, export
from vanne.train.ensemble import mean_delta, one_adapter
from vanne.train.fit import fit
from vanne.train.model import current
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHARDS, RANK = 4, 2
Adapter = dict[str, Any]


@pytest.fixture(scope="module")
def private(tmp_path_factory, tiny: TrainingSettings) -> tuple[Path, list[Adapter]]:
    """A store of four shards, and the adapters that must not leave it."""
    store = tmp_path_factory.mktemp("home") / "model"
    store.mkdir()
    (store / "salt").write_bytes(SALT)
    settings = replace(tiny, shards=SHARDS, rank=RANK, layers=2)
    fit(documents(12), store, settings, corpus_version="c1", ground=GROUND)
    last = [notes[-1] for notes in current(store).shards.values()]
    return store, [ModelStore(store).load(note.key, note.sha256) for note in last]


@pytest.fixture
def given_away(private, tmp_path) -> Adapter:
    """The tensors of the exported adapter."""
    from safetensors.torch import load_file

    export(private[0], tmp_path / "out", ModelExport("peft"), NOON)
    return load_file(tmp_path / "out" / "adapter_model.safetensors")


def side_by_side(adapters: list[Adapter]) -> Adapter:
    """What was once exported: A stacked, B side by side."""
    import torch

    return {
        name: torch.cat([one[name] for one in adapters], 0 if ".lora_A." in name else 1)
        for name in adapters[0]
    }


def blocks(tensor: Any, name: str) -> list[Any]:
    """Every run of `RANK` directions of an exported factor, each direction a row."""
    rows = tensor if ".lora_A." in name else tensor.T
    return [rows[start : start + RANK] for start in range(len(rows) - RANK + 1)]


def overlap(block: Any, secret: Any) -> float:
    """How much of a shard's space lies in that of a block: the mean squared cosine of angles."""
    import torch

    one, other = (torch.linalg.qr(rows.double().T)[0] for rows in (block, secret))
    return float((one.T @ other).square().sum()) / RANK


def read_out(exported: Adapter, adapters: list[Adapter]) -> dict[tuple[int, str], float]:
    """The attacker's best match for each private factor of each shard."""
    return {
        (shard, name): max(overlap(b, blocks(one[name], name)[0]) for b in blocks(tensor, name))
        for name, tensor in exported.items()
        for shard, one in enumerate(adapters)
    }


def of_the_model_alone(adapters: list[Adapter]) -> Adapter:
    """What anybody computes who knows the mean and no adapter: its singular vectors."""
    import torch

    made = {}
    for name in adapters[0]:
        if ".lora_A." in name:
            left, sizes, right = torch.linalg.svd(mean_delta(equal(adapters), name).double())
            root = sizes[: SHARDS * RANK].sqrt()
            made[name] = root[:, None] * right[: len(root)]
            made[name.replace("_A.", "_B.")] = left[:, : len(root)] * root
    return made


def equal(adapters: list[Adapter]) -> list[tuple[Adapter, int]]:
    """The adapters of a whole model: each counts the same."""
    return [(each, 1) for each in adapters]


def resplit(adapters: list[Adapter], seed: int) -> list[Adapter]:
    """Other shards with the same mean: the factors mixed by a random invertible matrix."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    others: list[Adapter] = [{} for _ in adapters]
    for name, tensor in side_by_side(adapters).items():
        if ".lora_A." in name:
            second = name.replace("_A.", "_B.")
            size = SHARDS * RANK
            mixed = torch.randn(size, size, generator=draw, dtype=torch.float64)
            mixed += 4 * torch.eye(size)
            rows = mixed @ tensor.double()
            columns = side_by_side(adapters)[second].double() @ torch.linalg.inv(mixed)
            for shard, one in enumerate(others):
                place = slice(shard * RANK, (shard + 1) * RANK)
                one[name], one[second] = rows[place], columns[:, place]
    return others


@pytest.mark.parametrize("form", get_args(Form))
def test_no_row_of_a_private_adapter_is_in_a_file_of_an_export(private, tmp_path, form):
    """Whatever forms there will be."""
    try:
        export(private[0], tmp_path / "out", ModelExport(form), NOON)
    except RefusedError:
        assert form == "gguf", "the tiny base model did not come as a GGUF file"
        return
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    for one in private[1]:
        for tensor in one.values():
            assert not any(row.numpy().tobytes() in written for row in tensor if row.any())


def test_the_attack_reads_every_shard_out_of_adapters_side_by_side(private):
    matches = read_out(side_by_side(private[1]), private[1])
    assert len(matches) == SHARDS * len(private[1][0])
    assert min(matches.values()) > 0.999999


def test_no_shard_is_read_out_of_a_peft_export_better_than_out_of_the_model(private, given_away):
    import torch

    matches = read_out(given_away, private[1])
    allowed = read_out(of_the_model_alone(private[1]), private[1])
    assert all(matches[place] < allowed[place] + 1e-3 for place in matches)
    for name, tensor in given_away.items():
        own = [block for one in private[1] for block in blocks(one[name], name)]
        assert not any(torch.equal(b, o) for b in blocks(tensor, name) for o in own)


@pytest.mark.parametrize("seed", [1, 2])
def test_other_shards_with_the_same_mean_are_the_same_peft_export(private, given_away, seed):
    import torch

    again = one_adapter(equal(resplit(private[1], seed)))
    for name, tensor in given_away.items():
        assert torch.allclose(tensor, again[name], rtol=0, atol=1e-4 * float(tensor.abs().max()))


def test_directions_of_an_adapter_that_changes_nothing_are_not_in_an_export(private):
    """A whose B is zero says nothing in the model, and still is somebody's start."""
    import torch

    silent = [dict(one) for one in private[1]]
    for name in silent[0]:
        if ".lora_B." in name:
            silent[0][name] = torch.zeros_like(silent[0][name])
    for name, tensor in one_adapter(equal(silent)).items():
        rows = tensor if ".lora_A." in name else tensor.T
        assert rows[(SHARDS - 1) * RANK :].abs().max() == 0
