"""Check a published log: read its files (C2SP `tlog-tiles`) and verify all of them.

    checkpoint                     the last signed note
    vkey                           the log's key (ours: C2SP leaves open how it is told)
    tile/0/000 ... tile/0/x001/234 the hashes of 256 entries each
    tile/0/x001/235.p/17           the last 17 of them: a partial tile
    tile/1/000.p/4 ...             the hashes of full tiles of the level below
    tile/entries/000 ...           the entries themselves, 256 each, with the same names

A follower needs these files, the log's key, and a checkpoint kept from before, and no access to the
ledger. Every entry is hashed. Every tile is made again from the ones below and compared. The root
must be the signed one. Certificates must follow from the models before them. The tree of the kept
checkpoint, by whichever key of the log it was signed, must be the beginning of this one. The first
file or entry that fails is named.

>>> tile_path((0, 1234067)), tile_path((1, 5), width=17), bundle_path(0, width=1)
('tile/0/x001/x234/067', 'tile/1/005.p/17', 'tile/entries/000.p/1')
>>> decode_bundle(encode_bundle([b"first", b""]))
[b'first', b'']
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from vanne.errors import InputError, MissingError, StorageError, VerificationError
from vanne.ledger.checkpoint import Checkpoint, Verifier, signer_of, verify_checkpoint
from vanne.ledger.encoding import to_base64
from vanne.ledger.entry import Logged, logged_in, logged_problems, named_keys
from vanne.ledger.merkle import (
    HASH_BYTES,
    TILE_WIDTH,
    TileKey,
    Tiles,
    complete_hash,
    leaf_hash,
    root,
)
from vanne.ledger.witnesses import WitnessPolicy

CHECKPOINT, VKEY = "checkpoint", "vkey"
_LONGEST_ENTRY = 2**16 - 1
_LARGEST_FILE = TILE_WIDTH * (_LONGEST_ENTRY + 2) + 1
_PATIENCE_S = 30.0

_TODO = "do not rely on this log; ask its operator, and keep the files as they are"

Read = Callable[[str], bytes | None]
"""Gives the content of a file by its path in the published folder, None if it is not there."""


def tile_path(key: TileKey, width: int = TILE_WIDTH) -> str:
    """Return where a tile of that width lies."""
    level, number = key
    return f"tile/{level}/{_name(number, width)}"


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """Return where the entries of a tile of level 0 lie."""
    return f"tile/entries/{_name(number, width)}"


def tiles_of(size: int) -> Iterator[tuple[TileKey, int]]:
    """Give each tile of a tree of `size` leaves with its width, from the lowest level up.

    >>> list(tiles_of(70_000))[272:]
    [((0, 272), 256), ((0, 273), 112), ((1, 0), 256), ((1, 1), 17), ((2, 0), 1)]
    """
    level, count = 0, size
    while count:
        for first in range(0, count, TILE_WIDTH):
            yield (level, first // TILE_WIDTH), min(count - first, TILE_WIDTH)
        level, count = level + 1, count // TILE_WIDTH


def read_tile(read: Read, key: TileKey, width: int) -> bytes | None:
    """Return a tile of that width: the full one does once it has replaced the partial one."""
    data = read(tile_path(key, width))
    if data is None and width < TILE_WIDTH and (full := read(tile_path(key))) is not None:
        return full[: width * HASH_BYTES]
    return data


def read_bundle(read: Read, number: int, width: int) -> list[bytes] | None:
    """Return so many entries of a bundle, in the same way.

    Raises:
        ValueError: it ends inside one, or holds more or fewer.
    """
    data = read(bundle_path(number, width))
    if data is None and width < TILE_WIDTH and (full := read(bundle_path(number))) is not None:
        return decode_bundle(full)[:width]
    entries = None if data is None else decode_bundle(data)
    if entries is not None and len(entries) != width:
        raise ValueError(f"it holds {len(entries)} entries, not {width}")
    return entries


def published_tiles(read: Read, size: int) -> Callable[[TileKey], bytes]:
    """Return how the tiles of a published tree of `size` leaves are read."""

    def tile(key: TileKey) -> bytes:
        level, number = key
        width = min((size >> 8 * level) - number * TILE_WIDTH, TILE_WIDTH)
        return (read_tile(read, key, width) or b"") if width > 0 else b""

    return tile


def folder_reader(folder: Path) -> Read:
    """Return how the files of a published folder are read."""

    def read(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    return read


def url_reader(url: str) -> Read:
    """Return how the files of a log that is published at an address are read.

    Reading raises:
        StorageError: the server cannot be reached, or does not give the file.
    """

    def read(name: str) -> bytes | None:
        address = f"{url.rstrip('/')}/{name}"
        try:
            with urlopen(address, timeout=_PATIENCE_S) as answer:  # noqa: S310 who asks says http
                data: bytes = answer.read(_LARGEST_FILE)
                return data
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            message = f"`{address}` answers {error.code}"
        except (OSError, HTTPException, ValueError) as error:
            message = f"`{address}` cannot be read ({type(error).__name__})"
        raise StorageError(message, todo="check the address, or try again later")

    return read


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries one after the other, each behind its length (16 bits, big-endian).

    Raises:
        InputError: one is longer than that can say.
    """
    if any(len(entry) > _LONGEST_ENTRY for entry in entries):
        raise InputError("an entry has more than 65,535 bytes, which no bundle can hold")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ValueError: it ends inside one.
    """
    entries, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise ValueError("it ends inside an entry")
        entries.append(data[start:at])
    return entries


def _name(number: int, width: int) -> str:
    digits = f"{number:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *groups, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return "/".join([*(f"x{group}" for group in groups), last]) + partial


# Checking all of it


def follow(
    read: Read,
    *,
    kept: str | None = None,
    vkey: str | None = None,
    witnesses: WitnessPolicy | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> tuple[dict[str, Any], str]:
    """Check a published log; without `vkey` with the key that came with it.

    With `witnesses`, enough of them must have cosigned its checkpoint, which is of a log of theirs.

    Returns:
        What holds (`vanne/ledger-follow/1`), and the checkpoint, to be kept.

    Raises:
        InputError: the vkey is not one.
        MissingError: there is no published log.
        VerificationError: something does not hold: what and where.
    """
    note = _text(read, CHECKPOINT)
    if witnesses and vkey is None:
        vkey = witnesses.vkey_of(note)
    verifier = Verifier.parse(_text(read, VKEY).strip() if vkey is None else vkey)
    now = _verified("published", note, verifier)
    cosigned = witnesses.require(note) if witnesses else []
    keys, logged = [verifier], list[Logged]()
    for key, width in tiles_of(now.size):
        if key[0] == 0:
            keys += _check_leaves(read, key, width, logged)
            tell(key[1] * TILE_WIDTH + width)
        else:  # made again from the tiles of the level below
            level, first = key[0] - 1, key[1] * TILE_WIDTH
            below = (read_tile(read, (level, first + n), TILE_WIDTH) or b"" for n in range(width))
            _compare(read, key, width, map(complete_hash, below), f"the tiles of level {level}")
    tiles = Tiles(published_tiles(read, now.size))
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
    state: dict[str, Any] = {
        "schema": "vanne/ledger-follow/1",
        "verified": True,
        "origin": now.origin,
        "size": now.size,
        "root": to_base64(now.root),
        "vkey": verifier.vkey,
        "kept_size": before.size if before else None,
        "cosigned": cosigned,
    }
    return state, note


def _text(read: Read, name: str) -> str:
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


def _check_leaves(read: Read, key: TileKey, width: int, logged: list[Logged]) -> list[Verifier]:
    """Hash the entries of a tile of level 0, and compare; return the keys that they name.

    The models and certificates among them are added to `logged`.
    """
    name = bundle_path(key[1], width)
    try:
        entries = read_bundle(read, key[1], width)
        keys = list(named_keys(entries or ()))
        logged += logged_in(enumerate(entries or (), key[1] * TILE_WIDTH))
    except (ValueError, InputError) as error:
        raise VerificationError(f"`{name}`: {error}", todo=_TODO) from error
    if entries is None:
        raise VerificationError(f"`{name}` is missing", todo=_TODO)
    _compare(read, key, width, map(leaf_hash, entries), "the entries")
    return keys


def _compare(read: Read, key: TileKey, width: int, hashes: Iterable[bytes], what: str) -> None:
    name, tile = tile_path(key, width), read_tile(read, key, width)
    if tile is None:
        raise VerificationError(f"`{name}` is missing", todo=_TODO)
    if b"".join(hashes) != tile:
        raise VerificationError(f"`{name}` is not what {what} give", todo=_TODO)
