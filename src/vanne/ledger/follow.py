"""Follow a published log: check all of it, and that it begins with what was kept of it before.

Whoever follows has the published files, the log's key, and a checkpoint that they kept: neither the
ledger nor a word of ours is needed. Every entry is hashed, every tile made again from the ones
below and compared, the root is the one that is signed, certificates follow from the models before
them, and the tree of the kept checkpoint, by whichever key of the log it was signed, is the
beginning of this one. The first file or entry that does not hold is named.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vanne.errors import InputError, MissingError, VerificationError
from vanne.ledger import layout
from vanne.ledger.checkpoint import Checkpoint, Verifier, signer_of, verify_checkpoint
from vanne.ledger.encoding import to_base64
from vanne.ledger.entry import Logged, logged_in, logged_problems, named_keys
from vanne.ledger.merkle import (
    TILE_WIDTH,
    TileKey,
    Tiles,
    complete_hash,
    leaf_hash,
    root,
)

_TODO = "do not rely on this log; ask its operator, and keep the files as they are"


@dataclass(frozen=True, slots=True)
class Followed:
    """What holds: the published checkpoint, and how far the one that was kept before it went."""

    checkpoint: Checkpoint
    note: str
    vkey: str
    kept_size: int | None

    def as_json(self) -> dict[str, object]:
        """Return it as the command line shows it (`vanne/ledger-follow/1`)."""
        return {
            "schema": "vanne/ledger-follow/1",
            "verified": True,
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": to_base64(self.checkpoint.root),
            "vkey": self.vkey,
            "kept_size": self.kept_size,
        }


def follow(
    read: layout.Read,
    *,
    kept: str | None = None,
    vkey: str | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> Followed:
    """Check a published log; without `vkey` with the key that came with it.

    Raises:
        InputError: the vkey is not one.
        MissingError: there is no published log.
        VerificationError: something does not hold: what and where.
    """
    verifier = Verifier.parse(_text(read, layout.VKEY).strip() if vkey is None else vkey)
    note = _text(read, layout.CHECKPOINT)
    now = _verified("published", note, verifier)
    keys, logged = [verifier], list[Logged]()
    for key, width in layout.tiles_of(now.size):
        if key[0] == 0:
            keys += _check_leaves(read, key, width, logged)
            tell(key[1] * TILE_WIDTH + width)
        else:  # made again from the tiles of the level below
            level, first = key[0] - 1, key[1] * TILE_WIDTH
            below = (
                layout.read_tile(read, (level, first + n), TILE_WIDTH) or b"" for n in range(width)
            )
            _compare(read, key, width, map(complete_hash, below), f"the tiles of level {level}")
    tiles = Tiles(layout.published_tiles(read, now.size))
    if root(now.size, tiles.node) != now.root:
        raise VerificationError("the entries do not give the root that is signed", todo=_TODO)
    for _, problem in logged_problems(logged):
        raise VerificationError(problem, todo=_TODO)
    before = None if kept is None else _verified("kept", kept, signer_of(kept, keys))
    if before and before.size > now.size:
        raise VerificationError(
            f"the log was cut: the kept checkpoint covers {before.size} entries, "
            f"the published one {now.size}",
            todo=_TODO,
        )
    if before and root(before.size, tiles.node) != before.root:
        raise VerificationError(
            f"the history was rewritten: the first {before.size} entries are not those that the "
            "kept checkpoint signed",
            todo=_TODO,
        )
    return Followed(now, note, verifier.vkey, before.size if before else None)


def _text(read: layout.Read, name: str) -> str:
    data = read(name)
    if data is None:
        todo = "name the folder of a published log; `vanne ledger publish` makes one"
        raise MissingError(f"there is no file `{name}`", todo=todo)
    return data.decode(errors="replace")


def _verified(which: str, note: str, verifier: Verifier) -> Checkpoint:
    try:
        return verify_checkpoint(note, verifier)
    except VerificationError as error:
        message = f"the {which} checkpoint: {error.title}"
        raise VerificationError(message, todo=error.todo) from error


def _check_leaves(
    read: layout.Read, key: TileKey, width: int, logged: list[Logged]
) -> list[Verifier]:
    """Hash the entries of a tile of level 0, and compare; return the keys that they name.

    The models and certificates among them are added to `logged`.
    """
    name = layout.bundle_path(key[1], width)
    try:
        entries = layout.read_bundle(read, key[1], width)
        keys = list(named_keys(entries or ()))
        logged += logged_in(enumerate(entries or (), key[1] * TILE_WIDTH))
    except (ValueError, InputError) as error:
        raise VerificationError(f"`{name}`: {error}", todo=_TODO) from error
    if entries is None:
        raise VerificationError(f"`{name}` is missing", todo=_TODO)
    _compare(read, key, width, map(leaf_hash, entries), "the entries")
    return keys


def _compare(
    read: layout.Read, key: TileKey, width: int, hashes: Iterable[bytes], what: str
) -> None:
    name, tile = layout.tile_path(key, width), layout.read_tile(read, key, width)
    if tile is None:
        raise VerificationError(f"`{name}` is missing", todo=_TODO)
    if b"".join(hashes) != tile:
        raise VerificationError(f"`{name}` is not what {what} give", todo=_TODO)
