"""Write what the runs found into docs/benchmarks.md, with a chart per size."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import sentence
from benchmarks.page import table, write_section
from benchmarks.plots import figure

Found = dict[str, Any]
Row = dict[str, Any]
GOAL, FEW = 1.03, 8
SERVED, MIXED = "mean", "probabilities"
WAYS = {
    "mean": "**mean of deltas** (serves)",
    "mean x gain": "ground + gain × mean change",
    "of one length": "mean change, as long as the shards' own",
    "by documents": "mean weighted by documents",
    "A and B apart": "mean of A and mean of B",
    "TIES": "TIES, 20 % kept",
    "agreed": "mean where 4 of 5 agree on the sign",
    "probabilities": "probabilities mixed (a pass per shard)",
    "logits": "logits mixed (a pass per shard)",
    "routed by language": "a shard holds one language: routed",
    "by language, merged": "a shard holds one language: mean",
}
METHOD = """Mean loss in nats per token (lower is better) on {texts} texts of {people} people who
are in no network, {words} tokens in four languages; in brackets its ratio to one adapter that was
trained on everything with the same settings. Every shard reads its documents {epochs}, in batches
of {batch} at a rate of {rate}, in {slices} slices; all shards together read what the one adapter
reads. A gain is chosen on other people who are in no network. Intervals are of 95 %, over
resampled people. One seed."""
GROUNDS = """{members} members, {documents} documents, {tokens} tokens. Every kind of ground has
about as many characters as 150 advertisements, read once (*more ads*: three times as many).
*own*: what Vanne itself says to people, in four languages. *help*: pages of GNOME's help in four
languages (CC-BY-SA). *esco*: names of occupations, in English and German only. *ads*: the demo's,
which share words with the members' texts, though not their sentences. *Shared*: how many of the
words of the members' texts, of their sequences of three and of six words, occur in the ground.
The ratio is to one adapter from the same ground."""
CHARTS_FROM_PAGE = "_static"
DRAWN = ("mean", "mean x gain", "A and B apart", "TIES", "probabilities", "logits")


def write(results: Path, page: Path, charts: Path) -> None:
    """Write the section and the charts from all measurements that are kept."""
    charts.mkdir(parents=True, exist_ok=True)
    everything = {
        path.stem.removeprefix("quality-"): json.loads(path.read_text())
        for path in results.glob("quality-*.json")
    }
    sizes = sorted(
        (found for name, found in everything.items() if name.isdigit()),
        key=lambda found: int(found["members"]),
    )
    parts = ["## What sharding costs in quality", *_head(sizes), *_goal(sizes)]
    parts += [] if sizes else ["No run of the present code is kept."]
    for found in sizes:
        name = f"bench-quality-{found['members']}.svg"
        _draw(charts / name, found)
        parts += [*_size(found), f"![Loss against shards]({CHARTS_FROM_PAGE}/{name})"]
    if "grounds" in everything:
        parts += _grounds(everything["grounds"])
    if "levers" in everything:
        parts += _levers(everything["levers"])
    write_section(page, "quality", "\n\n".join(parts))


def _head(sizes: Sequence[Found]) -> Iterator[str]:
    if not sizes:
        return
    last = sizes[-1]
    settings = last["settings"]
    yield f"`{last['command']}`. {sentence(last['machine'])}."
    yield METHOD.format(
        texts=last["texts"],
        people=last["people"],
        words=f"{last['words']:,}",
        epochs=_times(settings["epochs"]),
        batch=settings["batch_size"],
        rate=settings["learning_rate"],
        slices=settings["slices"],
    )


def _times(epochs: int) -> str:
    return {1: "once", 2: "twice"}.get(epochs, f"{epochs} times")


def _goal(sizes: Sequence[Found]) -> Iterator[str]:
    rows = []
    for found in sizes:
        for way in (SERVED, MIXED):
            row = _row(found, way, FEW)
            if row:
                met = "met" if row["ratio"] <= GOAL else "**not met**"
                low, high = row["ratio_interval"]
                measured = f"{row['ratio']:.3f} ({low:.3f} to {high:.3f})"
                size = f"{found['members']} members, {found['tokens']:,} tokens"
                rows.append([f"{size}: {WAYS[way].replace('*', '')}", f"≤ {GOAL}", measured, met])
    if rows:
        yield table(("8 shards against one adapter", "goal", "measured", ""), rows)


def _size(found: Found) -> Iterator[str]:
    shards = sorted({row["shards"] for row in found["rows"] if "shards" in row})
    yield f"### {found['members']} members"
    yield (
        f"{found['documents']:,} documents, {found['tokens']:,} tokens. Base model alone "
        f"{_only(found, 'base')['loss']:.3f}, ground alone {_only(found, 'ground')['loss']:.3f}. "
        f"AdamW: {found.get('optimizer', 'fresh in each slice, measured before it was carried')}."
    )
    rows = []
    for way, title in WAYS.items():
        cells = [_row(found, way, number) for number in shards]
        if any(cells):
            rows.append([title, *(_cell(cell) for cell in cells)])
    rows.append(["the shards alone, best to worst", *(_range(found, n) for n in shards)])
    yield table(("", *(f"{n} shard{'s' if n > 1 else ''}" for n in shards)), rows)
    gained = [row for n in shards if (row := _row(found, "mean x gain", n))]
    served = [row for n in shards if (row := _row(found, SERVED, n))]
    yield (
        "Gains: " + ", ".join(f"{row['gain']:g} for {row['shards']}" for row in gained) + ". "
        "By language, at 1 and 8 shards: "
        + ", ".join(_language(served, lang) for lang in served[0]["languages"])
        + "."
    )


def _language(rows: Sequence[Row], lang: str) -> str:
    losses = {row["shards"]: row["languages"][lang] for row in rows}
    return f"{lang} {losses[1]:.2f} and {losses[FEW]:.2f}"


def _grounds(found: Found) -> Iterator[str]:
    yield "### What to set out from"
    yield GROUNDS.format(
        members=found["members"],
        documents=f"{found['documents']:,}",
        tokens=f"{found['tokens']:,}",
    )
    rows = []
    shards = sorted({row["shards"] for row in found["rows"] if "shards" in row})
    for kind in dict.fromkeys(row["ground"] for row in found["rows"]):
        of_kind = [row for row in found["rows"] if row["ground"] == kind]
        cells = [_cell(_pick(of_kind, way="mean", shards=n)) for n in shards]
        alone = _pick(of_kind, way="ground")
        same = " / ".join(f"{100 * share:.1f}" for share in alone["shared"].values())
        rows.append([kind, same, f"{alone['loss']:.3f}", *cells])
    many = [f"{n} shards" for n in shards if n > 1]
    yield table(("ground", "shared %", "alone", "one adapter", *many), rows)


def _levers(found: Found) -> Iterator[str]:
    yield "### Other settings"
    yield (
        f"{found['members']} members; one thing changed at a time, at the same ground and for the "
        "single adapter as well. The ratio is to the single adapter with the same change."
    )
    rows = []
    for lever in dict.fromkeys(row["lever"] for row in found["rows"]):
        of_lever = [row for row in found["rows"] if row["lever"] == lever]
        single, mean, gained = (
            _pick(of_lever, way=way, shards=shards)
            for way, shards in (("mean", 1), ("mean", FEW), ("mean x gain", FEW))
        )
        rows.append([lever, f"{single['loss']:.3f}", _cell(mean), _cell(gained)])
    yield table(("", "one adapter", "mean of 8", "8, with gain"), rows)


def _draw(path: Path, found: Found) -> None:
    title = f"Loss of people in no network, {found['members']} members"
    with figure(path, title) as axes:
        for way in DRAWN:
            rows = sorted(
                (row for row in found["rows"] if row["way"] == way), key=lambda row: row["shards"]
            )
            label = WAYS[way].replace("*", "")
            axes.plot(
                [row["shards"] for row in rows], [row["loss"] for row in rows], "o-", label=label
            )
        single = _row(found, "mean", 1)["loss"]
        axes.axhline(single * GOAL, color="#333333", linestyle="--", linewidth=1)
        axes.annotate("one adapter + 3 %", (1, single * GOAL), (0, 3), textcoords="offset points")
        shards = sorted({row["shards"] for row in found["rows"] if "shards" in row})
        axes.set_xscale("log", base=2)
        axes.set_xticks(shards, [str(number) for number in shards])
        axes.set_xlabel("shards")
        axes.set_ylabel("nats per token")
        axes.legend(fontsize=8)


def _pick(rows: Iterable[Row], **wanted: object) -> Row:
    """Return the one row that has these values; an empty one if there is none."""
    found = (row for row in rows if all(row.get(key) == value for key, value in wanted.items()))
    return next(found, {})


def _only(found: Found, way: str) -> Row:
    return _pick(found["rows"], way=way)


def _row(found: Found, way: str, shards: int) -> Row:
    return _pick(found["rows"], way=way, shards=shards)


def _cell(row: Row) -> str:
    if not row:
        return ""
    return f"{row['loss']:.3f} ({row['ratio']:.3f})" if "ratio" in row else f"{row['loss']:.3f}"


def _range(found: Found, shards: int) -> str:
    alone = [
        row["loss"]
        for row in found["rows"]
        if row.get("shards") == shards and row["way"].startswith("shard ")
    ]
    return f"{min(alone):.3f} to {max(alone):.3f}" if alone else ""
