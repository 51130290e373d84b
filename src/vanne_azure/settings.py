"""Which resource at Azure and which model: `HOME/azure.toml`, without a secret.

The key and the tokens come from the environment, each in a variable or in the file that
`VARIABLE_FILE` names. They are read again for every request, because a token lives about an hour.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vanne.config import Home, secret_in
from vanne.errors import (
    ConfigError,
    MissingError,
    RefusedError,
    StorageError,
    did_you_mean,
    storing,
)
from vanne.files import write_whole
from vanne.train.digests import digest

KEY, TOKEN, MANAGEMENT_TOKEN = (
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_MANAGEMENT_TOKEN",
)
_TUNED = re.compile(r"\.ft-|^ft:|^ftchkpt-", re.IGNORECASE)
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def _check_base_model(name: str) -> str:
    if _TUNED.search(name):
        raise ValueError("is a fine-tuned model, in which what it learnt would stay: name a base")
    return name


def _check_address(address: str) -> str:
    """Refuse an address to which a key would travel in the open."""
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in _THIS_MACHINE
    )
    if not (is_safe and parts.hostname) or parts.username or parts.query:
        raise ValueError("is not an https address such as `https://NAME.openai.azure.com`")
    return address.rstrip("/")


NonEmpty = Annotated[str, Field(pattern=r"\S")]
Address = Annotated[str, AfterValidator(_check_address)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class Hyperparameters(BaseModel):
    """What Azure lets an operator choose; what is not given is Azure's own choice."""

    model_config = _STRICT
    n_epochs: Annotated[int, Field(gt=0)] | None = None
    batch_size: Annotated[int, Field(gt=0)] | None = None
    learning_rate_multiplier: Positive | None = None


def settings_path(home: Home) -> Path:
    """Return where the resource is named; the file is there only if this back end is used."""
    return home.root / "azure.toml"


def folder_of(home: Home) -> Path:
    """Return the folder of what is at Azure OpenAI, and of what was deleted there."""
    return home.root / "azure"


