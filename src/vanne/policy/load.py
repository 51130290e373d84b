"""Load a policy: a built-in one by name, or a TOML file by path.

Everything is checked before anything is decided: misspelt keys and categories, a category that is
both listed and never used, rollouts that overlap, dates in the wrong order, sources that are cited
but not given. Example:

>>> load("linkedin-2025-11-03").purpose("generative-ai-training").minimum_age
18
"""

import hashlib
import re
import tomllib
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import rfc8785

from vanne.errors import ConfigError, did_you_mean, storing
from vanne.plugins import network_files
from vanne.policy.policy import TOOLS, Policy, PolicySource, PurposePolicy
from vanne.policy.read import read_purpose
from vanne.policy.toml import TomlTable, syntax_error
from vanne.terms import PURPOSE_NAME, Purpose
from vanne.words import Message

_BUILTIN = Path(__file__).parent / "builtin"


def builtin_names() -> list[str]:
    """Return the names of the policies that ship with the package, and with plug-ins."""
    return sorted(network_files("policies", _BUILTIN))


def text_of(name_or_path: str) -> str:
    """Return a policy's TOML text.

    Raises:
        ConfigError: no built-in policy has that name, or the file is not UTF-8.
        StorageError: the file cannot be read.
    """
    if name_or_path in builtin_names():
        return network_files("policies", _BUILTIN)[name_or_path].read_text(encoding="utf-8")
    if "/" not in name_or_path and not Path(name_or_path).exists():
        near = did_you_mean(name_or_path, builtin_names())
        message = Message("policy-missing", name=name_or_path)
        todo = Message("or-give-path", hint=near)
        raise ConfigError(message, todo=todo)
    with storing(Message("the-policy", name=name_or_path)):
        data = Path(name_or_path).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = str(error.start)
        message = Message("policy-not-utf8", file=name_or_path, byte=byte)
        raise ConfigError(message) from error


def with_purposes(text: str) -> str:
    """Return a policy's TOML text with the four purposes of Vanne's tools; its version says so.

    Raises:
        ConfigError: the policy has one of them already, or is no TOML.
    """
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = syntax_error(error)
        raise ConfigError(Message("policy-not-toml", why=why)) from error
    if there := sorted(own.get("purposes", {}).keys() & set(TOOLS)):
        already = Message("purpose-already", name=there[0])
        raise ConfigError(already)
    added = files("vanne.policy").joinpath("purposes.toml").read_text(encoding="utf-8")
    return re.sub(r'(?m)^(version = "[^"]*)"', r'\1+demo"', text, count=1) + added


def load(name_or_path: str) -> Policy:
    """Load and check a policy.

    Raises:
        ConfigError: it is not there, or something in it is wrong: file, line, suggestion.
    """
    return parse(text_of(name_or_path), file=name_or_path)


@lru_cache(maxsize=64)
def parse(text: str, file: str) -> Policy:
    """Check the TOML text of a policy; `file` is its name in messages.

    The same text is checked once in a process: every page asks for the policy in force.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = Message("not-toml", file=file, why=syntax_error(error))
        raise ConfigError(message, todo=Message("mend-syntax")) from error
    except (ValueError, RecursionError) as error:
        message = Message("number-beyond-measure", file=file)
        raise ConfigError(message, todo=Message("shorten-number")) from error
    root = TomlTable(data, "", file, text)
    name, version = root.take("name", str), root.take("version", str)
    title = root.take("title", str, name)
    sources, cited = dict[str, PolicySource](), root.table("sources", {})
    for key in list(cited.data):
        row = cited.table(key)
        who = row.take("title", str), row.take("publisher", str)
        sources[key] = PolicySource(*who, row.day("date"), row.take("where", str))
        row.close()
    table = root.table("purposes")
    if not table.data:
        table.fail("", Message("no-purpose"), todo=Message("add-purpose"))
    for key in table.data:
        if not PURPOSE_NAME.fullmatch(key):
            table.fail(key, Message("no-purpose-name"), todo=Message("use-letters"))
    purposes: dict[Purpose, PurposePolicy] = {
        key: read_purpose(table.table(key), key, frozenset(sources)) for key in list(table.data)
    }
    root.close()
    uncertain = tuple(
        (f"purposes.{purpose}.{clause.where}", clause.uncertain)
        for purpose, rules in purposes.items()
        for clause in rules.clauses
        if clause.uncertain
    )
    return Policy(name, version, title, digest_of(data), purposes, uncertain, sources)


def digest_of(data: dict[str, Any]) -> str:
    """Return the sha256 (hex) of the canonical JSON (RFC 8785): layout does not count."""
    return hashlib.sha256(rfc8785.dumps(_plain(data))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value
