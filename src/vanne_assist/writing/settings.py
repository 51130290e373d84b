"""Which back end writes drafts: `HOME/writing.toml`, without a secret; without it none does.

    backend = "server"                 # or "ensemble": the model that `vanne train` published
    base_url = "http://127.0.0.1:11434/v1"
    model = "mistral-small"

The key comes from the environment: `VANNE_WRITING_KEY`, or the file that `VANNE_WRITING_KEY_FILE`
names. A key never travels in the open: http is for this machine alone.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from vanne.config import secret_in
from vanne.errors import ConfigError, did_you_mean, storing

KEY = "VANNE_WRITING_KEY"
FILE = "writing.toml"
Backend = Literal["none", "server", "ensemble"]
_HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class WritingSettings:
    """A back end. `api` is `openai` or `azure` (its `/openai/v1/`); times are in seconds."""

    backend: str = "none"
    base_url: str = ""
    model: str = ""
    api: str = "openai"
    drafts: int = 3
    max_tokens: int = 400
    temperature: float = 0.7
    timeout_seconds: float = 30.0
    deadline_seconds: float = 120.0
    attempts: int = 3
    tokens_a_day: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ConfigError: see the message.
        """
        if self.backend not in get_args(Backend):
            todo = did_you_mean(str(self.backend), list(get_args(Backend)))
            raise ConfigError(f"`{self.backend}` is no back end", todo=todo)
        if self.api not in ("openai", "azure"):
            raise ConfigError(f"`api` `{self.api}` is neither `openai` nor `azure`")
        for each in fields(self):
            _check(each.name, each.type, getattr(self, each.name))
        if self.backend == "server":
            _check_server(self.base_url, self.model)

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the settings of a home; without a file there is no back end.

        Raises:
            ConfigError: a name is unknown, or a value cannot be used.
        """
        path = root / FILE
        if not path.exists():
            return cls()
        with storing(f"`{path}`"):
            data = path.read_bytes()
        try:
            values: dict[str, Any] = tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"`{FILE}` is not TOML: {error}") from None
        names = [f.name for f in fields(cls)]
        for name in values:
            if name not in names:
                raise ConfigError(
                    f"{FILE}: unknown setting `{name}`", todo=did_you_mean(name, names)
                )
        try:
            return cls(**values)
        except ConfigError as error:
            raise ConfigError(f"{FILE}: {error.title}", todo=error.todo) from None


def key(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the key of the server; None if there is none, as local servers need none.

    Raises:
        StorageError: the file that holds it cannot be read.
    """
    found = secret_in(environment, KEY)
    return found[0].strip() or None if found else None


def _check(name: str, kind: Any, value: Any) -> None:
    if kind is str:
        if not isinstance(value, str):
            raise ConfigError(f"`{name}` is not a text")
        return
    types = (int, float) if kind is float else (int,)
    least = 0 if name in ("temperature", "tokens_a_day") else 1 if kind is int else 0.01
    if not isinstance(value, types) or isinstance(value, bool) or not least <= value < 10**9:
        raise ConfigError(f"`{name}` is not a number from {least} on: `{value}`")
    if name == "drafts" and value > 3:
        raise ConfigError(f"`drafts` is {value}", todo="write at most 3")


def _check_server(base_url: str, model: str) -> None:
    parts = urlsplit(base_url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if not (is_safe and parts.hostname) or parts.username or parts.query:
        raise ConfigError(
            "`base_url` is neither an https address nor one of this machine",
            todo="write `https://NAME/v1`, or `http://127.0.0.1:PORT/v1`",
        )
    if not model.strip():
        raise ConfigError("`model` is missing", todo="name the model as the server lists it")
