"""Publish the ledger as static files that anybody can check on their own (C2SP `tlog-tiles`).

Everything is derived again from the entries into a separate folder. The files are moved into place
only if they give the tree that the last checkpoint signed, and if that tree begins with the
published one. Each file is moved by a rename: entries and tiles first, the checkpoint last. So a
reader of a checkpoint finds all that it covers, even after a crash. A published file is never
rewritten: a different file in its place is an error. Only public parts are published.

A partial tile stays until the full one is there, as the standard asks, because a checkpoint that
somebody holds may need it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from vanne.errors import BusyError, StorageError, VerificationError, storing
from vanne.files import PUBLIC, locked, make_folder, sync, write_whole
from vanne.ledger.checkpoint import Checkpoint, Verifier, verify_checkpoint
from vanne.ledger.encoding import to_base64
from vanne.ledger.follow import (
    CHECKPOINT,
    VKEY,
    bundle_path,
    encode_bundle,
    folder_reader,
    published_tiles,
    tile_path,
)
from vanne.ledger.ledger import Ledger
from vanne.ledger.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    TILE_WIDTH,
    TileKey,
    Tiles,
    leaf_hash,
    root,
    verify_consistency,
)
from vanne.ledger.proof import key_of
from vanne.ledger.seen import keep_published
from vanne.ledger.witnesses import WitnessPolicy, gather

_STAGE = ".next"
_PUBLIC_FOLDER = 0o755
"""The log is for everybody: a web server of any user gives it out."""
_BLOCK = TILE_WIDTH * TILE_WIDTH  # entries that are held in memory: about six megabytes
Tell = Callable[[int], None]


def publish(
    ledger: Ledger,
    folder: Path,
    *,
    witnesses: WitnessPolicy | None = None,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Bring a published log up to date with the ledger; `tell` hears how many entries are done.

    Returns:
        What was published (`vanne/ledger-publication/1`): the tree, from which entry on files were
        made, how many are new.

    Raises:
        VerificationError: the ledger does not match its last checkpoint, or does not begin with
            what was published; or a published file says something else. Nothing was changed.
        BusyError: it is being published right now.
        StorageError: the disk is full, or the folder cannot be written; or not enough of the
            witnesses have cosigned: then the checkpoint that was published stays.
    """
    state = ledger.describe()
    note, verifier = str(state["checkpoint"]), Verifier.parse(state["vkey"])
    now = verify_checkpoint(note, verifier)
    with _stage_of(folder) as stage:
        before = _published(ledger, folder, now)
        tiles = Tiles(published_tiles(folder_reader(folder), before.size))
        if not _gives(tiles, before):
            raise VerificationError(
                f"the tiles in `{folder}` do not give the tree that its checkpoint signed",
                todo="find out who changed them, and publish to a new folder",
            )
        start = before.size - before.size % TILE_WIDTH
        names = list(_derive(ledger, now, start, tiles, stage, tell))
        fresh = [name for name in names if not _is_there(folder, stage, name)]
        touched = set[Path]()
        for name in fresh:
            path = folder / name
            make_folder(path.parent, mode=_PUBLIC_FOLDER)
            (stage / name).replace(path)
            touched.update(parent for parent in path.parents if parent.is_relative_to(folder))
        for parent in touched:
            sync(parent)
        failures: dict[str, str] = {}
        if witnesses:
            proof = partial(ledger.consistency, new=now.size)
            note, failures = gather(note, verifier, witnesses, before.size, proof)
        for name, text in ((VKEY, f"{verifier.vkey}\n"), (CHECKPOINT, note)):
            path = folder / name
            if not path.exists() or path.read_text() != text:
                write_whole(path, text.encode(), mode=PUBLIC)
        if ledger.home:
            with suppress(StorageError):  # an auditor publishes from where nothing can be kept
                keep_published(ledger.home, folder)
        removed = 0
        for parts in (folder / f"{name}.p" for name in names):  # the full one is published
            if parts.is_dir():
                removed += len(list(parts.iterdir()))
                shutil.rmtree(parts)
    return {
        "schema": "vanne/ledger-publication/1",
        "origin": now.origin,
        "size": now.size,
        "root": to_base64(now.root),
        "vkey": verifier.vkey,
        "start": start,
        "files_written": len(fresh),
        "files_removed": removed,
        "cosigned": witnesses.require(note) if witnesses else [],
        "not_cosigned": failures,
    }


