"""The models that an audit looks through: the merged one, each shard's adapter, and the ground.

The ground and the adapters of other shards never saw a member: they say what a model without them
would have said, and no text that is denied has to be read for it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from vanne.errors import VerificationError
from vanne.train.adapter import attach, put
from vanne.train.base import find_base, load_base
from vanne.train.ensemble import load_ensemble
from vanne.train.environment import exactly
from vanne.train.model import Model
from vanne.train.store import Store

MERGED, GROUND = "merged", "ground"
Look = int | str
"""A shard's number, or one of the two names."""
T = TypeVar("T")


def through_all(store: Path, model: Model, do: Callable[[Look, Any], T]) -> dict[Look, T]:
    """Do something with each model in turn, with one base model in memory at a time.

    Raises:
        VerificationError: an adapter, or the base model, is not the one that was trained.
    """
    import torch

    base, place = find_base(model.settings), Store(store)
    if base.digest != model.environment.get("base"):
        raise VerificationError(
            "the base model is not the one that this model was trained on",
            todo="install that one, or `vanne train` again",
        )
    notes: dict[Look, Any] = {shard: chain[-1] for shard, chain in model.shards.items()}
    tensors = {n.key: place.load(n.key, n.sha256) for n in [model.ground, *notes.values()]}

    def ask(look: Look, causal: Any) -> T:
        with torch.inference_mode():  # not while a model is loaded: loading checks its gradients
            return do(look, causal)

    with exactly(model.settings):
        found: dict[Look, T] = {MERGED: ask(MERGED, load_ensemble(store, model).causal)}
        causal = attach(load_base(base), model.settings)
        for look, note in [(GROUND, model.ground), *notes.items()]:
            put(causal, tensors[note.key])
            found[look] = ask(look, causal)
    return found


def stranger(shard: int, shards: int) -> Look:
    """Return a model that never saw the members of a shard: the next shard's, or the ground."""
    return (shard + 1) % shards if shards > 1 else GROUND
