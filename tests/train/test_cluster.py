"""Ray trains slices in other processes, and the result is the same, whatever happens to a worker."""

import os
import pickle
import signal
from contextlib import chdir, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.tiny import GROUND, SALT, documents, save_tiny_model
from tests.train.tiny import train as tiny_train
from vanne.errors import BusyError, ConfigError, MissingError, RefusedError
from vanne.train import cluster
from vanne.train.cluster import SliceJob, on_ray
from vanne.train.fit import FitOptions, prepare
from vanne.train.model import current
from vanne.train.store import ModelStore

pytestmark = (
    pytest.mark.model
)  # not for the model: Ray gives itself 30 s to start, and needs a core

ROWS = documents(8)


def train(store, settings, rows=ROWS, **options):
    return tiny_train(rows, store, settings, **options)


@pytest.fixture(scope="module")
def ray(tmp_path_factory):
    """Start Ray on this machine once, as `on_ray()` would, in a folder with a hostile module."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "colorsys.py").write_text("IS_HOSTILE = True")
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        patch.setenv(
            "RAY_OVERRIDE_RESOURCES", '{"CPU": 1}'
        )  # each worker loads torch: one is enough
        with cluster._connected(None, 100_000_000) as ray:
            yield ray


def test_worker_takes_no_code_from_the_folder_in_which_the_driver_began(ray):
    def is_hostile():
        import colorsys

        return hasattr(colorsys, "IS_HOSTILE")

    assert not ray.get(ray.remote(is_hostile).remote())


@pytest.fixture(scope="module")
def alone(tiny, tmp_path_factory):
    """Train in one process what the others are compared with."""
    return train(tmp_path_factory.mktemp("alone"), tiny)


def workers():
    """Return the processes that train slices for us: children of a child of this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"vanne slice" in (path / "cmdline").read_bytes():
                raylet = (path / "stat").read_text().rpartition(")")[2].split()[1]
                parent = Path(f"/proc/{raylet}/stat").read_text().rpartition(")")[2].split()[1]
                found += [int(path.name)] if int(parent) == os.getpid() else []
    return found


class Killer:
    """A progress that kills a worker with SIGKILL as soon as there is one that trains."""

    def __init__(self):
        self.killed = []

    def __call__(self, done, total, place):
        if not self.killed and "shard" in place:
            self.killed = workers()[:1]
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)


def test_result_is_what_one_process_gives(ray, tiny, tmp_path, alone):
    seen = []
    model = train(tmp_path, tiny, workers=on_ray(), progress=lambda *step: seen.append(step))
    assert model.digests == alone.digests
    assert model.version == alone.version == current(tmp_path).version
    assert model.run.tokens == alone.run.tokens
    assert seen[-1][:2] == (alone.run.tokens + alone.run.ground_tokens,) * 2
    assert train(tmp_path, tiny, workers=on_ray()).run.tokens == 0


def test_killed_worker_publishes_nothing_or_is_replaced_and_the_result_is_the_same(
    ray, tiny, tmp_path
):
    slow = replace(tiny, epochs=40)  # slices of half a second, so that there is time to kill
    rows = documents(4)
    expected = train(tmp_path / "alone", slow, rows=rows)
    with pytest.raises(BusyError, match="a worker died while it trained shard") as caught:
        train(tmp_path / "ray", slow, rows=rows, workers=on_ray(retries=0), progress=Killer())
    assert "run this again" in caught.value.todo
    with pytest.raises(MissingError):
        current(tmp_path / "ray")
    killer = Killer()
    model = train(tmp_path / "ray", slow, rows=rows, workers=on_ray(), progress=killer)
    assert killer.killed
    assert model.digests == expected.digests
    assert current(tmp_path / "ray") == model


def test_worker_in_another_environment_is_refused_with_the_difference(
    ray, tiny, tmp_path, monkeypatch
):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")  # here, and not in the workers
    with pytest.raises(RefusedError, match="ONEDNN_MAX_CPU_ISA: not set there, AVX2 here"):
        train(tmp_path, tiny, workers=on_ray())
    with pytest.raises(MissingError):
        current(tmp_path)


def test_fault_in_a_worker_is_the_error_that_one_process_raises(ray, tiny, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    broken = save_tiny_model(tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"][0, 0] = torch.nan
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    settings = replace(tiny, base=str(broken))
    with pytest.raises(ConfigError, match="no longer a number in shard"):
        train(tmp_path / "store", settings, ground=(), workers=on_ray())


def test_job_holds_no_member_no_salt_and_no_text(tiny, tmp_path):
    work = prepare(ROWS, ModelStore(tmp_path), tiny, GROUND, FitOptions(salt=SALT))
    jobs = [SliceJob(task, tiny, work.here, work.elsewhere) for task in work.tasks]
    sent = pickle.dumps(jobs)
    assert len(jobs) > 3
    assert b"member" not in sent
    assert b"wrote" not in sent
    assert SALT not in sent
    assert b"item-3-0" in sent


def test_missing_ray_says_what_to_type(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingError, match="the package `ray` is not installed") as caught:
        train(tmp_path, tiny, workers=on_ray())
    assert str(caught.value.todo) == "run `pip install 'vanne[ray]'`"
