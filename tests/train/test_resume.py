"""A run that is killed inside a slice goes on from its snapshot and ends in the same bits."""

import signal
from dataclasses import replace

import pytest

from tests.train.test_fit import fit_in_another_process, train
from tests.train.tiny import documents, without
from vanne.train import fit as training
from vanne.train.model import current, lineage_path
from vanne.train.store import ModelStore

KILLED = """
import json, os, signal, sys
from pathlib import Path
from vanne.corpus import Document
from vanne.train import fit as training
from vanne.train.fit import FitOptions, fit
from vanne.train.settings import TrainingSettings
training.SECONDS = training.SHARE = 0
job = json.load(sys.stdin)
def die(done, total, label):
    if done > job["after"]:
        os.kill(os.getpid(), signal.SIGKILL)
fit([Document(*row) for row in job["rows"]], Path(job["store"]), TrainingSettings.of(job["settings"]),
    corpus_version="c1", ground=job["ground"], progress=die,
    options=FitOptions(salt=bytes.fromhex(job["salt"])))
"""


class StoppedError(Exception):
    """What stops a training here, as a power cut would."""


def stop_after(tokens: int, seen: list[int] | None = None):
    def progress(done: int, _total: int, _label: str) -> None:
        if seen is not None:
            seen.append(done)
        if done > tokens:
            raise StoppedError

    return progress


@pytest.fixture
def eager(monkeypatch):
    """Take a snapshot after every step."""
    monkeypatch.setattr(training, "SECONDS", 0.0)
    monkeypatch.setattr(training, "SHARE", 0)


@pytest.fixture(scope="module")
def long(tiny):
    """One shard of one slice with many steps: wherever it is killed, it is inside."""
    return replace(tiny, shards=1, slices=1, epochs=3, batch_tokens=96)


@pytest.fixture(scope="module")
def whole(long, tmp_path_factory):
    """What four members give if nothing stops the training."""
    return train(documents(4), tmp_path_factory.mktemp("whole"), long)


def left_in(store) -> list[str]:
    return sorted(path.name for path in (store / "checkpoints").glob("*.snapshot.safetensors"))


def test_run_that_is_killed_again_and_again_inside_a_slice_ends_in_the_same_bits(
    long, whole, tmp_path
):
    rows = documents(4)
    start, size = whole.run.ground_tokens, whole.tokens_total
    for after in (start + size // 5, size // 2):  # `done` begins anew with each run
        killed = fit_in_another_process(rows, tmp_path / "killed", long, KILLED, after=after)
        assert killed.returncode == -signal.SIGKILL
        assert len(left_in(tmp_path / "killed")) == 1
    seen: list[int] = []
    resumed = train(rows, tmp_path / "killed", long, progress=stop_after(10**9, seen))
    assert seen[1] >= size // 4  # what was done before the last snapshot is not done again
    assert seen[-1] == size
    assert resumed.digests == whole.digests
    assert resumed.version == whole.version
    assert resumed.shards[0][0].losses == pytest.approx(whole.shards[0][0].losses, rel=0, abs=0)
    assert left_in(tmp_path / "killed") == []


@pytest.mark.parametrize("share", [1, 4, 7])
def test_every_place_in_a_slice_is_a_place_to_go_on_from(long, whole, tmp_path, eager, share):
    rows = documents(4)
    after = whole.run.ground_tokens + whole.tokens_total * share // 8
    with pytest.raises(StoppedError):
        train(rows, tmp_path / "stopped", long, progress=stop_after(after))
    assert len(left_in(tmp_path / "stopped")) == 1
    assert train(rows, tmp_path / "stopped", long).digests == whole.digests


def test_clock_decides_when_and_not_what(long, whole, tmp_path, eager):
    assert train(documents(4), tmp_path, long).digests == whole.digests


def test_time_of_the_killed_run_counts(long, tmp_path, eager):
    rows = documents(4)
    with pytest.raises(StoppedError):
        train(rows, tmp_path, long, progress=stop_after(700))
    path = tmp_path / "checkpoints" / left_in(tmp_path)[0]
    snapshot = ModelStore(tmp_path).load_snapshot(path.name.split(".")[0])
    spent = snapshot["spent/seconds"].tolist()[0]
    assert spent > 0
    assert train(rows, tmp_path, long).shards[0][0].seconds > spent


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_damaged_snapshot_is_left_out_with_a_warning(long, whole, tmp_path, eager, caplog, damage):
    rows = documents(4)
    with pytest.raises(StoppedError):
        train(rows, tmp_path / "stopped", long, progress=stop_after(700))
    path = tmp_path / "stopped" / "checkpoints" / left_in(tmp_path / "stopped")[0]
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes({"flipped": data, "cut": data[:100], "empty": b""}[damage])
    assert train(rows, tmp_path / "stopped", long).digests == whole.digests
    assert "is damaged and left out" in caplog.text


def test_snapshot_of_who_left_is_deleted_when_the_next_model_is_published(long, tmp_path, eager):
    rows = documents(4)
    with pytest.raises(StoppedError):
        train(rows, tmp_path, long, progress=stop_after(700))
    held = left_in(tmp_path)
    model = train(without(rows, 1), tmp_path, long)
    assert held[0].split(".")[0] not in model.keys
    names = {path.name.split(".")[0] for path in (tmp_path / "checkpoints").iterdir()}
    assert names == model.keys.keys()


def test_prune_deletes_the_snapshot_of_a_slice_that_is_done(tiny, tmp_path):
    model = train(documents(2), tmp_path, tiny)
    store = ModelStore(tmp_path)
    store.save_snapshot(model.ground.key, store.load(model.ground, model.ground))
    store.save_snapshot("f" * 64, store.load(model.ground, model.ground))
    assert store.prune(model.keys) == ["f" * 64]
    assert left_in(tmp_path) == []
    assert current(tmp_path) == model


def test_checkpoints_of_a_model_that_this_program_cannot_use_are_not_deleted(tiny, tmp_path):
    old = train(documents(2), tmp_path, tiny)
    path = lineage_path(ModelStore(tmp_path), old.version)
    path.write_text(path.read_text().replace('"rank"', '"rank_of_tomorrow"'))
    new = train(documents(3), tmp_path, tiny, corpus_version="c2")
    names = {path.name.split(".")[0] for path in (tmp_path / "checkpoints").iterdir()}
    assert names == {*old.keys, *new.keys}


SMALL_DISK = (
    "import resource, sys\n"
    "sys.dont_write_bytecode = True\n"  # a module cut at the limit would stay cut for all
    "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
    "from vanne.errors import StorageError\n"
    "try:\n"
    + "".join(f"    {line}\n" for line in KILLED.strip().splitlines())
    + "except StorageError as error:\n    sys.exit(str(error))\n"
)


def test_disk_that_takes_no_snapshot_is_one_line_and_leaves_nothing_half_written(
    long, whole, tmp_path
):
    rows = documents(4)
    done = fit_in_another_process(rows, tmp_path / "full", long, SMALL_DISK, after=10**9)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert ".snapshot.safetensors" in done.stderr
    assert [path.name for path in (tmp_path / "full").rglob("*.safetensors*")] == []
    assert train(rows, tmp_path / "full", long).digests == whole.digests
