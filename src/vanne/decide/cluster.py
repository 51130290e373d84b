"""Decide a table of a Spark cluster inside the cluster, by the kernel.

The verdicts are a column that Spark computes beside the items, wherever these lie: no row goes
through the driver, and no item is moved. Each Python process of the cluster reads the members and
the choices once, from a path that all machines see, and folds them. So they must fit into the
memory of each (docs/reference/sizes.md says how large they are); the items need not.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from vanne.decide.item_columns import columns_of
from vanne.decide.kernel import codes_of, folded
from vanne.decide.member_columns import MemberColumns
from vanne.decide.request import EvaluationRequest, PolicyOrName, Tables
from vanne.sources.batches import NO_PART, item_batches
from vanne.sources.relation import source_of
from vanne.sources.scan import check_columns
from vanne.sources.schema import ITEMS
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def decide_frame(
    items: "DataFrame",
    members: str,
    choices: str | None = None,
    *,
    policy: PolicyOrName,
    as_of: str | date,
    purpose: Purpose = MAIN_PURPOSE,
) -> "DataFrame":
    """Return `item_id` and `reason` of each row of a table of items: a table that Spark computes.

    `members` and `choices` are paths or patterns that every machine of the cluster sees, and Vanne
    is installed on each. An id that comes twice has a verdict for each of its rows.

    Raises:
        ConfigError: there is no such policy, it is wrong, or it has no such purpose.
        InputError: a column of the items is missing or misspelt.
    """
    import pyarrow as pa
    from pyspark.sql.functions import col, struct
    from pyspark.sql.pandas.functions import arrow_udf

    question = EvaluationRequest.of(policy, as_of, purpose)
    _ = question.rules
    check_columns(dict(items.dtypes), ITEMS, "the items", "items")
    tables = Tables("", members, choices)

    def reasons(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:  # Spark reads these types
        return _reasons(batches, tables, question)

    decided = arrow_udf(reasons, "string")  # type: ignore[call-overload]  # it wants old flags
    there = [c.name for c in ITEMS if c.name in items.columns and c.name not in NO_PART]
    return items.select(
        col("item_id").cast("string").alias("item_id"), decided(struct(*there)).alias("reason")
    )


def _reasons(
    batches: "Iterator[pa.Array]", tables: Tables, question: EvaluationRequest
) -> "Iterator[pa.Array]":
    """Yield the reason of each item, in a process of the cluster."""
    import pyarrow as pa

    members, names = _members(tables, question), pa.array([each.value for each in REASONS])
    for rows in batches:
        table = pa.Table.from_batches([pa.RecordBatch.from_struct_array(rows)])
        codes = [
            pa.array(codes_of(columns_of(batch), members, question))
            for batch in item_batches(source_of(table, "items"))
        ]
        yield pa.chunked_array([names.take(each) for each in codes], pa.string()).combine_chunks()


_FOLDED: dict[object, MemberColumns] = {}


def _members(tables: Tables, question: EvaluationRequest) -> MemberColumns:
    """Fold everybody, once in a process: it decides many parts of a table."""
    key = (tables, question.policy.digest, question.purpose, question.as_of)
    if key not in _FOLDED:
        _FOLDED.clear()
        _FOLDED[key] = folded(tables, question)
    return _FOLDED[key]
