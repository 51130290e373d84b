"""What of this network is at Azure: `HOME/azure/state.json`, written whole before each next step.

    serving   the run whose model answers
    coming    the run that is under way: `vanne azure train` or `forget` goes on with it
    leaving   the runs whose things are still to be deleted there

No secret is in it, and no member.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from vanne.config import Home
from vanne.errors import RefusedError, StorageError, storing
from vanne.files import write_whole
from vanne.train.store import Store
from vanne_azure.settings import Settings

SCHEMA = "vanne/azure-state/1"


@dataclass(frozen=True, slots=True)
class Run:
    """One fine-tuning: what was sent, and what Azure made of it.

    Its name is in that of its file and deployment. `settings` is the digest of what else decides
    the model, `seconds` how long the job took.
    """

    name: str
    corpus: str
    ledger_size: int
    sha256: str
    size_bytes: int
    examples: int
    settings: str
    base: str
    begun: str
    file: str | None = None
    job: str | None = None
    model: str | None = None
    deployment: str | None = None
    seconds: int | None = None

    @property
    def file_name(self) -> str:
        """What its training file is called at Azure."""
        return f"{self.name}.jsonl"

    def fits(self, sha256: str, settings: Settings) -> bool:
        """Say whether it trains on just these examples, with just these settings."""
        return (self.sha256, self.settings) == (sha256, settings.digest)


@dataclass(frozen=True, slots=True)
class State:
    """The runs of a network at one resource."""

    resource: str
    serving: Run | None = None
    coming: Run | None = None
    leaving: tuple[Run, ...] = ()

    def without_coming(self) -> "State":
        """Return the state in which what was under way is to be deleted."""
        return replace(self, coming=None, leaving=self._leaving_and(self.coming))

    def switched(self) -> "State":
        """Return the state in which what was coming serves, and what served is to be deleted."""
        leaving = self._leaving_and(self.serving)
        return replace(self, serving=self.coming, coming=None, leaving=leaving)

    def emptied(self) -> "State":
        """Return the state in which everything is to be deleted."""
        leaving = self._leaving_and(self.serving, self.coming)
        return replace(self, serving=None, coming=None, leaving=leaving)

    def _leaving_and(self, *runs: Run | None) -> tuple[Run, ...]:
        return self.leaving + tuple(run for run in runs if run is not None)

    def as_json(self) -> dict[str, Any]:
        """Return the state as a JSON document."""
        return {"schema": SCHEMA, **asdict(self), "leaving": [asdict(run) for run in self.leaving]}


def new_name(prefix: str) -> str:
    """Return a name that no other run has."""
    return f"{prefix}-{token_hex(4)}"


def state_path(home: Home) -> Path:
    """Return where the state is."""
    return home.azure / "state.json"


def read_state(home: Home, settings: Settings) -> State:
    """Return the state; an empty one if nothing was ever sent.

    Raises:
        RefusedError: it is that of another resource.
        StorageError: it is damaged.
    """
    path, resource = state_path(home), f"{settings.endpoint.rstrip('/')} {settings.account}"
    if not path.exists():
        return State(resource)
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        state = _parsed(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError):
        todo = "restore it from a backup: it knows what is to be deleted at Azure"
        raise StorageError(f"`{path}` is damaged", todo=todo) from None
    if state.resource != resource and (state.serving or state.coming or state.leaving):
        raise RefusedError(
            "what this network has at Azure lies in another resource than azure.toml names",
            todo="name that one again, or delete there what state.json lists and remove the file",
        )
    return replace(state, resource=resource)


def save_state(home: Home, state: State) -> State:
    """Write the state whole; return it."""
    write_whole(state_path(home), json.dumps(state.as_json(), indent=1).encode())
    return state


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold what is at Azure for changing.

    Raises:
        BusyError: another process holds it.
    """
    with Store(home.azure).locked():
        yield


def _parsed(document: dict[str, Any]) -> State:
    runs = {
        name: Run(**document[name]) if document[name] else None for name in ("serving", "coming")
    }
    leaving = tuple(Run(**run) for run in document["leaving"])
    return State(str(document["resource"]), **runs, leaving=leaving)
