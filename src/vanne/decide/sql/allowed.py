"""What may be in the SQL of a verdict: little, and all of it means the same in every dialect.

A node type is not enough: `EXTRACT` knows units that differ (the day of the week, the week), a type
may have a zone, `MAX` of two values is another function. So each node type is listed with the parts
that it may have, and where a part is a word, with the words.
"""

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

_PARTS: Mapping[type[exp.Expr], str] = {
    # the frame of a query
    exp.Select: "expressions from_ joins where group distinct with_",
    exp.From: "this",
    exp.Join: "this on side kind",
    exp.Where: "this",
    exp.Group: "expressions",
    exp.Union: "this expression",  # with `distinct` it is another
    exp.Subquery: "this alias",
    exp.With: "expressions",
    exp.CTE: "this alias",
    exp.Table: "this alias",
    exp.TableAlias: "this columns",
    exp.Alias: "this alias",
    exp.Column: "this table",
    exp.Identifier: "this quoted",
    exp.Paren: "this",
    exp.Distinct: "",
    exp.Unnest: "expressions alias",
    exp.ArraySize: "this",
    # values and their types
    exp.Literal: "this is_string",
    exp.Boolean: "this",
    exp.Null: "",
    exp.Cast: "this to",
    exp.DataType: "this",
    # what is asked of them
    exp.And: "this expression",
    exp.Or: "this expression",
    exp.Not: "this",
    exp.EQ: "this expression",
    exp.NEQ: "this expression",
    exp.LT: "this expression",
    exp.LTE: "this expression",
    exp.GT: "this expression",
    exp.GTE: "this expression",
    exp.In: "this expressions",
    exp.Is: "this expression",
    exp.Case: "ifs default",
    exp.If: "this true",
    exp.Coalesce: "this expressions",
    exp.Add: "this expression",
    exp.Mul: "this expression",
    exp.Extract: "this expression",
    exp.Var: "this",
    exp.Min: "this",
    exp.Max: "this",
    exp.Window: "this partition_by over",
}
"""The node types that mean the same in all six dialects, and the parts that each may have."""

_PARTS_OF: Mapping[str, Mapping[type[exp.Expr], str]] = {
    "duckdb": {exp.Explode: "this"},
    "spark": {
        exp.Select: "expressions from_ joins where group distinct with_ laterals",
        exp.Lateral: "this view alias",
        exp.Explode: "this",
        exp.TryCast: "this to",  # how SQLGlot reads Spark's CAST
    },
    "postgres": {exp.ArraySize: "this expression"},
    "trino": {exp.DataType: "this expressions", exp.DataTypeParam: "this"},
    "snowflake": {
        exp.Explode: "this",
        exp.TableFromRows: "this alias",
        exp.Kwarg: "this expression",
    },
}
"""What a dialect says for one of those: how it takes a list apart, how exact its times are."""

_TYPES = {
    exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ,
}  # fmt: skip
"""None of them has a zone: SQLGlot calls one that has TIMESTAMPTZ or TIMESTAMPLTZ."""

_WORDS: Mapping[tuple[type[exp.Expr], str], set[Any]] = {
    (exp.DataType, "this"): _TYPES,
    (exp.Var, "this"): {"YEAR", "MONTH", "DAY", "INPUT"},
    (exp.Join, "side"): {"LEFT"},
    (exp.Join, "kind"): {"CROSS"},
    (exp.Window, "over"): {"OVER"},
}

_NODES: Mapping[tuple[type[exp.Expr], str], type[exp.Expr]] = {
    (exp.Is, "expression"): exp.Null,  # Trino has no IS TRUE, and SQLGlot leaves it out
    (exp.Extract, "this"): exp.Var,
    (exp.DataTypeParam, "this"): exp.Literal,
}


def strange(query: exp.Expr, dialect: str | None = None) -> str | None:
    """Return what in a query is not on the list, if anything is; `dialect`: its text was read."""
    parts = {**_PARTS, **_PARTS_OF.get(dialect or "", {})}
    for node in query.walk():
        kind = type(node)
        if kind not in parts:
            return str(node.name if kind is exp.Anonymous else node.key)
        for name, value in node.args.items():
            if value is None or value is False or value == []:
                continue
            words, wanted = _WORDS.get((kind, name)), _NODES.get((kind, name))
            if (
                name not in parts[kind].split()
                or (words is not None and value not in words)
                or (wanted is not None and type(value) is not wanted)
            ):
                return str(node.key)
    return None
