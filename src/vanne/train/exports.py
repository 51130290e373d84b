"""Record the copies of a model outside its store, so that forgetting deletes them.

    STORE/exports.json      a JSON document, mode 0600, written whole

An export (an adapter for peft, merged weights, a GGUF file) is a copy of the model. The record has
the digest of its bytes. When the model is replaced, a copy is deleted if its bytes still have that
digest; a copy that somebody moved or changed is reported and never touched. The place of a copy is
recorded before the copy is written, without a digest: what a killed export has left there is
deleted, whatever its bytes are.
"""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from vanne.errors import (
    BusyError,
    ConflictError,
    InputError,
    VanneError,
    VerificationError,
    storing,
)
from vanne.files import locked, sha256_of, sync, write_whole
from vanne.train.digests import digest
from vanne.train.model import current

SCHEMA = "vanne/exports/1"

Kind = Literal["peft", "safetensors", "gguf"]
Outcome = Literal["deleted", "missing", "changed", "unreachable"]
"""`changed`: other bytes than were recorded lie there. `unreachable`: the system refused."""


@dataclass(frozen=True, slots=True)
class ExportedCopy:
    """A file or folder that holds a copy of a version of the model.

    `digest` is `digest_of(path)` when it was written, and empty while it is. `outcome` says what
    became of it, until a certificate has said so.
    """

    kind: Kind
    path: Path
    model: str
    at: datetime
    digest: str
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class DeletedCopy:
    """What became of a copy of a model that was replaced."""

    kind: Kind
    digest: str
    outcome: Outcome


def record(store: Path, exported: ExportedCopy, begun: Path | None = None) -> None:
    """Record a copy that was just written; one that it has overwritten counts as deleted.

    `begun` is where it was written, if that was recorded.

    Raises:
        ConflictError: another model serves meanwhile: delete the copy, and make it again.
        MissingError: nothing has been trained here.
    """
    with locked(store):
        if current(store).version != exported.model:
            raise ConflictError(
                f"model `{exported.model[:12]}` was replaced while it was copied",
                todo="make the copy again: another model serves now",
            )
        path = exported.path.absolute()
        entries = []
        for each in _read(store):
            if each.path == path and not each.outcome and each.model != exported.model:
                entries.append(replace(each, outcome="deleted"))  # it was overwritten
            elif each.path != begun and (each.path != path or each.outcome):
                entries.append(each)
        _write(store, [*entries, replace(exported, path=path)])


def recorded(store: Path) -> list[ExportedCopy]:
    """Return the copies that are recorded and not yet deleted, in the order of their recording."""
    return [each for each in _read(store) if each.outcome is None and _is_begun(each)]


def delete_replaced(store: Path, keep_version: str) -> list[DeletedCopy]:
    """Delete every copy of another version than this one; say what became of each.

    What was said before is said again until `settle` is called, so that a call after a crash says
    the same. What could not be reached is tried again next time.
    """
    with locked(store):
        entries = [each for each in _read(store) if _is_begun(each)]
        deleted = []
        for number, entry in enumerate(entries):
            if entry.outcome or entry.model != keep_version:
                outcome = entry.outcome or _set_aside(entry)
                if outcome != "unreachable":
                    entries[number] = replace(entry, outcome=outcome)
                deleted.append(DeletedCopy(entry.kind, entry.digest, outcome))
        if deleted:
            _write(store, entries)  # first said, then deleted: a crash in between loses nothing
        for entry in entries:
            if entry.outcome == "deleted":
                with storing(f"`{_aside(entry)}`"):
                    delete(_aside(entry))
    return deleted


def drop(store: Path, path: Path) -> None:
    """Delete a copy that its maker needs no more, and take it out of the record.

    Raises:
        BusyError: the store is being changed: the copy stays, and so does its record.
    """
    busy = BusyError("the model's store is being changed", todo="try again")
    with locked(store, busy=busy):
        entries = _read(store)
        kept = [each for each in entries if each.path != path.absolute() or each.outcome]
        if kept != entries:
            _write(store, kept)
    if path.exists():
        with storing("the copy of the model"):
            delete(path)


def settle(store: Path) -> None:
    """Take out of the record what a certificate has said."""
    if (store / "exports.json").exists():
        with locked(store):
            _write(store, [each for each in _read(store) if each.outcome is None])


def digest_of(path: Path) -> str:
    """Return the digest of a file, or of all files of a folder with their names.

    Raises:
        InputError: a link or something else that is no plain file is in it.
        StorageError: it cannot be read.
    """
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise InputError(f"`{path}` is neither a file nor a folder")
    if path.is_file():
        return sha256_of(path)
    with storing(f"`{path}`"):
        names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*"))
    parts = ((name, "" if (path / name).is_dir() else digest_of(path / name)) for name in names)
    return digest("vanne/export/1", *(part for row in parts for part in row))


def _is_begun(entry: ExportedCopy) -> bool:
    """Say whether there is something to tell of: a copy that was never whole may have gone."""
    return bool(entry.digest) or entry.path.exists() or _aside(entry).exists()


def _set_aside(entry: ExportedCopy) -> Outcome:
    """Move a copy to a name that nobody looks for, if it still is what was recorded."""
    aside = _aside(entry)
    try:
        if aside.exists():
            return "deleted"
        if not entry.path.exists():
            return "missing"
        if entry.digest and digest_of(entry.path) != entry.digest:
            return "changed"
        entry.path.rename(aside)
        sync(aside.parent)
    except InputError:
        return "changed"
    except (OSError, VanneError):
        return "unreachable"
    return "deleted"


def _aside(entry: ExportedCopy) -> Path:
    return entry.path.with_name(f".{entry.path.name}.{entry.digest[:16]}.deleted")


def delete(path: Path) -> None:
    """Delete a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _read(store: Path) -> list[ExportedCopy]:
    path = store / "exports.json"
    if not path.exists():
        return []
    with storing("the record of exports"):
        data = path.read_bytes()
    try:
        return _COPIES.validate_python(json.loads(data)["exports"])
    except (ValueError, KeyError, TypeError):
        raise VerificationError(
            f"`{path}` is damaged", todo="restore it from a backup: it says what must be deleted"
        ) from None


def _write(store: Path, entries: list[ExportedCopy]) -> None:
    document = {"schema": SCHEMA, "exports": _COPIES.dump_python(entries, mode="json")}
    write_whole(store / "exports.json", json.dumps(document, indent=1).encode(), mode=0o600)


_COPIES = TypeAdapter(list[ExportedCopy])
