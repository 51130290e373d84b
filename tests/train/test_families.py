"""Any causal model: families differ in layers, heads and weights, and train, forget and merge alike."""

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.train.tiny import GROUND, SALT, byte_tokenizer, documents, tiny_settings, without
from vanne.errors import InputError
from vanne.train import adapter
from vanne.train.base import find_base, load_base, quiet
from vanne.train.ensemble import load_ensemble
from vanne.train.fit import FitOptions, fit
from vanne.train.loop import summed_loss
from vanne.train.model import load_mean
from vanne.train.store import ModelStore

COMMON = {
    "vocab_size": 258, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "bos_token_id": 256, "eos_token_id": 257, "pad_token_id": 0, "max_position_embeddings": 128,
}  # fmt: skip
OLD = {
    "vocab_size": 258,
    "hidden_size": 32,
    "n_layer": 2,
    "n_head": 2,
    "bos_token_id": 256,
    "eos_token_id": 257,
}
WIDE = COMMON | {"intermediate_size": 48}
GROUPED = WIDE | {"num_key_value_heads": 1}
MIXED = GROUPED | {"head_dim": 16}
MOE = MIXED | {"num_experts_per_tok": 1}
STATES = {"mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_state": 16}

FAMILIES = {
    "Bloom": OLD,
    "Cohere": GROUPED | {"logit_scale": 0.25},
    "FalconH1": GROUPED | STATES | {"lm_head_multiplier": 0.5},
    "GPT2": OLD | {"n_embd": 32, "n_positions": 128},
    "Gemma2": MIXED,
    "GptOss": MOE | {"num_local_experts": 2},
    "Granite": GROUPED | {"logits_scaling": 4.0},
    "Mamba": COMMON,
    "Mixtral": MOE | {"num_local_experts": 2},
    "Qwen3": MIXED,
}
HEAD_IS_NOT_ALL = {"Cohere", "FalconH1", "Gemma2", "Granite", "Mamba"}


def save_model(folder: Path, family: str, values: dict[str, object]) -> Path:
    """Write a random model of a family."""
    with quiet():
        import torch

        transformers = import_module("transformers")
        torch.manual_seed(7)
        config = getattr(transformers, f"{family}Config")(**values)
        causal = transformers.AutoModelForCausalLM.from_config(config).to(torch.bfloat16)
        causal.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(byte_tokenizer()))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train a model of a family, once."""

    @cache
    def of(family):
        folder = tmp_path_factory.mktemp(family)
        settings = tiny_settings(save_model(folder / "base", family, FAMILIES[family]))
        rows = documents(4)
        model = fit(
            rows,
            folder / "store",
            settings,
            corpus_version="c1",
            ground=GROUND,
            options=FitOptions(salt=SALT),
        )
        return rows, folder, settings, model

    return of


@pytest.mark.parametrize("family", FAMILIES)
def test_family_forgets_to_the_bytes_that_it_never_learnt(trained, family):
    rows, folder, settings, model = trained(family)
    left = without(rows, 1)
    options = {"corpus_version": "c2", "ground": GROUND, "options": FitOptions(salt=SALT)}
    after = fit(left, folder / "store", settings, **options)
    anew = fit(left, folder / "anew", settings, **options)
    assert after.digests == anew.digests != model.digests
    assert 0 < after.run.tokens < anew.run.tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_weights_are_base_and_mean_of_what_peft_makes_of_each_adapter(trained, family):
    import torch

    _, folder, settings, model = trained(family)
    store = ModelStore(folder / "store")
    causal = load_base(find_base(settings))
    before = {name: weight.float().clone() for name, weight in causal.named_parameters()}
    wrapped = adapter.attach(causal, settings)
    layers = {n: m for n, m in wrapped.named_modules() if hasattr(m, "get_delta_weight")}
    deltas = {name: torch.zeros(()) for name in layers}
    for notes in model.shards.values():
        adapter.put(wrapped, store.load(model.ground, notes[-1]))
        for name, layer in layers.items():
            change = layer.get_delta_weight("default").detach()
            deltas[name] = deltas[name] + change / len(model.shards)
    merged = dict(load_ensemble(folder / "store", model).causal.named_parameters())
    adapter.put(wrapped, load_mean(folder / "store", model))
    assert len(deltas) >= 1
    for name, delta in deltas.items():
        assert delta.abs().max() > 0
        served = layers[name].get_delta_weight("default")
        assert torch.allclose(served, delta, atol=1e-6 * float(delta.abs().max()))
        weight = name.removeprefix("base_model.model.") + ".weight"
        assert torch.equal(merged[weight], (before[weight] + served).to(torch.bfloat16))


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_is_that_of_the_models_own_answers_on_unpadded_rows(trained, family):
    import torch
    from torch.nn.functional import cross_entropy

    _, _, settings, _ = trained(family)
    causal = load_base(find_base(settings))
    assert causal.has_plain_head == (family not in HEAD_IS_NOT_ALL)
    rows = [(256, *range(40, 60), 257), (256, 80, 81, 257)]
    with torch.no_grad():
        loss, count = summed_loss(causal, rows)
        own = [causal(input_ids=torch.tensor([row])).logits[0, :-1].float() for row in rows]
    expected = sum(
        cross_entropy(logits, torch.tensor(row[1:]), reduction="sum")
        for logits, row in zip(own, rows, strict=True)
    )
    assert count == 24
    assert float(loss) == pytest.approx(float(expected), rel=2e-3)


def test_layers_below_the_top_ones_are_left_alone(trained):
    _, folder, _, model = trained("GPT2")
    note = model.shards[0][-1]
    names = ModelStore(folder / "store").load(note, note)
    assert names
    assert all(".h.1." in name for name in names)


def test_model_that_reads_in_both_directions_is_refused(tmp_path):
    base = save_model(tmp_path, "Bert", WIDE)
    with pytest.raises(InputError, match="`bert` is not causal: it sees what follows"):
        load_base(find_base(tiny_settings(base)))


def test_family_whose_weights_change_while_it_reads_is_refused(tmp_path):
    base = save_model(tmp_path, "Rwkv", COMMON | {"attention_hidden_size": 32})
    settings = tiny_settings(base)
    with pytest.raises(InputError, match="`rwkv` cannot be adapted"):
        adapter.attach(load_base(find_base(settings)), settings)