class AzureSettings(BaseModel):
    """One resource and one model there. Times in seconds, `wait_hours` in hours."""

    model_config = _STRICT
    endpoint: Address
    region: NonEmpty
    subscription: NonEmpty
    resource_group: NonEmpty
    account: NonEmpty
    model: Annotated[NonEmpty, AfterValidator(_check_base_model)]
    deployment: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")] = "vanne"
    examples: Annotated[int, Field(ge=10)] | None = None  # a job needs ten
    seed: Annotated[int, Field(ge=0)] = 0
    hyperparameters: Hyperparameters = Hyperparameters()
    capacity: Annotated[int, Field(gt=0)] = 1
    management: Address = "https://management.azure.com"
    poll_seconds: Positive = 30.0
    timeout_seconds: Positive = 60.0
    wait_hours: Positive = 72.0
    attempts: Annotated[int, Field(gt=0)] = 5

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
            return cls(**tomllib.loads(data.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"`{path.name}` is not TOML: {error}") from None
        except ValidationError as error:
            fault = error.errors()[0]
            raise _refused(path.name, fault, [*cls.model_fields]) from None

    @property
    def digest(self) -> str:
        """The sha256 of what decides the model, beside the examples."""
        numbers = (f"{name}={value}" for name, value in self.chosen_hyperparameters.items())
        return digest("vanne/azure-settings/1", self.endpoint, self.model, self.seed, *numbers)

    @property
    def chosen_hyperparameters(self) -> dict[str, Any]:
        """The hyperparameters that are not left to Azure."""
        return self.hyperparameters.model_dump(exclude_none=True)


def _refused(file: str, fault: Any, names: list[str]) -> ConfigError:
    name = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        if name.startswith("hyperparameters."):
            names = [f"hyperparameters.{each}" for each in Hyperparameters.model_fields]
        return ConfigError(f"{file}: unknown setting `{name}`", todo=did_you_mean(name, names))
    reason = fault["msg"].removeprefix("Value error, ")
    return ConfigError(f"{file}: `{name}`: {reason[0].lower()}{reason[1:]}")


def data_key(environment: Mapping[str, str] = os.environ) -> tuple[str, bool]:
    """Return what opens the data plane, and whether it is an Entra token (else a key).

    Raises:
        MissingError: neither is set.
        StorageError: the file that holds it cannot be read.
    """
    for variable, is_token in ((TOKEN, True), (KEY, False)):
        if secret := _secret(environment, variable):
            return secret, is_token
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
    if secret := _secret(environment, MANAGEMENT_TOKEN):
        return secret
    raise MissingError(
        "there is no token for deployments at Azure",
        todo=f"set {MANAGEMENT_TOKEN} (or {MANAGEMENT_TOKEN}_FILE) to what "
        "`az account get-access-token --query accessToken -o tsv` prints",
    )


def _secret(environment: Mapping[str, str], variable: str) -> str:
    named = secret_in(environment, variable)
    return named[0].strip() if named else ""


_WHOLE = ConfigDict(extra="forbid", frozen=True)


class AzureRun(BaseModel):
    """One fine-tuning: what was sent, and what Azure made of it.

    The name is in the name of the file and of the deployment. `settings` is the digest of what
    decides the model beside the examples.
    """

    model_config = _WHOLE
    name: str
    corpus: str
    ledger_size: int
    sha256: str
    examples: int
    settings: str
    file: str | None = None
    job: str | None = None
    model: str | None = None

    @property
    def file_name(self) -> str:
        """What its training file is called at Azure."""
        return f"{self.name}.jsonl"

    def fits(self, sha256: str, settings: AzureSettings) -> bool:
        """Say whether it trains on just these examples, with just these settings."""
        return (self.sha256, self.settings) == (sha256, settings.digest)


class AzureState(BaseModel):
    """The runs of a network at one resource."""

    model_config = _WHOLE
    version: Literal["vanne/azure-state/1"] = Field(
        default="vanne/azure-state/1", serialization_alias="schema", validation_alias="schema"
    )
    resource: str
    serving: AzureRun | None = None
    coming: AzureRun | None = None
    leaving: tuple[AzureRun, ...] = ()

    @property
    def runs(self) -> tuple[AzureRun, ...]:
        """All runs of which something may be at Azure."""
        return (*filter(None, (self.serving, self.coming)), *self.leaving)

    def with_leaving(self, *names: Literal["serving", "coming"]) -> "AzureState":
        """Return the state in which these runs are to be deleted."""
        update: dict[str, Any] = dict.fromkeys(names)
        leaving = filter(None, (getattr(self, name) for name in names))
        update["leaving"] = (*self.leaving, *leaving)
        return self.model_copy(update=update)


def state_path(home: Home) -> Path:
    """Return where the state is."""
    return folder_of(home) / "state.json"


def read_state(home: Home, settings: AzureSettings) -> AzureState:
    """Return the state; an empty one if nothing was ever sent.

    Raises:
        RefusedError: it is that of another resource.
        StorageError: it is damaged.
    """
    path, resource = state_path(home), f"{settings.endpoint} {settings.account}"
    if not path.exists():
        return AzureState(resource=resource)
    state = load_state(path)
    if state.resource != resource and state.runs:
        raise RefusedError(
            "what this network has at Azure lies in another resource than azure.toml names",
            todo="name that one again, or delete there what state.json lists and remove the file",
        )
    return state.model_copy(update={"resource": resource})


def load_state(path: Path) -> AzureState:
    """Return the state in a file, whatever resource it is of.

    Raises:
        StorageError: it is damaged.
    """
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        return AzureState.model_validate_json(data)
    except ValidationError:
        todo = "restore it from a backup: it knows what is to be deleted at Azure"
        raise StorageError(f"`{path}` is damaged", todo=todo) from None


def save_state(home: Home, state: AzureState) -> AzureState:
    """Write the state whole; return it."""
    write_whole(state_path(home), state.model_dump_json(indent=1, by_alias=True).encode())
    return state
