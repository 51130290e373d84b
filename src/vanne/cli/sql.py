"""`vanne sql`: a policy as SQL for a warehouse, and the meaning of the words in its tables."""

import csv
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import MomentParam, answer, as_json
from vanne.terms import MAIN_PURPOSE

if TYPE_CHECKING:
    from vanne.decide.request import EvaluationRequest
    from vanne.decide.sql import Dialect
    from vanne.policy import Policy

SCHEMA = "vanne/sql/1"


@click.command()
@click.option("--policy", "policy_name", metavar="NAME", help="A built-in policy or a TOML file.")
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--as-of", "as_of", type=MomentParam(), help="The time of asking.")
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "spark", "postgres", "trino", "bigquery", "snowflake"]),
    help="Whose SQL.",
)
@click.option("--tables", is_flag=True, help="Print a CREATE TABLE for each table it reads.")
@click.option("--vocabulary", is_flag=True, help="Print the SELECT of all words in the tables.")
@click.option("--words", metavar="FILE", help="Say what the words in FILE (kind, value) mean: CSV.")
@as_json
def command(
    policy_name: str | None,
    purpose: str,
    as_of: datetime | None,
    dialect: "Dialect | None",
    tables: bool,
    vocabulary: bool,
    words: str | None,
    as_json: bool,
) -> None:
    """Print a policy as SQL for a warehouse.

    Prints one SELECT of item_id and code for each item of the table items: 0 is allowed, each other
    number a reason (docs/reference/verdicts.md). It reads the tables items, members, choices and
    words; --tables prints them. How words is filled: docs/reference/sql.md.
    """
    if tables + vocabulary + (words is not None) > 1:
        raise click.UsageError("give one of --tables, --vocabulary and --words")
    if words is not None:
        _print_words(_policy(policy_name), purpose, words, as_json)
        return
    if dialect is None:
        raise click.UsageError("missing option '--dialect'")
    if tables or vocabulary:
        from vanne.decide.sql import create_tables, vocabulary_sql

        text = create_tables(dialect) if tables else vocabulary_sql(dialect) + "\n"
        _print(text, {"dialect": dialect}, as_json)
        return
    from vanne.decide.request import EvaluationRequest
    from vanne.decide.sql import to_sql

    policy = _policy(policy_name)
    if as_of is None:
        raise click.UsageError("missing option '--as-of'")
    question = EvaluationRequest(policy, purpose, as_of)
    text = _head(question) + to_sql(question, dialect) + "\n"
    about = _about(policy, purpose) | {"as_of": as_of.isoformat(), "dialect": dialect}
    _print(text, about, as_json)


def _policy(name: str | None) -> "Policy":
    from vanne.policy import load

    if name is None:
        raise click.UsageError("missing option '--policy'")
    return load(name)


def _head(question: "EvaluationRequest") -> str:
    """Return what a text is of, as a comment; no name may lead out of it."""
    name, version = (
        " ".join(text.split()) for text in (question.policy.name, question.policy.version)
    )
    return (
        f"-- {name}, version {version}, {question.purpose}, as of {question.as_of.isoformat()}\n"
        f"-- policy {question.policy.digest}\n"
        "-- code 0 is allowed; times are in UTC; see docs/reference/sql.md\n"
    )


def _about(policy: "Policy", purpose: str) -> dict[str, Any]:
    return {"policy": policy.named(), "purpose": purpose}


def _print(text: str, about: dict[str, Any], as_json: bool) -> None:
    if as_json:
        answer({"schema": SCHEMA} | about | {"sql": text})
    else:
        click.echo(text, nl=False)


def _print_words(policy: "Policy", purpose: str, source: str, as_json: bool) -> None:
    from vanne.decide.sql.text import meanings, read_vocabulary

    rows = list(meanings(policy.purpose(purpose), read_vocabulary(source)))
    if as_json:
        words = [{"kind": kind, "value": value, "says": says} for kind, value, says in rows]
        answer({"schema": "vanne/sql-words/1"} | _about(policy, purpose) | {"words": words})
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("kind", "value", "says"))
    writer.writerows(rows)
