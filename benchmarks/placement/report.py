"""Turn the measurements of `benchmarks/placement` into the section and the charts of the docs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.page import table, write_section
from benchmarks.placement.rates import SCENARIOS
from benchmarks.plots import figure

Found = dict[str, Any]

BUDGET = 1.1
DRAWN = (
    "hash",
    "likely leavers last, AUC 0.6",
    "likely leavers last, AUC 0.8",
    "who leaves is known",
)


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the charts from the largest network that was measured."""
    everything = [json.loads(path.read_text()) for path in results.glob("placement-*.json")]
    found = max(everything, key=lambda one: one["networks"]["made up"]["items"])
    charts.mkdir(parents=True, exist_ok=True)
    _draw_alone(charts / "bench-placement-one.svg", found["networks"]["made up"]["alone"])
    _draw_year(charts / "bench-placement-year.svg", found["networks"]["made up"]["years"])
    write_section(page, "placement", "\n\n".join(_parts(found)))


def _parts(found: Found) -> Iterator[str]:
    large = found["networks"]["made up"]
    yield "## Where members are put, and how often the model forgets"
    yield (
        f"`{found['command']}`\n\nComputed, not trained. A slice costs its tokens. A shard is "
        "trained again from its first changed slice on. `tests/benchmarks` checks this model "
        "against what forgetting really trains. The figures are means of random years."
    )
    for name, network in found["networks"].items():
        yield (
            f"### One member who leaves, {name} network of {network['members']:,} members\n\n"
            + _one(network["alone"])
        )
    yield "![One member's cost against shards](_static/bench-placement-one.svg)"
    yield MINIMA
    yield f"### A year of opt-outs, {large['members']:,} members"
    yield _sources(large)
    yield _places(large["years"])
    yield "![A year's cost against shards](_static/bench-placement-year.svg)"
    yield _grid(large["years"])
    yield _verdict(found)
    yield _growth(large)


MINIMA = """- *The minimum* is (L + 1) / 2LS of a full training with S shards of L slices, for
  members who are alike and evenly spread. On average half of the slices come after the leaver's
  own.
- With several shards the means are higher. An opt-out also takes out items of other people with
  the leaver in them, from the last slices of these people's shards.
- No number of slices takes a chain in a fixed order below 1 / 2S: retraining what came after a
  removed item.
- If it were known who leaves, leavers would come last, and cost next to nothing. A shard for
  every member would cost nothing, and the model would be worth nothing."""


def _one(rows: list[Found]) -> str:
    slices = sorted({row["slices"] for row in rows})
    by = {(row["shards"], row["slices"]): row for row in rows}
    shards = sorted({row["shards"] for row in rows})
    lines = [
        [_shards(s), *(f"{by[s, n]['mean']:.2%} ({by[s, n]['minimum']:.2%})" for n in slices),
         f"{max(by[s, n]['mean'] for n in slices) * s:.2f} / S"]
        for s in shards
    ]  # fmt: skip
    head = [
        "mean share trained again (minimum)",
        *map(_slices, slices),
        "the most",
    ]
    return table(head, lines)


def _shards(count: int) -> str:
    return f"{count} shard{'s' if count > 1 else ''}"


def _slices(count: int) -> str:
    return f"{count} slice{'s' if count > 1 else ''}"


def _sources(network: Found) -> str:
    lines = [
        f"* **{name}**, {scenario.share:.2%} of the members "
        f"({network['years'][name]['leavers']:,}): {scenario.source}"
        for name, scenario in SCENARIOS.items()
    ]
    return (
        "The shares of leavers are the nearest published ones. Half of the leavers leave in the "
        "thirty days after a notice, the others evenly over the year:\n\n" + "\n".join(lines)
    )


