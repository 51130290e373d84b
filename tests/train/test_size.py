"""One dial for size, where it is trained, and what is told of it."""

import os
import subprocess
import sys
from dataclasses import asdict, fields

import pytest

from tests.train.tiny import SALT, documents
from vanne.cli import lines, options
from vanne.errors import ConfigError, MissingError
from vanne.train.curves import STRIDE, curve_of, curves, epoch_losses, keep_curves, write_curves
from vanne.train.environment import device_facts, device_of
from vanne.train.fit import fit
from vanne.train.model import load
from vanne.train.settings import SIZES, Settings
from vanne.train.store import Note, Store


def test_nothing_said_is_the_size_small():
    assert Settings() == Settings.of({}) == Settings.of({"size": "small"})


@pytest.mark.parametrize("size", SIZES)
def test_digest_knows_the_numbers_and_not_the_name_of_the_size(size):
    named, numbers = Settings.of({"size": size}), Settings(**SIZES[size])
    assert named.digest() == numbers.digest()
    assert "size" not in named.as_dict()


def test_each_size_is_larger_than_the_one_before_and_all_of_it_can_be_set_over():
    sizes = [Settings.of({"size": size}) for size in SIZES]
    for name in ("layers", "rank", "epochs", "max_tokens"):
        values = [getattr(size, name) for size in sizes]
        assert values == sorted(set(values))
    for field in fields(Settings):
        if field.type is int:
            assert getattr(Settings.of({"size": "large", field.name: 7}), field.name) == 7


@pytest.mark.parametrize("size", [None, 3, [], {}, "Small", "huge"])
def test_size_that_does_not_exist_is_refused_with_those_that_do(size):
    with pytest.raises(ConfigError, match="unknown training size") as caught:
        Settings.of({"size": size})
    assert "`small`" in caught.value.todo


def test_processor_adds_no_fact_so_that_older_homes_keep_their_keys():
    assert device_of(Settings(device="cpu")) == "cpu"
    assert device_facts("cpu") == {}
    assert Settings(device="cpu").digest() == Settings(device="cuda").digest()


def test_gpu_that_is_wanted_and_not_there_is_an_error():
    import torch

    if torch.cuda.is_available():
        assert device_of(Settings()) == "cuda"
        return
    assert device_of(Settings()) == "cpu"
    with pytest.raises(MissingError, match="no GPU"):
        device_of(Settings(device="cuda"))


def test_point_of_a_curve_is_the_mean_over_the_tokens_of_its_steps():
    record = [(2.0 * n, n) for n in range(1, STRIDE + 1)] + [(9.0, 3)]
    assert curve_of(record) == (2.0, 3.0)
    assert epoch_losses([(1.0, 1), (5.0, 1), (6.0, 2), (6.0, 4)], 2) == (3.0, 2.0)
    assert curve_of([]) == epoch_losses([], 3) == epoch_losses([], 0) == ()


def test_model_of_a_store_from_before_the_curves_is_read(tiny, tmp_path):
    model = fit(documents(3), tmp_path, tiny, corpus_version="c", ground=())
    store = Store(tmp_path)
    for path in [*store.checkpoints.glob("*.json"), *store.models.glob("*.json")]:
        path.write_text(_without(path.read_text(), "curve", "cut", "environment", "device"))
    again = load(tmp_path, model.version)
    assert again.digests == model.digests
    assert again.notes[-1].curve == ()
    assert store.note(model.ground.key).sha256 == model.ground.sha256
    write_curves(again, tmp_path)
    assert fit(documents(3), tmp_path, tiny, corpus_version="c", ground=()).tokens_trained == 0


def _without(text: str, *names: str) -> str:
    """Leave names out of all notes and settings of a JSON document (not a lineage's environment)."""
    import json

    def plain(value):
        if isinstance(value, list):
            return list(map(plain, value))
        if not isinstance(value, dict):
            return value
        gone = names if "rank" in value or "cpu_seconds" in value else ()
        return {k: plain(v) for k, v in value.items() if k not in gone}

    return json.dumps(plain(json.loads(text)))


def test_curves_are_those_of_the_notes_and_of_no_model_that_was_replaced(tiny, tmp_path):
    first = fit(documents(3), tmp_path, tiny, corpus_version="1", ground=("a", "b"))
    second = fit(documents(2), tmp_path, tiny, corpus_version="2", ground=("a", "b"))
    store = Store(tmp_path)
    assert {path.stem for path in store.curves.iterdir()} == {second.version}
    keep_curves(store, first)
    assert {path.stem for path in store.curves.iterdir()} == {first.version}
    found = curves(first)
    assert found["ground"]["curve"] == first.ground.curve != ()
    assert [[each["tokens"] for each in shard] for shard in found["shards"]] == [
        [note.tokens for note in notes] for notes in first.shards.values()
    ]
    assert "item-" not in str(found)


def test_figure_of_the_same_losses_has_the_same_bytes(tiny, tmp_path):
    model = fit(documents(4), tmp_path, tiny, corpus_version="1", ground=("a", "b"), salt=SALT)
    one, two = (write_curves(model, tmp_path / name)[1].read_bytes() for name in "ab")
    assert one == two
    assert b"shard 1" in one


def test_note_that_older_programs_wrote_has_no_curve():
    values = asdict(Note("k", "s", 1, 2, (1.0,), 3.0, 4.0))
    del values["curve"]
    assert Note.of(values).curve == ()


def test_where_no_terminal_is_a_line_says_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(lines, "SECONDS_BETWEEN_LINES", 0.0)
    with options.telling() as tell:
        for done in (0, 400, 600, 1000):  # 400 at once: an earlier run had done them
            tell(done, 1000, "shard 0, slice 1")
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == [f"shard 0, slice 1: {done} of 1,000 tokens" for done in (0, 400)]
    assert told[2].startswith("shard 0, slice 1: 600 of 1,000 tokens, ")
    assert told[3].endswith("/s, 0 s left")


TERMINAL = """
from vanne.cli.options import telling
with telling() as tell:
    for done in range(0, 1001, 50):
        tell(done, 1000, "shard 0, slice 1")
"""


def test_on_a_terminal_a_bar_says_it():
    ours, theirs = os.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run([sys.executable, "-c", TERMINAL], stderr=theirs, env=env, timeout=300)
    os.close(theirs)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "shard 0, slice 1" in said
    assert "1,000 of 1,000 tokens" in said
