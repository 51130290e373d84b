"""Verdicts as SQL text, for the engine or the warehouse that the data already lies in.

One form (`vanne.decide.sql.query`) is printed for each dialect. SQLGlot hands functions that a
dialect does not have through in silence, so only what is on a list may be in the form, and what was
printed is read back and held against that list again: anything else is refused with the table of
the policy that asked for it. Example:

>>> from datetime import UTC, datetime
>>> from vanne.policy import load
>>> policy, now = load("linkedin-2025-11-03"), datetime.now(UTC)
>>> request = EvaluationRequest(policy, "generative-ai-training", now)
>>> to_sql(request, "trino").splitlines()[0]
'WITH meaning AS ('
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, cast, get_args

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError

from vanne.decide.reference import spoken
from vanne.decide.request import EvaluationRequest
from vanne.decide.sql.query import POLICY_TABLE, QueryInputs, verdict_query, vocabulary_query
from vanne.decide.sql.tables import Dialect, known
from vanne.errors import ConfigError, InputError, did_you_mean
from vanne.policy.load import text_of
from vanne.policy.policy import PurposePolicy
from vanne.policy.toml import line_of
from vanne.sources.scan import opened
from vanne.sources.schema import Column
from vanne.terms import Reason, word

Kind = Literal["reservation", "tag", "sign"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def to_sql(
    question: EvaluationRequest, dialect: Dialect, *, key: str = "item_id", file: str | None = None
) -> str:
    """Return the SELECT that gives (key, code) for each item: `REASONS[code]` is the reason.

    `file` is what the policy was loaded from, so that a refusal can name the line.

    Raises:
        ConfigError: the policy does not have that purpose, or asks for what a dialect cannot say.
    """
    query = verdict_query(QueryInputs(question.rules, question.as_of, key))
    return printed(query, dialect, lambda table: place(question, table, file))


def place(question: EvaluationRequest, table: str, file: str | None = None) -> str:
    """Say where a table of the policy is, with its line if the file is known."""
    path = ".".join(filter(None, ("purposes", question.purpose, table)))
    if file is None:
        return f"{question.policy.name}: `{path}`"
    return f"{file}, line {line_of(text_of(file), path, '')}: `{path}`"


def vocabulary_sql(dialect: Dialect) -> str:
    """Return the SELECT of every (kind, value) whose meaning the table `words` must say."""
    return printed(vocabulary_query(), dialect, lambda _: "the vocabulary of the tables")


def says(rules: PurposePolicy, kind: Kind, value: str) -> str:
    """Return what a text means to a policy: the name of the reason why not, or `allowed`.

    >>> from vanne.policy import load
    >>> rules = load("linkedin-2025-11-03").purpose("generative-ai-training")
    >>> says(rules, "reservation", "train-ai=n"), says(rules, "tag", "travel")
    ('reservation', 'allowed')
    """
    reason: Reason | None = None
    if kind == "reservation":
        reason = spoken(value, rules.reservation_keys)
    elif kind == "sign":
        reason = Reason.MINOR if word(value) in rules.minor_signs else None
    elif word(value) in rules.sensitive_tags:
        reason = Reason.SENSITIVE
    elif not value or value != value.strip():  # reading does not understand it either
        reason = Reason.UNREADABLE
    return (reason or Reason.ALLOWED).value


# Printing


class _Unsaid(Exception):  # noqa: N818
    """A dialect cannot say something, or nobody has looked whether it means the same there."""


def printed(query: exp.Expr, dialect: Dialect, where: Callable[[str], str]) -> str:
    """Print a form in a dialect; refuse whatever is not on the list.

    `where` says where a table of the policy is.

    Raises:
        ConfigError: there is no such dialect, or it cannot say that.
    """
    try:
        return _said(query, known(dialect))
    except _Unsaid as unsaid:
        raise ConfigError(
            f"{where(_policy_table(query, dialect))} needs {unsaid}, which is not "
            f"known to mean the same in {dialect} as elsewhere",
            todo="decide with another engine",
        ) from unsaid


def _said(query: exp.Expr, dialect: Dialect) -> str:
    _refuse_strange(query)
    texts, numbers = _values(query)
    for rewrite in _REWRITES.get(dialect, ()):
        query = query.transform(rewrite)
    try:
        text = query.sql(dialect, pretty=True, unsupported_level=ErrorLevel.RAISE)
        text = _LIST.sub(_filled, text)
        back = parse_one(text, dialect=dialect)
    except SqlglotError as error:
        raise _Unsaid("something") from error
    _refuse_strange(back, dialect)
    texts_back, numbers_back = _values(back)
    if texts != texts_back or not numbers <= numbers_back:
        raise _Unsaid("a text or a number")
    return text


def _refuse_strange(query: exp.Expr, dialect: str | None = None) -> None:
    if (name := strange(query, dialect)) is not None:
        raise _Unsaid(f"`{name}`")


def _values(query: exp.Expr) -> tuple[Counter[str], set[str]]:
    """Return the texts and the numbers in a query."""
    literals = list(query.find_all(exp.Literal))
    texts = Counter(literal.name for literal in literals if literal.is_string)
    return texts, {literal.name for literal in literals if not literal.is_string}


def _policy_table(query: exp.Expr, dialect: Dialect) -> str:
    """Return the table of the policy that asked for it: the first whose part cannot be said."""
    for node in query.walk():
        if node._meta and (table := node._meta.get(POLICY_TABLE)):
            try:
                _said(node, dialect)
            except _Unsaid:
                return str(table)
    return ""


_LIST = re.compile(r"( *)(.* IN) \(\n((?:\s+'[^'\n]*',?\n)+)\s*\)")
"""A list of words, as SQLGlot prints one that is long: a word on each line."""


def _filled(long: re.Match[str]) -> str:
    """Print a list of words in full lines."""
    indent, before, words = long.groups()
    line, lines = "", []
    for text in words.split("\n"):
        if len(line) + len(text.strip()) > _WIDTH:
            lines.append(line)
            line = ""
        line = f"{line} {text.strip()}".strip()
    body = f"\n{indent}  ".join([*lines, line])
    return f"{indent}{before} (\n{indent}  {body}\n{indent})"


_WIDTH = 88


def _in_microseconds(node: exp.Expr) -> exp.Expr:
    """Trino's TIMESTAMP counts milliseconds unless it is told more, and rounds."""
    if isinstance(node, exp.DataType) and node.this is exp.DType.TIMESTAMPNTZ:
        return exp.DataType.build("TIMESTAMP(6)", dialect="trino")
    return node


