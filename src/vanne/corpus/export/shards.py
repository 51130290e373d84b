"""Write shards: rows by key into files that are named by what they hold.

Rows are spread over a power of two of shards by the leading bits of their keys, and lie in each in
the order of their keys. A key is a keyed hash: rows of one member do not lie together, training
reads them shuffled, and the bytes do not depend on the order of the data files. What one member
takes back changes only the shards that held it; every other shard keeps its name. One shard is in
memory at a time.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np

from vanne.corpus.export.album import BOM
from vanne.corpus.photos import media_type
from vanne.files import make_folder, sha256_of

if TYPE_CHECKING:
    import pyarrow as pa

    from vanne.corpus.export.album import Album
    from vanne.corpus.export.selection import ExportFormat

Kind = Literal["parquet", "jsonl", "webdataset", "vision"]
KINDS: tuple[Kind, ...] = ("parquet", "jsonl", "webdataset", "vision")
PHOTO_KINDS: tuple[Kind, ...] = ("webdataset", "vision")
SUFFIX: Mapping[Kind, str] = {
    "parquet": "parquet",
    "jsonl": "jsonl",
    "webdataset": "tar",
    "vision": "jsonl",
}
DATA = "data"

GROUP_ROWS = 8_192  # rows of a Parquet row group: some megabytes of text
_HELD_ROWS = 65_536  # rows that are gathered before they are spread
_HELD_BYTES = 64 << 20
_MAX_BITS = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of an export. Its name is the sha256 of its bytes, with a suffix for its kind."""

    name: str
    sha256: str
    rows: int
    bytes: int


def shard_bits(rows: int, shard_rows: int) -> int:
    """Return how many leading bits of a key name its shard, for at most about `shard_rows` each.

    >>> shard_bits(100, 100), shard_bits(101, 100), shard_bits(1_000, 100)
    (0, 1, 4)
    """
    return min(max(0, -(-rows // shard_rows) - 1).bit_length(), _MAX_BITS)


# Spread: one pass over the rows, into one file of the scratch folder per shard


def spread(tables: "Iterable[pa.Table]", scratch: Path, bits: int) -> None:
    """Append each row to the file of its shard. Tables have a column `key`, in hex."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        waiting.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
        if rows >= _HELD_ROWS or size >= _HELD_BYTES:
            _spread(pa.concat_tables(waiting), scratch, bits)
            waiting, rows, size = [], 0, 0
    if waiting:
        _spread(pa.concat_tables(waiting), scratch, bits)


def _spread(table: "pa.Table", scratch: Path, bits: int) -> None:
    import pyarrow as pa

    leading = [int(key[:4], 16) >> (_MAX_BITS - bits) for key in table["key"].to_pylist()]
    shards = np.array(leading, dtype=np.int64)
    order = np.argsort(shards, kind="stable")
    table = table.take(pa.array(order)).combine_chunks()
    present, starts = np.unique(shards[order], return_index=True)
    for shard, start, end in zip(present, starts, np.append(starts[1:], len(order)), strict=True):
        with (  # one whole stream after the other
            _part(scratch, int(shard)).open("ab") as file,
            pa.ipc.new_stream(file, table.schema) as stream,
        ):
            stream.write_table(table.slice(start, end - start))


def _part(scratch: Path, shard: int) -> Path:
    return scratch / f"shard-{shard:05}"


# Write


def write_shards(
    folder: Path, scratch: Path, form: "ExportFormat", bits: int, album: "Album"
) -> Iterator[Shard]:
    """Write the spread rows, one shard after the other, in the order of their keys.

    Raises:
        BusyError: a photo is not the one that was looked at before.
    """
    import pyarrow as pa

    make_folder(folder / DATA)
    for number in range(1 << bits):
        part = _part(scratch, number)
        if part.exists():
            tables = []
            with part.open("rb") as file:
                end = os.fstat(file.fileno()).st_size
                while file.tell() < end:
                    with pa.ipc.open_stream(file) as stream:
                        tables.append(stream.read_all())
            table = pa.concat_tables(tables).sort_by("key").combine_chunks()
            part.unlink()
            with (folder / KEYS).open("a", encoding="ascii", newline="\n") as keys:
                keys.writelines(f"{key}\n" for key in table["key"].to_pylist())
            yield _named(folder / DATA, form, table, album)


KEYS = "keys.txt"
"""The keys of all rows in order, one a line: what an export holds, without saying what it is."""


def _named(folder: Path, form: "ExportFormat", table: "pa.Table", album: "Album") -> Shard:
    partial = folder / ".partial"
    with partial.open("wb") as file:
        if form.kind == "parquet":
            _write_parquet(table, file)
        elif form.kind == "jsonl":
            file.writelines(canonical(row) + b"\n" for row in table.to_pylist())
        elif form.kind == "vision":
            file.write(BOM)  # the n-th line of a shard is the row of its n-th key
            for row in table.to_pylist():
                file.write(album.line(row["owner"], row["media"], row["digest"]))
        else:
            _write_tar(table, file, album, form.with_owner)
    digest = sha256_of(partial)
    path = folder / f"{digest}.{SUFFIX[form.kind]}"
    partial.rename(path)
    return Shard(path.name, digest, table.num_rows, path.stat().st_size)


def _write_parquet(table: "pa.Table", file: IO[bytes]) -> None:
    """Write the same bytes for the same rows: nothing of Arrow's own, fixed row groups.

    The only trace of the writer is its name and version in the footer.
    """
    import pyarrow.parquet as pq

    plain = [name for name in table.column_names if name not in ("key", "text")]
    pq.write_table(
        table,
        file,
        compression="zstd",
        compression_level=3,
        row_group_size=GROUP_ROWS,
        data_page_version="2.0",
        use_dictionary=plain,
        write_statistics=["key", *plain],
        store_schema=False,
    )


def canonical(row: Mapping[str, Any]) -> bytes:
    """Return a row of texts and nulls as canonical JSON (RFC 8785).

    >>> canonical({"b": "é\\n", "a": None})
    b'{"a":null,"b":"\\xc3\\xa9\\\\n"}'
    """
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _write_tar(table: "pa.Table", file: IO[bytes], album: "Album", with_owner: bool) -> None:
    """Write a WebDataset shard: KEY.json and the photo KEY.SUFFIX side by side for each row."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for row in table.to_pylist():
            photo = album.file(row["owner"], row.pop("media"), row.pop("digest"))
            record = row if with_owner else {k: v for k, v in row.items() if k != "owner"}
            _add(tar, f"{row['key']}.json", canonical(record))
            _add(tar, f"{row['key']}.{_SUFFIXES[media_type(photo)]}", photo)


_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # time 0, owner 0, no names of people
    entry.size, entry.mode = len(data), 0o644
    tar.addfile(entry, io.BytesIO(data))
