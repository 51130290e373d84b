"""An adapter for peft gives away no more than the merged model, whole or cut where shards were."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from tests.audit.conftest import Trained
from tests.train.tiny import SALT
from vanne.inference.exporting import Wish, export
from vanne.train.base import find_base, load_base, quiet
from vanne.train.model import items_in
from vanne.train.tokens import Tokens
from vanne_audit.exposure import exposure
from vanne_audit.looks import MERGED, through_all
from vanne_audit.scores import likelihoods

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
CANDIDATES = 60


def bits_by_shard(crammed: Trained, causal: Any) -> dict[int, float]:
    """Ask a model for the planted secrets: how far those of each shard stand out, on average."""
    import torch

    settings = crammed.model.settings
    tokens = Tokens(find_base(settings), settings.max_tokens)
    held = items_in(crammed.store, crammed.model)
    bits = defaultdict(list)
    for canary in crammed.canaries:
        if canary.planted:
            probes = canary.probes([canary.secret, *canary.candidates(CANDIDATES)])
            with torch.no_grad():
                secret = exposure(likelihoods(causal, tokens, probes))
            shard = canary.standing(held, SALT, settings).shard
            bits[shard].append(secret["bits_fitted"])
    return {shard: mean(each) for shard, each in bits.items()}


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
    export(crammed.store, tmp_path / "out", Wish("peft"), NOON)
    shards = crammed.model.settings.shards
    known = through_all(
        crammed.store, crammed.model, lambda _, causal: bits_by_shard(crammed, causal)
    )
    merged = known[MERGED]
    own = {shard: known[shard][shard] for shard in range(shards)}
    assert max(own[shard] - merged[shard] for shard in own) > 3, "a shard's adapter remembers more"
    whole = bits_by_shard(crammed, with_adapter(crammed, tmp_path / "out"))
    cut = [
        bits_by_shard(crammed, cut_to(with_adapter(crammed, tmp_path / "out"), shard, shards))
        for shard in range(shards)
    ]
    for bits in (whole, *cut):
        assert all(bits[shard] < merged[shard] + 0.5 for shard in own)
