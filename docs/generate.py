"""Write what the docs take from the program: the reference of the command line.

`./run python docs/generate.py` rewrites it; a test fails when it is not up to date.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from vanne.cli import cli

TARGET = Path(__file__).parent / "reference" / "cli.md"
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


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
