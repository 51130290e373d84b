"""What audits keep of single people, a loss for each: it goes with the model that they were of."""

import json
from pathlib import Path

from vanne.errors import storing
from vanne.files import write_whole

_DIGEST = 64


def trim_audits(folder: Path, version: str) -> None:
    """Take what is about single people out of the audits of all models but one version.

    Figures of whole crowds stay. An audit that cannot be read, or was half written when its writer
    was killed, is deleted.
    """
    with storing("the audits of replaced models"):
        for path in folder.glob(".*.partial"):
            if _is_audit(path.name[1:].split(".")[0]):
                path.unlink()
        for path in folder.glob("*.json"):
            if _is_audit(path.stem) and path.stem != version:
                _trim(path)


def _trim(path: Path) -> None:
    try:
        found = json.loads(path.read_bytes())
        crowds = [
            {name: value for name, value in row.items() if not name.startswith("roc")}
            for row in found["membership"]
        ]
        trimmed = found | {"membership": crowds, "losses": []}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        path.unlink()
        return
    if trimmed != found:
        write_whole(path, json.dumps(trimmed, indent=1).encode(), mode=0o600)


def _is_audit(name: str) -> bool:
    """Say whether a file is named by the version of a model, as `vanne audit` names its results."""
    return len(name) == _DIGEST and not set(name) - set("0123456789abcdef")
