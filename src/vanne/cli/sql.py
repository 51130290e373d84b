"""`vanne sql`: print a policy as SQL for a warehouse, with the tables and words that it reads."""

import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    answer,
    as_json,
    as_of,
    never_with,
    policy,
    purpose,
    refuse_usage,
)
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.decide.sql import Dialect

SCHEMA = "vanne/sql/1"


@click.command()
@policy(required=False)
@purpose()
@as_of("")
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "spark", "postgres", "trino", "bigquery", "snowflake"]),
    help="Whose SQL.",
)
@click.option("--tables", is_flag=True, help="Print a CREATE TABLE for each table it reads.")
@click.option("--vocabulary", is_flag=True, help="Print the SELECT of all words in the tables.")
@click.option(
    "--table",
    "renamed",
    metavar="NAME=TABLE",
    multiple=True,
    help="What the table items, members, choices or words is called, if otherwise.",
)
@click.option(
    "--words", type=InputFile(), help="Say what the words in this CSV (kind, value) mean."
)
@as_json
def command(
    policy_name: str | None,
    purpose: str,
    as_of: datetime | None,
    dialect: "Dialect | None",
    tables: bool,
    vocabulary: bool,
    renamed: tuple[str, ...],
    words: Path | None,
    as_json: bool,
) -> None:
    """Print a policy as SQL for a warehouse.

    Prints one SELECT of item_id and code for each item of the table items: 0 is allowed, each other
    number a reason (docs/reference/verdicts.md). It reads the tables items, members, choices and
    words; --tables prints them, --table renames one. How words is filled: docs/reference/sql.md.
    """
    if tables:
        others = ("vocabulary", "words", "policy_name", "purpose", "as_of", "renamed")
        never_with("--tables", *others)
    if vocabulary:
        never_with("--vocabulary", "words", "policy_name", "purpose", "as_of")
    if words is not None:
        never_with("--words", "dialect", "as_of", "renamed")
    named = dict[str, str]()
    for each in renamed:
        table, equals, name = each.partition("=")
        if not equals:
            raise click.BadParameter(f"`{each}` is not NAME=TABLE", param_hint="'--table'")
        named[table] = name
    from vanne.decide.sql import create_tables, to_sql, vocabulary_sql
    from vanne.decide.sql.text import meanings, read_vocabulary
    from vanne.policy import load

    needs_policy = not (tables or vocabulary)
    needs_time, needs_dialect = needs_policy and words is None, words is None
    for name, value, needed in (
        ("dialect", dialect, needs_dialect),
        ("policy", policy_name, needs_policy),
        ("as-of", as_of, needs_time),
    ):
        if needed and value is None:
            refuse_usage(Message("option-missing", name=f"'--{name}'"))
    about: dict[str, object] = {"schema": SCHEMA}
    if policy_name is not None and needs_policy:
        rules = load(policy_name)
        about |= {"policy": rules.named(), "purpose": purpose}
        if words is not None:
            rows = list(meanings(rules.purpose(purpose), read_vocabulary(str(words))))
            listed = [{"kind": kind, "value": value, "says": says} for kind, value, says in rows]
            if as_json:
                answer(about | {"schema": "vanne/sql-words/1", "words": listed})
                return
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(("kind", "value", "says"))
            writer.writerows(rows)
            return
    assert dialect is not None
    if tables or vocabulary:
        text = create_tables(dialect) if tables else vocabulary_sql(dialect, named) + "\n"
    else:
        assert as_of is not None
        about |= {"as_of": as_of.isoformat()}
        text = to_sql(rules, dialect=dialect, as_of=as_of, purpose=purpose, tables=named) + "\n"
    if as_json:
        answer(about | {"dialect": dialect, "sql": text})
    else:
        click.echo(text, nl=False)