def _published(ledger: Ledger, folder: Path, now: Checkpoint) -> Checkpoint:
    """Return the checkpoint that is published, if the ledger's tree begins with its tree.

    It may be signed with an earlier key of the log.

    INVARIANT: a published log only ever grows.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return Checkpoint(now.origin, 0, EMPTY_ROOT)
    with storing(f"`{path}`"):
        note = path.read_text(encoding="utf-8", errors="replace")
    try:
        before = verify_checkpoint(note, key_of(ledger, note))
    except VerificationError as error:
        todo = "publish to another folder, or find out who wrote that one"
        raise VerificationError(f"`{path}`: {error.title}", todo=todo) from error
    if before.size > now.size:
        raise VerificationError(
            f"`{path}` covers {before.size} entries, the ledger has {now.size}",
            todo="the ledger lost entries, say by an old backup: do not publish it",
        )
    proof = ledger.consistency(before.size, now.size)
    if not verify_consistency(before.size, now.size, proof, before.root, now.root):
        raise VerificationError(
            f"the ledger does not begin with the {before.size} entries that `{path}` signed",
            todo="its history was rewritten: do not publish it; see `vanne ledger fsck`",
        )
    return before


def _derive(
    ledger: Ledger, now: Checkpoint, start: int, tiles: Tiles, stage: Path, tell: Tell
) -> Iterator[str]:
    """Lay aside the bundles and tiles from entry `start` on; give their names.

    Raises:
        VerificationError: they do not give the tree that was signed.
    """

    def lay_tile(key: TileKey) -> str:
        hashes = tiles.added[key]
        return _lay(stage, tile_path(key, len(hashes) // HASH_BYTES), hashes)

    entries, size = ledger.entries(now.size, start=start), start
    while block := list(islice(entries, _BLOCK)):
        for first in range(0, len(block), TILE_WIDTH):
            some = block[first : first + TILE_WIDTH]
            name = bundle_path((size + first) // TILE_WIDTH, len(some))
            yield _lay(stage, name, encode_bundle(some))
        tiles = tiles.grown(size, map(leaf_hash, block))
        size += len(block)
        full = {
            key for key, hashes in tiles.added.items() if len(hashes) == TILE_WIDTH * HASH_BYTES
        }
        yield from (lay_tile(key) for key in full)
        tiles = Tiles(tiles.stored, {k: v for k, v in tiles.added.items() if k not in full})
        tell(size)
    yield from (lay_tile(key) for key in tiles.added)
    if size != now.size or not _gives(tiles, now):
        raise VerificationError(
            "the entries do not give the tree that the last checkpoint signed",
            todo="nothing was published; see what `vanne ledger fsck` says",
        )


def _gives(tiles: Tiles, checkpoint: Checkpoint) -> bool:
    try:
        return root(checkpoint.size, tiles.node) == checkpoint.root
    except LookupError:  # one is missing, or cut short
        return False


def _lay(stage: Path, name: str, data: bytes) -> str:
    path = stage / name
    make_folder(path.parent)
    with path.open("wb") as file:
        os.fchmod(file.fileno(), PUBLIC)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return name


def _is_there(folder: Path, stage: Path, name: str) -> bool:
    """Say whether a file is published already.

    Raises:
        VerificationError: another one is, under that name.
    """
    path = folder / name
    if not path.exists():
        return False
    if path.read_bytes() != (stage / name).read_bytes():
        raise VerificationError(
            f"`{path}` is not what the ledger gives; a published log must not be rewritten",
            todo="find out who changed it; then remove it and publish again",
        )
    return True


@contextmanager
def _stage_of(folder: Path) -> Iterator[Path]:
    """Hold the folder, to which one may publish at a time, and give an empty one to make files in.

    What is left in it goes away.
    """
    stage = folder / _STAGE
    with storing(f"the folder `{folder}`"):
        make_folder(folder, mode=_PUBLIC_FOLDER)
        message = f"`{folder}` is being published to by somebody else"
        with locked(folder, busy=BusyError(message, todo="try again in a moment")):
            shutil.rmtree(stage, ignore_errors=True)
            try:
                stage.mkdir()
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