def _places(years: Found) -> str:
    cells = {
        (row["place"], scenario, row["cadence"]): row["trainings"]
        for scenario, year in years.items()
        for row in year["places"]
    }
    places = list(dict.fromkeys(place for place, _, _ in cells))
    columns = list(dict.fromkeys((scenario, cadence) for _, scenario, cadence in cells))
    head = ["full trainings a year, 16 shards of 4 slices", *(f"{s}, {c}" for s, c in columns)]
    rows = [
        [f"**{place}**" if place == "hash" else place]
        + [f"{cells[place, *column]:.2f}" for column in columns]
        for place in places
    ]
    return table(head, rows)


def _grid(years: Found) -> str:
    rows = years["middle"]["grid"]
    by = {(row["shards"], row["slices"], row["cadence"]): row["trainings"] for row in rows}
    slices = sorted({row["slices"] for row in rows})
    lines = [
        [_shards(s), *(f"{by[s, n, 'nightly']:.1f} / {by[s, n, 'when due']:.1f}"
                          for n in slices)]
        for s in sorted({row["shards"] for row in rows})
    ]  # fmt: skip
    head = [
        "middle, full trainings a year: nightly / when due",
        *map(_slices, slices),
    ]
    return table(head, lines)


def _verdict(found: Found) -> str:
    year = found["networks"]["made up"]["years"]
    rows = [
        [f"{row['moves']:.2%}", *(f"{year[name]['moves'][n]['trainings']:.2f}" for name in year)]
        for n, row in enumerate(year["middle"]["moves"])
    ]
    head = ["members whose place changes within the year", *(f"{name}, nightly" for name in year)]
    return (
        "A predictor is worth what it knows. The published one, the age of people who opted out "
        f"in England, tells leavers apart with an AUC of {found['auc_by_age']:.2f}. A member who "
        "changes slice edits both slices. *Likely leavers last, AUC 0.8*, when some of those who "
        "stay move once:\n\n" + table(head, rows)
    )


def _growth(network: Found) -> str:
    years = network["years"]
    names = {1: "taken out every night", 30: "taken out every 30 days"}
    rows = [
        [f"{row['place']}, {names[row['nights']]}"]
        + [f"{years[name]['growth'][n]['trainings']:.2f}" for name in years]
        for n, row in enumerate(years["middle"]["growth"])
    ]
    return (
        f"### When new items come in\n\nThe year's new items ({network['new']:.1%} of all) come in "
        "every 30 days. Placed by a hash, they touch every slice each time.\n\n"
        + table(["full trainings a year, 16 shards of 4 slices", *years], rows)
    )


def _draw_alone(path: Path, rows: list[Found]) -> None:
    with figure(path, "What one member costs, as a share of a full training") as axes:
        shards = sorted({row["shards"] for row in rows})
        for slices in (1, 4, 16):
            line = {row["shards"]: row for row in rows if row["slices"] == slices}
            shares = [line[s]["mean"] for s in shards]
            axes.plot(shards, shares, "o", label=f"{_slices(slices)}, mean over all members")
            least = [line[s]["minimum"] for s in shards]
            axes.plot(shards, least, "-", color=axes.lines[-1].get_color(), linewidth=1)
        axes.plot(shards, [1 / (2 * s) for s in shards], "--", color="#333333",
                  label="limit of any chain in a fixed order: 1 / 2S")  # fmt: skip
        axes.plot(
            shards, [BUDGET / s for s in shards], ":", color="#333333", label="budget: 1.1 / S"
        )
        axes.set(xscale="log", yscale="log", xlabel="shards", ylabel="share of a full training")
        axes.set_xticks(shards, [str(s) for s in shards])
        axes.legend(title="lines: the minimum (L + 1) / 2LS")


def _draw_year(path: Path, years: Found) -> None:
    title = "A year of opt-outs, forgotten every night (2.2 % of the members, 4 slices)"
    with figure(path, title) as axes:
        for place in DRAWN:
            rows = [row for row in years["middle"]["shards"] if row["place"] == place]
            axes.plot([row["shards"] for row in rows], [row["trainings"] for row in rows], "o-",
                      label=place)  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="shards", ylabel="full trainings")
        shards = sorted({row["shards"] for row in years["middle"]["shards"]})
        axes.set_xticks(shards, [str(s) for s in shards])
        axes.legend()
