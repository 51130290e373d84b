"""Load the plug-ins, and declare the hooks by which a plug-in attaches to the core.

A distribution names a module under the entry point group `vanne.plugins`. The module marks
functions that have the names of `Hooks` with `hookimpl`. Vanne's own plug-ins (assist, audit,
azure) attach in the same way, and the core imports none of them. `VANNE_PLUGINS` lists the plug-ins
to attach: if it is not set, all that are installed are attached; if it is empty, none is. The
processes that a server starts have its environment, and so the same plug-ins.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pluggy

from vanne.config import Home
from vanne.errors import ConfigError, VanneError
from vanne.terms import Choice, MemberId, Purpose

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from starlette.routing import BaseRoute

GROUP, VARIABLE = "vanne.plugins", "VANNE_PLUGINS"

hookspec = pluggy.HookspecMarker("vanne")
hookimpl = pluggy.HookimplMarker("vanne")

log = logging.getLogger("vanne.plugins")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of `vanne`. `module` has it as `command`, and is imported when it is called.

    `group` is the title that `vanne --help` shows it under: one of `vanne.cli.GROUPS`, or another.
    `answers_in_lang` is false where the option `--lang` is the language of something else than what
    the command says: its errors are then in the language of the terminal.
    """

    name: str
    help: str
    module: str
    group: str = "Programs"
    answers_in_lang: bool = True


@dataclass(frozen=True, slots=True)
class MenuLink:
    """A row of one of the core's pages that leads to a page of a plug-in.

    `label` and `value` are English sentences of the plug-in's words. The row is shown to everybody
    whom its page is for, or, with a `purpose`, where the policy in force names that purpose.
    """

    page: Literal["home", "settings", "recruiter", "operator", "auditor"]
    href: str
    label: str
    value: str = ""
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """What a plug-in adds to the web application.

    `templates` is the package in which the folder `templates` lies. `switches` say on which page a
    purpose is switched that has a page of its own. `warm_up` is called once, in the process that
    the readers are forks of.
    """

    routes: Sequence["BaseRoute"] = ()
    templates: str | None = None
    links: Sequence[MenuLink] = ()
    switches: Mapping[Purpose, str] = field(default_factory=dict)
    api: Sequence["BaseRoute"] = ()
    api_tags: Sequence[Mapping[str, str]] = ()
    warm_up: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """What a plug-in adds to the database: tables, and the folder of their Alembic migrations.

    Each migration is named by its revision, `NAME_0001.py` and so on, and follows the one before.
    """

    name: str
    metadata: "MetaData"
    migrations: Path

    @property
    def version_table(self) -> str:
        """The table that holds the revision of a database."""
        return f"schema_version_{self.name}"

    @property
    def revisions(self) -> list[str]:
        """The revisions that this program knows, oldest first."""
        return sorted(path.stem for path in self.migrations.glob(f"{self.name}_*.py"))


@dataclass(frozen=True, slots=True)
class AttackAccuracy:
    """How often an attacker is right who tells people in a model from strangers; chance is 0.5.

    `standing` says of whom: `in` the model, or `forgotten` by it. `low` and `high` are a range of
    95 %. `is_memory` says whether more was found than chance explains; None: too few were tried.
    """

    standing: Literal["in", "forgotten"]
    value: float
    low: float
    high: float
    people: int
    is_memory: bool | None


@dataclass(frozen=True, slots=True)
class ModelAudit:
    """The last audit of a model: when, and what was found."""

    at: datetime
    found: Sequence[AttackAccuracy]


class Tell(Protocol):
    """How a step of the demo says what happens."""

    def step(self, text: str, /, **values: object) -> None:
        """Say that a step begins: an English sentence with named places."""

    def found(self, text: str, /, **values: object) -> None:
        """Say a result."""

    def progress(self, done: int, total: int, label: str, /) -> None:
        """Say how much of the present step is done."""


