"""Loss curves: what the optimizer steps of each slice came to, as JSON and as a figure.

A point is the mean loss (nats per token) of `STRIDE` optimizer steps. A shard's curve is that
of its slices one after the other.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from vanne.errors import storing
from vanne.files import write_whole
from vanne.plots import COLOURS, figure
from vanne.train.loop import Record
from vanne.train.model import Model
from vanne.train.store import CheckpointMeta, ModelStore

SCHEMA = "vanne/curves/1"
STRIDE = 8
"""Optimizer steps that one point stands for."""

_LEGEND = 6


def curve_of(record: Record) -> tuple[float, ...]:
    """Return the mean loss per token of every `STRIDE` steps; the last point may hold fewer."""
    return tuple(_mean(record[start : start + STRIDE]) for start in range(0, len(record), STRIDE))


def epoch_losses(record: Record, epochs: int) -> tuple[float, ...]:
    """Return the mean loss per token of each epoch."""
    size = len(record) // max(epochs, 1)
    return tuple(_mean(record[size * n : size * (n + 1)]) for n in range(epochs if size else 0))


def curves(model: Model) -> dict[str, Any]:
    """Return the losses of a model's slices as a JSON document."""
    return {
        "schema": SCHEMA,
        "model": model.version,
        "steps_per_point": STRIDE,
        "ground": _losses(model.ground),
        "shards": [list(map(_losses, notes)) for notes in model.shards.values()],
    }


def keep_curves(store: ModelStore, model: Model) -> None:
    """Write the curves of the model that serves, and delete those of any other."""
    document, drawing = (store.curves / f"{model.version}.{kind}" for kind in ("json", "svg"))
    write_whole(document, json.dumps(curves(model), indent=1).encode())
    with figure(drawing, "Loss while training") as axes:
        axes.set_xlabel("optimizer steps of the shard")
        axes.set_ylabel("nats per token")
        _line(axes, [model.ground], COLOURS[4], "ground")
        for shard, notes in model.shards.items():
            label = f"shard {shard}" if len(model.shards) <= _LEGEND else None
            _line(axes, notes, COLOURS[shard % 4], label)
        if axes.lines:
            axes.legend()
    with storing("the loss curves"):
        for path in set(store.curves.iterdir()) - {document, drawing}:
            path.unlink()


def _line(axes: Any, notes: Iterable[CheckpointMeta], colour: str, label: str | None) -> None:
    values = [value for note in notes for value in note.curve]
    if values:
        steps = [STRIDE * (number + 1) for number in range(len(values))]
        axes.plot(steps, values, color=colour, label=label, marker="." if len(values) < 3 else "")


def _losses(note: CheckpointMeta) -> dict[str, Any]:
    wanted = ("documents", "tokens", "losses", "curve")
    return {name: value for name, value in asdict(note).items() if name in wanted}


def _mean(part: Sequence[tuple[float, int]]) -> float:
    return sum(loss for loss, _ in part) / sum(count for _, count in part)
