"""The real SmolLM2-135M: it learns, forgets exactly across processes, and its mean is the mean."""

import shutil
from datetime import UTC, datetime

import pytest

from vanne.corpus import Document
from vanne.forget import ForgetRequest, never_trained, verify_certificate
from vanne.forget.forgetting import at_once, retrain
from vanne.train.base import load_base, packaged_base
from vanne.train.ensemble import base_loss, load_ensemble, mean_delta
from vanne.train.model import current, items_in
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne.train.store import ModelStore

pytestmark = pytest.mark.model

SALT = bytes(range(32))
SETTINGS = TrainingSettings(shards=2, slices=2, layers=4, epochs=2, ground_epochs=1, max_tokens=40)
TRADES = ("weaver", "tinsmith", "dyer", "saddler", "miller", "cooper")
GROUND = [f"Vacancy: {trade} at the Olmavar workshop, full time." for trade in TRADES]


def text(number: int) -> str:
    trade = TRADES[number % 6]
    return (
        f"I have been a {trade} at the Olmavar workshop since {1990 + number}; I teach apprentices."
    )


ROWS = [Document(f"i{n}", f"m{n // 2}", text(n), "en", "position") for n in range(24)]
UNSEEN = [text(number) for number in range(30, 36)]


@pytest.fixture(scope="module")
def store(learnt, tmp_path_factory):
    return shutil.copytree(learnt, tmp_path_factory.mktemp("home") / "model")


def test_loss_on_texts_that_it_has_not_seen_falls(store):
    ensemble = load_ensemble(store, current(store))
    assert ensemble.loss(UNSEEN) < base_loss(SETTINGS, UNSEEN) - 0.2


def test_ensemble_is_the_mean_of_what_each_shard_would_be(store):
    import torch

    model = current(store)
    tensors = [ModelStore(store).load(c[-1].key, c[-1].sha256) for c in model.shards.values()]
    name = "base_model.model.model.layers.29.mlp.up_proj.lora_A.weight"
    b, a = name.replace("lora_A", "lora_B"), name
    each = [2.0 * (one[b].double() @ one[a].double()) for one in tensors]
    mean = torch.stack(each).mean(0)
    assert torch.allclose(mean_delta(tensors, name).double(), mean, atol=1e-6)
    assert not torch.allclose(each[0], mean, atol=1e-6)
    before = load_base(packaged_base()).model.layers[29].mlp.up_proj.weight
    merged = load_ensemble(store, model).causal.model.layers[29].mlp.up_proj.weight
    assert (merged.double() - before.double() - mean).abs().max() < 4e-3 * before.abs().max()
    assert not torch.equal(merged, before)


def test_after_both_phases_the_bits_are_those_of_never_having_trained_on_them(store):
    old = current(store)
    places = {f"m{n}": slot(f"m{n}", SALT, SETTINGS) for n in range(12)}
    member = next(
        m for m, (shard, part) in places.items() if part and (shard, 0) in places.values()
    )
    shard = places[member][0]
    left = [row for row in ROWS if row.owner != member]

    order = ForgetRequest("c1", "c2", lambda: datetime(2026, 11, 25, tzinfo=UTC), ("asked",))
    first = at_once(left, store, order)
    fallback = current(store)
    held = [row for row in left if row.item_id in items_in(store, fallback)]
    assert 0 < first.waiting == len(left) - len(held)
    verify_certificate(first, store)  # that its bits are right too: `tests/forget/test_home.py`

    last = retrain(left, store, SETTINGS, order, ground=GROUND)
    after = current(store)
    assert last.cost.shards == (shard,)
    assert after.digests[1 - shard] == fallback.digests[1 - shard] == old.digests[1 - shard]
    assert len({model.digests[shard] for model in (old, fallback, after)}) == 3
    verify_certificate(last, store)
    apart = never_trained(
        left, SETTINGS, ground=GROUND, salt=SALT, shards=[shard], corpus_version="c2"
    )
    assert apart == {shard: after.digests[shard]}


def test_damaged_conversion_of_the_base_model_is_made_anew(tmp_path):
    whole = packaged_base()
    copy = shutil.copytree(whole.folder, tmp_path / whole.folder.name)
    with (copy / "model.safetensors").open("r+b") as file:
        file.truncate(1000)
    assert packaged_base(tmp_path).digest == whole.digest
    assert [path.name for path in tmp_path.iterdir()] == [copy.name]
