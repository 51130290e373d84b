"""Write what the docs take from the program: the command line, and what is read.

`./run python docs/generate.py` rewrites it; a test fails when it is not up to date.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from vanne.cli import cli
from vanne.sources.catalogue import catalogue

TARGET = Path(__file__).parent / "reference" / "cli.md"
READERS = TARGET.with_name("readers.md")
HEAD = """# The command line

This page is made by `docs/generate.py` from the program itself. The answer goes to stdout,
everything else to stderr; `--json` prints one document with a `schema` field. Exit codes:
[errors](errors.md).
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the path and the help text of a command and of those inside it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, click.Context(inner, context, name, max_content_width=90))


def page() -> str:
    """Return the page as Markdown."""
    settings = cli.context_settings | {"max_content_width": 90}
    context = click.Context(cli, info_name="vanne", **settings)
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in commands(cli, context)]
    return HEAD + "\n" + "\n".join(parts)


READERS_HEAD = """# What is read

This page is made by `docs/generate.py` from the readers' own descriptions. A file is known by what
is in it; its name decides only between files of LinkedIn that look the same, and between those of
Meta whose fields are named in the account's language alone. What nobody here knows is listed with
the reason and gives no item. How the counts close: [inspect](inspect.md); the limits and why there
is no format of our own for each network: [decision 28](../adr/0028-readers.md). What comes out of a
[CV](cvs.md).

| network | reader | what a row is | category | known by |
|---|---|---|---|---|
"""


def readers_page() -> str:
    """Return the page of the readers as Markdown."""
    rows = (
        f"| {line.network} | `{line.reader}` | {line.reads} | `{line.category}` | {line.known_by} |"
        for line in catalogue()
    )
    return READERS_HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    READERS.write_text(readers_page(), encoding="utf-8")
    TARGET.write_text(page(), encoding="utf-8")
