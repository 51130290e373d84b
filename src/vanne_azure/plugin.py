"""The hooks of the Azure back end that the core calls (`vanne.plugins`)."""

from collections.abc import Sequence

from vanne.config import Home
from vanne.plugins import Command, hookimpl


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach the command."""
    summary = "Fine-tune and replace a model at Azure OpenAI."
    return [Command("azure", summary, "vanne_azure.cli")]


@hookimpl
def kept_elsewhere(home: Home, corpus: str) -> Sequence[str]:
    """Say what was made at Azure of another version of the corpus.

    Raises:
        StorageError: what is known of it is damaged.
    """
    from vanne_azure.settings import runs_of

    names = [run.name for run in runs_of(home) if run.corpus != corpus]
    return [f"at Azure: {', '.join(names)} (`vanne azure forget`)"] if names else ()
