"""`fit` is a pure function, memoised: same inputs, same bytes; nothing is trained twice."""

import json
import signal
from dataclasses import astuple, replace
from datetime import UTC, datetime

import pytest

from tests.forked import run_forked
from tests.train.tiny import GROUND, SALT, document, documents, save_tiny_model, train, without
from vanne.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    InputError,
    MissingError,
    StorageError,
    VerificationError,
)
from vanne.forget.history import served_models
from vanne.train.base import find_base, load_base
from vanne.train.ensemble import load_ensemble
from vanne.train.environment import changed
from vanne.train.fit import fit
from vanne.train.loop import summed_loss
from vanne.train.model import current, items_in
from vanne.train.shards import slot
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer


def test_same_inputs_give_the_same_bytes_in_another_store(tiny, tmp_path):
    rows = documents(6)
    first = train(rows, tmp_path / "a", tiny)
    second = train(reversed(rows), tmp_path / "b", tiny)
    assert first.digests == second.digests
    assert first.version == second.version
    assert len(set(first.digests.values())) == 2


def test_second_call_trains_nothing(tiny, tmp_path):
    rows = documents(6)
    first = train(rows, tmp_path, tiny)
    second = train(rows, tmp_path, tiny)
    assert first.run.tokens == first.tokens_total > 0
    assert second.run.tokens == second.run.ground_tokens == 0
    assert second.version == first.version
    assert second.seconds_total == first.seconds_total


def test_model_can_be_read_back_with_who_is_in_it(tiny, tmp_path):
    rows = documents(6)
    model = train(rows, tmp_path, tiny)
    again = current(tmp_path)
    assert again == model
    assert again.version == model.version
    assert items_in(tmp_path, again) == {r.item_id: slot(r.owner, SALT, tiny) for r in rows}


def test_lineage_names_no_member_and_no_item(tiny, tmp_path):
    train(documents(6), tmp_path, tiny)
    lineage = next((tmp_path / "models").glob("*.json")).read_text()
    assert "item-" not in lineage
    assert "member" not in lineage
    assert SALT.hex() not in lineage


def test_secrets_are_readable_only_by_their_owner(tiny, tmp_path):
    fit(documents(2), tmp_path, tiny, corpus_version="c1", ground=GROUND)
    items = next((tmp_path / "models").glob("*.items.parquet"))
    assert (tmp_path / "salt").stat().st_mode & 0o777 == 0o600
    assert items.stat().st_mode & 0o777 == 0o600


def test_a_lost_salt_is_told_and_not_made_anew(tiny, tmp_path):
    fit(documents(2), tmp_path, tiny, corpus_version="c1", ground=GROUND)
    (tmp_path / "salt").unlink()
    with pytest.raises(StorageError, match="salt` is lost"):
        fit(documents(2), tmp_path, tiny, corpus_version="c2", ground=GROUND)
    assert not (tmp_path / "salt").exists()


def test_a_model_that_training_replaced_served_until_the_next_began(tiny, tmp_path):
    began = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    for number, at in enumerate(began):
        rows = documents(2 + number)
        fit(rows, tmp_path, tiny, corpus_version=f"c{number}", ground=GROUND, at=at)
    first, second = served_models(tmp_path, {})
    assert (first.since, first.until, first.is_current) == (began[0], began[1], False)
    assert (second.since, second.until, second.is_current) == (began[1], None, True)


def test_untouched_shard_does_not_notice_who_else_is_there(tiny, tmp_path):
    rows = documents(8)
    shard = slot("member-0", SALT, tiny)[0]
    model = train(rows, tmp_path / "a", tiny)
    smaller = train(without(rows, 0), tmp_path / "b", tiny)
    assert smaller.digests[1 - shard] == model.digests[1 - shard]
    assert smaller.digests[shard] != model.digests[shard]


def test_empty_slice_passes_its_predecessor_on(tiny, tmp_path):
    alone = [document(0)]
    shard, part = slot("member-0", SALT, tiny)
    model = train(alone, tmp_path, tiny)
    assert model.digests[1 - shard] == model.ground.sha256
    assert [note.documents for note in model.shards[shard]] == [part == 0, part == 1]


