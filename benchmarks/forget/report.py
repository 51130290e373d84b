"""Turn the measurements of `benchmarks/forget` into the section and the chart of the docs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from benchmarks.plots import figure

Found = dict[str, Any]

BUDGET = 1.1


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the chart from the largest network that was measured."""
    everything = [json.loads(path.read_text()) for path in results.glob("forget-*.json")]
    found = max(everything, key=lambda one: one["members"])
    charts.mkdir(parents=True, exist_ok=True)
    _draw(charts / "bench-forget.svg", found)
    write_section(page, "forget", "\n\n".join(_parts(found)))


def _parts(found: Found) -> Iterator[str]:
    first = found["grids"][0]["full"]["said"]
    yield "## What forgetting costs"
    yield (
        f"`{found['command']}`\n\n{sentence(found['machine'])}. Demo network of {found['members']} "
        f"members, {first['documents']:,} documents, {first['tokens']:,} tokens, one epoch, "
        f"{found['grids'][0]['slices']} slices a shard."
    )
    yield _budget(found)
    yield "![Forgetting as a share of a full training](_static/bench-forget.svg)"
    yield _leavers(found)
    yield _fixed(found)


def share(grid: Found, leave: Found, what: str = "cpu") -> float:
    """Return what a forgetting took, as a share of a full training without its ground.

    `cpu`: of the whole processes. `training`: of the training alone, by its tokens.
    """
    run, full = leave["run"], grid["full"]
    if what == "training":
        return float(run["said"]["tokens"] / run["said"]["tokens_full"])
    return float(run["cpu_s"] / (full["cpu_s"] - full["said"]["ground_cpu_s"]))


def fixed(grid: Found) -> float:
    """Return the CPU seconds of a full training that are not spent on training."""
    full = grid["full"]
    said = full["said"]
    return float(full["cpu_s"] - said["training_cpu_s"] - said["ground_cpu_s"])


def shards_of(grid: Found) -> str:
    """Return the number of shards in words."""
    return f"{grid['shards']} shard{'s' if grid['shards'] > 1 else ''}"


def _budget(found: Found) -> str:
    rows = []
    for grid in found["grids"]:
        one, most = grid["leave"]["one member"], BUDGET / grid["shards"]
        tokens, cpu = share(grid, one, "training"), share(grid, one)
        rows.append(
            [shards_of(grid), f"≤ {most:.1%}", f"{one['minimum']:.1%}",
             f"{one['planned_mean']:.1%}", f"{tokens:.1%}", f"{cpu:.1%}",
             "met" if cpu <= most else "**not met**"]
        )  # fmt: skip
    head = ["one member, as a share of a full training", "budget", "minimum (L + 1) / 2LS",
            "mean of all members, planned", "the median member: tokens", "CPU of the whole command",
            ""]  # fmt: skip
    return table(head, rows)


def _leavers(found: Found) -> str:
    rows = []
    for grid in found["grids"]:
        for name, leave in grid["leave"].items():
            run = leave["run"]
            rows.append(
                [f"{shards_of(grid)}, {name}", f"{leave['members']}",
                 f"{leave['planned_mean']:.1%}", f"{run['said']['tokens']:,}",
                 f"{share(grid, leave, 'training'):.1%}", f"{run['cpu_s']:.1f}",
                 f"{share(grid, leave):.1%}", f"{run['wall_s']:.1f}",
                 _at_once(leave)]
            )  # fmt: skip
    head = ["who leaves", "members", "planned, mean of the draws", "tokens trained again", "share",
            "CPU s", "share", "wall s", "phase one alone, CPU s / wall s"]  # fmt: skip
    return table(head, rows)


def _at_once(leave: Found) -> str:
    run = leave.get("at_once")
    return f"{run['cpu_s']:.1f} / {run['wall_s']:.1f}" if run else ""


def _fixed(found: Found) -> str:
    rows = [
        [shards_of(grid), f"{grid['full']['said']['tokens']:,}",
         f"{grid['full']['said']['training_cpu_s']:.1f}", f"{grid['full']['cpu_s']:.1f}",
         f"{fixed(grid):.1f}", f"{_left_over(grid):.1f}", f"{_enough(grid):,.0f}"]
        for grid in found["grids"]
    ]  # fmt: skip
    head = ["", "tokens of a full training", "CPU s of training", "CPU s of the process",
            "not training, full", "not training, one member",
            "tokens from which one member is in the budget"]  # fmt: skip
    return (
        "A command also starts an interpreter, imports torch, transformers and peft, checks the "
        "base model, and refreshes the corpus. These costs are the same for one member as for "
        "everybody. At small sizes they break the budget:\n\n" + table(head, rows)
    )


def _rate(grid: Found) -> float:
    said = grid["full"]["said"]
    return float(said["tokens"] / said["training_cpu_s"])


def _left_over(grid: Found) -> float:
    run = grid["leave"]["one member"]["run"]
    return float(run["cpu_s"] - run["said"]["tokens"] / _rate(grid))


def _enough(grid: Found) -> float:
    """Return the tokens of a full training at which fixed costs and mean share fit the budget."""
    over = BUDGET / grid["shards"] - grid["leave"]["one member"]["planned_mean"]
    missing = _left_over(grid) - BUDGET / grid["shards"] * fixed(grid)
    return max(missing, 0.0) / over * _rate(grid) if over > 0 else float("inf")


def _draw(path: Path, found: Found) -> None:
    grids = sorted(found["grids"], key=lambda grid: grid["shards"])
    shards = [grid["shards"] for grid in grids]
    names = list(dict.fromkeys(name for grid in grids for name in grid["leave"]))
    with figure(path, "Forgetting, as a share of a full training") as axes:
        for name in names:
            line = [(g["shards"], share(g, g["leave"][name])) for g in grids if name in g["leave"]]
            axes.plot(*zip(*line, strict=True), "o-", label=f"{name}, CPU of the command")
        one = [share(grid, grid["leave"]["one member"], "training") for grid in grids]
        axes.plot(shards, one, "s", fillstyle="none", color="#333333", label="one member, tokens")
        least = [grid["leave"]["one member"]["minimum"] for grid in grids]
        axes.plot(shards, least, "--", color="#333333", label="minimum (L + 1) / 2LS")
        axes.plot(
            shards, [BUDGET / s for s in shards], ":", color="#333333", label="budget: 1.1 / S"
        )
        axes.set(xscale="log", yscale="log", xlabel="shards", ylabel="share of a full training")
        axes.set_xticks(shards, [str(s) for s in shards])
        axes.legend()
