"""Each slice learns as AdamW does that goes on from the ground; a checkpoint is B alone."""

from copy import deepcopy
from dataclasses import replace

import pytest

from tests.train.test_fit import train
from tests.train.tiny import GROUND, SALT, documents
from vanne.train import adapter
from vanne.train.base import find_base, load_base
from vanne.train.digests import seed_of
from vanne.train.environment import exactly
from vanne.train.loop import batches, summed_loss
from vanne.train.shards import make_plan
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer, Example


@pytest.fixture
def chain(tiny):
    return replace(tiny, shards=1, slices=3, batch_tokens=96)


def one_after_the_other(rows, ground, settings):
    """Train ground and slices in a plain PyTorch loop; return the adapter after each of them.

    AdamW begins each slice with what it held at the end of the ground.
    """
    import torch

    base = find_base(settings)
    tokens = BaseTokenizer(base, settings.max_tokens)
    work = [("ground", [Example(str(n), row) for n, row in enumerate(tokens.encode(ground))])]
    plan = make_plan(rows, settings, "any start", SALT)
    work += [(step.place, tokens.examples(step.documents)) for step in plan.steps()]
    model = adapter.attach(load_base(base), settings)
    adapter.put(model, adapter.initial(model, seed_of("vanne/ground/1", settings.seed)))
    weights = adapter.parameters_of(model)
    adamw = torch.optim.AdamW(
        weights.values(), lr=1.0, betas=(0.9, 0.99), weight_decay=0.0, foreach=False
    )
    steps, grounds, found, kept = 0, 0, [], None
    with exactly(settings):
        for place, examples in work:
            for name, weight in weights.items():
                weight.requires_grad_(place == "ground" or ".lora_A." not in name)
            if kept:
                steps = grounds
                adamw.load_state_dict(deepcopy(kept))
            for batch in batches(examples, settings, place, 0):
                steps += 1
                rise = min(1.0, steps / (settings.warmup_steps + 1))
                adamw.param_groups[0]["lr"] = settings.learning_rate * rise
                loss, count = summed_loss(model, [example.tokens for example in batch])
                (loss / count).backward()
                torch.nn.utils.clip_grad_norm_(weights.values(), 1.0, foreach=False)
                adamw.step()
                adamw.zero_grad()
            if place == "ground":
                kept, grounds = deepcopy(adamw.state_dict()), steps
            found.append({name: weight.detach().clone() for name, weight in weights.items()})
    return found


@pytest.mark.parametrize("ground", [GROUND, ()], ids=["ground", "no ground"])
def test_chain_ends_in_the_bits_of_a_plain_loop_of_adamw(chain, tmp_path, ground):
    import torch

    rows = documents(8)
    model = train(rows, tmp_path, chain, ground=ground)
    notes = [model.ground, *(note for note in model.shards[0] if note.documents)]
    whole = one_after_the_other(rows, ground, chain)
    assert len(notes) == len(whole) == 4
    for note, expected in zip(notes, whole, strict=True):
        found = ModelStore(tmp_path).load(model.ground, note)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in found)


def test_checkpoint_of_a_slice_is_what_it_learnt_and_the_ground_holds_the_rest_once(
    chain, tmp_path
):
    from safetensors.torch import load_file

    model, store = train(documents(4), tmp_path, chain), ModelStore(tmp_path)
    files = {note.key: load_file(store.checkpoint(note.key)) for note in model.shards[0]}
    for held in files.values():
        assert all(".lora_B." in name and "/" not in name for name in held)
    adapters = store.load(model.ground, model.shards[0][-1])
    assert all(".lora_A." in name or ".lora_B." in name for name in adapters)
    state = store.load_state(model.ground, model.shards[0][-1])
    assert {name.rpartition("/")[0] for name in state} == {"", "step", "exp_avg", "exp_avg_sq"}
    assert len(state) == len(adapters) + 3 * len(held)


def test_size_of_a_checkpoint_is_known_before_it_is_written(chain, tmp_path):
    model, store = train(documents(4), tmp_path, chain), ModelStore(tmp_path)
    size = store.checkpoint(model.shards[0][-1].key).stat().st_size
    header = int.from_bytes(store.checkpoint(model.shards[0][-1].key).read_bytes()[:8], "little")
    assert size == 8 + header + store.sizes(model.ground.key)[0]


def test_what_all_shards_share_is_the_grounds_and_no_member_has_a_part_in_it(chain, tmp_path):
    import torch

    model = train(documents(4), tmp_path, chain)
    before, after = (
        ModelStore(tmp_path).load(model.ground, note)
        for note in (model.ground, model.shards[0][-1])
    )
    for name, tensor in after.items():
        assert torch.equal(tensor, before[name]) == (".lora_A." in name)