def test_nobody_is_in_and_the_ground_is_what_is_left(tiny, tmp_path):
    model = train([], tmp_path, tiny)
    assert set(model.digests.values()) == {model.ground.sha256}
    assert model.tokens_total == 0


def test_no_ground_starts_from_an_adapter_that_changes_nothing(tiny, tmp_path):
    model = train(documents(2), tmp_path, tiny, ground=())
    tensors = ModelStore(tmp_path).load(model.ground, model.ground)
    assert all(not tensor.any() for name, tensor in tensors.items() if "lora_B" in name)


def test_one_shard_alone_gives_what_the_whole_gives_and_publishes_nothing(tiny, tmp_path):
    rows = documents(8)
    whole = train(rows, tmp_path / "a", tiny)
    part = train(rows, tmp_path / "b", tiny, shards={1})
    assert part.digests == {1: whole.digests[1]}
    with pytest.raises(MissingError):
        current(tmp_path / "b")


def test_jobs_of_other_shards_train_beside_one_another_until_something_leaves(tiny, tmp_path):
    rows, store = documents(8), ModelStore(tmp_path)
    with store.training("c1", "-0") as job:
        train(rows, tmp_path, tiny, shards={1})
        with pytest.raises(BusyError):
            train(rows, tmp_path, tiny, shards={0})
        store.revoke("c1")
        job.require_unrevoked()
        store.revoke("c2")
        with pytest.raises(ConflictError, match="something has left the model"):
            job.require_unrevoked()
    train(rows, tmp_path, tiny, shards={0})
    assert train(rows, tmp_path, tiny, progress=None).run.tokens == 0, "all is there"


def test_layers_computed_again_give_the_same_bits(tiny, tmp_path):
    rows = documents(8)
    one = train(rows, tmp_path / "a", tiny)
    other = train(rows, tmp_path / "b", replace(tiny, recompute=True))
    assert one.keys == other.keys
    assert one.version == other.version


def test_another_number_of_threads_is_another_environment(tiny, tmp_path):
    rows = documents(8)
    one, three = (train(rows, tmp_path / str(n), replace(tiny, threads=n)) for n in (1, 3))
    assert changed(one.environment, three.environment) == ("threads",)
    assert one.keys.keys().isdisjoint(three.keys)


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"epochs": 2}, {"learning_rate": 0.02}, {"rank": 3}, {"max_tokens": 20}],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_is_part_of_the_key(tiny, tmp_path, change):
    rows = documents(4)
    first = train(rows, tmp_path, tiny)
    second = train(rows, tmp_path, replace(tiny, **change))
    assert first.keys.keys().isdisjoint(second.keys)
    assert second.digests != first.digests


TEMPLATE = "{% for m in messages %}<begin>{{ m.role }}: {{ m.content }}<end>{% endfor %}"


def test_a_text_is_the_answer_to_an_instruction_in_the_models_own_template(tiny, tmp_path):
    base = save_tiny_model(tmp_path / "base")
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": TEMPLATE}
    (base / "tokenizer_config.json").write_text(json.dumps(told))
    settings = replace(tiny, base=str(base), instruction="Write <end>", max_tokens=100)
    tokens = BaseTokenizer(find_base(settings), 100, settings.instruction)
    (row,) = tokens.encode(["mine <end>"])
    assert tokens.decode(row) == "user: Write assistant: mine <end>", (
        "marks of members are no marks"
    )
    assert row.count(257) == 3, "two of the template, and one that the operator wrote"
    model = train(documents(4), tmp_path / "m", settings)
    found = find_base(settings).digest
    (base / "tokenizer_config.json").write_text(
        json.dumps(told | {"chat_template": "x" + TEMPLATE})
    )
    assert find_base(settings).digest != found, "another template is another base model"
    (base / "tokenizer_config.json").write_text(json.dumps(told))
    assert model.digests != train(documents(4), tmp_path / "n", tiny).digests
    assert load_ensemble(tmp_path / "m", model).loss(["mine"]) > 0
    with pytest.raises(ConfigError, match="what stands around a text takes"):
        BaseTokenizer(find_base(settings), 20, settings.instruction)
    with pytest.raises(InputError, match="has no template for chats"):
        train(documents(4), tmp_path / "o", replace(tiny, instruction="Write"))


