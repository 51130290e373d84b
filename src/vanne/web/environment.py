"""Secrets come from the environment: in a variable, or in a file that a variable names."""

from collections.abc import Mapping
from pathlib import Path

from vanne.errors import storing


def secret_in(environment: Mapping[str, str], variable: str) -> tuple[str, str] | None:
    """Return a secret and what it came from: `variable`, else the file that `variable_FILE` names.

    Raises:
        StorageError: the file cannot be read.
    """
    if (secret := environment.get(variable)) is not None:
        return secret, variable
    source = f"{variable}_FILE"
    if not (file := environment.get(source)):
        return None
    with storing(f"the file of `{source}`"):
        return Path(file).read_bytes().decode(errors="replace").strip(), source
