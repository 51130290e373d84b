"""Store what a refresh changed: the new codes of some rows of an earlier sidecar.

A version whose sidecars are not all written whole has one file of patches. For each data file it
names the version whose sidecar it changes, the rows, and their codes now. A patched sidecar must
have the name that the manifest gives: it is byte for byte the one that a full build would write.
When a patch has become large, the sidecar is written whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays, sidecar
from vanne.corpus.manifest import DataFile, Manifest, loaded
from vanne.corpus.sidecar import REFRESH, Codes, Rows, Sidecar
from vanne.errors import VerificationError, storing

SCHEMA = "vanne/patches/1"
LARGE = 0.02
"""The share of a file's rows from which on its sidecar is written whole."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The codes of some rows (ascending), on top of the sidecar in version `base`."""

    base: str
    rows: Rows
    codes: Codes

    @classmethod
    def between(cls, base: str, before: Sidecar, after: Sidecar) -> "Patch":
        """Return what makes one sidecar of another."""
        rows = np.flatnonzero(before.codes != after.codes)
        return cls(base, rows, after.codes[rows])


def save(home: Home, version: str, patches: Mapping[str, Patch]) -> None:
    """Write the patches of a version, by the paths of the data files."""
    places = [np.full(len(patch.rows), n, np.int32) for n, patch in enumerate(patches.values())]
    files = [{"path": path, "base": patch.base} for path, patch in patches.items()]
    arrays.save(
        _path(home, version),
        {"schema": SCHEMA, "files": files},
        {
            "file": np.concatenate([np.zeros(0, np.int32), *places]),
            "row": np.concatenate([np.zeros(0, np.int64), *(p.rows for p in patches.values())]),
            "code": np.concatenate([np.zeros(0, np.uint8), *(p.codes for p in patches.values())]),
        },
        small=True,
    )


def patches_of(home: Home, version: str) -> dict[str, Patch]:
    """Return the patches of a version, by the paths of the data files; mostly there are none."""
    if not _path(home, version).exists():
        return {}
    about, saved = arrays.load(_path(home, version))
    return {
        file["path"]: Patch(file["base"], saved["row"][rows], saved["code"][rows])
        for number, file in enumerate(about["files"])
        for rows in [np.flatnonzero(saved["file"] == number)]
    }


def drop(home: Home, version: str) -> None:
    """Remove the patches of a version whose sidecars are all whole."""
    with storing("`patches`"):
        arrays.remove(_path(home, version))


def sidecar_of(
    home: Home, manifest: Manifest, file: DataFile, patches: Mapping[str, Patch] | None = None
) -> Sidecar:
    """Return the sidecar of a data file in a version, whole or patched.

    Who looks at many files gives the `patches_of` the version, which are read once then.

    Raises:
        VerificationError: it is damaged, made for something else, or not what the manifest names.
    """
    folder, name = home.corpus / "sidecars", file.sidecar or ""
    whole = (folder / name).exists()
    patch = None
    if not whole:
        patches = patches_of(home, manifest.version) if patches is None else patches
        patch = patches.get(file.path)
    if patch is None:
        return sidecar.load(folder, name, manifest.binding(file))
    patched = base_of(home, patch.base, file.path).changed(patch.rows, patch.codes)
    if patched.name(manifest.binding(file)) != name:
        raise VerificationError(
            f"sidecar `{name[:12]}` is damaged, or was made for something else",
            todo=REFRESH,
        )
    return patched


def base_of(home: Home, version: str, path: str) -> Sidecar:
    """Return the sidecar of a data file in a version in which it is written whole."""
    base = loaded(home, version)
    file = next(file for file in base.files if file.path == path)
    return sidecar.load(home.corpus / "sidecars", file.sidecar or "", base.binding(file))


def _path(home: Home, version: str) -> Path:
    return home.corpus / "patches" / f"{version}.arrow"
