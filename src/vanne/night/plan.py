"""The file of a night: which sources there are, what is too odd to be let in, which steps follow.

    policy = "linkedin-2025-11-03"      # begins the network; later it is changed by a notice

    textfile = "/var/lib/prometheus/node-exporter/vanne.prom"       # optional

    [[sources]]
    name = "posts"
    table = "items"                     # or "members", "choices"
    from = "SELECT id AS item_id, author AS owner, … FROM read_parquet('/lake/posts/*.parquet')"
    watermark = "updated_at"            # a column of the query: only what is new is read
    late = "2 days"                     # rows that come so late are taken, too
    drift = "accept"                    # other columns or types than before are let in

A source is a query of DuckDB, the path of a table, or an address (`vanne.sources.lake`). Members
are read whole each time. Of choices and items only what is new is taken: they need a watermark.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from vanne.errors import ConfigError, storing
from vanne.toml import TomlTable, syntax_error
from vanne.worker.steps import STEPS

Kind = Literal["members", "choices", "items"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are taken: nothing is let in before every choice is heard."""
SHARE = 20
"""By so many points of a hundred the share of a reason may differ from that of earlier nights."""
USUAL_STEPS = tuple(STEPS)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LATE = re.compile(r"\d{1,6} (second|minute|hour|day)s?|\d{1,15}")


@dataclass(frozen=True, slots=True)
class NightSource:
    """One source. `query` is a query, a path or an address.

    `late` is an interval, or a difference of numbers. `is_loose` lets other columns in than before.
    """

    name: str
    kind: Kind
    query: str
    watermark: str | None = None
    late: str = "0"
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What a night does. `share` is in points of a hundred; `policy` begins a network.

    The numbers of the night are also written to `textfile`.
    """

    sources: tuple[NightSource, ...]
    policy: str | None = None
    textfile: Path | None = None
    share: int = SHARE
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
    plan = NightPlan(
        policy=table.take("policy", str, None),
        textfile=Path(textfile) if (textfile := table.take("textfile", str, None)) else None,
        share=limits.number("share", 1, 100, SHARE),
        steps=table.strings("steps", USUAL_STEPS),
        sources=tuple(sorted(map(_source, table.tables("sources")), key=_order)),
    )
    limits.close()
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
        late=table.take("late", str, "0"),
        is_loose=table.word("drift", ("refuse", "accept"), "refuse") == "accept",
    )
    if not _NAME.fullmatch(source.name):
        table.fail("name", "is no name of a source", "use small letters, digits and dashes")
    if not _LATE.fullmatch(source.late):
        table.fail("late", "is no time", 'say how late a row may come, such as "2 days"')
    if source.kind == "members" and source.watermark:
        table.fail("watermark", "members are read whole", "take it out")
    if source.kind != "members" and not source.watermark:
        table.fail("watermark", "is missing", "name the column that says when a row was written")
    table.close()
    return source


def _order(source: NightSource) -> int:
    return KINDS.index(source.kind)
