"""`vanne decide`: tables in, the reason for each item out."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import MomentParam, OutputFile, Progress, answer, as_json, terminal_language
from vanne.terms import MAIN_PURPOSE, Reason
from vanne.words import LANGUAGES

if TYPE_CHECKING:
    from collections import Counter

    from vanne.decide.bulk import Engine, EvaluationRequest, Tables

_UNTAGGED = (
    "the items have no column `tags`, so that nothing is denied as sensitive: "
    "`vanne tag` makes one from their texts"
)


@click.command()
@click.option("--policy", "policy_name", required=True, help="A built-in policy or a TOML file.")
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--items", required=True, help="Parquet, CSV, JSON Lines, a folder, or a query.")
@click.option("--members", required=True, help="The same.")
@click.option("--choices", help="The same; none: nobody has chosen.")
@click.option("--as-of", "as_of", type=MomentParam(), required=True, help="The time of asking.")
@click.option(
    "--engine",
    type=click.Choice(["reference", "kernel", "duckdb", "spark", "postgres"]),
    default="kernel",
    show_default=True,
    help="Who decides; all give the same reasons. PostgreSQL: VANNE_POSTGRES says where.",
)
@click.option("--explain", metavar="ITEM", help="Explain the verdict of one item in words instead.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Of the explanation.")
@click.option(
    "--verdicts", type=OutputFile(".parquet", ".csv"), help="Write item_id, reason: Parquet or CSV."
)
@as_json
def command(
    policy_name: str,
    purpose: str,
    items: str,
    members: str,
    choices: str | None,
    as_of: datetime,
    engine: "Engine",
    explain: str | None,
    lang: str | None,
    verdicts: Path | None,
    as_json: bool,
) -> None:
    """Decide tables of items: the reason for each.

    Reads the tables described in docs/reference/tables.md and writes one reason per item, in the
    order of the items.
    """
    from vanne.decide.bulk import (
        EvaluationRequest,
        Tables,
        decide_tables,
        refuse_overwriting,
        write_verdicts,
    )
    from vanne.policy import load
    from vanne.sources.relation import row_count
    from vanne.sources.tagging import is_untagged

    if explain is not None and (verdicts or engine != "kernel"):
        raise click.UsageError("--explain is for one item: without --verdicts and --engine")
    policy = load(policy_name)
    tables, question = Tables(items, members, choices), EvaluationRequest(policy, purpose, as_of)
    if explain is not None:
        _explain(tables, question, explain, lang or terminal_language(), as_json)
        return
    if verdicts:
        refuse_overwriting(verdicts, [items, members, choices or ""])
    with Progress("items decided", row_count(items)) as progress:
        counts = write_verdicts(decide_tables(tables, question, engine), verdicts, progress)
    untagged = bool(question.rules.sensitive_tags) and is_untagged(items)
    if untagged and not as_json:
        click.echo(f"vanne: {_UNTAGGED}", err=True)
    _tell(counts, question, engine, as_json, untagged=untagged)


def _tell(
    counts: "Counter[Reason]",
    question: "EvaluationRequest",
    engine: "Engine",
    as_json: bool,
    *,
    untagged: bool,
) -> None:
    policy, as_of = question.policy, question.as_of.isoformat()
    rows = [{"reason": reason.value, "count": counts[reason]} for reason in sorted(counts)]
    rows.sort(key=lambda row: -row["count"])  # type: ignore[operator]
    if as_json:
        answer(
            {
                "schema": "vanne/decide/1",
                "policy": policy.named(),
                "purpose": question.purpose,
                "as_of": as_of,
                "engine": engine,
                "items": counts.total(),
                "counts": rows,
                "untagged": untagged,
            }
        )
        return
    click.echo(f"{counts.total():,} items decided by {policy.name} as of {as_of}")
    for row in rows:
        click.echo(f"{row['count']:>12,}  {row['reason']}")


def _explain(
    tables: "Tables", question: "EvaluationRequest", item_id: str, lang: str, as_json: bool
) -> None:
    from vanne.decide.explain import explain_item
    from vanne.report.explain import document, explained

    explanation = explain_item(tables, question, item_id)
    if as_json:
        answer(document(explanation, question.policy, lang))
        return
    click.echo("\n".join(explained(explanation, question.policy, lang)))