def test_of_an_answer_alone_the_loss_is_learnt(tiny):
    import torch

    causal = load_base(find_base(tiny))
    rows = [(256, *range(40, 50), 257), (256, *range(40, 46), 257)]
    whole, _ = summed_loss(causal, rows)
    answer, count = summed_loss(causal, rows, begin=5)
    asked, _ = summed_loss(causal, [row[:5] for row in rows])
    assert count == 7 + 3
    assert torch.allclose(whole, asked + answer, rtol=1e-3)


def test_content_and_not_only_the_id_is_part_of_the_key(tiny, tmp_path):
    first = train([document(0)], tmp_path, tiny)
    second = train([document(0, text="it was edited")], tmp_path, tiny)
    assert first.digests != second.digests
    assert second.run.tokens > 0


def test_another_processor_is_another_lineage(tiny, tmp_path, monkeypatch):
    first = train(documents(2), tmp_path, tiny)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    second = train(documents(2), tmp_path, tiny)
    assert second.run.tokens == second.tokens_total
    assert first.keys.keys().isdisjoint(second.keys)


def test_progress_ends_at_what_the_plan_needs(tiny, tmp_path):
    seen = []
    model = train(documents(6), tmp_path, tiny, progress=lambda *step: seen.append(step))
    done, total, _ = seen[-1]
    assert done == total == model.run.tokens + model.run.ground_tokens
    assert [step[0] for step in seen] == sorted(step[0] for step in seen)
    assert seen[0][2] == "ground"
    assert len({label for _, _, label in seen}) == 1 + len(
        [n for c in model.shards.values() for n in c if n.documents]
    )


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_damaged_checkpoint_is_trained_again_with_a_warning(tiny, tmp_path, caplog, suffix):
    rows = documents(6)
    model = train(rows, tmp_path, tiny)
    path = tmp_path / "checkpoints" / f"{model.shards[0][-1].key}{suffix}"
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    again = train(rows, tmp_path, tiny)
    assert "is damaged and will be trained again" in caplog.text
    assert again.digests == model.digests
    assert again.run.tokens == model.shards[0][-1].tokens


def test_checkpoint_without_its_note_is_trained_again(tiny, tmp_path):
    rows = documents(6)
    model = train(rows, tmp_path, tiny)
    (tmp_path / "checkpoints" / f"{model.ground.key}.json").unlink()
    again = train(rows, tmp_path, tiny)
    assert again.digests == model.digests
    assert again.run.ground_tokens > 0


KILLED = """
import json, os, signal, sys
from pathlib import Path
from vanne.corpus import Document
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings
job = json.load(sys.stdin)
def die(done, total, label):
    if done > job["after"]:
        os.kill(os.getpid(), signal.SIGKILL)
fit([Document(*row) for row in job["rows"]], Path(job["store"]), TrainingSettings.of(job["settings"]),
    corpus_version="c1", ground=job["ground"], progress=die,
    options=FitOptions(salt=bytes.fromhex(job["salt"])))
"""


def fit_in_another_process(rows, store, settings, script, **options):
    job = {
        "rows": [astuple(row) for row in rows],
        "store": str(store),
        "settings": settings.as_dict(),
        "ground": GROUND,
        "salt": SALT.hex(),
    }
    return run_forked(script, input=json.dumps(job | options))


