"""At once the last clean checkpoints serve; then what is left is trained; killed anywhere, it is finished."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import astuple, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import torch

from tests.forget.test_forget import NOON, let_go, train
from tests.forked import run_forked
from tests.train.test_exports import export
from tests.train.tiny import GROUND, SALT, document, documents, without
from vanne.errors import ConflictError, StorageError
from vanne.forget import ForgetRequest, forgetting, verify_certificate
from vanne.forget.fallback_model import place
from vanne.forget.forgetting import at_once, finish_killed, retrain
from vanne.train.ensemble import load_base_model, load_ensemble, merge
from vanne.train.fit import fit
from vanne.train.model import current, items_in, live, load_mean
from vanne.train.shards import slot
from vanne.train.store import ModelStore

UP = "base_model.model.model.layers.1.mlp.up_proj.lora_B.weight"


def clock():
    """A clock that goes on by a minute whenever somebody looks."""
    minutes = count()
    return lambda: NOON + timedelta(minutes=next(minutes))


def order(corpus="c2", requests=("asked",), now=None):
    return ForgetRequest("c1", corpus, now or clock(), tuple(requests))


def member_in(part, settings):
    """A member of the tiny network in that slice."""
    return next(n for n in range(99) if slot(f"member-{n}", SALT, settings)[1] == part)


def member_at(place, settings):
    """A member of the tiny network in that slice of that shard."""
    return next(n for n in range(99) if slot(f"member-{n}", SALT, settings) == place)


def names(store):
    return {path.name.split(".")[0] for path in (store / "checkpoints").iterdir()}


def test_at_once_serves_what_training_on_fewer_documents_gives_bit_for_bit(tiny, tmp_path):
    rows = documents(12)
    train(rows, tmp_path, tiny)
    who = member_in(1, tiny)
    left = without(rows, who)
    certificate = at_once(left, tmp_path, order())
    served = current(tmp_path)
    held = items_in(tmp_path, served)
    fewer = [row for row in left if row.item_id in held]
    anew = train(fewer, tmp_path / "anew", tiny, version="c2")
    assert served.digests == anew.digests
    assert served.keys == anew.keys
    assert served.weights == replace(anew, waiting=served.waiting).weights
    assert served.waiting == certificate.waiting == len(left) - len(fewer) > 0
    assert not any(f"item-{who}-" in item for item in held)
    verify_certificate(certificate, tmp_path)


def test_while_texts_wait_a_shard_counts_by_what_serves_of_it(tiny, tmp_path):
    rows = documents(12)
    whole = train(rows, tmp_path, tiny)
    assert set(whole.weights.values()) == {1} and len(whole.weights) == tiny.shards
    left = without(rows, member_in(0, tiny))
    at_once(left, tmp_path, order())
    served = current(tmp_path)
    tokens = {shard: sum(note.tokens for note in notes) for shard, notes in served.shards.items()}
    assert 0 in tokens.values(), "a shard whose first slice is gone serves the ground"
    assert served.weights == {shard: count for shard, count in tokens.items() if count}
    store, whole = ModelStore(tmp_path), sum(served.weights.values())
    each = {
        shard: store.load(served.ground, notes[-1])[UP] for shard, notes in served.shards.items()
    }
    weighed = sum(each[shard] * count for shard, count in served.weights.items()) / whole
    assert torch.allclose(load_mean(tmp_path, served)[UP], weighed, atol=1e-7)
    retrain(left, tmp_path, order(), ground=GROUND)
    assert set(current(tmp_path).weights.values()) == {1}


def test_four_of_sixteen_shards_serve_nearly_as_well_as_all_of_them(tiny, tmp_path):
    sixteen = replace(tiny, shards=16, slices=1)
    whole = train(rows := documents(80), tmp_path, sixteen)
    texts = [document(member, 1).text for member in range(200, 240)]
    all_serve = load_ensemble(tmp_path, whole).loss(texts)
    gone = {member_at((shard, 0), sixteen) for shard in range(4, 16)}
    at_once(without(rows, *gone), tmp_path, order())
    served, store = current(tmp_path), ModelStore(tmp_path)
    assert served.waiting > 0 and set(served.weights) == set(range(4))
    four_serve = load_ensemble(tmp_path, served).loss(texts)

    def loss(adapter):
        plain = load_base_model(sixteen)
        merge(plain.causal, adapter)
        return plain.loss(texts)

    ground = loss(store.load(served.ground, served.ground))
    diluted = loss(load_mean(tmp_path, replace(served, waiting=0)))
    assert ground - four_serve > 0.8 * (ground - all_serve)
    assert ground - diluted < 0.6 * (ground - all_serve)


def test_at_once_needs_neither_the_base_model_nor_its_processor(tiny, tmp_path, monkeypatch):
    train(documents(6), tmp_path, tiny)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    code = """
