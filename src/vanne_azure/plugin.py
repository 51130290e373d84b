"""What the back end at Azure OpenAI attaches to the core (`vanne.plugins`)."""

import json
from collections.abc import Sequence

from vanne.config import Home
from vanne.errors import StorageError, storing
from vanne.plugins import Command, hookimpl


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach the command."""
    said = "Fine-tune, ask and replace a model at Azure OpenAI."
    return [Command("azure", said, "vanne_azure.cli")]


@hookimpl
def kept_elsewhere(home: Home, corpus: str) -> Sequence[str]:
    """Say what was made at Azure of another version of the corpus.

    Raises:
        StorageError: what is known of it is damaged.
    """
    from vanne_azure.settings import state_path

    path = state_path(home)
    if not path.exists():
        return ()
    try:
        with storing(f"`{path}`"):
            said = json.loads(path.read_bytes())
        runs = [said["serving"], said["coming"], *said["leaving"]]
        names = [run["name"] for run in runs if run and run["corpus"] != corpus]
    except (ValueError, KeyError, TypeError):
        raise StorageError(f"`{path}` is damaged", todo="restore it from a backup") from None
    return [f"at Azure: {', '.join(names)} (`vanne azure forget`)"] if names else ()
