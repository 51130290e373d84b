"""A manifest pins one version of the corpus, and is named by what it says."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785

from vanne.config import Home
from vanne.corpus.sidecar import Binding
from vanne.errors import MissingError, VerificationError, storing
from vanne.files import write_whole

SCHEMA = "vanne/corpus/1"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of the corpus: its path below the items folder, checksum, rows and sidecar.

    `sidecar` is None for a file of categories that are never used: no reader opens it.
    """

    path: str
    sha256: str
    rows: int
    sidecar: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of the corpus. `counts` says how many items each reason decided."""

    purpose: str
    policy_name: str
    policy: str
    as_of: datetime
    members_sha256: str
    ledger_size: int
    ledger_root: str
    files: tuple[DataFile, ...]
    counts: Mapping[str, int]
    documents: int

    @property
    def version(self) -> str:
        """The sha256 of the canonical JSON of the manifest, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """Return the canonical JSON (RFC 8785)."""
        return rfc8785.dumps(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON document."""
        document = asdict(self) | {"schema": SCHEMA, "as_of": self.as_of.isoformat()}
        return document | {"counts": dict(self.counts), "files": [asdict(f) for f in self.files]}

    def binding(self, file: DataFile) -> Binding:
        """Return what the sidecar of a file must be bound to."""
        return Binding(
            file_sha256=file.sha256,
            rows=file.rows,
            policy=self.policy,
            purpose=self.purpose,
            as_of=self.as_of.isoformat(),
            members_sha256=self.members_sha256,
            ledger_size=self.ledger_size,
            ledger_root=self.ledger_root,
        )


def publish(home: Home, manifest: Manifest) -> None:
    """Write a manifest and make it the current one: readers see the old version or the new one."""
    write_whole(_path(home, manifest.version), manifest.canonical())
    write_whole(home.corpus / "CURRENT", manifest.version.encode())


def current(home: Home) -> Manifest:
    """Return the manifest of the current version.

    Raises:
        MissingError: no corpus has been built here.
        VerificationError: the manifest is damaged.
    """
    pointer = home.corpus / "CURRENT"
    if not pointer.exists():
        raise MissingError(
            f"no corpus has been built in `{home.root}`", todo="run `vanne corpus build`"
        )
    with storing(f"`{pointer}`"):
        return load(home, pointer.read_text().strip())


def load(home: Home, version: str) -> Manifest:
    """Return the manifest of a version.

    Raises:
        VerificationError: the manifest's name is not the digest of what it says.
    """
    with storing(f"the manifest `{version[:12]}`"):
        data = _path(home, version).read_bytes()
    if hashlib.sha256(data).hexdigest() != version:
        raise VerificationError(
            f"manifest `{version[:12]}` is damaged", todo="build the corpus again"
        )
    document = json.loads(data)
    document.pop("schema")
    document["as_of"] = datetime.fromisoformat(document["as_of"])
    document["files"] = tuple(DataFile(**file) for file in document["files"])
    return Manifest(**document)


def _path(home: Home, version: str) -> Path:
    return home.corpus / "manifests" / f"{version}.json"