import sys
from datetime import datetime
from pathlib import Path
from vanne.corpus import Document
from vanne.forget import ForgetRequest
from vanne.forget.forgetting import at_once
import json
rows = [Document(*row) for row in json.load(sys.stdin)]
request = ForgetRequest("c1", "c2", lambda: datetime.now(), ("asked",))
done = at_once(rows, Path(sys.argv[1]), request)
assert done.waiting, done
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""
    rows = json.dumps([astuple(row) for row in without(documents(6), 2)])
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], input=rows, text=True, check=True)


def test_at_once_deletes_everything_that_held_what_left(tiny, tmp_path):
    store = tmp_path / "store"
    rows = documents(8)
    before = train(rows, store, tiny)
    copy = export(store, tmp_path / "model.gguf").path
    tainted = before.shards[slot("member-2", SALT, tiny)[0]][-1].key
    snapshot = store / "checkpoints" / f"{tainted}.snapshot.safetensors"
    snapshot.write_bytes(b"adapter and AdamW state")
    certificate = at_once(without(rows, 2), store, order())
    gone = certificate.document["deleted"]
    assert gone["optimiser_states"] == [tainted]
    assert gone["item_lists"] == [before.version]
    assert [each["outcome"] for each in gone["exports"]] == ["deleted"]
    assert tainted in certificate.document["keys"]["dropped"]
    assert not copy.exists()
    assert not snapshot.exists()
    assert names(store) == set(current(store).keys)
    assert [path.stem.split(".")[0] for path in store.rglob("*.parquet")] == [
        current(store).version
    ]


def test_what_an_unpublished_slice_held_goes_at_once_with_who_left(tiny, tmp_path):
    rows, early = documents(8), member_in(0, tiny)
    train(rows, tmp_path, tiny)
    left = without(rows, early)
    at_once(left, tmp_path, order())
    fallback, held = current(tmp_path), items_in(tmp_path, current(tmp_path))
    late = next(row.owner for row in left if row.item_id not in held)
    steps = place(ModelStore(tmp_path), fallback, left).steps()
    missing = [step.key for step in steps if ModelStore(tmp_path).note(step.key) is None]
    for key in missing:  # as a killed training leaves them
        ModelStore(tmp_path).save_snapshot(key, {})
    same = order(fallback.corpus_version)
    assert at_once(left, tmp_path, same, only_if_asked=True) is None
    assert set(missing) <= names(tmp_path), "the training goes on from there"
    without_late = [row for row in left if row.owner != late]
    at_once(without_late, tmp_path, order("c3", ["late"]), only_if_asked=True)
    clean = {step.key for step in place(ModelStore(tmp_path), fallback, without_late).steps()}
    assert set(missing) - clean
    assert names(tmp_path) & set(missing) == set(missing) & clean
    assert current(tmp_path) == fallback


def test_model_that_another_process_has_published_meanwhile_keeps_its_checkpoints(
    tiny, tmp_path, monkeypatch
):
    rows = documents(8)
    train(rows, tmp_path, tiny)
    left = without(rows, 2)
    at_once(left, tmp_path, order())

    def fit_and_lose(*given, **named):
        after = fit(*given, **named)
        train(left, tmp_path, replace(tiny, seed=5), version="c2")
        return after

    monkeypatch.setattr(forgetting, "fit", fit_and_lose)
    with pytest.raises(ConflictError, match="has changed the model in the meantime"):
        retrain(left, tmp_path, order(), ground=GROUND)
    serving = current(tmp_path)
    assert serving.settings.seed == 5
    assert serving.keys.keys() <= names(tmp_path)


