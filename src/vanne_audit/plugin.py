"""The hooks of the audit that the core calls (`vanne.plugins`): its command, its last findings."""

import json
from collections.abc import Sequence

from vanne.config import Home
from vanne.errors import storing
from vanne.plugins import Command, hookimpl


@hookimpl
def register_commands() -> Sequence[Command]:
    """Attach the command."""
    return [Command("audit", "Test whether a model remembers people.", "vanne_audit.cli", "Prove")]


@hookimpl
def model_findings(home: Home, version: str) -> Sequence[str]:
    """Say what the last audit of a model found."""
    from vanne_audit.auditing import audit_path, sentences

    path = audit_path(home, version)
    if not path.exists():
        return ()
    with storing(f"`{path}`"):
        return sentences(json.loads(path.read_bytes()))
