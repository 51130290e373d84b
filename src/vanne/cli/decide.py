"""`vanne decide`: decide each item of a table by a policy, with a reason for each."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.inputs import TABLE, TableParam
from vanne.cli.options import (
    OutputFile,
    Progress,
    as_json,
    as_of,
    lang,
    never_with,
    policy,
    purpose,
    quiet,
    tell,
)

if TYPE_CHECKING:
    from vanne.decide.bulk import Engine

_UNTAGGED = (
    "the items have no column `tags`, so that nothing is denied as sensitive: "
    "`vanne corpus add` makes one from their texts"
)


@click.command()
@policy()
@purpose()
@click.option("--items", required=True, type=TableParam(), help=TABLE)
@click.option("--members", required=True, type=TableParam(), help="The same.")
@click.option("--choices", type=TableParam(), help="The same; none: nobody has chosen.")
@as_of(None)
@click.option(
    "--engine",
    type=click.Choice(["reference", "kernel", "duckdb", "spark"]),
    default="kernel",
    show_default=True,
    help="Who decides, with the same reasons (Spark: of $VANNE_SPARK_MASTER).",
)
@click.option("--explain", metavar="ITEM", help="Explain the verdict of one item in words instead.")
@lang
@click.option(
    *("--out", "-o", "--verdicts", "out"),
    type=OutputFile(".parquet", ".csv"),
    help="Write item_id, reason: Parquet or CSV.",
)
@quiet
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
    lang: str,
    out: Path | None,
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
    from vanne.decide.explain import explain_item
    from vanne.report.explain import document, explained
    from vanne.sources.relation import row_count
    from vanne.sources.tagging import is_untagged

    if explain is not None:
        never_with("--explain", "out", "engine")
    question = EvaluationRequest.of(policy_name, as_of, purpose)
    rules, tables = question.policy, Tables(items, members, choices)
    if explain is not None:
        explanation = explain_item(tables, question, explain)
        sentences = explained(explanation, rules, lang)
        tell(document(explanation, rules, lang), as_json, *sentences)
        return
    if out:
        refuse_overwriting(out, [items, members, choices or ""])
    with Progress("items decided", row_count(items)) as progress:
        counts = write_verdicts(decide_tables(tables, question, engine), out, progress)
    untagged = bool(question.rules.sensitive_tags) and is_untagged(items)
    if untagged and not as_json:
        click.echo(f"vanne: {_UNTAGGED}", err=True)
    when = as_of.isoformat()
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    tell(
        {
            "schema": "vanne/decide/1",
            "policy": rules.named(),
            "purpose": purpose,
            "as_of": when,
            "engine": engine,
            "items": counts.total(),
            "counts": [{"reason": reason.value, "count": count} for reason, count in rows],
            "untagged": untagged,
        },
        as_json,
        f"{counts.total():,} items decided by {rules.name} as of {when}",
        *(f"{count:>12,}  {reason}" for reason, count in rows),
    )
