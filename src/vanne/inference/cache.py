"""The GGUF file that the fast engine reads: made once for each version, recorded as a copy.

It lies in STORE/cache, and forgetting deletes it as it does every recorded copy of a model. What a
killed process left there is cleared away first.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from vanne.errors import ConflictError, MissingError, storing
from vanne.files import locked, sync
from vanne.inference.togguf import require_source, write_gguf
from vanne.train.ensemble import load_ensemble
from vanne.train.exports import Exported, digest_of, record, recorded
from vanne.train.model import Model, current
from vanne.train.store import Store

FOLDER = "cache"


def cached_gguf(store: Path, model: Model, at: datetime) -> Path:
    """Return the GGUF file of a model, making it if it is not there whole.

    Raises:
        ConflictError: another model serves meanwhile.
        RefusedError: the base model did not come as a GGUF file.
    """
    path = (store / FOLDER / f"{model.version}.gguf").absolute()
    with _held(path.parent):
        if not _is_whole(store, path):
            source, partial = require_source(model.settings), path.with_suffix(".partial")
            ensemble = load_ensemble(store, model)
            write_gguf(source, ensemble.causal, adapted(store, model), model.version, partial)
            with storing("the cache of the model"):
                sync(partial)
            record(store, Exported("cache", path, model.version, at, digest_of(partial)))
            with storing("the cache of the model"):
                partial.rename(path)
                sync(path.parent)
            require_current(store, model, path)
    return path


def adapted(store: Path, model: Model) -> list[str]:
    """Return the names of the layers that the model's adapters change."""
    note = model.shards[0][-1]
    names = Store(store).load(note.key, note.sha256)
    layers = (name.partition(".lora_A.")[0] for name in names if ".lora_A." in name)
    return sorted(name.removeprefix("base_model.model.") for name in layers)


def require_current(store: Path, model: Model, copy: Path) -> None:
    """Delete a copy that has just been put in its place if its model was replaced meanwhile.

    Raises:
        ConflictError: it was.
    """
    try:
        is_current = current(store).version == model.version
    except MissingError:
        is_current = False
    if not is_current:
        with storing("the copy of a model that was replaced"):
            delete(copy)
        raise ConflictError(
            f"model `{model.version[:12]}` was replaced while it was copied",
            todo="run this again: another model serves now",
        )


def delete(copy: Path) -> None:
    """Delete a file or a folder."""
    if copy.is_dir():
        shutil.rmtree(copy)
    else:
        copy.unlink(missing_ok=True)


def _is_whole(store: Path, path: Path) -> bool:
    known = [copy.digest for copy in recorded(store) if copy.path == path]
    return path.is_file() and bool(known) and digest_of(path) == known[-1]


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the cache, waiting for whoever holds it; clear away what a killed process left."""
    with storing("the cache of the model"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        with storing("the cache of the model"):
            for partial in folder.glob("*.partial"):
                partial.unlink()
        yield
