"""Which resource at Azure, which model, and how long to wait: `HOME/azure.toml`, without a secret.

The key and the tokens come from the environment, each in a variable or in the file that
`VARIABLE_FILE` names; a file is read again for every request, as tokens live about an hour.
"""

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from vanne.config import secret_in
from vanne.errors import ConfigError, MissingError, did_you_mean, storing
from vanne.train.digests import digest

KEY, TOKEN, MANAGEMENT_TOKEN = (
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_MANAGEMENT_TOKEN",
)
_TUNED = re.compile(r"\.ft-|^ft:|^ftchkpt-", re.IGNORECASE)
_HYPERPARAMETERS: dict[str, type] = {
    "n_epochs": int,
    "batch_size": int,
    "learning_rate_multiplier": float,
}
_HERE = ("127.0.0.1", "::1", "localhost")
_LEAST = {"seed": 0, "examples": 10}


@dataclass(frozen=True, slots=True)
class Settings:
    """One resource and one model there. Times in seconds, `wait_hours` in hours."""

    endpoint: str
    region: str
    subscription: str
    resource_group: str
    account: str
    model: str
    deployment: str = "vanne"
    training_type: str = "Standard"
    content: str = "texts"
    examples: int | None = None
    seed: int = 0
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    capacity: int = 1
    management: str = "https://management.azure.com"
    data_version: str = "2025-04-01-preview"
    management_version: str = "2024-10-01"
    poll_seconds: float = 30.0
    timeout_seconds: float = 60.0
    wait_hours: float = 72.0
    attempts: int = 5

    def __post_init__(self) -> None:
        """Refuse what is not safe or makes no sense.

        Raises:
            ConfigError: see the message.
        """
        for each in fields(self):
            _check_kind(each.name, each.type, getattr(self, each.name))
        if self.training_type != "Standard":
            raise ConfigError(
                f"`training_type` `{self.training_type}` lets data and weights leave the region",
                todo='write `training_type = "Standard"`: no other keeps members\' data there',
            )
        if _TUNED.search(self.model):
            raise ConfigError(
                f"`model` `{self.model}` is a fine-tuned one, in which what it learnt would stay",
                todo="name a base model: forgetting means a new model from a base model",
            )
        if self.content not in ("texts", "photos"):
            raise ConfigError(f"`content` `{self.content}` is neither `texts` nor `photos`")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}", self.deployment):
            raise ConfigError(
                f"`deployment` `{self.deployment}` is no name", todo="use letters, digits and `-`"
            )
        for name in ("endpoint", "management"):
            _check_address(name, getattr(self, name))
        _check_hyperparameters(self.hyperparameters)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the settings of a home.

        Raises:
            MissingError: there are none.
            ConfigError: a name is unknown or missing, or a value cannot be used.
        """
        if not path.exists():
            todo = "write it as in docs/howto/azure.md: endpoint, region, account, model"
            raise MissingError(f"there is no `{path}`", todo=todo)
        with storing(f"`{path}`"):
            data = path.read_bytes()
        try:
            values = tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"`{path.name}` is not TOML: {error}") from None
        try:
            return cls.of(values)
        except ConfigError as error:
            raise ConfigError(f"{path.name}: {error.args[0]}", todo=error.todo) from None

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Make settings from what a file says.

        Raises:
            ConfigError: a name is unknown or missing, or a value cannot be used.
        """
        names = [f.name for f in fields(cls)]
        for name in values:
            if name not in names:
                raise ConfigError(f"unknown setting `{name}`", todo=did_you_mean(name, names))
        for f in fields(cls):
            if f.name not in values and f.default is MISSING and f.default_factory is MISSING:
                raise ConfigError(f"`{f.name}` is missing")
        return cls(**values)

    @property
    def digest(self) -> str:
        """The sha256 of what decides the model, beside the examples."""
        numbers = (f"{name}={value}" for name, value in sorted(self.hyperparameters.items()))
        return digest("vanne/azure-settings/1", self.endpoint, self.model, self.seed, *numbers)


def data_key(environment: Mapping[str, str] = os.environ) -> tuple[str, bool]:
    """Return what opens the data plane, and whether it is an Entra token (else a key).

    Raises:
        MissingError: neither is set.
        StorageError: the file that holds it cannot be read.
    """
    for variable, is_token in ((TOKEN, True), (KEY, False)):
        found = secret_in(environment, variable)
        if found and found[0].strip():
            return found[0].strip(), is_token
    raise MissingError(
        "there is no key for Azure OpenAI",
        todo=f"set {KEY} or {TOKEN}, or {KEY}_FILE to a file that holds it (mode 0600)",
    )


def management_token(environment: Mapping[str, str] = os.environ) -> str:
    """Return the Entra token for deployments.

    Raises:
        MissingError: there is none.
        StorageError: the file that holds it cannot be read.
    """
    found = secret_in(environment, MANAGEMENT_TOKEN)
    if found and found[0].strip():
        return found[0].strip()
    raise MissingError(
        "there is no token for deployments at Azure",
        todo=f"set {MANAGEMENT_TOKEN} (or {MANAGEMENT_TOKEN}_FILE) to what "
        "`az account get-access-token --query accessToken -o tsv` prints",
    )


def _check_kind(name: str, kind: Any, value: Any) -> None:
    if kind is str and not (isinstance(value, str) and value.strip()):
        raise ConfigError(f"`{name}` is not a text: `{value}`")
    if kind in (int, float, int | None) and value is not None:
        types, least = ((int, float), 0.0001) if kind is float else ((int,), _LEAST.get(name, 1))
        is_number = isinstance(value, types) and not isinstance(value, bool)
        if not (is_number and math.isfinite(value) and value >= least):
            raise ConfigError(f"`{name}` is not a number from {least} on: `{value}`")


def _check_address(name: str, address: str) -> None:
    """Refuse an address to which a key would travel in the open."""
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if not (is_safe and parts.hostname) or parts.username or parts.query:
        raise ConfigError(
            f"`{name}` is not an https address", todo="write `https://NAME.openai.azure.com`"
        )


def _check_hyperparameters(values: object) -> None:
    if not isinstance(values, Mapping):
        raise ConfigError("`hyperparameters` is not a table", todo="write `[hyperparameters]`")
    for name, value in values.items():
        kind = _HYPERPARAMETERS.get(name)
        if kind is None:
            raise ConfigError(
                f"unknown hyperparameter `{name}`", todo=did_you_mean(name, [*_HYPERPARAMETERS])
            )
        types = (int, float) if kind is float else (int,)
        if not isinstance(value, types) or isinstance(value, bool) or not 0 < value < 10_000:
            raise ConfigError(f"hyperparameter `{name}` is not a positive number: `{value}`")
