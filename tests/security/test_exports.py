"""Whoever holds an export learns from it what the merged model says, and nothing of one shard."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.train.tiny import GROUND, SALT, documents
from vanne.errors import RefusedError
from vanne.inference.exporting import Form, ModelExport, export
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
    return store, [ModelStore(store).load(current(store).ground, note) for note in last]


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
        for name in one:
            if ".lora_B." in name:
                assert not any(row.numpy().tobytes() in written for row in one[name] if row.any())


def test_an_export_for_peft_is_what_all_shards_share_and_the_mean_of_what_each_learnt(
    private, tmp_path
):
    """So other shards with the same mean are the same file, and none can be told from it."""
    import torch
    from safetensors.torch import load_file

    store, adapters = private
    export(store, tmp_path / "out", ModelExport("peft"), NOON)
    note = current(store).ground
    ground = ModelStore(store).load(note, note)
    given_away = load_file(tmp_path / "out" / "adapter_model.safetensors")
    assert given_away.keys() == ground.keys()
    for name, tensor in given_away.items():
        if ".lora_A." in name:
            assert torch.equal(tensor, ground[name])
        else:
            mean = torch.stack([one[name] for one in adapters]).mean(0)
            assert torch.allclose(tensor, mean, atol=1e-7)
