"""A chain of slices learns as one run of AdamW that nobody interrupts; each file holds its state."""

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
    return replace(tiny, shards=1, slices=3, batch_size=2)


def uninterrupted(rows, ground, settings):
    """Train ground and slices in one plain PyTorch loop, with one AdamW from its start to its end.

    Return the adapter after each of them.
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
    steps, found = 0, []
    with exactly(settings):
        for place, examples in work:
            for name, weight in weights.items():
                weight.requires_grad_(place == "ground" or ".lora_A." not in name)
            for batch in batches(examples, settings, place, 0):
                steps += 1
                rise = min(1.0, steps / (settings.warmup_steps + 1))
                adamw.param_groups[0]["lr"] = settings.learning_rate * rise
                loss, count = summed_loss(model, [example.tokens for example in batch])
                (loss / count).backward()
                torch.nn.utils.clip_grad_norm_(weights.values(), 1.0, foreach=False)
                adamw.step()
                adamw.zero_grad()
            found.append({name: weight.detach().clone() for name, weight in weights.items()})
    return found


@pytest.mark.parametrize("ground", [GROUND, ()], ids=["ground", "no ground"])
def test_chain_ends_in_the_bits_of_one_optimizer_that_never_stopped(chain, tmp_path, ground):
    import torch

    rows = documents(8)
    model = train(rows, tmp_path, chain, ground=ground)
    notes = [model.ground, *(note for note in model.shards[0] if note.documents)]
    whole = uninterrupted(rows, ground, chain)
    assert len(notes) == len(whole) == 4
    for note, expected in zip(notes, whole, strict=True):
        found = ModelStore(tmp_path).load(note.key, note.sha256)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in found)


def test_checkpoint_holds_how_many_steps_were_made_since_the_start_of_the_chain(chain, tmp_path):
    model = train(documents(8), tmp_path, chain)
    made = 0
    for note in (model.ground, *model.shards[0]):
        made += -(-note.documents // chain.batch_size)
        state = ModelStore(tmp_path).load_state(note.key, note.sha256)
        assert {int(state[name]) for name in state if name.startswith("step/")} == {made}


def test_whoever_reads_a_model_sees_the_adapter_and_not_the_optimizer(chain, tmp_path):
    model = train(documents(4), tmp_path, chain)
    note = model.shards[0][-1]
    state = ModelStore(tmp_path).load_state(note.key, note.sha256)
    adapters = ModelStore(tmp_path).load(note.key, note.sha256)
    assert all(".lora_A." in name or ".lora_B." in name for name in adapters)
    assert {name.rpartition("/")[0] for name in state} == {"", "step", "exp_avg", "exp_avg_sq"}
    learnt = [name for name in adapters if ".lora_B." in name]
    assert len(state) == len(adapters) + 3 * len(learnt)


def test_what_all_shards_share_is_the_grounds_and_no_member_has_a_part_in_it(chain, tmp_path):
    import torch

    model = train(documents(4), tmp_path, chain)
    before, after = (
        ModelStore(tmp_path).load(note.key, note.sha256)
        for note in (model.ground, model.shards[0][-1])
    )
    for name, tensor in after.items():
        assert torch.equal(tensor, before[name]) == (".lora_A." in name)
