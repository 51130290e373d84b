"""`vanne tag`: copy a table of items, with a column `tags` of what each text reveals."""

from pathlib import Path

import click

from vanne.cli.inputs import TableParam
from vanne.cli.options import OutputFile, as_json, output, tell, terminal_language


@click.command()
@click.argument("items", type=TableParam())
@output(OutputFile(".parquet"), "The Parquet file to write: all columns and rows, and `tags`.")
@as_json
def command(items: str, out: Path, as_json: bool) -> None:
    """Tag items whose texts reveal something sensitive.

    ITEMS is Parquet, CSV, JSON Lines, a folder, a query, or `-`: standard input. `vanne decide`
    reads no text: a policy denies what is sensitive by the column `tags`, which this command makes
    from the column `text`. Archives and `vanne corpus add` are tagged anyway.
    """
    from vanne.sources.tagging import tag_table
    from vanne.words import words

    done = tag_table(items, out)
    w = words(terminal_language())
    text = w.plural(
        "%(n)s item, %(tagged)s of them tagged: %(file)s",
        "%(n)s items, %(tagged)s of them tagged: %(file)s",
        done.items,
        tagged=w.number(done.tagged),
        file=out,
    )
    tell({"schema": "vanne/tag/1", "items": done.items, "tagged": done.tagged}, as_json, text)
