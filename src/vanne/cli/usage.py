"""A command that was typed wrongly: what the argument parser says of it, so that we can say it.

click writes English alone. Its sentences are read back by the templates that our translators know;
one that is not among them stays as it is.
"""

import re
from itertools import pairwise

import click

from vanne import plugins
from vanne.cli.options import terminal_language
from vanne.errors import Phrase, UsageError, phrase, phrase_back
from vanne.terms import LANGUAGES

_SAID = (
    phrase("%(what)s. Did you mean %(name)s?"),
    phrase("%(what)s. (Did you mean one of: %(names)s?)"),
    phrase("No such option %(name)s"),
    phrase("No such command %(name)s"),
    phrase("Missing argument %(name)s"),
    phrase("Missing option %(name)s"),
    phrase("Missing command"),
    phrase("Got unexpected extra argument (%(names)s)"),
    phrase("Got unexpected extra arguments (%(names)s)"),
    phrase("Option %(name)s does not take a value"),
    phrase("Option %(name)s requires an argument"),
    phrase("Invalid value for %(what)s: %(why)s"),
    phrase("%(value)s is not one of %(choices)s"),
    phrase("File %(name)s is a directory"),
    phrase("File %(name)s is not readable"),
    phrase("File %(name)s is not writable"),
)
_PARTS = re.compile(r"(?<=^--lang)=")
"""Where `--lang=fr` is parted."""


def usage_error(error: click.UsageError) -> UsageError:
    """Return what the parser says, in its words, with where to look."""
    command = error.ctx.command_path if error.ctx else "vanne"
    said = phrase_back(error.format_message().rstrip("."), _SAID)
    if isinstance(error.message, Phrase):  # one of our own, alone or as the reason
        said = error.message if said == error.message else _because(said, error.message)
    return UsageError(said, todo=phrase("see `%(command)s --help`", command=command))


def _because(said: str, why: Phrase) -> str:
    return phrase(said.template, **said.values | {"why": why}) if isinstance(said, Phrase) else said


def language_of(typed: list[str]) -> str:
    """Return the language that `--lang` names on a command line, else that of the terminal.

    >>> language_of("vanne guide x --lang fr".split()), language_of("vanne guide --lang=de".split())
    ('fr', 'de')
    """
    command = typed[1] if len(typed) > 1 else ""
    plugged = plugins.commands().get(command)
    if command == "serve" or (plugged and not plugged.answers_in_lang):
        return terminal_language()  # `--lang` is of the pages, or of what the command reads
    parts = [part for word in typed for part in _PARTS.split(word, maxsplit=1)]
    named = [lang for option, lang in pairwise(parts) if option == "--lang"]
    return named[-1] if named and named[-1] in LANGUAGES else terminal_language()