def test_both_phases_are_in_the_last_certificate_and_lead_back_to_the_first_model(tiny, tmp_path):
    rows = documents(12)
    before = train(rows, tmp_path, tiny)
    left = without(rows, 3)
    first = at_once(left, tmp_path, order())
    fallback = current(tmp_path)
    last = retrain(left, tmp_path, order(requests=["asked", "late"]), ground=GROUND)
    assert last.steps == (first.id,)
    assert (last.before, last.after) == (before.version, current(tmp_path).version)
    assert last.replaced == {fallback.version}
    assert (last.corpus_before, last.corpus_after) == ("c1", "c2")
    assert (
        set(last.document["keys"]["dropped"]) == before.keys.keys() - current(tmp_path).keys.keys()
    )
    assert {"asked", "late"} <= last.requests
    assert "late" not in first.requests
    for each in (first, last):
        verify_certificate(each, tmp_path)


def test_the_model_before_serves_until_the_new_one_is_there(tiny, tmp_path):
    rows = documents(12)
    before, serving = train(rows, tmp_path, tiny), set[str]()

    def look(*_):
        serving.add(current(tmp_path).version)

    done = let_go(without(rows, 3), tmp_path, tiny, progress=look)
    assert serving == {before.version}
    assert (done.phase, done.steps, done.waiting) == ("retrained", (), 0)
    anew = train(without(rows, 3), tmp_path / "anew", tiny, version="c2")
    assert current(tmp_path).version == anew.version


def test_who_leaves_at_once_during_a_training_is_in_nothing_that_it_writes(tiny, tmp_path):
    rows = documents(12)
    before = train(rows, tmp_path, tiny)
    left, fewer = without(rows, 3), without(rows, 3, 4)
    asked = list[str]()

    def leave(*_):
        if not asked:
            asked.append(at_once(fewer, tmp_path, order("c3", ["now"])).after)

    with pytest.raises(ConflictError, match="has left the model while it was trained"):
        let_go(left, tmp_path, tiny, progress=leave)
    assert [current(tmp_path).version] == asked
    kept = {step.key for step in place(ModelStore(tmp_path), before, fewer).steps()}
    assert names(tmp_path) <= kept | {before.ground.key}
    let_go(fewer, tmp_path, tiny, before="c3", after="c3")
    anew = train(fewer, tmp_path / "anew", tiny, version="c3")
    assert current(tmp_path).version == anew.version


def test_at_once_of_the_same_corpus_leaves_a_training_in_peace(tiny, tmp_path):
    rows = documents(12)
    train(rows, tmp_path, tiny)
    left, steps = without(rows, 3), []

    def impatient(*_):
        if not steps:
            steps.append(at_once(left, tmp_path, order()).id)

    done = let_go(left, tmp_path, tiny, progress=impatient)
    assert list(done.steps) == steps
    assert current(tmp_path).waiting == 0


def test_what_is_whole_when_a_training_is_stopped_serves(tiny, tmp_path):
    rows = documents(12)
    before = train(rows, tmp_path, tiny)
    first = {shard: member_at((shard, 0), tiny) for shard in range(tiny.shards)}
    left, places = without(rows, *first.values()), []

    def stop(done, total, place):
        places.append(place.partition(",")[0])
        if len(set(places)) == tiny.shards:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        let_go(left, tmp_path, tiny, progress=stop)
    assert current(tmp_path) == before
    at_once(left, tmp_path, order(), is_partial=True)
    served = current(tmp_path)
    held = items_in(tmp_path, served)
    whole = {shard for shard, _ in held.values()}
    assert [f"shard {shard}" for shard in whole] == list(dict.fromkeys(places))[:-1]
    fewer = [row for row in left if row.item_id in held]
    assert served.digests == train(fewer, tmp_path / "anew", tiny, version="c2").digests
    assert served.waiting == len(left) - len(fewer) > 0