class Hooks:
    """The hooks. A plug-in has those that it needs, each with the parameters that it uses."""

    @hookspec
    def register_commands(self) -> Sequence[Command]:  # type: ignore[empty-body]
        """Return the commands. Import nothing slow here: `vanne --help` calls this."""

    @hookspec
    def register_pages(self) -> Pages:  # type: ignore[empty-body]
        """Return the pages and the API; called where the pages are served, and nowhere else."""

    @hookspec
    def register_scopes(self) -> Sequence[str]:  # type: ignore[empty-body]
        """Return what a token may permit: the scopes that the API of the plug-in asks for."""

    @hookspec
    def register_tables(self) -> Schema:  # type: ignore[empty-body]
        """Return the tables of the plug-in in the one database, and how they came to be."""

    @hookspec
    def choice_made(self, home: Home, choices: Sequence[Choice], at: datetime) -> None:
        """Hear of choices that the ledger holds. What fails here keeps no choice back."""

    @hookspec
    def corpus_refreshed(self, home: Home, at: datetime) -> None:
        """Bring what was made of a corpus after it, once the worker has refreshed one."""

    @hookspec
    def member_erased(self, home: Home, member_id: MemberId) -> None:
        """Delete what the plug-in keeps of a member. If this fails, the ledger keeps them too."""

    @hookspec
    def kept_elsewhere(self, home: Home, corpus: str) -> Sequence[str]:  # type: ignore[empty-body]
        """Say what was made of another version of the corpus, and lies where `vanne forget` does
        not reach: each with the command that deletes it."""

    @hookspec
    def model_findings(self, home: Home, version: str) -> Sequence[str]:  # type: ignore[empty-body]
        """Return English sentences for the card of a model that is exported."""

    @hookspec(firstresult=True)
    def model_audit(self, home: Home, version: str) -> ModelAudit | None:
        """Return the last audit of a model, for the auditor's page; None if there was none."""

    @hookspec
    def demo_step(self, home: Home, seed: int, as_of: datetime, tell: Tell) -> None:
        """Do a part of the demo, on its network, once the corpus is built."""


@cache
def manager() -> pluggy.PluginManager:
    """Load the plug-ins that are to be attached.

    Raises:
        ConfigError: one is not installed, or cannot be loaded.
    """
    plugins = pluggy.PluginManager("vanne")
    plugins.add_hookspecs(Hooks)
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    listed = os.environ.get(VARIABLE)
    names = (
        installed.keys() if listed is None else {name.strip() for name in listed.split(",")} - {""}
    )
    for name in sorted(names, reverse=True):  # pluggy calls first what was registered last
        if name not in installed:
            there = ", ".join(sorted(installed))
            raise ConfigError(
                f"`{VARIABLE}` names `{name}`, which is not installed",
                todo=f"install it, or name some of: {there}",
            )
        try:
            plugins.register(installed[name].load(), name)
            plugins.check_pending()
        except Exception as error:
            raise ConfigError(
                f"the plug-in `{name}` cannot be loaded: {type(error).__name__}: {error}",
                todo=f"mend or uninstall it, or leave it out of `{VARIABLE}`",
            ) from error
    return plugins


def hooks() -> pluggy.HookRelay:
    """Return the hooks, to be called by name with named values: `hooks().register_pages()`."""
    return manager().hook


@cache
def commands() -> Mapping[str, Command]:
    """Return the commands of all plug-ins by their names.

    Raises:
        ConfigError: two of them have one name.
    """
    by_name: dict[str, Command] = {}
    for each in chain.from_iterable(hooks().register_commands()):
        if each.name in by_name:
            raise ConfigError(
                f"two plug-ins have the command `{each.name}`",
                todo=f"leave one of them out of `{VARIABLE}`",
            )
        by_name[each.name] = each
    return by_name


@cache
def pages() -> Sequence[Pages]:
    """Return the pages of each plug-in."""
    return tuple(hooks().register_pages())


def tell_choices(home: Home, choices: Sequence[Choice], at: datetime) -> None:
    """Let each plug-in hear of choices that were recorded; one that fails stops no other."""
    _tell("a choice", hooks().choice_made, {"home": home, "choices": choices, "at": at})


def tell_refreshed(home: Home, at: datetime) -> None:
    """Let each plug-in hear that the corpus was refreshed; one that fails stops no other."""
    _tell("a refresh", hooks().corpus_refreshed, {"home": home, "at": at})


def _tell(what: str, hook: pluggy.HookCaller, facts: Mapping[str, object]) -> None:
    for each in hook.get_hookimpls():
        try:
            each.function(*(facts[name] for name in each.argnames))
        except VanneError as error:
            log.error("the plug-in `%s` did not hear of %s: %s", each.plugin_name, what, error)
        except Exception as error:  # its message could hold an id
            kind = type(error).__name__
            log.error("the plug-in `%s` failed to hear of %s: %s", each.plugin_name, what, kind)
