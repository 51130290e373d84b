"""The real SmolLM2-135M: it learns, its mean is the mean, and it forgets to the bit."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vanne.corpus import Document
from vanne.forget import ForgetRequest, forget
from vanne.forget.proof import never_trained
from vanne.train import base
from vanne.train.base import load_base, packaged_base
from vanne.train.ensemble import base_loss, load_ensemble
from vanne.train.fit import FitOptions, fit
from vanne.train.model import current, load_mean
from vanne.train.settings import TrainingSettings
from vanne.train.shards import slot
from vanne.train.store import ModelStore

pytestmark = pytest.mark.model

SALT = bytes(range(32))
SETTINGS = TrainingSettings(
    shards=2, slices=2, layers=4, epochs=2, ground_epochs=1, learning_rate=5e-3, max_tokens=40
)
TRADES = ("weaver", "tinsmith", "dyer", "saddler", "miller", "cooper")
GROUND = [f"Vacancy: {trade} at the Olmavar workshop, full time." for trade in TRADES]


def text(number: int) -> str:
    trade = TRADES[number % 6]
    return (
        f"I have been a {trade} at the Olmavar workshop since {1990 + number}; I teach apprentices."
    )


ROWS = [Document(f"i{n}", f"m{n // 2}", text(n), "en", "position") for n in range(16)]
UNSEEN = [text(number) for number in range(30, 36)]


@pytest.fixture(scope="module")
def store(learnt, tmp_path_factory):
    return shutil.copytree(learnt, tmp_path_factory.mktemp("home") / "model")


def trained(threads, folder):
    settings = replace(SETTINGS, shards=1, slices=1, layers=2, rank=8, threads=threads)
    texts = [Document(f"i{n}", f"m{n}", f"{text(n)} {text(n + 9)}", "en", "post") for n in range(4)]
    options = FitOptions(salt=SALT)
    return fit(texts, folder, settings, corpus_version="c", ground=GROUND[:3], options=options)


def test_at_real_sizes_the_number_of_threads_is_in_the_key_and_alone_decides_the_bits(tmp_path):
    import torch

    one, two, three = (trained(n, tmp_path / str(n)) for n in (1, 2, 3))
    assert len({m.ground.key for m in (one, two, three)}) == 3
    before, memory = torch.get_num_threads(), []
    torch.set_num_threads(5)  # what the program around has set
    for size in range(200):  # an allocator that hands out other places
        memory.append(torch.randn(17 + size))
    again = trained(2, tmp_path / "again")
    torch.set_num_threads(before)
    assert again.keys == two.keys


def test_loss_on_texts_that_it_has_not_seen_falls(store):
    ensemble = load_ensemble(store, current(store))
    assert ensemble.loss(UNSEEN) < base_loss(SETTINGS, UNSEEN) - 0.2


def test_ensemble_is_the_mean_of_what_each_shard_would_be(store):
    import torch

    model = current(store)
    tensors = [ModelStore(store).load(model.ground, c[-1]) for c in model.shards.values()]
    name = "base_model.model.model.layers.29.mlp.up_proj.lora_A.weight"
    b, a = name.replace("lora_A", "lora_B"), name
    each = [2.0 * (one[b].double() @ one[a].double()) for one in tensors]
    mean = torch.stack(each).mean(0)
    served = load_mean(store, model)
    assert torch.allclose(2.0 * (served[b].double() @ served[a].double()), mean, atol=1e-6)
    assert not torch.allclose(each[0], mean, atol=1e-6)
    before = load_base(packaged_base()).model.layers[29].mlp.up_proj.weight
    merged = load_ensemble(store, model).causal.model.layers[29].mlp.up_proj.weight
    assert (merged.double() - before.double() - mean).abs().max() < 4e-3 * before.abs().max()
    assert not torch.equal(merged, before)


def test_forgotten_is_never_trained_bit_for_bit_in_another_process(learnt, tmp_path):
    store = shutil.copytree(learnt, tmp_path / "model")
    slots = {row.owner: slot(row.owner, SALT, SETTINGS) for row in ROWS}
    shared = Counter(slots.values())
    who = next(who for who, place in slots.items() if place[1] == 1 and shared[place] > 1)
    left, before = [row for row in ROWS if row.owner != who], current(store)
    request = ForgetRequest("c1", "c2", lambda: datetime(2026, 11, 26, tzinfo=UTC), ("asked",))
    certificate = forget(left, store, request, ground=GROUND)
    after = current(store)
    assert certificate.changed and 0 < after.run.tokens < before.tokens_total
    assert after.digests != before.digests
    asked = {"ground": GROUND, "salt": SALT, "corpus_version": "c2"}
    proof = never_trained(left, SETTINGS, shards=certificate.changed, **asked)
    assert proof == {shard: after.digests[shard] for shard in certificate.changed}


def test_damaged_conversion_of_the_base_model_is_made_anew(tmp_path, monkeypatch):
    whole = packaged_base()
    copy = shutil.copytree(whole.folder, tmp_path / whole.folder.name)
    with (copy / "model.safetensors").open("r+b") as file:
        file.truncate(1000)

    def converted(_gguf, folder):  # by transformers it takes ten seconds, on every new machine
        shutil.copytree(whole.folder, folder, dirs_exist_ok=True)

    monkeypatch.setattr(base, "_save", converted)
    assert packaged_base(tmp_path).digest == whole.digest
    assert [path.name for path in tmp_path.iterdir()] == [copy.name]
