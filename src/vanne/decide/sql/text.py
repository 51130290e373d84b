"""Verdicts as SQL text, for the engine or the warehouse that the data already lies in.

One form (`vanne.decide.sql.query`) is printed for each dialect. SQLGlot hands functions that a
dialect does not have through in silence, so only what is on a list may be in the form, and what was
printed is read back and held against that list again: anything else is refused with the table of
the policy that asked for it. Example:

>>> from datetime import UTC, datetime
>>> from vanne.policy import load
>>> asked = Question(load("linkedin-2025-11-03"), "generative-ai-training", datetime.now(UTC))
>>> to_sql(asked, "trino").splitlines()[0]
'WITH meaning AS ('
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal, get_args

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError

from vanne.decide.question import Question
from vanne.decide.reference import spoken
from vanne.decide.sql.allowed import strange
from vanne.decide.sql.query import POLICY_TABLE, Asked, verdict_query, vocabulary_query
from vanne.decide.sql.tables import Dialect, known
from vanne.errors import ConfigError
from vanne.policy.load import text_of
from vanne.policy.policy import PurposePolicy
from vanne.policy.toml import line_of
from vanne.terms import Reason, word

Kind = Literal["reservation", "tag", "sign"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def to_sql(
    question: Question, dialect: Dialect, *, key: str = "item_id", file: str | None = None
) -> str:
    """Return the SELECT that gives (key, code) for each item: `REASONS[code]` is the reason.

    `file` is what the policy was loaded from, so that a refusal can name the line.

    Raises:
        ConfigError: the policy does not have that purpose, or asks for what a dialect cannot say.
    """
    query = verdict_query(Asked(question.rules, question.as_of, key))
    return printed(query, dialect, lambda table: place(question, table, file))


def place(question: Question, table: str, file: str | None = None) -> str:
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
    reason = _reason(rules, kind, value)
    return (reason or Reason.ALLOWED).value


def _reason(rules: PurposePolicy, kind: Kind, value: str) -> Reason | None:
    if kind == "reservation":
        return spoken(value, rules.reservation_keys)
    if kind == "sign":
        return Reason.MINOR if word(value) in rules.minor_signs else None
    if word(value) in rules.sensitive_tags:
        return Reason.SENSITIVE
    is_clean = value and value == value.strip()  # reading does not understand another either
    return None if is_clean else Reason.UNREADABLE


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
            f"{where(_table_of_what_cannot_be_said(query, dialect))} needs {unsaid}, which is not "
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


def _table_of_what_cannot_be_said(query: exp.Expr, dialect: Dialect) -> str:
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