def test_several_times_at_once_are_one_forgetting(tiny, tmp_path):
    rows = documents(12)
    before = train(rows, tmp_path, tiny)
    one = at_once(without(rows, 3), tmp_path, order("c2", ["1"]))
    two = at_once(without(rows, 3, 4), tmp_path, order("c3", ["1", "2"]))
    last = let_go(without(rows, 3, 4), tmp_path, tiny, before="c3", after="c3")
    assert last.steps == (one.id, two.id)
    assert last.before == before.version
    anew = train(without(rows, 3, 4), tmp_path / "anew", tiny, version="c3")
    assert current(tmp_path).version == anew.version


def test_shard_with_nothing_clean_left_serves_the_ground(tiny, tmp_path):
    rows = documents(12)
    train(rows, tmp_path, tiny)
    who = member_in(0, tiny)
    shard = slot(f"member-{who}", SALT, tiny)[0]
    at_once(without(rows, who), tmp_path, order())
    served = current(tmp_path)
    assert {note.key for note in served.shards[shard]} == {served.ground.key}
    assert not any(place[0] == shard for place in items_in(tmp_path, served).values())


def test_who_comes_back_does_not_take_the_model_from_the_others(tiny, tmp_path):
    rows = documents(8)
    first = train(rows, tmp_path, tiny)
    let_go(without(rows, 2), tmp_path, tiny)
    assert at_once(rows, tmp_path, order("c3")) is None
    back = let_go(rows, tmp_path, tiny, before="c2", after="c3")
    assert back.steps == ()
    assert current(tmp_path).digests == first.digests


def test_leaver_and_newcomer_in_one_run_keep_what_is_clean_serving(tiny, tmp_path):
    rows = documents(8)
    train(rows, tmp_path, tiny)
    after = [*without(rows, member_in(1, tiny)), *(document(n) for n in range(20, 30))]
    certificate = at_once(after, tmp_path, order())
    held = items_in(tmp_path, current(tmp_path))
    assert held, "the slices before the leaver's serve, whatever newcomers change in them later"
    assert not any(item.startswith("item-2") and len(item) > 8 for item in held)
    assert certificate.waiting == len(after) - len(held)


def test_nothing_that_was_asked_and_nothing_that_left_is_no_work(tiny, tmp_path):
    rows = documents(4)
    model = train(rows, tmp_path, tiny)
    assert at_once(rows, tmp_path, order("c2", []), only_if_asked=True) is None
    assert current(tmp_path) == model
    asked = at_once(rows, tmp_path, order("c2", ["asked"]), only_if_asked=True)
    assert (asked.waiting, asked.document["keys"]["dropped"]) == (0, [])


def test_killed_forgetting_bears_the_day_on_which_it_is_finished(tiny, tmp_path):
    rows = documents(8)
    train(rows, tmp_path, tiny)
    killed(without(rows, member_in(0, tiny)), tmp_path, tiny, "prune", 1)
    done = finish_killed(tmp_path, lambda: NOON + timedelta(days=3))
    assert done.day == (NOON + timedelta(days=3)).date()


KILLED = """
import json, os, signal, sys
from datetime import datetime
from pathlib import Path
from vanne.forget import forgetting
from vanne.corpus import Document
from vanne.forget import ForgetRequest
job = json.load(sys.stdin)
real, calls = getattr(forgetting, job["die_in"]), []
def die(*given, **named):
    calls.append(1)
    if len(calls) == job["nth"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
setattr(forgetting, job["die_in"], die)
forgetting.forget([Document(*row) for row in job["rows"]], Path(job["store"]),
    ForgetRequest("c1", "c2", lambda: datetime.fromisoformat(job["at"]), ("asked",)),
    ground=job["ground"], at_once_first=job["at_once_first"])
"""

IN_BOTH_PHASES = [
    ("publish", 1), ("prune", 1), ("delete_replaced", 1), ("settle", 1), ("sign", 1), ("bury", 1),
    ("fit", 1), ("live", 3), ("prune", 2), ("sign", 2), ("bury", 2),
]  # fmt: skip
IN_A_SWAP = [
    ("fit", 1), ("prune", 1), ("delete_replaced", 1), ("settle", 1), ("sign", 1), ("bury", 1)
]  # fmt: skip
STEPS = [(*step, True) for step in IN_BOTH_PHASES] + [(*step, False) for step in IN_A_SWAP]


