"""Find the packs of this process: Vanne's own, those that are installed, those that were named."""

import logging
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from vanne.config import Home
from vanne.errors import ConfigError, VanneError
from vanne.packs.pack import FACTS, Pack

GROUP, VARIABLE, SETTING = "vanne.networks", "VANNE_PACKS", "packs"
ATTACHED = f"_{VARIABLE}"
"""The variable that hands on to other processes what an option or `vanne.toml` attached."""
_OWN = "vanne.packs"

log = logging.getLogger(_OWN)


def packs() -> tuple[Pack, ...]:
    """Return all packs: Vanne's own by name, then others. Their files are not read yet.

    Raises:
        ConfigError: two packs have one name, or a folder that was named is no pack.
    """
    given = (os.environ.get(VARIABLE, ""), os.environ.get(ATTACHED, ""))
    return _packs(",".join(given))


@lru_cache(maxsize=8)
def _packs(given: str) -> tuple[Pack, ...]:
    by_key: dict[str, Pack] = {}
    for pack in (*_installed(), *map(given_pack, _folders(given))):
        twin = by_key.get(pack.key)
        if twin and twin.folder == pack.folder:
            continue
        if twin:
            raise ConfigError(
                f"two network packs are called `{pack.key}`: from {twin.origin} and {pack.origin}",
                todo="rename the folder of one, or leave one out",
            )
        by_key[pack.key] = pack
    return tuple(by_key.values())


def _installed() -> Iterator[Pack]:
    """Yield the packs in Vanne's package, then those in packages of other distributions."""
    yield from _in_package(_OWN, "Vanne")
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        origin = entry.dist.name if entry.dist else entry.name
        try:
            yield from list(_in_package(entry.value, origin))
        except Exception as error:
            kind = type(error).__name__
            log.warning(
                "the network packs of `%s` are left out: %s: %s: mend or uninstall it",
                *(origin, kind, error),
            )


def _in_package(package: str, origin: str) -> Iterator[Pack]:
    for folder in sorted(files(package).iterdir(), key=lambda folder: folder.name):
        if folder.is_dir() and (folder / FACTS).is_file():
            yield Pack(folder.name, folder, origin)


def _folders(given: str) -> list[Path]:
    return [Path(name.strip()) for name in given.split(",") if name.strip()]


def given_pack(folder: Path) -> Pack:
    """Return the pack in a folder that somebody named.

    Raises:
        ConfigError: the folder is not there, or is no pack.
    """
    if not (folder / FACTS).is_file():
        raise ConfigError(
            f"`{folder}` is no network pack (`{FACTS}` is missing)",
            todo="name the folder of a pack: `examples/chirp` is one",
        )
    if not folder.resolve().name.isprintable():
        raise ConfigError(
            "the folder of a network pack has an invisible character in its name",
            todo="rename it: small letters, digits and hyphens",
        )
    return Pack(folder.resolve().name, folder.resolve(), f"`{folder}`", is_given=True)


def attach(folders: Iterable[Path]) -> None:
    """Add packs by their folders, for this process and those that it starts."""
    before = _folders(os.environ.get(ATTACHED, ""))
    all_folders = dict.fromkeys([*before, *(folder.resolve() for folder in folders)])
    os.environ[ATTACHED] = ",".join(map(str, all_folders))


def attach_of_home(home: Home) -> None:
    """Add the packs that `vanne.toml` names, unless the environment names some.

    What is wrong in the file is said where the settings are read.
    """
    if os.environ.get(VARIABLE):
        return
    try:
        given = tomllib.loads((home.root / "vanne.toml").read_text(encoding="utf-8")).get(SETTING)
    except (OSError, ValueError):
        return
    if isinstance(given, str):
        attach(home.root / folder for folder in _folders(given))


def working() -> tuple[Pack, ...]:
    """Return the packs whose `pack.toml` is right; another one that was only installed is left out.

    Raises:
        ConfigError: a pack that somebody named is wrong.
    """
    return _working(packs())


@lru_cache(maxsize=8)
def _working(of: tuple[Pack, ...]) -> tuple[Pack, ...]:
    right = list[Pack]()
    for pack in of:
        try:
            assert pack.facts
        except VanneError as error:
            leave_out(pack, error)
        else:
            right.append(pack)
    return tuple(right)


def shared() -> Mapping[str, tuple[str, ...]]:
    """Return the packs whose records several networks share, with those networks.

    >>> shared()
    {'meta': ('facebook', 'instagram')}
    """
    return {pack.key: pack.facts.shared_by for pack in working() if pack.facts.shared_by}


def policies() -> dict[str, tuple[Pack, str]]:
    """Return the policies of all packs by name: the pack of each, and its file.

    Raises:
        ConfigError: two packs have a policy of one name.
    """
    by_name: dict[str, tuple[Pack, str]] = {}
    for pack in packs():
        for name, file in pack.files("policies").items():
            if name in by_name:
                other = by_name[name][0].key
                what = f"the network packs `{other}` and `{pack.key}` both have a policy `{name}`"
                raise ConfigError(what, todo="rename one of them")
            by_name[name] = pack, file
    return by_name


def leave_out(pack: Pack, error: VanneError) -> None:
    """Say that a pack is left out; one that somebody named ends the command."""
    if pack.is_given:
        raise error
    _warn(pack.key, pack.origin, str(error))


@lru_cache
def _warn(key: str, origin: str, why: str) -> None:
    """Say it once in a process."""
    log.warning("the network pack `%s` of %s is left out: %s", key, origin, why)


def named(name: str) -> Pack | None:
    """Return the pack of a network by a name of it, in any case: also a former one.

    >>> named("Twitter").key, named("LinkedIn").key, named("mail")
    ('x', 'linkedin', None)

    Raises:
        ConfigError: two packs have that name.
    """
    wanted = name.casefold().strip()
    for pack in packs():
        if pack.key == wanted:
            return pack
    found = [
        pack
        for pack in working()
        if wanted in {each.casefold() for each in (pack.facts.name, *pack.facts.formerly)}
    ]
    if len(found) > 1:
        raise ConfigError(
            f"the network packs `{found[0].key}` and `{found[1].key}` are both called `{name}`",
            todo="name one of them by its folder",
        )
    return found[0] if found else None
