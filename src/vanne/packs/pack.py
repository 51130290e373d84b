"""A pack: its folder, its files, and what its `pack.toml` says."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vanne.errors import ConfigError, storing
from vanne.toml import refuse_unseen

if TYPE_CHECKING:
    from vanne.packs.schema import PackFacts

FACTS, GUIDE = "pack.toml", "guide.toml"
MOST_BYTES = 1 << 20
"""The largest file of our own packs is a thirtieth of that."""
MOST_FILES = 100


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """What the files of a pack say: its facts, the kinds of its readers, and its guide."""

    facts: "PackFacts"
    kinds: tuple[Any, ...]
    guide: Any


CHECKED: dict[str, CheckedPack] = {}
"""The packs that were checked elsewhere, by key: in a browser nothing can check them."""


@dataclass(frozen=True)
class Pack:
    """What makes a network. `key` is the name of its folder, `origin` says where that comes from.

    A pack that `is_given` was named by somebody: what is wrong with it ends the command.
    """

    key: str
    folder: Traversable
    origin: str
    is_given: bool = False

    def has(self, name: str) -> bool:
        """Say whether the folder holds a file of that name."""
        return (self.folder / name).is_file()

    def files(self, part: Literal["readers", "policies"]) -> Mapping[str, str]:
        """Return the places of the TOML files of a part, by their names without `.toml`.

        Raises:
            ConfigError: there are too many.
        """
        folder = self.folder / part
        if not folder.is_dir():
            return {}
        names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
        if len(names) > MOST_FILES:
            self.fail(part, f"holds more than {MOST_FILES} files", "put some of them into one")
        for name in names:
            if not name.isprintable():
                self.fail(part, "has a file with an invisible character in its name", "rename it")
        return {name.removesuffix(".toml"): f"{part}/{name}" for name in names}

    def text(self, name: str) -> str:
        """Return the text of a file.

        Raises:
            ConfigError: it is too large, leads out of the folder, or is not UTF-8.
            StorageError: it cannot be read.
        """
        file = self.folder / name
        if isinstance(file, Path) and isinstance(self.folder, Path):
            with storing(f"`{file}`"):
                if not file.resolve(strict=True).is_relative_to(self.folder.resolve()):
                    self.fail(name, "leads out of the pack", "put the file itself there")
                if file.stat().st_size > MOST_BYTES:
                    self.fail(name, f"is larger than {MOST_BYTES:,} bytes", "shorten it")
        try:
            return file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.wrong(name, f"not UTF-8 at byte {error.start}", "save it in UTF-8") from None

    def data(self, name: str) -> dict[str, Any]:
        """Return what a TOML file says.

        Raises:
            ConfigError: as `text`, or it is no TOML.
            StorageError: it cannot be read.
        """
        try:
            data = tomllib.loads(text := self.text(name))
        except tomllib.TOMLDecodeError as error:
            raise self.wrong(name, f"not valid TOML: {error}", "mend the syntax there") from None
        except (ValueError, RecursionError):
            why = "a number or a nesting beyond all measure"
            raise self.wrong(name, why, "shorten it") from None
        refuse_unseen(data, self.place(name), text)
        return data

    @cached_property
    def facts(self) -> "PackFacts":
        """What `pack.toml` says.

        Raises:
            ConfigError: something in it is wrong.
        """
        if self.key in CHECKED:
            return CHECKED[self.key].facts
        from vanne.packs.schema import PackFacts, lines_of, validated

        facts, faults = validated(PackFacts, self.data(FACTS))
        if facts is None:
            first, *_ = lines_of(faults, self.text(FACTS))
            raise self.wrong(FACTS, *first)
        return facts

    @property
    def guide(self) -> str | None:
        """The name by which its guide is asked for, if it has one."""
        return self.key if self.has(GUIDE) else None

    def wrong(self, name: str, what: str, todo: str) -> ConfigError:
        """Return the error that names a file of the pack."""
        return ConfigError(f"{self.place(name)}: {what}", todo=todo)

    def fail(self, name: str, what: str, todo: str) -> None:
        """Raise the error that names a file of the pack."""
        raise self.wrong(name, what, todo)

    def place(self, name: str) -> str:
        """Return how a file is named in messages: with the folder of the pack."""
        return f"{self.key}/{name}"
