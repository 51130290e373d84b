"""The layout of a zip: its entries lie apart, and both headers of each say the same.

A zip says twice what an entry is: in a header before its bytes, and in the directory at the end.
Where entries of the directory share bytes, a few kilobytes become terabytes (D. Fifield, «A better
zip bomb», WOOT 2019); where the two headers differ, another reader sees another file.
"""

import struct
import zipfile

from vanne.words import Message

_HEADER = struct.Struct("<4s2xHH4xIIIHH")
_ENCRYPTED, _STREAMED, _UTF8 = 0x1, 0x8, 0x800
_IN_ZIP64 = 0xFFFF_FFFF
_OVERLAP = Message("entries-overlap")
_DISAGREE = Message("headers-disagree")


def layout_fault(packed: zipfile.ZipFile) -> Message | None:
    """Say what is wrong with the layout of a zip, without reading an entry: 0.4 µs for each."""
    free = 0
    for info in sorted(packed.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < free:
            return _OVERLAP
        if (start := _start_of_data(packed, info)) is None:
            return _DISAGREE
        free = start + info.compress_size
    return _OVERLAP if free > packed.start_dir else None


def _start_of_data(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> int | None:
    """Return where an entry's bytes begin; None if its header is not what the directory says."""
    assert packed.fp is not None
    packed.fp.seek(info.header_offset)
    header = packed.fp.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    signature, flags, method, crc, size, whole, name, extra = _HEADER.unpack(header)
    spelt = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
    unsaid = {_IN_ZIP64}
    if (flags | info.flag_bits) & _STREAMED:  # these stand after the bytes, then
        unsaid.add(0)
    same = (
        signature == b"PK\x03\x04"
        and packed.fp.read(name) == spelt
        and method == info.compress_type
        and not (flags ^ info.flag_bits) & _ENCRYPTED
        and crc in {info.CRC, *unsaid}
        and size in {info.compress_size, *unsaid}
        and whole in {info.file_size, *unsaid}
    )
    return info.header_offset + _HEADER.size + name + extra if same else None