def _apart_in_place(node: exp.Expr) -> exp.Expr:
    """DuckDB takes lists apart in a third of the time where no join says so."""
    if not isinstance(node, exp.Select):
        return node
    for join in node.args.get("joins") or ():
        if isinstance(unnest := join.this, exp.Unnest):
            inner, alias = node.args["from_"].this, unnest.args["alias"]
            value, taken = alias.columns[0], unnest.expressions[0]
            parts = exp.alias_(exp.Explode(this=exp.column(taken.name, "x")), value)
            inner.this.select(parts, copy=False)
            for column in node.find_all(exp.Column):
                if column.table == alias.name:
                    column.set("table", exp.to_identifier(inner.alias))
            join.pop()
    return node


def _in_capitals(node: exp.Expr) -> exp.Expr:
    """Snowflake reads a name without quotes in capitals; one that needs quotes is like the rest."""
    if isinstance(node, exp.Identifier) and node.quoted:
        return exp.to_identifier(node.name.upper(), quoted=True)
    return node


_REWRITES = {
    "trino": (_in_microseconds,),
    "duckdb": (_apart_in_place,),
    "snowflake": (_in_capitals,),
}
"""What is said otherwise in one dialect, and means the same."""


# What may be in the SQL of a verdict: little, and all of it means the same in every dialect. A node
# type is not enough: `EXTRACT` knows units that differ (the day of the week, the week), a type may
# have a zone, `MAX` of two values is another function. So each node type is listed with the parts
# that it may have, and where a part is a word, with the words.


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

_ZONELESS = {
    exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ,
}  # fmt: skip
"""None of them has a zone: SQLGlot calls one that has TIMESTAMPTZ or TIMESTAMPLTZ."""

_WORDS: Mapping[tuple[type[exp.Expr], str], set[Any]] = {
    (exp.DataType, "this"): _ZONELESS,
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


# What the words in a warehouse's tables mean, for the table `words`: the warehouse runs
# `vocabulary_sql` and writes the rows to a file, this says what each means to a policy, and the
# warehouse loads the answer. Only Python ever reads texts such as reservations.


COLUMNS = (Column("kind", required=True), Column("value", required=True))


def read_vocabulary(source: str) -> Iterator[tuple[Kind, str]]:
    """Yield (kind, value) from a file, a folder or a query; a value that is null is left out.

    Raises:
        InputError: it cannot be read, a column is missing, or a kind is not known.
    """
    with opened(source, COLUMNS, "words", threads=1) as (connection, relation, _):
        query = f"SELECT CAST(kind AS VARCHAR), CAST(value AS VARCHAR) FROM {relation}"
        rows = connection.execute(query)
        number = 0
        while batch := rows.fetchmany(10_000):
            for kind, value in batch:
                number += 1
                if kind not in KINDS:
                    raise InputError(
                        f"{source}: row {number}: the kind is not known",
                        todo=did_you_mean(str(kind), list(KINDS)),
                    )
                if value is not None:
                    yield cast(Kind, kind), value


def meanings(
    rules: PurposePolicy, words: Iterable[tuple[Kind, str]]
) -> Iterator[tuple[Kind, str, str]]:
    """Yield (kind, value, says): the rows of the table `words`."""
    for kind, value in words:
        yield kind, value, says(rules, kind, value)
