"""Read a Bluesky repository: a CAR file (version 1) of records in DAG-CBOR.

A CAR file is a header and blocks; each block is a length, the block's hash and its bytes. The
blocks that are records give their type. The blocks of the search tree and the signature give none,
and are no rows. The decoder reads the strict subset of CBOR that DAG-CBOR is (RFC 8949; IPLD), and
no deeper than `MAX_DEPTH`: the general libraries recurse as deep as the input says.
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
                while size:
                    data = stream.read(min(size, MAX_BLOCK))
                    if not data:
                        raise _BadError(Message("truncated"))
                    size -= len(data)
                continue
            yield from _record(_exactly(stream, size))
    except _BadError as error:
        yield Node("", fault=error.fault)


def _record(block: bytes) -> Iterator[Node]:
    try:
        if block[:2] == b"\x12\x20":  # a hash of version 0 is of no DAG-CBOR
            return
        parts, at = list[int](), 0
        for _ in range(4):  # version, codec, kind of hash, its length
            number, shift = 0, 0
            while True:
                byte = block[at]
                at += 1
                number |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 or shift > 63:
                    break
            parts.append(number)
        if parts[1] != 0x71:
            return
        value, end = _decode(block, at + parts[3], 0)
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
        return
    # A node of the tree, or the signed root, is no record.
    is_node = isinstance(value, dict) and {"e", "l"} >= value.keys()
    if not is_node and not (isinstance(value, dict) and {"did", "sig"} <= value.keys()):
        yield Node("", fault=Message("no-record-type"))


def _varint(stream: BufferedIOBase) -> int | None:
    number = shift = 0
    while byte := stream.read(1):
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
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


def _decode(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Return the value that begins at a place, and where it ends (RFC 8949, section 3)."""
    if depth > MAX_DEPTH:
        raise _BadError(TOO_DEEP)
    major, info = data[at] >> 5, data[at] & 0x1F
    at += 1
    if major == 7:  # a simple value or a number with a point
        if info in (20, 21, 22):
            return {20: False, 21: True, 22: None}[info], at
        shape = _FLOATS.get(info)
        if shape is None:
            raise _BadError(Message("not-cbor"))
        size = struct.calcsize(shape)
        return struct.unpack(shape, data[at : at + size])[0], at + size
    number = info
    if info >= 24:  # the number stands in the bytes that follow
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(info)
        if width is None:
            raise _BadError(Message("not-cbor"))
        if at + width > len(data):
            raise _BadError(Message("truncated"))
        number, at = int.from_bytes(data[at : at + width]), at + width
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major != 6 and number > len(data) - at:  # each byte, element or pair takes a byte at least
        raise _BadError(Message("truncated"))
    if major in (2, 3):
        piece = data[at : at + number]
        return (piece.decode() if major == 3 else piece), at + number
    if major == 4:
        elements = []
        for _ in range(number):
            value, at = _decode(data, at, depth + 1)
            elements.append(value)
        return elements, at
    if major == 5:
        pairs: dict[str, Any] = {}
        for _ in range(number):
            key, at = _decode(data, at, depth + 1)
            if not isinstance(key, str) or key in pairs:
                raise _BadError(Message("not-cbor"))
            pairs[key], at = _decode(data, at, depth + 1)
        return pairs, at
    if number != _CID_LINK:
        raise _BadError(Message("not-cbor"))
    link, at = _decode(data, at, depth + 1)
    return {"$link": link.hex() if isinstance(link, bytes) else ""}, at


def _plain(value: Any) -> Any:
    """Return a value with bytes as hexadecimal: its id is made of it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
