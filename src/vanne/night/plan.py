"""The file of a night: which sources there are, and which steps follow.

    policy = "linkedin-2025-11-03"      # begins the network; later it is changed by a notice

    textfile = "/var/lib/prometheus/node-exporter/vanne.prom"       # optional

    [[sources]]
    name = "posts"
    table = "items"                     # or "members", "choices"
    from = "SELECT id AS item_id, author AS owner, … FROM read_parquet('/lake/posts/*.parquet')"
    watermark = "updated_at"            # a column of the query: when a row of an item was written
    whole = true                        # an item that the source has no more is deleted
    drift = "accept"                    # other columns or types than before are let in

A source is a query of DuckDB, the path of a table, or an address (`vanne.sources.lake`). Each night
it is compared with what was taken of it, row by row (`vanne.night.intake`).
"""

import logging
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from vanne.errors import ConfigError, storing
from vanne.toml import TomlTable, syntax_error
from vanne.worker.steps import STEPS

log = logging.getLogger("vanne.night")

Kind = Literal["members", "choices", "items"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are taken: nothing is let in before every choice is heard."""
USUAL_STEPS = tuple(STEPS)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class NightSource:
    """One source. `query` is a query, a path or an address.

    Of one that `is_whole` an absent item is deleted. `is_loose` lets in other columns than before.
    """

    name: str
    kind: Kind
    query: str
    watermark: str | None = None
    is_whole: bool = False
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What a night does. `policy` begins a network.

    The numbers of the night are also written to `textfile`.
    """

    sources: tuple[NightSource, ...]
    policy: str | None = None
    textfile: Path | None = None
    steps: tuple[str, ...] = USUAL_STEPS


def read_plan(file: Path) -> NightPlan:
    """Read the file of a night; sources are in the order in which they are taken.

    Raises:
        ConfigError: a key is wrong or unknown: file, line, suggestion.
        StorageError: the file cannot be read.
    """
    with storing(f"`{file}`"):
        text = file.read_bytes().decode(errors="replace")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name}: not valid TOML: {syntax_error(error)}") from error
    table = TomlTable(data, "", file.name, text)
    limits = table.optional("limits")
    _pass_over(limits, "share")
    limits.close()
    plan = NightPlan(
        policy=table.take("policy", str, None),
        textfile=Path(textfile) if (textfile := table.take("textfile", str, None)) else None,
        steps=table.strings("steps", USUAL_STEPS),
        sources=tuple(sorted(map(_source, table.tables("sources")), key=_order)),
    )
    table.close()
    names = [each.name for each in plan.sources]
    for name in names:
        if names.count(name) > 1:
            table.fail("sources", f"two sources are called `{name}`", "rename one")
    if sum(each.kind == "members" for each in plan.sources) > 1:
        table.fail("sources", "two sources are of members", "join them in one query")
    for step in plan.steps:
        if step not in STEPS:
            table.fail("steps", f"there is no step `{step}`", f"use: {', '.join(STEPS)}")
    return plan


def _source(table: TomlTable) -> NightSource:
    source = NightSource(
        name=table.take("name", str),
        kind=table.word("table", KINDS),
        query=table.take("from", str),
        watermark=table.take("watermark", str, None),
        is_whole=table.take("whole", object, False),
        is_loose=table.word("drift", ("refuse", "accept"), "refuse") == "accept",
    )
    if not _NAME.fullmatch(source.name):
        table.fail("name", "is no name of a source", "use small letters, digits and dashes")
    _pass_over(table, "late")
    if not isinstance(source.is_whole, bool):
        table.fail("whole", "is not true or false", "write `whole = true`")
    if source.kind != "items" and source.watermark:
        log.warning(
            "`watermark` of `%s` is not needed: %s are read whole", source.name, source.kind
        )
    if source.is_whole and (source.kind != "items" or "delta-changes:" in source.query):
        table.fail("whole", "is for a source that has each item each night", "take it out")
    table.close()
    return source


def _pass_over(table: TomlTable, key: str) -> None:
    """Read a key of version 0.2 that has no effect any more."""
    if table.take(key, object, None) is not None:
        log.warning("`%s` in the file of the night has no effect: take it out", key)


def _order(source: NightSource) -> int:
    return KINDS.index(source.kind)
