"""What of this network is at Azure: `HOME/azure/state.json`, written whole before each next step.

    serving   the run whose model answers
    coming    the run that is under way: `vanne azure train` or `forget` goes on with it
    leaving   the runs whose things are still to be deleted there

No secret is in it, and no member.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vanne.config import Home
from vanne.errors import RefusedError, StorageError, storing
from vanne.files import write_whole
from vanne_azure.settings import AzureSettings, folder_of

_STRICT = ConfigDict(extra="forbid", frozen=True)


class AzureRun(BaseModel):
    """One fine-tuning: what was sent, and what Azure made of it.

    The name is in the name of the file and of the deployment. `settings` is the digest of what
    decides the model beside the examples.
    """

    model_config = _STRICT
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

    model_config = _STRICT
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
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        state = AzureState.model_validate_json(data)
    except ValidationError:
        todo = "restore it from a backup: it knows what is to be deleted at Azure"
        raise StorageError(f"`{path}` is damaged", todo=todo) from None
    if state.resource != resource and state.runs:
        raise RefusedError(
            "what this network has at Azure lies in another resource than azure.toml names",
            todo="name that one again, or delete there what state.json lists and remove the file",
        )
    return state.model_copy(update={"resource": resource})


def save_state(home: Home, state: AzureState) -> AzureState:
    """Write the state whole; return it."""
    write_whole(state_path(home), state.model_dump_json(indent=1, by_alias=True).encode())
    return state