def killed(rows, store, tiny, step, nth, at_once_first=True):
    job = {"rows": [astuple(r) for r in rows], "store": str(store), "ground": GROUND}
    job |= {"settings": tiny.as_dict(), "die_in": step, "nth": nth, "at": NOON.isoformat()}
    job |= {"at_once_first": at_once_first}
    done = run_forked(KILLED, input=json.dumps(job))
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("step", "nth", "at_once_first"), STEPS)
def test_killed_forgetting_is_finished_by_calling_it_again(
    tiny, tmp_path, step, nth, at_once_first
):
    store = tmp_path / "store"
    rows = documents(8)
    before = train(rows, store, tiny)
    copy = export(store, tmp_path / "model.gguf")
    left = without(rows, member_in(1, tiny))
    killed(left, store, tiny, step, nth, at_once_first)
    certificate = let_go(left, store, tiny)
    after = current(store)
    anew = train(left, tmp_path / "anew", tiny, version="c2")
    assert after.version == certificate.after == anew.version
    assert certificate.before == before.version
    assert set(certificate.document["keys"]["dropped"]) == before.keys.keys() - after.keys.keys()
    assert "asked" in certificate.requests
    exports = certificate.document["deleted"]["exports"]
    assert [(each["digest"], each["outcome"]) for each in exports] == [(copy.digest, "deleted")]
    assert names(store) == set(after.keys)
    assert live(store) == [after]
    assert not (store / "forgetting.json").exists()
    verify_certificate(certificate, store)


def test_a_disk_that_is_full_once_at_each_file_of_a_swap_loses_nothing(tiny, tmp_path, monkeypatch):
    store, rows = tmp_path / "store", documents(8)
    train(rows, store, tiny)
    left, fsync, full = without(rows, member_in(1, tiny)), os.fsync, list[str]()

    def full_once(handle):
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        if (kind := re.sub(r"[0-9a-f]{16,}|\d+", "", name)) not in full:
            full.append(kind)
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full_once)
    for _ in range(40):
        before = len(full)
        try:
            done = let_go(left, store, tiny)
            break
        except StorageError as error:
            assert "\n" not in str(error) and len(full) == before + 1
    monkeypatch.undo()
    assert len(full) > 6 and {".forgetting.json..partial", ".CURRENT..partial"} <= set(full)
    after, anew = current(store), train(left, tmp_path / "anew", tiny, version="c2")
    assert (done.after, after.digests) == (anew.version, anew.digests)
    assert (names(store), live(store)) == (set(after.keys), [after])
    verify_certificate(done, store)


def test_kill_after_the_last_step_leaves_one_certificate(tiny, tmp_path):
    rows = documents(8)
    train(rows, tmp_path, tiny)
    killed(without(rows, 2), tmp_path, tiny, "bury", 2)
    written = sorted((tmp_path / "certificates").iterdir())
    finished = finish_killed(tmp_path, clock())
    assert sorted((tmp_path / "certificates").iterdir()) == written
    assert finish_killed(tmp_path, clock()) is None
    verify_certificate(finished, tmp_path)


def test_damaged_checkpoint_is_not_served_at_once_either(tiny, tmp_path):
    rows = documents(8)
    model = train(rows, tmp_path, tiny)
    key = model.shards[0][0].key
    ModelStore(tmp_path).checkpoint(key).write_bytes(b"rot")
    at_once(without(rows, 3), tmp_path, order())
    assert key not in current(tmp_path).keys


def test_edit_takes_its_slice_out_at_once(tiny, tmp_path):
    rows = documents(8)
    train(rows, tmp_path, tiny)
    edited = [replace(row, text="new words") if row.owner == "member-3" else row for row in rows]
    at_once(edited, tmp_path, order())
    assert not any("item-3-" in item for item in items_in(tmp_path, current(tmp_path)))
