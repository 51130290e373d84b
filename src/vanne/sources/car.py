"""Reads a Bluesky repository: a CAR file (version 1) of records in DAG-CBOR.

A CAR is a header and blocks, each a length, the block's hash and its bytes. The blocks that are
records say their type; those of the search tree and the signature do not and are no rows. The
decoder reads the strict subset of CBOR that DAG-CBOR is (RFC 8949; IPLD), and no deeper than
`MAX_DEPTH`: the general libraries recurse as deep as the input says.
"""

import struct
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Any

from vanne.sources.jsontext import MAX_DEPTH, TOO_DEEP, Node
from vanne.words import Message

MAX_BLOCK = 4 << 20
_CID_LINK = 42
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


class _BadError(Exception):
    """Bytes that are not what they should be; `fault` says why."""

    def __init__(self, fault: Message) -> None:
        super().__init__(str(fault))
        self.fault = fault


def is_car(start: bytes) -> bool:
    """Say whether a file begins as a CAR does: a header that names its roots."""
    return start[1:8] in (b"\xa2eroots", b"\xa2\x67vers") or start[2:9] == b"\xa2eroots"


def records_of(stream: BufferedIOBase) -> Iterator[Node]:
    """Yield the records, each under its type, with bytes as hexadecimal."""
    try:
        size = _varint(stream)
        if size is None or size > MAX_BLOCK or len(_exactly(stream, size)) < size:
            raise _BadError(Message("truncated"))
        while (size := _varint(stream)) is not None:
            if size > MAX_BLOCK:
                yield Node("", fault=Message("large-block", n=MAX_BLOCK >> 20))
                _skip(stream, size)
                continue
            yield from _record(_exactly(stream, size))
    except _BadError as error:
        yield Node("", fault=error.fault)


def _record(block: bytes) -> Iterator[Node]:
    try:
        start, is_cbor = _behind_cid(block)
        if not is_cbor:
            return
        value, end = _decode(block, start, 0)
        if end != len(block):
            raise _BadError(Message("not-cbor"))
    except (_BadError, IndexError, struct.error) as error:
        yield Node("", fault=error.fault if isinstance(error, _BadError) else Message("not-cbor"))
        return
    except UnicodeDecodeError:
        yield Node("", fault=Message("not-text"))
        return
    kind = value.get("$type") if isinstance(value, dict) else None
    if isinstance(kind, str):
        yield Node(kind, _plain(value))
    elif not _is_structure(value):
        yield Node("", fault=Message("no-record-type"))


def _is_structure(value: Any) -> bool:
    """Say whether a block is the signed root or a node of the tree."""
    return isinstance(value, dict) and (
        {"e", "l"} >= value.keys() or {"did", "sig"} <= value.keys()
    )


def _varint(stream: BufferedIOBase) -> int | None:
    found = shift = 0
    while byte := stream.read(1):
        found |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return found
        shift += 7
        if shift > 63:
            break
    if shift:
        raise _BadError(Message("truncated"))
    return None


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise _BadError(Message("truncated"))
    return data


def _skip(stream: BufferedIOBase, size: int) -> None:
    while size:
        data = stream.read(min(size, MAX_BLOCK))
        if not data:
            raise _BadError(Message("truncated"))
        size -= len(data)


def _behind_cid(block: bytes) -> tuple[int, bool]:
    """Return where a block's bytes begin, and whether they are DAG-CBOR."""
    if block[:2] == b"\x12\x20":  # a hash of version 0
        return 34, False
    parts, at = [], 0
    for _ in range(4):  # version, codec, kind of hash, its length
        value, shift = 0, 0
        while True:
            byte = block[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 63:
                break
        parts.append(value)
    return at + parts[3], parts[1] == 0x71


def _decode(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise _BadError(TOO_DEEP)
    head = data[at]
    major, info = head >> 5, head & 0x1F
    if major == 7:
        return _simple(data, at + 1, info)
    number, at = _argument(data, at + 1, info)
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        if at + number > len(data):
            raise _BadError(Message("truncated"))
        piece = data[at : at + number]
        return (piece.decode() if major == 3 else piece), at + number
    if major in (4, 5):
        return _many(data, at, depth, number, is_map=major == 5)
    if number != _CID_LINK:
        raise _BadError(Message("not-cbor"))
    link, at = _decode(data, at, depth + 1)
    return {"$link": link.hex() if isinstance(link, bytes) else ""}, at


def _many(data: bytes, at: int, depth: int, number: int, *, is_map: bool) -> tuple[Any, int]:
    if number > len(data) - at:  # each takes a byte at least
        raise _BadError(Message("truncated"))
    if not is_map:
        found = []
        for _ in range(number):
            value, at = _decode(data, at, depth + 1)
            found.append(value)
        return found, at
    pairs: dict[str, Any] = {}
    for _ in range(number):
        key, at = _decode(data, at, depth + 1)
        if not isinstance(key, str) or key in pairs:
            raise _BadError(Message("not-cbor"))
        pairs[key], at = _decode(data, at, depth + 1)
    return pairs, at


def _argument(data: bytes, at: int, info: int) -> tuple[int, int]:
    if info < 24:
        return info, at
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info)
    if size is None:
        raise _BadError(Message("not-cbor"))
    if at + size > len(data):
        raise _BadError(Message("truncated"))
    return int.from_bytes(data[at : at + size]), at + size


def _simple(data: bytes, at: int, info: int) -> tuple[Any, int]:
    if info in (20, 21, 22):
        return {20: False, 21: True, 22: None}[info], at
    shape = _FLOATS.get(info)
    if shape is None:
        raise _BadError(Message("not-cbor"))
    size = struct.calcsize(shape)
    return struct.unpack(shape, data[at : at + size])[0], at + size


def _plain(value: Any) -> Any:
    """Return a value with bytes as hexadecimal: its id is made of it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
