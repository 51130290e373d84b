"""Forgetting gives the bytes that training without the member gives, and leaves nothing behind."""

import json
import multiprocessing
import signal
from datetime import UTC, datetime

import pytest

from tests.forked import run_forked
from tests.train.tiny import GROUND, SALT, document, documents, without
from tests.train.tiny import train as tiny_train
from vanne.errors import MissingError, VanneError
from vanne.forget import Certificate, ForgetRequest, forget, plan, verify_certificate
from vanne.forget.proof import never_trained
from vanne.train.fit import fit
from vanne.train.model import current, items_in, lineage_path, load
from vanne.train.shards import slot
from vanne.train.store import ModelStore

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def train(rows, store, tiny, version="c1", **options):
    if version != "c1":
        options["corpus_version"] = version
    model = tiny_train(rows, store, tiny, **options)
    (store / "salt").write_bytes(SALT)
    return model


def let_go(rows, store, tiny, before="c1", after="c2", **options) -> Certificate:
    return forget(
        rows,
        store,
        ForgetRequest(before, after, lambda: NOON, ("asked",)),
        ground=GROUND,
        **options,
    )


def test_forgotten_is_never_trained_bit_for_bit_in_another_process(tiny, tmp_path):
    rows = documents(8)
    before = train(rows, tmp_path, tiny)
    left = without(rows, 3)
    certificate = let_go(left, tmp_path, tiny)
    after = current(tmp_path)
    assert after.digests != before.digests
    proof = never_trained(
        left,
        tiny,
        ground=GROUND,
        salt=SALT,
        shards=certificate.changed,
        corpus_version="c2",
    )
    assert proof == {shard: after.digests[shard] for shard in certificate.changed}


def test_only_the_members_shard_from_their_slice_on_is_trained_again(tiny, tmp_path):
    rows = documents(12)
    before = train(rows, tmp_path, tiny)
    shard, part = slot("member-3", SALT, tiny)
    expected = plan(tmp_path, before, without(rows, 3))
    certificate = let_go(without(rows, 3), tmp_path, tiny)
    after = current(tmp_path)
    assert expected.shards == certificate.cost.shards == tuple(certificate.changed) == (shard,)
    assert min(expected.slices) == (shard, part)
    assert expected.tokens_to_train == certificate.cost.tokens == after.run.tokens
    assert expected.tokens_full == after.tokens_total
    assert expected.share == certificate.cost.share < 1
    assert after.shards[1 - shard] == before.shards[1 - shard]


def test_plan_trains_and_changes_nothing(tiny, tmp_path):
    rows = documents(6)
    model = train(rows, tmp_path, tiny)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert plan(tmp_path, model, without(rows, 1)).tokens_to_train > 0
    assert plan(tmp_path, model, rows).tokens_to_train == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_plan_says_that_another_processor_trains_everything(tiny, tmp_path, monkeypatch):
    rows = documents(6)
    model = train(rows, tmp_path, tiny)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    costs = plan(tmp_path, model, rows)
    assert costs.environment_changed == ("ONEDNN_MAX_CPU_ISA",)
    assert costs.share == 1
    assert set(costs.dropped) == model.keys.keys()


def test_room_for_what_is_trained_is_known_from_a_ground_without_texts(tiny, tmp_path):
    rows = documents(8)
    (tmp_path / "salt").write_bytes(SALT)
    model = fit(rows, tmp_path, tiny, corpus_version="c1", ground=())
    left = without(rows, 0)
    costs = plan(tmp_path, model, left)
    forget(left, tmp_path, ForgetRequest("c1", "c2", lambda: NOON), ground=())
    made = current(tmp_path).keys.keys() - model.keys.keys()
    sizes = sum(ModelStore(tmp_path).checkpoint(key).stat().st_size for key in made)
    assert len(made) == len(costs.slices) > 0
    assert sizes / 2 < costs.bytes_needed <= sizes  # so small, headers are a third of a file


def test_proof_that_was_killed_leaves_nothing_that_a_forgetting_does_not_delete(tiny, tmp_path):
    rows = documents(40)
    train(rows[:4], tmp_path, tiny)
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from vanne.forget.proof import never_trained; from tests.train.tiny import *\n"
        "os.setsid()\n"  # it dies together with the process that it has started
        "never_trained(documents(40), tiny_settings(Path(sys.argv[2])), ground=GROUND, salt=SALT,"
        " shards=[0, 1], corpus_version='c', folder=Path(sys.argv[1]),"
        " progress=lambda *_: os.killpg(0, signal.SIGKILL))\n"
    )
    assert run_forked(code, tmp_path, tiny.base).returncode == -signal.SIGKILL
    (folder,) = tmp_path.glob("proof-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    let_go(without(rows[:4], 1), tmp_path, tiny)
    assert not list(tmp_path.glob("proof-*"))


def test_nothing_of_the_member_is_left_in_the_store(tiny, tmp_path):
    rows = documents(6)
    before = train(rows, tmp_path, tiny)
    expected = plan(tmp_path, before, without(rows, 2))
    certificate = let_go(without(rows, 2), tmp_path, tiny)
    after = current(tmp_path)
    stems = {path.name.split(".")[0] for path in (tmp_path / "checkpoints").iterdir()}
    assert stems == set(after.keys)
    assert certificate.document["keys"]["dropped"] == list(expected.dropped) != []
    assert not any("item-2-" in item for item in items_in(tmp_path, after))
    assert [path.name for path in tmp_path.rglob("*.parquet")] == [f"{after.version}.items.parquet"]
    stone = json.loads(lineage_path(ModelStore(tmp_path), before.version).read_text())
    assert stone["schema"] == "vanne/tombstone/1"
    assert stone["certificate"] == certificate.id
    with pytest.raises(MissingError, match="replaced so that it forgets"):
        load(tmp_path, before.version)


def test_opting_in_again_is_the_same_function(tiny, tmp_path):
    rows = documents(6)
    first = train(rows, tmp_path, tiny)
    let_go(without(rows, 2), tmp_path, tiny)
    back = let_go(rows, tmp_path, tiny, before="c2", after="c3")
    again = current(tmp_path)
    assert again.digests == first.digests
    verify_certificate(back, tmp_path)


def test_model_of_another_corpus_cannot_be_the_one_before(tiny, tmp_path):
    train(documents(2), tmp_path, tiny)
    with pytest.raises(MissingError, match="no model of corpus `elsewhere`"):
        let_go([], tmp_path, tiny, before="elsewhere")


def test_last_member_leaves_and_only_the_ground_is_left(tiny, tmp_path):
    train([document(0)], tmp_path, tiny)
    certificate = let_go([], tmp_path, tiny)
    after = current(tmp_path)
    assert set(after.digests.values()) == {after.ground.sha256}
    assert certificate.cost.tokens == 0
    assert certificate.cost.share == 0
    verify_certificate(certificate, tmp_path)


def test_separate_training_that_fails_says_why(tiny):
    with pytest.raises(VanneError, match="did not finish: shards are numbered"):
        never_trained([], tiny, ground=(), salt=SALT, shards=[9], corpus_version="c")


def test_proof_whose_process_dies_is_an_error(tiny):
    def kill(*_):
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(VanneError, match="separate training did not finish: it ended with code -9"):
        never_trained(
            documents(9), tiny, ground=GROUND, salt=SALT, shards=[0], corpus_version="c", progress=kill
        )  # fmt: skip
