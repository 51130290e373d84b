"""An adapter for peft gives away no more than the merged model, whole or cut where shards were."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from tests.audit.conftest import Trained
from tests.train.tiny import SALT
from vanne.inference.exporting import ModelExport, export
from vanne.train.adapter import attach, put
from vanne.train.base import find_base, load_base, quiet
from vanne.train.ensemble import load_ensemble
from vanne.train.model import items_in
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer
from vanne_audit.membership import mean_log_probabilities

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def scores_by_shard(crammed: Trained, causal: Any) -> dict[int, float]:
    """Ask a model for the planted canaries' texts: how likely those of each shard are, on average."""
    import torch

    settings = crammed.model.settings
    tokens = BaseTokenizer(find_base(settings), settings.max_tokens)
    held = items_in(crammed.store, crammed.model)
    scores = defaultdict(list)
    with torch.no_grad():
        for canary in crammed.canaries:
            if canary.planted:
                shard = canary.as_person(held, SALT, settings).shard
                scores[shard] += mean_log_probabilities(causal, tokens, canary.records).tolist()
    return {shard: mean(each) for shard, each in scores.items()}


def with_adapter(crammed: Trained, folder: Path) -> Any:
    """The base model with the export, as somebody without Vanne loads it."""
    with quiet():
        from peft import PeftModel

        return PeftModel.from_pretrained(load_base(find_base(crammed.model.settings)), folder)


def cut_to(model: Any, shard: int, shards: int) -> Any:
    """Leave of an adapter the directions where a shard once lay, at that shard's own strength."""
    import torch

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "lora_A" in name:
                place = torch.arange(len(tensor)) // (len(tensor) // shards) == shard
                tensor.mul_(shards * place[:, None])
    return model


def test_an_exported_adapter_gives_away_no_more_than_the_merged_model(crammed: Trained, tmp_path):
    export(crammed.store, tmp_path / "out", ModelExport("peft"), NOON)
    shards = crammed.model.settings.shards
    base = attach(load_base(find_base(crammed.model.settings)), crammed.model.settings)
    own = {}
    for shard, chain in crammed.model.shards.items():
        put(base, ModelStore(crammed.store).load(chain[-1].key, chain[-1].sha256))
        own[shard] = scores_by_shard(crammed, base)[shard]
    merged = scores_by_shard(crammed, load_ensemble(crammed.store, crammed.model).causal)
    assert max(own[shard] - merged[shard] for shard in own) > 0.3, "its own adapter remembers more"
    whole = scores_by_shard(crammed, with_adapter(crammed, tmp_path / "out"))
    cut = [
        scores_by_shard(crammed, cut_to(with_adapter(crammed, tmp_path / "out"), shard, shards))
        for shard in range(shards)
    ]
    for scores in (whole, *cut):
        assert all(scores[shard] < merged[shard] + 0.05 for shard in own)
