"""Decide whole tables with one of several engines; give the reasons in file order.

Every engine gives the same reason for every row; `reference` is the specification.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vanne.decide import reference
from vanne.decide.people import People
from vanne.decide.request import EvaluationRequest, PolicyOrName, Tables
from vanne.errors import InputError, did_you_mean, storing
from vanne.files import sync
from vanne.sources.batches import NO_PART
from vanne.sources.relation import PathOrTable, Source, is_query, source_of
from vanne.sources.tables import read_items, read_members
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose, Reason

if TYPE_CHECKING:
    import pyarrow as pa

    from vanne.ledger.ledger import Ledger

__all__ = [
    "ENGINES",
    "Engine",
    "EvaluationRequest",
    "Tables",
    "decide",
    "decide_tables",
    "refuse_overwriting",
    "write_verdicts",
]

BATCH_ROWS = 50_000

Engine = Literal["reference", "kernel", "duckdb", "spark"]
ENGINES: tuple[Engine, ...] = ("reference", "kernel", "duckdb", "spark")

Progress = Callable[[int], None]


def decide(
    items: PathOrTable,
    members: PathOrTable,
    choices: "PathOrTable | Ledger | None" = None,
    *,
    policy: PolicyOrName,
    as_of: str | date,
    purpose: Purpose = MAIN_PURPOSE,
    engine: Engine = "kernel",
) -> "pa.Table":
    """Decide each item of a table: a table of `item_id` and `reason`, in the order of the items.

    A table is a path, a folder, a pattern of files or a query of DuckDB, or anything that exports
    the Arrow C stream: Arrow tables and readers, polars, pandas from 2.2 on, relations of DuckDB.

    Args:
        items: The table of items (docs/reference/tables.md).
        members: The table of members.
        choices: The table of choices, of which those up to `as_of` count; or a ledger, of which
            all entries count; None: no member has chosen.
        policy: A policy, the name of a built-in one, or the path of a TOML file.
        as_of: The time of asking: a day, or a time with its zone.
        purpose: What the items would be used for.
        engine: Who decides; all give the same reasons.

    Raises:
        ConfigError: there is no such policy, it is wrong, or it has no such purpose.
        InputError: a table cannot be read, or the time is none.
        MissingError: the engine is not installed, or nobody said where it is.
        StorageError: a file is missing, or cannot be read.
        VerificationError: the ledger is damaged.
    """
    import pyarrow as pa

    from vanne.ledger.ledger import Ledger

    question = EvaluationRequest.of(policy, as_of, purpose)
    tables = Tables(
        source_of(items, "items", skip=NO_PART),
        source_of(members, "members"),
        choices
        if choices is None or isinstance(choices, Ledger)
        else source_of(choices, "choices"),
    )
    batches = map(with_reasons, decide_tables(tables, question, engine))
    return pa.Table.from_batches(batches, verdict_schema())


def verdict_schema() -> "pa.Schema":
    """Return the columns of a table of verdicts."""
    import pyarrow as pa

    reason = pa.dictionary(pa.uint8(), pa.string())
    return pa.schema([("item_id", pa.string()), ("reason", reason)])


def with_reasons(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Return `item_id` and the name of the reason, of `item_id` and its code."""
    import pyarrow as pa

    names = pa.array([reason.value for reason in REASONS], pa.string())
    reasons = pa.DictionaryArray.from_arrays(batch["code"], names)
    return pa.record_batch([batch["item_id"].cast(pa.string()), reasons], schema=verdict_schema())


