"""Copies of a model outside its store are recorded, and deleted when the model is replaced."""

import signal
import stat
from datetime import UTC, datetime

import pytest

from tests.forked import run_forked
from tests.train.tiny import GROUND, SALT, documents, without
from tests.train.tiny import train as train_once
from vanne.errors import ConflictError, InputError, VerificationError
from vanne.train.exports import (
    DeletedCopy,
    ExportedCopy,
    delete_replaced,
    digest_of,
    record,
    recorded,
    settle,
)
from vanne.train.fit import fit

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def store(tiny, tmp_path):
    train_once(documents(2), tmp_path / "store", tiny)
    (tmp_path / "store" / "salt").write_bytes(SALT)
    return tmp_path / "store"


def train(tiny, store, rows, version):
    return fit(rows, store, tiny, corpus_version=version, ground=GROUND)


def replaced(tiny, store):
    """Train the next model and return its version."""
    return train(tiny, store, without(documents(2), 1), "c2").version


def export(store, path, text="weights", kind="gguf"):
    """Write an export of the current model, and record it."""
    if kind == "peft":
        (path / "shard-0").mkdir(parents=True)
        (path / "shard-0" / "adapter_model.safetensors").write_text(text)
        (path / "adapter_config.json").write_text("{}")
    else:
        path.write_text(text)
    model = (store / "CURRENT").read_text()
    exported = ExportedCopy(kind, path, model, NOON, digest_of(path))
    record(store, exported)
    return exported


def test_what_was_recorded_is_told_again(store, tmp_path):
    one = export(store, tmp_path / "model.gguf")
    two = export(store, tmp_path / "adapters", kind="peft")
    assert recorded(store) == [one, two]
    assert stat.S_IMODE((store / "exports.json").stat().st_mode) == 0o600


def test_copy_of_the_model_that_serves_is_kept(store, tmp_path):
    one = export(store, tmp_path / "model.gguf")
    assert delete_replaced(store, one.model) == []
    assert one.path.exists()
    assert recorded(store) == [one]


def test_files_and_folders_of_a_replaced_model_are_deleted(store, tmp_path, tiny):
    one = export(store, tmp_path / "model.gguf")
    two = export(store, tmp_path / "adapters", kind="peft")
    said = delete_replaced(store, replaced(tiny, store))
    assert said == [
        DeletedCopy("gguf", one.digest, "deleted"),
        DeletedCopy("peft", two.digest, "deleted"),
    ]
    assert {each.outcome for each in said} == {"deleted"}
    assert {path.name for path in tmp_path.iterdir()} == {"store"}
    assert recorded(store) == []


def test_what_was_moved_or_changed_is_said_and_left_alone(store, tmp_path, tiny):
    export(store, tmp_path / "moved.gguf").path.unlink()
    changed = export(store, tmp_path / "changed.gguf").path
    changed.write_text("somebody's own file")
    folder = export(store, tmp_path / "adapters", kind="peft").path
    (folder / "notes.txt").write_text("somebody's own notes")
    linked = export(store, tmp_path / "linked.gguf").path
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    said = delete_replaced(store, replaced(tiny, store))
    assert [each.outcome for each in said] == ["missing", "changed", "changed", "changed"]
    assert "deleted" not in {each.outcome for each in said}
    assert changed.read_text() == "somebody's own file"
    assert (folder / "notes.txt").exists()
    assert (tmp_path / "elsewhere").read_text() == "weights"


def test_what_was_said_is_said_again_until_a_certificate_has_said_it(store, tmp_path, tiny):
    export(store, tmp_path / "model.gguf")
    version = replaced(tiny, store)
    said = delete_replaced(store, version)
    assert delete_replaced(store, version) == said
    settle(store)
    assert delete_replaced(store, version) == []


def test_copy_made_while_the_model_was_replaced_is_refused(store, tmp_path, tiny):
    late = export(store, tmp_path / "model.gguf")
    replaced(tiny, store)
    with pytest.raises(ConflictError, match="was replaced while it was copied"):
        record(store, late)


def test_copy_that_a_later_one_overwrote_counts_as_deleted(store, tmp_path, tiny):
    old = export(store, tmp_path / "model.gguf")
    version = replaced(tiny, store)
    new = export(store, tmp_path / "model.gguf", "other weights")
    assert recorded(store) == [new]
    assert delete_replaced(store, version) == [DeletedCopy("gguf", old.digest, "deleted")]
    assert new.path.read_text() == "other weights"


def test_same_copy_made_twice_is_one(store, tmp_path):
    export(store, tmp_path / "model.gguf")
    again = export(store, tmp_path / "model.gguf")
    assert recorded(store) == [again]


def test_links_are_no_export(store, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "folder", tmp_path / "folder" / "link", tmp_path / "nowhere"):
        with pytest.raises(InputError, match="neither a file nor a folder"):
            digest_of(path)


def test_damaged_record_is_no_empty_record(store):
    (store / "exports.json").write_text("{}")
    with pytest.raises(VerificationError, match="is damaged"):
        recorded(store)


KILLED = """
import os, signal, sys
from pathlib import Path
from vanne.train import exports
setattr(exports, sys.argv[3], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
exports.delete_replaced(Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize("step", ["_write", "delete"])
def test_killed_deletion_is_finished_and_said_by_the_next(store, tmp_path, tiny, step):
    folder = export(store, tmp_path / "adapters", kind="peft")
    version = replaced(tiny, store)
    done = run_forked(KILLED, store, version, step)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir() if path.name != "store"] != []
    assert delete_replaced(store, version) == [DeletedCopy("peft", folder.digest, "deleted")]
    assert {path.name for path in tmp_path.iterdir()} == {"store"}
