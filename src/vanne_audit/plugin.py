"""The hooks of the audit that the core calls (`vanne.plugins`): its command, its last findings."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.errors import storing
from vanne.plugins import AttackAccuracy, Command, ModelAudit, hookimpl


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


@hookimpl
def model_audit(home: Home, version: str) -> ModelAudit | None:
    """Return what the last audit of a model found, of each standing the surest row."""
    from vanne_audit.auditing import audit_path, surest

    path = audit_path(home, version)
    if not path.exists():
        return None
    with storing(f"`{path}`"):
        document = json.loads(path.read_bytes())
    rows = (surest(document, standing) for standing in ("in", "forgotten"))
    found = [_accuracy(row, document) for row in rows if row]
    return ModelAudit(datetime.fromisoformat(document["at"]), found)


def _accuracy(row: dict[str, Any], document: dict[str, Any]) -> AttackAccuracy:
    standing, right = row["standing"], row["auc"]
    is_memory = document["verdict"][standing]["remembered"]
    values = right["value"], right["low"], right["high"]
    return AttackAccuracy(standing, *values, row["people"], is_memory)
