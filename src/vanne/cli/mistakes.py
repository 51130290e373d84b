"""A command that was typed wrongly: what is wrong, in the language of the person.

click writes English alone. So its complaints are said by their kind and what they are about; one
without a kind of its own stays as click says it.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import click
from click.exceptions import NoSuchCommand

from vanne import plugins
from vanne.cli.options import OptionsRefused, see_help, terminal_language
from vanne.errors import UsageError
from vanne.terms import LANGUAGES
from vanne.words import Message

_PARTS = re.compile(r"(?<=^--lang)=")
"""Where `--lang=fr` is parted."""


def usage_error(error: click.UsageError) -> UsageError:
    """Return what the parser complains of, with where to look; in English if it has no code."""
    what = _message(error) or error.format_message().rstrip(".")
    return UsageError(what, todo=see_help(error.ctx))


def _message(error: click.UsageError) -> Message | None:
    """Say a complaint by its kind and what it is about: the parser's sentences are not parsed."""
    if isinstance(error, OptionsRefused):
        return error.what
    if isinstance(error, click.NoSuchOption):
        if error.option_name == "--pack":
            return Message("option-goes-first", name="--pack")
        unknown = Message("option-unknown", name=f"'{error.option_name}'")
        return _with_near(unknown, error.possibilities)
    if isinstance(error, NoSuchCommand):
        unknown = Message("command-unknown", name=f"'{error.command_name}'")
        return _with_near(unknown, error.possibilities)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = error.param.get_error_hint(error.ctx)
        if error.param.param_type_name == "argument":
            return Message("argument-missing", name=name)
        return Message("option-missing", name=name)
    text = f"`{error.message.rstrip('.')}`"
    if isinstance(error, click.BadOptionUsage):
        return Message("value-refused", what=f"'{error.option_name}'", why=text)
    if isinstance(error, click.BadParameter) and error.param is not None:
        what, kind = error.param.get_error_hint(error.ctx), error.param.type
        if isinstance(kind, click.Choice):
            choices = ", ".join(f"'{choice}'" for choice in kind.choices)
            why = Message("use-one-of", words=choices)
            return Message("value-refused", what=what, why=why)
        return Message("value-refused", what=what, why=text)
    return None


def _with_near(unknown: Message, near: Sequence[str] | None) -> Message:
    names = sorted(near or ())
    if len(names) == 1:
        return Message("meant-one", what=unknown, name=f"'{names[0]}'")
    if names:
        return Message("meant-one-of", what=unknown, names=", ".join(f"'{n}'" for n in names))
    return unknown


def language_of(typed: list[str]) -> str:
    """Return the language that `--lang` names on a command line, else that of the terminal.

    >>> language_of("vanne guide x --lang fr".split()), language_of("vanne guide --lang=de".split())
    ('fr', 'de')
    >>> language_of("vanne --pack chirp guide chirp --lang it".split())
    'it'
    """
    rest = typed[1:]
    while rest and rest[0].startswith("--pack"):
        rest = rest[1 if "=" in rest[0] else 2 :]
    command = rest[0] if rest else ""
    plugged = plugins.commands().get(command)
    if command == "serve" or (plugged and not plugged.answers_in_lang):
        return terminal_language()  # `--lang` is of the pages, or of what the command reads
    parts = [part for word in typed for part in _PARTS.split(word, maxsplit=1)]
    named = [lang for option, lang in pairwise(parts) if option == "--lang"]
    return named[-1] if named and named[-1] in LANGUAGES else terminal_language()