def decide_tables(
    tables: Tables, question: EvaluationRequest, engine: Engine = "kernel"
) -> "Iterator[pa.RecordBatch]":
    """Yield `item_id` (string) and `code` (uint8: `Reason.code`), in the order of the items.

    Raises:
        InputError: a table cannot be read.
        MissingError: the engine is not installed, or nobody said where it is.
    """
    import pyarrow as pa

    from vanne.decide.kernel import judge

    if engine not in ENGINES:
        todo = did_you_mean(engine, list(ENGINES))
        raise InputError(f"there is no engine `{engine}`", todo=todo)
    names = ["item_id", "code"]
    if engine == "kernel":
        for items, decided in judge(tables, question):
            yield pa.record_batch([items.item_ids, pa.array(decided)], names=names)
        return
    if engine != "reference":
        from vanne.decide.sql import decide_with  # SQLGlot takes a third of a second to import

        run = import_module(f"vanne.decide.sql.on_{engine}").verdicts
        yield from decide_with(run, tables, question)
        return
    about = question.policy, question.purpose, question.as_of
    people = People.of(read_members(tables.members), question.counted(tables), *about)
    rows = read_items(tables.items, with_text=False)
    while batch := list(islice(rows, BATCH_ROWS)):
        ids = pa.array([item.item_id for item in batch], pa.string())
        codes = pa.array([reference.decide(item, people).code for item in batch], pa.uint8())
        yield pa.record_batch([ids, codes], names=names)


def write_verdicts(
    batches: "Iterable[pa.RecordBatch]", verdicts: Path | None, progress: Progress | None = None
) -> Counter[Reason]:
    """Write `item_id, reason` to a Parquet or CSV file, if one is named; count the reasons.

    The file appears when it is whole; on any error what was there before stays.

    Raises:
        StorageError: the file cannot be written.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    counts: Counter[Reason] = Counter()

    def counted() -> "Iterator[pa.RecordBatch]":
        for batch in batches:
            rows = np.bincount(batch["code"].to_numpy(), minlength=len(REASONS))
            counts.update({reason: int(rows[reason.code]) for reason in REASONS})
            if progress:
                progress(counts.total())
            yield batch

    if verdicts is None:
        for _ in counted():
            pass
        return +counts  # reasons that decided nothing are not named
    verdicts = Path(os.path.realpath(verdicts))  # a link stays a link
    partial = verdicts.with_name(f".{verdicts.name}.{os.getpid()}.partial")
    as_csv, schema = _is_csv(verdicts), verdict_schema()
    if as_csv:  # which knows no dictionary
        schema = pa.schema([("item_id", pa.string()), ("reason", pa.string())])
    try:
        with storing(f"`{verdicts}`"):
            if as_csv:
                open_writer = pa.csv.CSVWriter(partial, schema)
            else:  # ids plainly: each is another, so a dictionary or statistics are no use
                open_writer = pq.ParquetWriter(
                    partial,
                    schema,
                    compression="zstd",
                    use_dictionary=["reason"],
                    write_statistics=False,
                    store_schema=False,
                )
            with open_writer as writer:
                for batch in counted():
                    writer.write_batch(with_reasons(batch).cast(schema))
            sync(partial)
            partial.replace(verdicts)
            sync(verdicts.parent)
    finally:
        partial.unlink(missing_ok=True)
    return +counts


def refuse_overwriting(verdicts: Path, sources: Iterable[Source]) -> None:
    """Refuse to write the verdicts over anything but earlier ones, or among the tables to read.

    Raises:
        InputError: the path is something else, or lies in the folder of a table.
    """
    todo = "name another with --out"
    paths = (each for each in sources if isinstance(each, str) and each and not is_query(each))
    for source in map(Path, paths):
        if source.is_dir() and verdicts.parent.exists() and verdicts.parent.samefile(source):
            raise InputError(f"`{verdicts}` lies among the tables to read", todo=todo)
    if verdicts.is_symlink() or verdicts.exists():
        if not verdicts.is_file():
            raise InputError(f"`{verdicts}` is not a file", todo=todo)
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            if _is_csv(verdicts):
                with verdicts.open("rb") as file:
                    is_ours = file.readline(100).rstrip(b"\n") == b'"item_id","reason"'
            else:
                is_ours = pq.read_schema(verdicts).names == ["item_id", "reason"]
        except (pa.ArrowInvalid, OSError):
            is_ours = False
        if not is_ours:
            raise InputError(f"`{verdicts}` is there and holds no verdicts", todo=todo)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"
