"""The command line: it reads arguments, calls the library, and prints the answer.

The answer goes to stdout, everything else to stderr. The command `vanne NAME` is the module `NAME`
here, or one of a plug-in. A command's module is imported when the command runs, so that
`vanne --help` stays quick. `options` holds what several commands share.
"""

import importlib
import json
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from vanne import __version__, plugins
from vanne.config import Home
from vanne.errors import VanneError, storage_error
from vanne.extras import missing_in
from vanne.packs.finding import ATTACHED, attach, attach_of_home, given_pack
from vanne.words import Message

GROUPS = {
    "Your own data": {
        "inspect": "Say what of your ARCHIVE may train generative AI, and why not the rest.",
        "guide": "How to switch it off at other networks.",
    },
    "Start": {
        "demo": "The whole mission on this machine, on real parts.",
        "serve": "Serve the members' pages of a network, and its model to programs.",
        "config": "Show the settings, and where each was set.",
    },
    "Decide": {
        "policy": "Check, explain and compare policies.",
        "notice": "Publish a change of policy; show those that were published.",
        "decide": "Decide tables of items: the reason for each.",
        "sql": "Print a policy as SQL for a warehouse.",
        "verdict": "Look up the verdicts of single items, now or in every version of the corpus.",
    },
    "Choices": {
        "choose": "Write a member's choice to the ledger and print the receipt.",
        "report": "Say what was used of a member: each item, what held it, and from when to when.",
        "objections": "Match and review what people who are no members objected to.",
    },
    "Corpus and model": {
        "run": "Take in what the sources brought, and do what members chose: a night.",
        "status": "Say how the network is: the last good night, what waits, what is not heard.",
        "backup": "Copy a network into a folder, while it is in use.",
        "restore": "Put a copy of a network back, and say what it lacks.",
        "corpus": "Build the corpus, bring it up to date, read, verify and export it.",
        "train": "Train the model on the corpus.",
        "forget": "Take out of the model what was switched off, and prove it.",
        "worker": "Hear the ledger, and do by itself what members chose.",
        "model": "Show and export the model.",
    },
    "Prove": {
        "verify": "Check a certificate of forgetting, a receipt, or a proof of the ledger.",
        "ledger": "Check, publish and prove the ledger of choices, erase from it, change its key.",
        "witness": "Cosign the checkpoints of logs whose history only grows.",
    },
    "Assist": {},
    "Programs": {
        "token": "Make, list and revoke tokens for programs.",
        "pack": "Check and test network packs.",
        "site": "Build the page that reads archives in a browser.",
    },
}
"""Name and one-line help of each command, by who needs it, in the order of `vanne --help`."""

COMMANDS = {name: help for group in GROUPS.values() for name, help in group.items()}


class _Commands(click.Group):
    """A group whose commands are imported when they are called: the core's, then the plug-ins'."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _until_closed():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _until_closed():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(all_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = f"vanne.cli.{cmd_name}"
        if cmd_name not in COMMANDS:
            if cmd_name not in plugins.commands():
                self.commands = dict.fromkeys(all_commands(), click.Command(None))  # to suggest one
                return None
            module = plugins.commands()[cmd_name].module
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups = {title: dict(group) for title, group in GROUPS.items()}
        for name, each in plugins.commands().items():
            if name not in COMMANDS:
                groups.setdefault(each.group, {})[name] = each.help
        for title, group in groups.items():
            if group:
                with formatter.section(title):
                    formatter.write_dl(list(group.items()))


@contextmanager
def _until_closed() -> Iterator[None]:
    """End well when whoever reads the answer has read enough of it (`vanne guide x | head -1`).

    Click ends with 1 then, and so it would when a database goes away, without a word.
    """
    try:
        yield
    except BrokenPipeError as error:
        if not _is_closed(sys.stdout):
            raise storage_error(error, Message("some-file")) from error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None


def _is_closed(stream: TextIO) -> bool:
    """Say whether the reader of a pipe is gone."""
    try:
        poll = select.poll()
        poll.register(stream, 0)
    except (AttributeError, OSError, ValueError):  # no POSIX, or no file
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))


def all_commands() -> dict[str, str]:
    """Return the one-line help of each command; a name of the core's stays the core's."""
    return COMMANDS | {
        name: each.help for name, each in plugins.commands().items() if name not in COMMANDS
    }


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", message="vanne %(version)s")
@click.option(
    *("--pack", "folders"),
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Also use the network pack in this folder (repeatable).",
)
@click.pass_context
def cli(context: click.Context, folders: tuple[Path, ...]) -> None:
    """The valve between a network's members and the generative AI that trains on them."""
    before = os.environ.get(ATTACHED)
    for folder in folders:
        given_pack(folder)
    attach(folders)
    attach_of_home(Home.find(None))

    @context.call_on_close
    def detach() -> None:
        """Leave the environment as it was: somebody's program may call a command."""
        os.environ.pop(ATTACHED, None)
        os.environ.update({ATTACHED: before} if before is not None else {})


def main() -> NoReturn:
    """Run the command line; end with an exit code of the documented table (`vanne.errors`)."""
    os.umask(0o077)  # nearly all that is written says something of somebody; workers inherit it
    try:
        code = cli.main(prog_name="vanne", standalone_mode=False) or 0
        with _until_closed():
            sys.stdout.flush()
        sys.exit(code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except VanneError as error:
        _fail(error)
    except click.exceptions.NoArgsIsHelpError as error:  # a group alone is asked for its help
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        from vanne.cli.mistakes import usage_error

        _fail(usage_error(error))
    except (KeyboardInterrupt, click.Abort):
        stopped = VanneError(Message("interrupted"))
        print(f"vanne: {_in_words(stopped)}", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except OSError as error:
        _fail(storage_error(error, Message("some-file")))
    except MemoryError:
        todo = Message("use-larger-machine")
        _fail(VanneError(Message("out-of-memory"), todo=todo))
    except Exception as error:
        if isinstance(error, ImportError) and (lack := missing_in(error)):
            _fail(lack)
        if os.environ.get("VANNE_DEBUG"):
            raise
        fault = Message("own-fault", kind=type(error).__name__)
        _fail(VanneError(fault, todo=Message("report-with-debug")))


def _fail(error: VanneError) -> NoReturn:
    from vanne.cli.options import printable

    if "--json" in sys.argv:
        print(json.dumps(error.problem()), file=sys.stderr)  # noqa: T201
    else:
        print(f"vanne: {printable(_in_words(error))}", file=sys.stderr)  # noqa: T201
    sys.exit(error.exit_code)


def _in_words(error: VanneError) -> str:
    """Say an error in the language that was asked for, else in that of the terminal."""
    from vanne.cli.mistakes import language_of

    try:
        if (lang := language_of(sys.argv)) != "en":
            from vanne.words import words

            return error.said(words(lang))
    except (Exception, KeyboardInterrupt):  # noqa: S110  it is said, even if there are no words
        pass
    return str(error)