def test_killed_run_is_resumed_to_the_same_bytes(tiny, tmp_path):
    rows = documents(8)
    whole = train(rows, tmp_path / "whole", tiny)
    after = whole.run.ground_tokens + whole.tokens_total * 2 // 3
    done = fit_in_another_process(rows, tmp_path / "killed", tiny, KILLED, after=after)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(MissingError):
        current(tmp_path / "killed")
    resumed = train(rows, tmp_path / "killed", tiny)
    assert 0 < resumed.run.tokens < whole.tokens_total
    assert resumed.digests == whole.digests
    assert resumed.version == whole.version


FULL = (
    "import resource, sys\n"
    "sys.dont_write_bytecode = True\n"  # a module cut at the limit would stay cut for all
    "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
    "from vanne.errors import StorageError\n"
    "try:\n"
    + "".join(f"    {line}\n" for line in KILLED.strip().splitlines())
    + "except StorageError as error:\n    sys.exit(str(error))\n"
)


def test_disk_that_takes_no_more_leaves_the_old_model_whole(tiny, tmp_path):
    old = train(documents(4), tmp_path, tiny)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    done = fit_in_another_process(documents(8), tmp_path, tiny, FULL, after=10**9)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "checkpoint" in done.stderr or "safetensors" in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert current(tmp_path) == old


def test_loss_that_is_no_number_is_an_error_and_writes_nothing(tmp_path, tiny):
    import torch
    from safetensors.torch import load_file, save_file

    from tests.train.tiny import save_tiny_model

    broken = save_tiny_model(tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"][0, 0] = torch.nan
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match="no longer a number in ground at step 1"):
        train(documents(2), tmp_path / "store", replace(tiny, base=str(broken)))
    assert not (tmp_path / "store" / "checkpoints").exists()


def test_two_documents_with_one_id_are_refused_without_naming_it(tiny, tmp_path):
    with pytest.raises(InputError, match="two documents have the same item id") as caught:
        train([document(0), document(0)], tmp_path, tiny)
    assert "item-0" not in str(caught.value)


def test_text_that_is_no_unicode_is_refused(tiny, tmp_path):
    with pytest.raises(InputError, match="not valid Unicode at character 2"):
        train([document(0, text="ab\ud800")], tmp_path, tiny)


def test_shard_that_does_not_exist_is_refused(tiny, tmp_path):
    with pytest.raises(InputError, match="numbered 0 to 1"):
        train([], tmp_path, tiny, shards={2})


def test_giant_document_is_cut_and_an_empty_one_does_no_harm(tiny, tmp_path):
    rows = [document(0, text="wool " * 100_000), empty_document()]
    model = train(rows, tmp_path, tiny)
    assert model.tokens_total == tiny.max_tokens + 2


def empty_document():
    return replace(document(1, text="x"), text="")


def test_store_that_is_in_use_says_so(tiny, tmp_path):
    with (
        ModelStore(tmp_path).training("c0"),
        pytest.raises(BusyError, match="trained by another process"),
    ):
        train(documents(1), tmp_path, tiny)


def test_salt_that_is_damaged_is_not_replaced(tiny, tmp_path):
    (tmp_path / "salt").write_bytes(b"short")
    with pytest.raises(StorageError, match="is damaged"):
        train(documents(1), tmp_path, tiny, salt=None)
    assert (tmp_path / "salt").read_bytes() == b"short"


@pytest.mark.parametrize(("name", "value"), [("OMP_THREAD_LIMIT", "1"), ("OMP_DYNAMIC", "TRUE")])
def test_what_takes_threads_away_behind_our_back_is_named(tiny, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        train(documents(2), tmp_path, replace(tiny, threads=2))
    assert not (tmp_path / "CURRENT").exists()


def test_another_secret_than_the_one_the_model_was_made_with_is_refused(tiny, tmp_path):
    train(documents(4), tmp_path, tiny)
    before = (tmp_path / "CURRENT").read_text()
    (tmp_path / "salt").write_bytes(bytes(32))
    with pytest.raises(VerificationError, match="not the secret with which the model was made"):
        fit(documents(4), tmp_path, tiny, corpus_version="c1", ground=GROUND)
    assert (tmp_path / "CURRENT").read_text() == before
