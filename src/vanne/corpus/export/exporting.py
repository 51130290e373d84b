"""Write an export of the corpus for an external trainer: shards, a card, and keys.

    OUT/
    ├─ README.md        the dataset card, with the header that Hugging Face reads
    ├─ croissant.json   the same for programs (Croissant 1.1 of MLCommons)
    ├─ training-summary.md      what Article 53(1)(d) of the AI Act asks for
    ├─ export.json      what it was made from, the counts, each file's checksum (vanne/export/1)
    ├─ keys.txt         the keys of its rows, in order
    ├─ removed.jsonl    with `since`: the keys that an earlier export held and this one does not
    └─ data/SHA256.parquet    the shards

The corpus itself is a view: an opt-out reaches it with the next refresh. An export is a copy: an
opt-out reaches it only if its receiver acts. So each row has a key, a newer export lists the keys
that are gone, and an export is refused while the corpus lacks a choice of the ledger. Keys are
keyed hashes. The receiver cannot tell whose a row is; the operator's secret (`HOME/export.key`)
gives the same item the same key in every export. Same corpus, options, secret and libraries: same
bytes.

The leading bits of its key place a row in one of the shards, whose number is a power of two. In a
shard the rows are in the order of their keys. So the rows of one member are not together, the bytes
do not depend on the order of the data files, and an item that a member takes back changes only its
own shard.
"""

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from vanne import __version__
from vanne.config import Home
from vanne.corpus.export.card import FATES, Publisher, croissant, marks_in, readme, training_summary
from vanne.corpus.export.earlier import (
    DATA,
    EXPORT,
    KEYS,
    SCHEMA,
    compared,
    export_key,
    is_whole_export,
    item_key,
    key_id,
    read_earlier,
)
from vanne.corpus.export.folder import whole_folder
from vanne.corpus.export.made import record_export
from vanne.corpus.manifest import Manifest
from vanne.corpus.photos import read_photo, require_pillow
from vanne.corpus.reader import check_heard, read_batches, unheard
from vanne.errors import BusyError, InputError, RefusedError, VerificationError, storing
from vanne.files import make_folder, sha256_of
from vanne.policy.schedule import policy_named
from vanne.terms import Reason

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

