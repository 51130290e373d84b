"""The manifest of a corpus version: its inputs, files and counts, named by its SHA-256."""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import rfc8785

from vanne.config import Home
from vanne.corpus.sidecar import REFRESH, Binding
from vanne.errors import MissingError, VerificationError, storing
from vanne.files import write_whole
from vanne.terms import MAIN_PURPOSE, Purpose

SCHEMA = "vanne/corpus/1"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of the corpus: its path below the items folder, checksum, rows and sidecar.

    `sidecar` is None for a file of categories that are never used: no reader opens it. `deleted` is
    the checksum of the list of its deleted rows, if any were.
    """

    path: str
    sha256: str
    rows: int
    sidecar: str | None
    deleted: str | None = None


@dataclass(frozen=True, slots=True)
class ScreeningRules:
    """What is taken out of every text that is read, and the digest of the rules that find it."""

    redact: tuple[str, ...]
    rules: str


@dataclass(frozen=True)
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
    screening: ScreeningRules

    @property
    def data(self) -> str:
        """The sha256 of the checksums of the data files, in hex."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    @cached_property
    def version(self) -> str:
        """The sha256 of the canonical JSON of the manifest, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """Return the canonical JSON (RFC 8785)."""
        return rfc8785.dumps(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as a JSON document."""
        files = [{k: v for k, v in asdict(f).items() if (k, v) != ("deleted", None)}
                 for f in self.files]  # fmt: skip
        document = asdict(replace(self, files=())) | {"files": files}
        return document | {"schema": SCHEMA, "as_of": self.as_of.isoformat()}

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
    write_whole(pointer_of(home, manifest.purpose), manifest.version.encode())


def pointer_of(home: Home, purpose: Purpose) -> Path:
    """Return the file that names the current version for a purpose: each has its own."""
    return home.corpus / ("CURRENT" if purpose == MAIN_PURPOSE else f"CURRENT-{purpose}")


def has_current(home: Home, purpose: Purpose) -> bool:
    """Say whether a corpus has been built here for a purpose."""
    return pointer_of(home, purpose).exists()


def current(home: Home, purpose: Purpose = MAIN_PURPOSE) -> Manifest:
    """Return the manifest of the current version for a purpose.

    Raises:
        MissingError: no corpus has been built here for it.
        VerificationError: the manifest is damaged, or one for another purpose.
    """
    return load_for(home, current_version(home, purpose), purpose)


def current_version(home: Home, purpose: Purpose) -> str:
    """Return the name of the current version for a purpose.

    Raises:
        MissingError: no corpus has been built here for it.
    """
    pointer = pointer_of(home, purpose)
    if not has_current(home, purpose):
        what = "corpus" if purpose == MAIN_PURPOSE else f"corpus for `{purpose}`"
        raise MissingError(
            f"no {what} has been built in `{home.root}`", todo="run `vanne corpus build`"
        )
    with storing(f"`{pointer.name}`"):
        return pointer.read_bytes().decode(errors="replace").strip()


def currents(home: Home) -> list[Manifest]:
    """Return the current version for each purpose that has one.

    Raises:
        VerificationError: one of the manifests is damaged.
    """
    names = sorted(path.name for path in home.corpus.glob("CURRENT*"))
    return [
        current(home, name.removeprefix("CURRENT").lstrip("-") or MAIN_PURPOSE) for name in names
    ]


def load_for(home: Home, version: str, purpose: Purpose) -> Manifest:
    """Return the manifest of the version that is said to be current for a purpose.

    Raises:
        VerificationError: it is damaged, or one for another purpose.
    """
    manifest = load(home, version)
    if manifest.purpose != purpose:
        raise VerificationError(
            f"`{pointer_of(home, purpose).name}` names a version for another purpose",
            todo=REFRESH,
        )
    return manifest


def latest(home: Home, most: int) -> list[Manifest]:
    """Return the versions for training that were made last, the newest at the end.

    A manifest is small and is never removed, so that it tells what each version counted. One that
    is damaged is left out.
    """
    with storing("the manifests"):
        files = [(path.stat().st_mtime_ns, path) for path in _path(home, "").parent.glob("*.json")]
    versions = list[Manifest]()
    for _, path in sorted(files, reverse=True):
        with suppress(VerificationError):
            version = loaded(home, path.stem)
            versions += [version] if version.purpose == MAIN_PURPOSE else []
        if len(versions) == most:
            break
    return sorted(versions, key=lambda each: (each.as_of, each.ledger_size))


@lru_cache(maxsize=256)
def loaded(home: Home, version: str) -> Manifest:
    """Return the manifest of a version, which is read once: it never changes."""
    return load(home, version)


def load(home: Home, version: str) -> Manifest:
    """Return the manifest of a version.

    Raises:
        VerificationError: it is missing, or its name is not the digest of what it says.
    """
    if not _VERSION.fullmatch(version):
        raise VerificationError("what should name a version of the corpus does not", todo=REFRESH)
    if not _path(home, version).exists():
        raise VerificationError(f"manifest `{version[:12]}` is missing", todo=REFRESH)
    with storing(f"the manifest `{version[:12]}`"):
        data = _path(home, version).read_bytes()
    if hashlib.sha256(data).hexdigest() != version:
        raise VerificationError(f"manifest `{version[:12]}` is damaged", todo=REFRESH)
    document = json.loads(data)
    document.pop("schema")
    document["as_of"] = datetime.fromisoformat(document["as_of"])
    screening = document["screening"]
    document["screening"] = ScreeningRules(tuple(screening["redact"]), screening["rules"])
    document["files"] = tuple(DataFile(**file) for file in document["files"])
    return Manifest(**document)


_VERSION = re.compile(r"[0-9a-f]{64}")


def _path(home: Home, version: str) -> Path:
    return home.corpus / "manifests" / f"{version}.json"
