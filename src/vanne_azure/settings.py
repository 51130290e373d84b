"""The settings of the Azure back end, `HOME/azure.toml`, and the notes of its runs.

`HOME/azure.toml` holds no secret. The key and the tokens come from the environment, each in a
variable or in the file that `VARIABLE_FILE` names. They are read again for every request, because a
token lives about an hour.

Each run has its own note, `HOME/azure/runs/NAME.json`: what was sent, and what Azure made of it.
The note is written before each next step. It is deleted when everything of the run is gone from
Azure.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vanne.config import Home, secret_in
from vanne.errors import MissingError, StorageError, storing
from vanne.files import write_whole
from vanne.packs.schema import settings_in

KEY, TOKEN, MANAGEMENT_TOKEN = (
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_MANAGEMENT_TOKEN",
)
# what was tuned before would stay in what is tuned from it
_TUNED = re.compile(r"\.ft-|^ft:|^ftchkpt-", re.IGNORECASE)


def _check_base_model(name: str) -> str:
    if _TUNED.search(name):
        raise ValueError("is a fine-tuned model, in which what it learnt would stay: name a base")
    return name


def _check_address(address: str) -> str:
    """Refuse an address to which a key would travel in the open."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    is_safe = parts.scheme == "https" or is_here
    if not (is_safe and parts.hostname) or parts.username or parts.query:
        raise ValueError("is not an https address such as `https://NAME.openai.azure.com`")
    return address.rstrip("/")


NonEmpty = Annotated[str, Field(pattern=r"\S")]
Address = Annotated[str, AfterValidator(_check_address)]
Positive = Annotated[int | float, Field(gt=0, allow_inf_nan=False)]
Hyperparameter = Literal["n_epochs", "batch_size", "learning_rate_multiplier"]


class AzureSettings(BaseModel):
    """One resource and one model there. Times in seconds, `wait_hours` in hours."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    endpoint: Address
    region: NonEmpty
    subscription: NonEmpty
    resource_group: NonEmpty
    account: NonEmpty
    model: Annotated[NonEmpty, AfterValidator(_check_base_model)]
    deployment: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")] = "vanne"
    examples: Annotated[int, Field(ge=10)] | None = None  # a job needs ten
    hyperparameters: dict[Hyperparameter, Positive] = {}  # others are Azure's own choice
    capacity: Annotated[int, Field(gt=0)] = 1
    management: Address = "https://management.azure.com"
    poll_seconds: Positive = 30.0
    timeout_seconds: Positive = 60.0
    wait_hours: Positive = 72.0
    attempts: Annotated[int, Field(gt=0)] = 5

    @classmethod
    def read(cls, home: Home) -> Self:
        """Read the settings of a home.

        Raises:
            MissingError: there are none.
            ConfigError: a name is unknown or missing, or a value cannot be used.
        """
        path = home.root / "azure.toml"
        if not path.exists():
            todo = "write it as in docs/howto/azure.md: endpoint, region, account, model"
            raise MissingError(f"there is no `{path}`", todo=todo)
        return settings_in(path, cls, cls.model_fields)

    @property
    def resource(self) -> str:
        """The resource, as the notes of runs name it."""
        return f"{self.endpoint} {self.account}"


def secret_of(*variables: str) -> tuple[str, str]:
    """Return the first of these secrets that is set, and its variable.

    Raises:
        MissingError: none is set.
        StorageError: the file that holds it cannot be read.
    """
    for variable in variables:
        secret = secret_in(os.environ, variable)
        if secret and secret[0].strip():
            return secret[0].strip(), variable
    names = " or ".join(variables)
    todo = f"set {names}, or {variables[-1]}_FILE to a file that holds it (mode 0600)"
    raise MissingError("there is no key for Azure OpenAI", todo=todo)


class AzureRun(BaseModel):
    """One fine-tuning: what was sent, and what Azure made of it.

    The name is a hash of the examples and of the settings that decide the model. It is in the name
    of the file and of the deployment, so that the same is never made twice. `has_failed` says that
    nothing will come of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    resource: str
    corpus: str
    ledger_size: int
    examples: int
    file: str | None = None
    job: str | None = None
    model: str | None = None
    has_failed: bool = False

    @property
    def file_name(self) -> str:
        """What its training file is called at Azure."""
        return f"{self.name}.jsonl"

    def noted(self, home: Home, **news: Any) -> "AzureRun":
        """Write the note with what is new; return it."""
        run = self.model_copy(update=news)
        data = run.model_dump_json(indent=1).encode()
        write_whole(folder_of(home) / "runs" / f"{run.name}.json", data)
        return run


def folder_of(home: Home) -> Path:
    """Return the folder of what is at Azure OpenAI, and of what was deleted there."""
    return home.root / "azure"


def runs_of(home: Home) -> list[AzureRun]:
    """Return the runs of which something may be at Azure.

    Raises:
        StorageError: a note is damaged.
    """
    runs = []
    for path in sorted((folder_of(home) / "runs").glob("*.json")):
        try:
            with storing(f"`{path}`"):
                runs.append(AzureRun.model_validate_json(path.read_bytes()))
        except ValidationError:
            todo = "restore it from a backup: it knows what is to be deleted at Azure"
            raise StorageError(f"`{path}` is damaged", todo=todo) from None
    return runs