README, SUMMARY, CROISSANT = "README.md", "training-summary.md", "croissant.json"
GROUP_ROWS = 1_024  # rows of a Parquet row group: with photos some hundred megabytes
_MOST_BITS = 16
_MEMORY = "1GB"
_REFRESH_OR_PIN = "run `vanne corpus refresh`, or ask for this version by name with --as-of-version"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What an export holds, as whose it is published, and against which earlier one.

    With `photos`, a column holds them. `is_pinned` exports a version that has not heard every
    choice, knowingly. `receiver` is who is given it: members read that name.
    """

    shard_rows: int = 100_000
    photos: bool = False
    publisher: Publisher = field(default_factory=Publisher)
    since: Path | None = None
    replace: bool = False
    is_pinned: bool = False
    receiver: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of an export. Its name is the sha256 of its bytes, with a suffix."""

    name: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """What was written. `missing` are the photos that rows name and that are not there, and
    `unreadable` those that cannot be read: for the operator alone, no file of the export names
    them."""

    document: dict[str, Any]
    shards: tuple[Shard, ...]
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were allowed, written, and left out for which reason."""
        return dict(self.document["counts"])


def export(
    home: Home,
    manifest: Manifest,
    out: Path,
    clock: Callable[[], datetime],
    options: ExportOptions | None = None,
    progress: Progress = lambda _rows: None,
) -> Export:
    """Write that version of the corpus into a new folder `out`: whole, or not at all.

    `clock` tells the time, before and after writing: every choice up to then must be in the
    manifest, and nothing in it may have become forbidden.

    Raises:
        RefusedError: a choice or the policy has not been heard; `out` is there already or in the
            home.
        VerificationError: a data file, a sidecar or the earlier export is not what its record says.
        BusyError: a photo was changed meanwhile.
        StorageError: the disk is full; there is no `out` then, or the old one.
    """
    options = options or ExportOptions()
    if Path(os.path.realpath(out)).is_relative_to(home.root.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a folder outside it",
        )
    if not options.is_pinned:
        check_heard(home, manifest, clock(), todo=_REFRESH_OR_PIN)
    if options.photos:
        require_pillow()
    secret = export_key(home)
    earlier = read_earlier(options.since, secret) if options.since else None
    record_export(home, manifest.version, options.receiver, clock())
    may_replace = is_whole_export if options.replace else lambda _: False
    with whole_folder(out, may_replace=may_replace) as folder, storing("the export"):
        rows = _Rows(home, manifest, options, secret, folder)
        rows.gather(progress)
        rows.leave_copies_out()
        shards = tuple(rows.shards())
        document = rows.document() | {
            "choices_not_heard": unheard(home, manifest, clock()),
            "key_id": key_id(secret),
            "shards": [asdict(shard) for shard in shards],
        }
        if earlier and options.since:
            have = {shard.name for shard in shards}
            document["since"] = compared(options.since, earlier, folder, have)
        policy = policy_named(home, manifest.policy)
        (folder / README).write_text(readme(document, options.publisher, policy), encoding="utf-8")
        summary = training_summary(document, options.publisher)
        (folder / SUMMARY).write_text(summary, encoding="utf-8")
        described = croissant(document, options.publisher, DATA, rows.columns)
        (folder / CROISSANT).write_text(described, encoding="utf-8")
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
        document["files"] = [
            {"name": n, "sha256": sha256_of(folder / n), "bytes": (folder / n).stat().st_size}
            for n in names
        ]
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (folder / EXPORT).write_text(text, encoding="utf-8")
        # INVARIANT: no export appears that has not heard a choice made while it was written.
        if not options.is_pinned:
            check_heard(home, manifest, clock(), todo=_REFRESH_OR_PIN)
    return Export(document, shards, tuple(rows.missing), tuple(rows.unreadable))


class _Rows:
    """The rows of an export, in a DuckDB file of a scratch folder until they are in shards."""

    def __init__(
        self, home: Home, manifest: Manifest, options: ExportOptions, secret: bytes, folder: Path
    ) -> None:
        self.home, self.manifest, self.options = home, manifest, options
        self.secret, self.folder, self.scratch = secret, folder, folder / ".scratch"
        self.missing, self.unreadable = list[str](), list[str]()
        self.counts = Counter[str]()
        self.categories, self.languages = Counter[str](), Counter[str]()
        self.marks = marks_in((), manifest.screening.redact)
        self.columns = ["key", "category", "lang", "text", *(["photo"] if options.photos else [])]

    def connected(self) -> "duckdb.DuckDBPyConnection":
        import duckdb

        make_folder(self.scratch)
        config: dict[str, Any] = {"memory_limit": _MEMORY, "temp_directory": str(self.scratch)}
        return duckdb.connect(str(self.scratch / "rows.duckdb"), config=config)

    def gather(self, progress: Progress) -> None:
        """Read every allowed row once: its key, and the digest of what it says."""
        import pyarrow as pa

        columns = ("item_id", "category", "lang", "text", "media")
        texts = dict.fromkeys((*columns, "key"), pa.large_string())
        schema = pa.schema(list((texts | {"photo": pa.binary(), "says": pa.binary()}).items()))
        with self.connected() as connection:
            connection.register("batch", schema.empty_table())
            connection.execute("CREATE TABLE rows AS FROM batch")
            for batch in read_batches(self.home, self.manifest, columns):
                there = [self._row(row) for row in batch.to_pylist()]
                rows = pa.Table.from_pylist([row for row in there if row], schema)
                connection.register("batch", rows)
                connection.execute("INSERT INTO rows FROM batch")
                self.counts["allowed"] += len(batch)
                progress(self.counts["allowed"])
        if self.counts["allowed"] != self.manifest.counts.get(Reason.ALLOWED, 0):
            raise VerificationError(
                "the corpus gives another number of rows than its manifest says",
                todo="run `vanne corpus verify`",
            )

    def _row(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """Return a row to export, or None and count why not."""
        text, name, photo = row.get("text") or "", row.get("media"), b""
        why = "without_content"
        if name and self.options.photos:
            try:
                pixels = read_photo(self.home.media, name)
            except InputError:
                self.unreadable.append(name)
                why = "unreadable_photos"
            else:
                if pixels is None:
                    self.missing.append(name)
                    why = "missing_photos"
                else:
                    photo = pixels.digest
        if not text and not photo:
            self.counts[why] += 1
            return None
        item_id = str(row["item_id"])
        plain = " ".join(unicodedata.normalize("NFC", text).split())
        return {
            **row,
            "item_id": item_id,
            "key": item_key(self.secret, item_id, text.encode() + photo),
            "photo": photo,
            "says": sha256(plain.encode() + b"\0" + photo).digest(),
        }

    def leave_copies_out(self) -> None:
        """Keep of rows that say the same the one with the smallest id."""
        with self.connected() as connection:
            connection.execute(
                "CREATE TABLE kept AS FROM rows"
                " QUALIFY row_number() OVER (PARTITION BY says ORDER BY item_id) = 1"
            )
            sizes = connection.execute("SELECT (SELECT count(*) FROM rows), count(*) FROM kept")
            [(read, self.counts["written"])] = sizes.fetchall()
        self.counts["exact_duplicates"] = read - self.counts["written"]

    def shards(self) -> Iterator[Shard]:
        """Write the shards, and the keys of their rows; then remove the scratch folder."""
        bits = shard_bits(self.counts["written"], self.options.shard_rows)
        make_folder(self.folder / DATA)
        keys = self.folder / KEYS
        keys.touch()
        with self.connected() as connection:
            for number in range(1 << bits):
                first, last = (n << (_MOST_BITS - bits) for n in (number, number + 1))
                table = connection.sql(
                    "SELECT key, category, lang, text, media, photo FROM kept"
                    f" WHERE ('0x' || key[1:4])::INTEGER >= {first}"
                    f" AND ('0x' || key[1:4])::INTEGER < {last} ORDER BY key"
                ).to_arrow_table()
                if table.num_rows:
                    with keys.open("a", encoding="ascii", newline="\n") as file:
                        file.writelines(f"{key}\n" for key in table["key"].to_pylist())
                    yield self._shard(table)
        rmtree(self.scratch)

    def _shard(self, table: "pa.Table") -> Shard:
        """Write a shard: the same bytes for the same rows, and nothing of Arrow's own."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = self.columns[:4]
        schema = pa.schema([(name, pa.string()) for name in names])
        if self.options.photos:
            schema = schema.append(pa.field("photo", pa.binary()))
        plain = ["category", "lang"]
        partial = self.folder / DATA / ".partial"
        with pq.ParquetWriter(
            partial,
            schema,
            compression="zstd",
            compression_level=3,
            data_page_version="2.0",
            use_dictionary=plain,
            write_statistics=["key", *plain],
            store_schema=False,
        ) as writer:
            for first in range(0, table.num_rows, GROUP_ROWS):
                rows = table.slice(first, GROUP_ROWS)
                texts = rows["text"].to_pylist()
                self.categories.update(rows["category"].to_pylist())
                self.languages.update(map(language, rows["lang"].to_pylist()))
                self.marks.update(marks_in(texts, self.marks))
                arrays = [rows[name].cast(pa.string()).combine_chunks() for name in names]
                if self.options.photos:
                    pairs = zip(rows["media"].to_pylist(), rows["photo"].to_pylist(), strict=True)
                    photos = [self._photo(*pair) if pair[1] else None for pair in pairs]
                    arrays.append(pa.array(photos, pa.binary()))
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        digest = sha256_of(partial)
        path = partial.rename(partial.with_name(f"{digest}.parquet"))
        return Shard(path.name, digest, table.num_rows, path.stat().st_size)

    def _photo(self, name: str, digest: bytes) -> bytes:
        """Return the file of a photo that was read before, cleaned."""
        try:
            pixels = read_photo(self.home.media, name)
        except InputError:
            pixels = None
        if pixels is None or pixels.digest != digest:
            raise BusyError(f"`{name}` was changed while it was exported", todo="run this again")
        return pixels.encoded()

    def document(self) -> dict[str, Any]:
        """Return what the export is made from, and the counts, which close."""
        manifest = self.manifest
        libraries = ("duckdb", "pyarrow", *(["pillow"] if self.options.photos else []))
        return {
            "schema": SCHEMA,
            "corpus": manifest.version,
            "purpose": manifest.purpose,
            "policy": {"name": manifest.policy_name, "digest": manifest.policy},
            "as_of": manifest.as_of.isoformat(),
            "ledger": {"size": manifest.ledger_size, "root": manifest.ledger_root},
            "with_photos": self.options.photos,
            "counts": {name: self.counts[name] for name in ("allowed", *FATES)},
            "categories": dict(sorted(self.categories.items())),
            "languages": dict(sorted(self.languages.items())),
            "redacted": dict(sorted(self.marks.items())),
            "screening": asdict(manifest.screening),
            "reasons": dict(manifest.counts),
            "written_by": {"vanne": __version__, **{name: version(name) for name in libraries}},
        }


def shard_bits(rows: int, shard_rows: int) -> int:
    """Return how many leading bits of a key name its shard, for at most about `shard_rows` each.

    >>> shard_bits(100, 100), shard_bits(101, 100), shard_bits(1_000, 100)
    (0, 1, 4)
    """
    return min(max(0, -(-rows // shard_rows) - 1).bit_length(), _MOST_BITS)


def language(tag: str | None) -> str:
    """Return the language of a tag that members' tables give; what is no tag is `unknown`.

    >>> language("de-CH"), language("die Sprache"), language(None)
    ('de', 'unknown', 'unknown')
    """
    first = (tag or "").replace("_", "-").split("-")[0].lower()
    return first if len(first) in (2, 3) and first.isascii() and first.isalpha() else "unknown"
