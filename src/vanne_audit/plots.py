"""The pictures of an audit: ROC curves, exposures, losses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vanne.plots import figure
from vanne_audit.membership import ALL_SHARDS

ROC_ATTACK = "loss"
Found = Mapping[str, Any]


def draw(found: Found, folder: Path) -> list[Path]:
    """Write the pictures that an audit has figures for; return their paths."""
    drawn = [_losses(found, folder / "losses.svg")]
    curves = [r for r in found["membership"] if r["attack"] == ROC_ATTACK and "roc" in r]
    for standing in sorted({row["standing"] for row in curves}):
        some = [row for row in curves if row["standing"] == standing]
        drawn.append(_roc(some, standing, folder / f"roc-{standing}.svg"))
    if found["canaries"]:
        drawn.append(_exposures(found["canaries"], folder / "exposure.svg"))
    return drawn


def _roc(rows: Sequence[Found], standing: str, path: Path) -> Path:
    with figure(path, f"Telling who is {standing} by the loss, in each adapter") as axes:
        for row in rows:
            name = f"{row['who']}, {_view(row['view'])}"
            axes.step(*_curve(row["roc"]), where="post", label=f"{name}: {row['auc']['value']:.2f}")
            if row["view"] == ALL_SHARDS:
                curve = _curve(row["roc_never_trained"])
                label = f"{row['who']}, never trained: {row['never_trained']['value']:.2f}"
                axes.step(*curve, where="post", color="#999999", linestyle="--", label=label)
        axes.plot([0, 1], [0, 1], color="#cccccc", linewidth=1)
        axes.set_xlabel("false-positive rate")
        axes.set_ylabel("true-positive rate")
        axes.legend(fontsize=7, loc="lower right")
    return path


def _curve(shares: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the ROC curve of people who are each found at a false-positive rate."""
    return [0.0, *shares, 1.0], [n / len(shares) for n in range(len(shares) + 1)] + [1.0]


def _exposures(rows: Sequence[Found], path: Path) -> Path:
    ordered = sorted(rows, key=lambda row: (row["standing"], row["shard"], row["slice"]))
    with figure(path, "Exposure of each canary, in bits") as axes:
        places = np.arange(len(ordered))
        names = {"own": "own shard", "merged": "merged", "unseen": "where never seen"}
        for number, (name, label) in enumerate(names.items()):
            bits = [row[name]["bits"] for row in ordered]
            axes.bar(places + 0.27 * (number - 1), bits, width=0.25, label=label)
        axes.axhline(1 / np.log(2), color="#999999", linewidth=1, linestyle="--")
        below = [f"{r['standing']}\n{r['shard']}.{r['slice']}" for r in ordered]
        axes.set_xticks(places, below, fontsize=6, rotation=90 if len(below) > 12 else 0)
        axes.set_xlabel("standing, shard.slice; dashed: what chance gives on average")
        axes.legend(fontsize=8)
    return path


def _losses(found: Found, path: Path) -> Path:
    rows = found["losses"]
    edges = np.histogram_bin_edges([row["own"] for row in rows] or [0.0], 24)
    with figure(path, "Loss of each person in their own shard's adapter") as axes:
        for standing in sorted({(row["who"], row["standing"]) for row in rows}):
            own = [row["own"] for row in rows if (row["who"], row["standing"]) == standing]
            axes.hist(own, edges, alpha=0.5, label=", ".join(standing))
        axes.set_xlabel("nats per token, mean of a person's texts")
        axes.set_ylabel("people")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.legend(fontsize=8)
    return path


def _view(view: str) -> str:
    return f"shard {view}" if view.isdigit() else view
